"""``client.deletions``: how far a deletion has come; and its receipt, which the deleting methods give."""

from __future__ import annotations

from typing import Final, Literal

from .._base.model import Model
from .._wire.operation import Operation


class DeletionReceipt(Model, source="docs"):
    """Answer of a deletion: it is accepted, and takes effect at once; the data are erased later (source: docs)."""

    deletion_id: str
    """To ask ``deletions.get`` and ``deletions.wait`` with."""
    status: Literal["deletion_pending", "partial_deletion_pending"] | str
    """``partial_deletion_pending`` where a cascade leaves something."""


class Deletion(Model, source="official SDK"):
    """How far a deletion has come (source: official SDK; further fields are undocumented)."""

    status: Literal["pending", "completed"] | str
    """``pending`` until the data are erased, within 24 hours; then ``completed``."""


GET: Final = Operation("GET", "/v1/deletions/{deletion_id}", Deletion)
