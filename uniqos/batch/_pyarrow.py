"""The late import of pyarrow, and the sizes of the pieces that tables are converted in."""

from __future__ import annotations

from typing import Any

from .._extras import missing_extra

BATCH_ROWS = 1024
BATCH_BYTES = 4 * 1024 * 1024
"""With cells of 2 MB, 1024 rows would fill the memory."""


def import_pyarrow() -> Any:
    """Return the module pyarrow.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise missing_extra("Parquet and Arrow need pyarrow", "batch") from None
    return pyarrow
