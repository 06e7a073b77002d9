"""Events of calls for metrics and traces. They never hold a key, an id of a person, or a word of a message."""

# No deferred annotations: typing.get_type_hints would look them up in `uniqos`, the `__module__` of these classes.

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Any, Literal, Protocol, runtime_checkable

from typing_extensions import Self

from .. import errors
from .._base.http import HttpInfo
from .._base.safe import UNKNOWN, safe_code, safe_id
from .logging import LeveledLogger
from .unobserved import UnobservedCall

Outcome = Literal["success", "error", "cancelled", "closed"]
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call has begun; nothing is sent yet."""

    __module__ = "uniqos"

    call_id: int
    """The number of the call in this process: the same in all events of the call."""
    operation: str
    """Method and path of the operation, with the names of its parameters: ``POST /v1/respond``."""
    streamed: bool
    """Whether the answer is a stream of events."""


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """A request is about to be sent."""

    __module__ = "uniqos"

    call_id: int
    operation: str
    attempt: int
    """The number of the attempt, from 1."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt failed, and there will be another."""

    __module__ = "uniqos"

    call_id: int
    operation: str
    attempt: int
    """The number of the attempt that failed, from 1."""
    delay_seconds: float
    """How long the call waits before the next attempt."""
    code: str
    """The ``code`` of the error; ``unknown`` if the server sent something that does not look like a code."""
    http_status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class FirstEvent:
    """The first event of a streamed answer has arrived."""

    __module__ = "uniqos"

    call_id: int
    operation: str
    elapsed_seconds: float
    """Seconds since the call began."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is over: its answer or the last event has arrived, or it failed."""

    __module__ = "uniqos"

    call_id: int
    operation: str
    outcome: Outcome
    """``closed`` is a stream that was closed before its end. ``cancelled`` also means any foreign exception."""
    attempts: int
    elapsed_seconds: float
    code: str | None
    """The ``code`` of the error, or of a stream's error event; ``unknown`` as in ``Retrying``."""
    http_status: int | None
    request_id: str | None
    events: int
    """How many events of a stream were read; 0 for an answer that is not a stream."""


@runtime_checkable
class Observer(Protocol):
    """Receives the events of each call. Derive from it and write the methods that you need; the others do nothing.

    The methods are plain functions, called in the task or thread of the call, so that spans and context variables
    work. They must not block. An exception that they raise is logged, and the call goes on.
    """

    # Without a statement in its body, type checkers would take a method for an abstract one.

    def call_started(self, event: CallStarted) -> None:
        """A call has begun."""
        return

    def attempt_started(self, event: AttemptStarted) -> None:
        """A request is about to be sent."""
        return

    def retrying(self, event: Retrying) -> None:
        """An attempt failed, and there will be another."""
        return

    def first_event(self, event: FirstEvent) -> None:
        """The first event of a stream has arrived."""
        return

    def call_ended(self, event: CallEnded) -> None:
        """A call is over."""
        return


Observer.__module__ = "uniqos"


class ObservedCall(UnobservedCall):
    """One call, whose events go to observers."""

    __slots__ = (
        "_attempts",
        "_call",
        "_code",
        "_events",
        "_http",
        "_left",
        "_log",
        "_monotonic",
        "_observers",
        "_started",
    )

    def __init__(
        self,
        observers: tuple[Observer, ...],
        label: str,
        streamed: bool,
        monotonic: Callable[[], float],
        log: LeveledLogger,
    ) -> None:
        self._observers: tuple[Observer, ...] = observers
        self._log: LeveledLogger = log
        self._monotonic: Callable[[], float] = monotonic
        self._started: float = monotonic()
        self._call: CallStarted = CallStarted(next(_numbers), label, streamed)
        self._attempts: int = 0
        self._events: int = 0
        self._left: bool = False
        self._code: str | None = None
        self._http: HttpInfo | None = None

    @property
    def call_id(self) -> int:
        return self._call.call_id

    def attempt(self, number: int) -> None:
        self._attempts = number
        self._notify("attempt_started", AttemptStarted(*self._name, number))

    def retrying(self, attempt: int, delay: float, error: errors.UniqOSError) -> None:
        code, request_id = safe_code(error.code) or UNKNOWN, safe_id(error.request_id)
        event = Retrying(*self._name, attempt, delay, code, error.http_status, request_id)
        self._notify("retrying", event)

    def note_answer(self, http: HttpInfo) -> None:
        self._http = http

    def event(self) -> None:
        self._events += 1
        if self._events == 1:
            request_id = self._http.request_id if self._http else None
            self._notify("first_event", FirstEvent(*self._name, self._elapsed, safe_id(request_id)))

    def note_early_close(self) -> None:
        """Note that the caller closed the stream before its end."""
        self._left = True

    def note_outcome(self, code: str | None) -> None:
        """Note the code of the error event that ended a stream; None if it ended well."""
        self._code = code

    def __enter__(self) -> Self:
        self._notify("call_started", self._call)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        outcome: Outcome = "error" if self._code else "success"
        status = self._http.status if self._http else None
        request_id = self._http.request_id if self._http else None
        if isinstance(exc, errors.UniqOSError):
            outcome, self._code = "error", exc.code
            status, request_id = exc.http_status or status, exc.request_id or request_id
        elif self._left:
            outcome = "closed"
        elif exc is not None:
            outcome = "cancelled"
        self._notify(
            "call_ended",
            CallEnded(
                *self._name,
                outcome,
                self._attempts,
                self._elapsed,
                safe_code(self._code),
                status,
                safe_id(request_id),
                self._events,
            ),
        )

    @property
    def _name(self) -> tuple[int, str]:
        return self._call.call_id, self._call.operation

    @property
    def _elapsed(self) -> float:
        return self._monotonic() - self._started

    def _notify(self, method: str, event: Any) -> None:
        for observer in self._observers:
            try:
                getattr(observer, method)(event)
            except Exception as exc:  # A failing observer must not lose a paid answer.
                self._log.warning("uniqos: the observer failed", error=type(exc).__name__)
