"""The bookkeeping of one run over the input: what may be sent next, and what each end of a call means."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal

from .. import errors
from .._base.http import HttpInfo
from .._base.model import M
from .._wire.decode import decode
from .._wire.operation import Operation
from ._calls import Call, Calls
from ._ledger import Change, Entry, Ledger, State, exchange_json
from ._options import Settings
from ._outcomes import Done, Failed, Rejected, Report, Result, StopCode
from ._problems import Problem
from ._row import Row
from ._verdict import judge, may_resend

__all__ = ["Group", "Job", "Run", "rebuilt_error", "result_of"]

_MOST_WAITING = 1000
"""How many rows may wait for an earlier turn of their conversation. More are not read before some of them are sent."""
_MOST_WAITING_BYTES = 32 * 1024 * 1024
_LEAST_SETBACKS = 10
_Row = Mapping[str, object]


@dataclass(slots=True, eq=False)
class Job:
    """A record that is to be sent, or is under way."""

    entry: Entry
    call: Call
    row: Row
    before: State | None
    """The state that the record returns to if its request does not go out; None for a record without one."""
    is_noted: bool = False
    """Whether the ledger holds the record as sent."""
    has_added_turn: bool = False
    """Whether the turn that the record may cost was counted for this request."""
    lost: errors.UniqOSError | None = None
    """The error by which the answer was lost, of a record that this run sends again."""


@dataclass(slots=True, eq=False)
class Group(Generic[M]):
    """Changes that one transaction makes durable, and what may happen only after it."""

    changes: list[Change] = field(default_factory=list)
    results: list[Result[M]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    has_begun: bool = False
    """Whether the jobs were handed to the senders."""


class Run(Generic[M]):
    """The state of a run. It waits for nothing, and sends nothing.

    Args:
        calls: The way from a row to its call.
        operation: The operation, with the model of its answers.
        ledger: The ledger of the run.
        settings: The options of the batch.
        now: Returns the seconds since 1970.
        keeps_results: Whether the caller wants each result, and not only the files.
    """

    def __init__(
        self,
        calls: Calls,
        operation: Operation[M],
        ledger: Ledger,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self.keeps_results: bool = True
        self.report: Report = Report()
        self.group: Group[M] = Group()
        self.in_flight: int = 0
        self.is_exhausted: bool = False
        """Whether the input has no further row."""
        self._calls: Calls = calls
        self._operation: Operation[M] = operation
        self._ledger: Ledger = ledger
        self._settings: Settings = settings
        self._now: Callable[[], float] = now
        self._line: deque[Job] = deque()
        self._behind: dict[tuple[str, ...], deque[Job]] = {}
        """The calls that wait for an earlier one of the same order, which is in the line or under way."""
        self._waiting: int = 0
        self._waiting_bytes: int = 0
        self._lost: list[Job] = []
        """Records whose answer was lost in this run, and which are sent again at its end."""
        self._open_ids: set[str] = set()
        """Ids of rows that were read, and that the ledger does not hold yet in this pass."""
        self._has_rejected_ids: bool = False
        self._setbacks: int = 0
        self._turns: int = ledger.turns()
        self._counts: dict[str, int] = dict.fromkeys(("rows", "done", "replayed", "rejected", "failed", "unknown"), 0)
        self._retries: int = 0
        self._stopped: StopCode | None = None
        self._reason: str | None = None

    # Reading

    def wants_rows(self, ahead: int) -> bool:
        """Return whether another row should be read.

        Args:
            ahead: How many calls should stand in the line.
        """
        return (
            not self.is_exhausted
            and self._stopped is None
            and len(self._line) < ahead
            and self._waiting < _MOST_WAITING
            and self._waiting_bytes < _MOST_WAITING_BYTES
        )

    def admit(self, row: Row) -> None:
        """Decide about a row: it is refused, its answer stands in the ledger, or it is to be sent."""
        self._counts["rows"] += 1
        id = self._calls.find_id(row.number, row.values)
        if any(not problem.path for problem in row.problems):
            # The cells of a broken row may be shifted, so its id must not take that of another row.
            self._reject(row, None, row.problems, shown_id=id if isinstance(id, str) else None)
            return
        if isinstance(id, Problem):
            self._reject(row, None, (*row.problems, id))
            return
        versions = self._ledger.find(id)
        if self._is_duplicate(id, versions):
            reason = "an earlier row has the same id; give each row one that no other row has"
            self._reject(row, None, (Problem(self._calls.id, "duplicate_id", reason),), shown_id=id)
            return
        self._open_ids.add(id)
        problems = row.problems and tuple(p for p in row.problems if self._calls.is_sent(p.path))
        call = problems or self._calls.prepare(id, row.values, self._ledger.run)
        if isinstance(call, tuple):
            self._reject(row, id, call)
            return
        for entry in versions:
            if entry.digest == call.digest:
                entry.number, entry.run_pass = row.number, self._ledger.number_of_pass
                self._meet_again(entry, call, row)
                return
        number_of_pass = self._ledger.number_of_pass
        entry = Entry(0, id, call.digest, row.number, number_of_pass, "pending", call.key, None, 0, None, None, None)
        self._queue(Job(entry, call, row, None))

    def _is_duplicate(self, id: str, versions: list[Entry]) -> bool:
        return (
            id in self._open_ids
            or any(entry.run_pass == self._ledger.number_of_pass for entry in versions)
            or (self._has_rejected_ids and self._ledger.has_rejected(id))
        )

    def _reject(self, row: Row, id: str | None, problems: tuple[Problem, ...], *, shown_id: str | None = None) -> None:
        change = self._ledger.rejected(row.number, id or shown_id, problems, takes_id=id is not None)
        self.group.changes.append(change)
        if id is not None:
            self.group.ids.append(id)
            self._has_rejected_ids = True
        self._counts["rejected"] += 1
        if self.keeps_results:
            self.group.results.append(Rejected(id or shown_id, row.number, row.values, problems))

    def _meet_again(self, entry: Entry, call: Call, row: Row) -> None:
        """Decide about a record that an earlier run has left in the ledger."""
        state = entry.state
        is_retried = state == "failed" and self._settings.retry_failed and not self._can_read_again(entry)
        if is_retried or state == "pending":
            self._queue(Job(entry, call, row, state))
        elif state in ("sent", "unknown") and self._may_resend(entry):
            self._queue(Job(entry, call, row, "unknown"))
        elif state == "sent":
            entry.state, entry.error = "unknown", _error_json(_lost())
            self._finish(entry, row, self._ledger.settled(entry), is_replayed=True)
        else:
            self._finish(entry, row, self._ledger.seen(entry), is_replayed=True)

    def _can_read_again(self, entry: Entry) -> bool:
        """Return whether the ledger holds an answer that this version of the SDK can read: it is not paid for again."""
        if entry.answer is None:
            return False
        try:
            decode(self._operation.returns, entry.answer, _exchange(entry), "raise")
        except errors.UniqOSError:
            return False
        entry.state, entry.error = "done", None
        self.group.changes.append(self._ledger.settled(entry))
        return True

    def _may_resend(self, entry: Entry) -> bool:
        if not self._calls.has_key:
            return True  # A second request has no effect.
        return self._settings.unknown == "resend" and may_resend(entry.sent_at, self._now(), self._settings.key_window)

    # Sending

    def _queue(self, job: Job) -> None:
        self._waiting += 1
        self._waiting_bytes += len(job.call.request.content or b"")
        order = job.call.order
        if order is None:
            self._line.append(job)
        elif order in self._behind:
            self._behind[order].append(job)
        else:
            self._behind[order] = deque()
            self._line.append(job)

    def release(self, count: int) -> None:
        """Move up to ``count`` jobs from the line to those that are sent after the next transaction."""
        self._meet_lost()
        if self._stopped is None and self._line and count > 0 and not self._ledger.has_space():
            self.stop("disk_full", "the disk of the ledger is nearly full; free some space, and run the batch again")
        while count > 0 and self._line and self._stopped is None:
            job = self._line[0]
            if not self._take_turn(job):
                break
            self._line.popleft()
            self._waiting -= 1
            self._waiting_bytes -= len(job.call.request.content or b"")
            self.in_flight += 1
            count -= 1
            if not job.is_noted:
                job.is_noted = True
                entry = job.entry
                if job.before != "unknown":  # The key of a lost record ages from its first request on.
                    entry.sent_at = self._now()
                self.group.changes.append(self._ledger.sent(entry))
                self.group.ids.append(entry.id)
            self.group.jobs.append(job)
        if self._stopped is not None:
            self._leave_line()

    def _leave_line(self) -> None:
        """After a stop, note that the jobs which wait for another attempt are not sent again."""
        line, self._line = self._line, deque()
        for job in line:
            if job.is_noted or job.lost is not None:
                self._put_back(job)

    def _take_turn(self, job: Job) -> bool:
        """Count the turn that a job may cost; return False if the budget has none left."""
        if not self._calls.is_billed or job.entry.turns:
            return True
        most = self._settings.max_turns
        if most is not None and self._turns >= most:
            if self.in_flight == 0:  # A call under way may fail, and leave its turn to this one.
                self.stop("max_turns", f"the budget of {most} turns is used up; raise max_turns, and run it again")
            return False
        self._turns += 1
        job.entry.turns, job.has_added_turn = 1, True
        return True

    def _return_turn(self, job: Job) -> None:
        if job.has_added_turn:
            self._turns -= 1
            job.entry.turns, job.has_added_turn = 0, False

    # Ends of calls

    def settle(self, job: Job, answer: M | errors.UniqOSError) -> None:
        """Note the end of a call."""
        self.in_flight -= 1
        http = answer.http
        if http is not None:
            self._retries += http.retries
        if isinstance(answer, errors.UniqOSError):
            self._settle_error(job, answer)
            return
        self._setbacks = 0
        entry = job.entry
        request_id, is_replayed = _known_headers(http)
        entry.state, entry.error = "done", None
        entry.answer = answer.raw or b"{}"
        entry.exchange = None if http is None else _exchange_text(http, request_id, is_replayed)
        self._follow(job)
        self._count("done", is_replayed)
        self.group.changes.append(self._ledger.settled(entry))
        if self.keeps_results:
            self.group.results.append(
                Done(entry.id, entry.number, job.row.values, answer, http, entry.key, is_replayed)
            )

    def _settle_error(self, job: Job, error: errors.UniqOSError) -> None:
        verdict = judge(error)
        if verdict.kind == "stop":
            self.stop(verdict.code, f"{error.message}; {verdict.remedy}, and run the batch again")
            self._put_back(job)
            return
        # A conflict of a record that is sent again says that the first request took effect, or is still under way.
        if verdict.kind == "unknown" or (job.before == "unknown" and isinstance(error, errors.ConflictError)):
            self._settle_lost(job, error)
            return
        if verdict.kind == "again":
            self._stop_after_setbacks(verdict.code, f"did not run, the last because: {error.message}; {verdict.remedy}")
            if self._stopped is not None:
                self._put_back(job)
            else:
                self._wait_again(job)
            return
        self._setbacks = 0
        entry = job.entry
        entry.state, entry.error, entry.exchange = "failed", _error_json(error), _exchange_json(error.http)
        entry.answer = error.body if isinstance(error, errors.ResponseValidationError) else None
        if not verdict.is_billed:
            self._return_turn(job)
        self._follow(job)
        self._finish_failed(job, error, "failed")

    def _settle_lost(self, job: Job, error: errors.UniqOSError) -> None:
        """Note that the answer of a call was lost. Within its window, the record is sent once more in this run."""
        self._stop_after_setbacks("unreachable", f"lost their answers, the last because: {error.message}")
        entry = job.entry
        entry.state, entry.error, entry.exchange = "unknown", _error_json(error), _exchange_json(error.http)
        order = job.call.order
        has_room = order is not None or len(self._lost) < _MOST_WAITING
        if job.lost is not None or not has_room or not self._may_resend(entry):
            self._follow(job)
            self._finish_failed(job, error, "unknown")
            return
        self.group.changes.append(self._ledger.settled(entry))
        job.lost, job.before, job.is_noted, job.has_added_turn = error, "unknown", False, False
        if order is None:
            self._lost.append(job)
        else:  # The later turns of a conversation wait for this one.
            self._wait_again(job)

    def _finish_failed(self, job: Job, error: errors.UniqOSError, state: Literal["failed", "unknown"]) -> None:
        entry = job.entry
        self._count(state)
        self.group.changes.append(self._ledger.settled(entry))
        if self.keeps_results:
            self.group.results.append(Failed(entry.id, entry.number, job.row.values, error, state, entry.key))

    def _stop_after_setbacks(self, code: StopCode, reason: str) -> None:
        """Stop the run if too many calls in a row have had no answer: all others would end in the same way."""
        self._setbacks += 1
        if self._setbacks > max(_LEAST_SETBACKS, 2 * self._settings.concurrency):
            self.stop(code, f"{self._setbacks} calls in a row {reason}; run the batch again later")

    def _wait_again(self, job: Job) -> None:
        """Put a job back to the front of the line."""
        self._line.appendleft(job)
        self._waiting += 1
        self._waiting_bytes += len(job.call.request.content or b"")

    def _meet_lost(self) -> None:
        """Send the lost records again when all others have ended; after a stop, leave them to the next run."""
        if self.in_flight or not self._lost or (self._stopped is None and (self._line or not self.is_exhausted)):
            return
        lost, self._lost = self._lost, []
        for job in reversed(lost):
            if self._stopped is None:
                self._wait_again(job)
            elif job.lost is not None:
                self._finish_failed(job, job.lost, "unknown")

    def give_back(self, jobs: list[Job]) -> None:
        """Note that released jobs were not sent after all."""
        for job in jobs:
            self.in_flight -= 1
            self._put_back(job)

    def _put_back(self, job: Job) -> None:
        if job.lost is not None:
            job.entry.state = "unknown"
            self._finish_failed(job, job.lost, "unknown")
            return
        self._return_turn(job)
        job.entry.state = job.before or "pending"
        self.group.changes.append(self._ledger.settled(job.entry))

    def _follow(self, job: Job) -> None:
        """Let the next call of the same order into the line."""
        order = job.call.order
        if order is None:
            return
        behind = self._behind[order]
        if behind:
            self._line.append(behind.popleft())
        else:
            del self._behind[order]

    def _finish(self, entry: Entry, row: Row, change: Change, *, is_replayed: bool) -> None:
        """Note a record whose state stays as the ledger has it."""
        self.group.changes.append(change)
        self.group.ids.append(entry.id)
        self._count(entry.state, is_replayed and entry.state == "done")
        if self.keeps_results:
            self.group.results.append(result_of(entry, self._operation, row.values))

    def _count(self, state: str, is_replayed: bool = False) -> None:
        self._counts[state] += 1
        self._counts["replayed"] += is_replayed

    # The run as a whole

    def stop(self, code: StopCode, reason: str) -> None:
        """Send nothing more. The first reason counts."""
        if self._stopped is None:
            self._stopped, self._reason = code, reason

    @property
    def is_stopped(self) -> bool:
        """Whether the run sends nothing more."""
        return self._stopped is not None

    def take_group(self) -> Group[M]:
        """Return what has come together since the last call."""
        group, self.group = self.group, Group()
        return group

    def note_written(self, group: Group[M]) -> None:
        """Note that a group is durable."""
        self._open_ids.difference_update(group.ids)

    @property
    def has_work(self) -> bool:
        """Whether calls are under way, or will be."""
        return (
            self.in_flight > 0
            or bool(self._lost)
            or (self._stopped is None and bool(self._line or not self.is_exhausted))
        )

    def make_report(self, *, total: int | None = None, has_ended: bool = False) -> Report:
        """Return the present state of the run."""
        return Report(
            **self._counts,
            total=total,
            in_flight=self.in_flight,
            retries=self._retries,
            turns=self._turns,
            is_complete=has_ended and self._stopped is None,
            stopped=self._stopped,
            reason=self._reason,
            columns_left_out=tuple(sorted(self._calls.left_out)),
        )


def result_of(entry: Entry, operation: Operation[M], row: _Row) -> Result[M]:
    """Return the result that a record of the ledger stands for."""
    http = _exchange(entry)
    if entry.state == "done":
        answer = decode(operation.returns, entry.answer or b"{}", http, "salvage")
        return Done(entry.id, entry.number, row, answer, http, entry.key, True)
    error = rebuilt_error(entry)
    state: Literal["failed", "unknown"] = "failed" if entry.state == "failed" else "unknown"
    return Failed(entry.id, entry.number, row, error, state, entry.key)


def rebuilt_error(entry: Entry) -> errors.UniqOSError:
    """Return the error that the ledger keeps of a record."""
    kept: dict[str, Any] = json.loads(entry.error) if entry.error else {}
    kind = getattr(errors, str(kept.pop("type", "NetworkError")), errors.UniqOSError)
    if not kept:
        error: errors.UniqOSError = _lost()
    else:
        error = errors.UniqOSError.__new__(kind)
        errors.UniqOSError.__init__(error, **kept)
        for name, value in _DEFAULTS.get(kind.__name__, {}).items():
            setattr(error, name, value)
    if isinstance(error, errors.ResponseValidationError):
        error.body = entry.answer or b""
    error.http = _exchange(entry) if entry.exchange else None
    return error


_DEFAULTS: dict[str, dict[str, Any]] = {
    "NetworkError": {"sent": True, "text": "", "interaction_id": None},
    "ResponseDecodeError": {"body": b"", "content_type": None},
    "ResponseValidationError": {"body": b"", "partial": None, "text": ""},
}


def _lost() -> errors.NetworkError:
    return errors.NetworkError(
        "an earlier run ended while the call was under way, so its answer is not known; it may have been billed. Look "
        "it up, or run the batch with unknown='resend' and a key_window in which the API honours the key",
        code="answer_lost",
    )


def _error_json(error: errors.UniqOSError) -> str:
    """Return the JSON that the ledger keeps of an error."""
    kept = {
        "type": type(error).__name__,
        "message": error.message,
        "code": error.code,
        "request_id": error.request_id,
        "http_status": error.http_status,
    }
    return json.dumps(kept)


def _exchange_json(http: HttpInfo | None) -> str | None:
    return None if http is None else _exchange_text(http, *_known_headers(http))


def _exchange_text(http: HttpInfo, request_id: str | None, is_replayed: bool) -> str:
    return exchange_json(http.status, request_id, http.retries, http.elapsed, is_replayed)


def _known_headers(http: HttpInfo | None) -> tuple[str | None, bool]:
    """Return the request id of an answer, and whether the server replayed it.

    ``http.headers`` would build an object for all headers of each record.
    """
    request_id, is_replayed = None, False
    for key, value in () if http is None else http.raw_headers:
        size = len(key)
        if size == 12 and key.lower() == b"x-request-id":
            request_id = value.decode("latin-1")
        elif size == 19 and key.lower() == b"idempotent-replayed":
            is_replayed = value.lower() == b"true"
    return request_id, is_replayed


def _exchange(entry: Entry) -> HttpInfo:
    """Return what the ledger knows of an exchange."""
    kept: dict[str, Any] = json.loads(entry.exchange) if entry.exchange else {}
    headers: list[tuple[bytes, bytes]] = [(b"Idempotent-Replayed", b"true")] if kept.get("replayed") else []
    if kept.get("request_id"):
        headers.append((b"X-Request-Id", kept["request_id"].encode()))
    return HttpInfo(kept.get("status", 0), tuple(headers), kept.get("retries", 0), kept.get("elapsed", 0.0), entry.key)
