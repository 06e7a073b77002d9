"""The results of a batch: one for each record, and the report of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias

from .._base.http import HttpInfo
from .._base.model import M
from ..errors import UniqOSError
from ._problems import Problem

__all__ = ["Done", "Failed", "Rejected", "Report", "Result", "StopCode"]

StopCode: TypeAlias = Literal[
    "interrupted",
    "max_turns",
    "quota_exhausted",
    "payment_required",
    "credentials",
    "permission",
    "unreachable",
    "rate_limited",
    "input_changed",
    "disk_full",
    "client",
    "failed",
]
"""Why a run ended before its input did."""


@dataclass(frozen=True)
class Done(Generic[M]):
    """A record whose answer is in.

    Attributes:
        id: Id of the record.
        number: Number of its row in the input, from 1.
        row: The row as it was read; empty in the results that are read from a ledger alone.
        answer: The model of the answer. ``answer.raw`` is the JSON text as the server sent it.
        http: What is known of the exchange. For an answer of an earlier run: status, request id, retries and duration.
        idempotency_key: The key of the call; None for an operation that needs none.
        is_replayed: Whether this run paid nothing for the answer: it stood in the ledger, or the server replayed it.
    """

    id: str
    number: int
    row: Mapping[str, object]
    answer: M
    http: HttpInfo | None
    idempotency_key: str | None
    is_replayed: bool
    status: Literal["done"] = "done"


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be sent. Nothing was sent for it.

    Attributes:
        id: Id of the record; None if the row has none.
        number: Number of the row in the input, from 1.
        row: The row as it was read; empty in the results that are read from a ledger alone.
        problems: Each reason, without the values.
    """

    id: str | None
    number: int
    row: Mapping[str, object]
    problems: tuple[Problem, ...]
    status: Literal["rejected"] = "rejected"


@dataclass(frozen=True)
class Failed:
    """A record whose call failed.

    Attributes:
        id: Id of the record.
        number: Number of its row in the input, from 1.
        row: The row as it was read; empty in the results that are read from a ledger alone.
        error: The error of the call. A ResponseValidationError holds an answer that was paid for.
        state: ``"failed"``: the call was refused, or its answer cannot be used. ``"unknown"``: no answer came, and the
            call may have taken effect.
        idempotency_key: The key of the call; None for an operation that needs none.
    """

    id: str
    number: int
    row: Mapping[str, object]
    error: UniqOSError
    state: Literal["failed", "unknown"]
    idempotency_key: str | None = None

    @property
    def http(self) -> HttpInfo | None:
        """Status, request id, retries and duration of the call; None if this run made no request."""
        return self.error.http

    @property
    def status(self) -> Literal["failed", "unknown"]:
        """The state, under the name that all results share."""
        return self.state


Result: TypeAlias = Done[M] | Rejected | Failed
"""The result of one record."""


@dataclass(frozen=True)
class Report:
    """The state of a run, during it and at its end.

    Attributes:
        rows: Rows that the run has read.
        total: Rows of the input; None if that is not known before its end.
        done: Records whose answer is in, those of earlier runs included.
        replayed: How many of them this run did not pay for.
        rejected: Rows that cannot be sent.
        failed: Records whose call failed.
        unknown: Records whose answer was lost, and which are not sent again in this run.
        in_flight: Calls under way.
        retries: Attempts of this run that were repeated.
        turns: The most turns that the API can have billed for the ledger, over all runs. 0 for operations without bill.
        is_complete: Whether each row of the input is done, rejected, failed or unknown.
        stopped: Why the run ended early; None if it did not.
        reason: The same as a sentence, with the remedy.
        columns_left_out: Columns of the input that were not sent, because the operation does not name them.
    """

    rows: int = 0
    total: int | None = None
    done: int = 0
    replayed: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    in_flight: int = 0
    retries: int = 0
    turns: int = 0
    is_complete: bool = False
    stopped: StopCode | None = None
    reason: str | None = None
    columns_left_out: tuple[str, ...] = ()
