"""The results that a ledger holds, read without a client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

from .._base.model import M, Model
from .._wire.operation import Operation
from ._calls import operation_of
from ._ledger import Ledger, Rejection
from ._outcomes import Rejected, Report, Result
from ._run import result_of

__all__ = ["read_report", "read_results", "results_in"]


def results_in(ledger: Ledger, operation: Operation[M]) -> Iterator[Result[M]]:
    """Yield the result of each row of the last pass, in the order of the input."""
    for entry in ledger.entries():
        if isinstance(entry, Rejection):
            yield Rejected(entry.id, entry.number, {}, entry.problems)
        elif entry.state != "pending":
            yield result_of(entry, operation, {})


def read_results(ledger: str | os.PathLike[str]) -> Iterator[Result[Model]]:
    """Yield the results that a ledger holds, in the order of the input.

    Args:
        ledger: The path of the ledger. A run may be writing to it.

    Yields:
        A Done, Rejected or Failed for each row that the last run has read. Their ``row`` is empty.

    Raises:
        BatchError: There is no ledger of this version.

    Source: this SDK.
    """
    with closing(Ledger(ledger, {}, None, read_only=True)) as opened:
        operation = operation_of(opened.settings["operation"], opened.settings.get("return_format"))
        yield from results_in(opened, operation)


def read_report(ledger: str | os.PathLike[str]) -> Report:
    """Return the state of the last run, as its ledger has it.

    Args:
        ledger: The path of the ledger. A run may be writing to it.

    Returns:
        A report with the counts of records. A record that was sent and has no answer counts as unknown, or as in flight
        while a run uses the ledger.

    Raises:
        BatchError: There is no ledger of this version.

    Source: this SDK.
    """
    with closing(Ledger(ledger, {}, None, read_only=True)) as opened:
        counts = opened.counts()
        is_running = opened.is_in_use()
        sent = counts.get("sent", 0)
        return Report(
            rows=sum(counts.values()),
            done=counts.get("done", 0),
            rejected=counts["rejected"],
            failed=counts.get("failed", 0),
            unknown=counts.get("unknown", 0) + (0 if is_running else sent),
            in_flight=sent if is_running else 0,
            turns=opened.turns(),
            is_complete=opened.is_complete,
        )
