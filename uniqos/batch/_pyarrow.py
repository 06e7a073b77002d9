"""The late import of pyarrow, and the sizes of the pieces that tables are converted in."""

from __future__ import annotations

from typing import Any

from .._extras import missing_extra

BATCH_ROWS = 128
"""With 1024 rows, and with threads, the memory of reading Parquet grew by half over ten times the rows."""
BATCH_BYTES = 4 * 1024 * 1024


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
