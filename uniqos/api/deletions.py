"""``client.deletions``: the progress of a deletion, and the receipt that the deleting methods return."""

from __future__ import annotations

from typing import Final, Literal

from .._base.model import Model
from .._wire.operation import Operation


class DeletionReceipt(Model, source="docs"):
    """Answer of a deletion. It takes effect at once, and the data are erased later (source: docs)."""

    deletion_id: str
    """Id for ``deletions.get`` and ``deletions.wait``."""
    status: Literal["deletion_pending", "partial_deletion_pending"] | str
    """``partial_deletion_pending`` if the cascade keeps a part of the data."""


class Deletion(Model, source="official SDK"):
    """The progress of a deletion (source: official SDK; further fields are undocumented)."""

    status: Literal["pending", "completed"] | str
    """``pending`` until the data are erased, within 24 hours; then ``completed``."""


GET: Final = Operation("GET", "/v1/deletions/{deletion_id}", Deletion)
