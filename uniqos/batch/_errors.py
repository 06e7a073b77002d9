"""The error of a batch as a whole, as opposed to that of one of its records."""

from __future__ import annotations

from typing import Any

from ..errors import UniqOSError

__all__ = ["BatchError"]


class BatchError(UniqOSError):
    """A batch cannot begin or go on. The ledger keeps all that is known: mend the cause, and run the batch again.

    Attributes:
        code: Before anything was sent: ``ledger_in_use``, ``ledger_mismatch``, ``ledger_unreadable`` or
            ``ledger_unwritable``. Later: ``ledger_failed``, ``disk_full``, ``output_unwritable``, ``batch_closed`` or
            ``cluster_failed``.
    """

    __module__ = "uniqos.batch"

    def __init__(self, message: str, *, code: str, details: Any = None) -> None:
        super().__init__(message, code=code, details=details)
