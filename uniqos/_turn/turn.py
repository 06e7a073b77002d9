"""The state of a streamed turn: events in, text and errors out, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeVar

from .. import errors
from .._base.http import HttpInfo
from .._base.model import Model
from .._base.response import set_http
from .._base.safe import safe_code
from .._wire.options import OnInvalidResponse
from ..api.stream_events import (
    RespondStreamEvent,
    StreamEventCompletion,
    StreamEventError,
    StreamEventMetadata,
    StreamEventText,
)
from .events import DONE, BrokenEvent, parse_event, salvage_event

if TYPE_CHECKING:
    from .._policy.drift import Drift

E = TypeVar("E", bound=errors.UniqOSError)


class Turn:
    """A streamed turn up to its latest event."""

    def __init__(self, label: str, on_invalid: OnInvalidResponse = "raise", drift: Drift | None = None) -> None:
        self.label: str = label
        self.on_invalid: OnInvalidResponse = on_invalid
        self.drift: Drift | None = drift
        self.http: HttpInfo | None = None
        self.metadata: StreamEventMetadata | None = None
        self.completion: StreamEventCompletion | None = None
        self.error: StreamEventError | None = None
        self.emitted: int = 0
        self.ended: bool = False
        """Whether a completion or error event has come. Later events change neither the text nor the outcome."""
        self.broken_afterwards: str | None = None
        """The code of a broken event after the end of the turn, which does not make the turn fail."""
        self.relayed: Callable[[StreamEventError], StreamEventError] | None = None
        """Returns the error event that a service may send to its own caller."""
        self.relay_break: Callable[[errors.UniqOSError], StreamEventError] | None = None
        """Returns the error event that a service sends for a stream that broke. Without it, the break is raised."""
        self.report: Callable[[errors.UniqOSError], None] | None = None
        """Takes the errors that a service hides from its own caller."""
        self._failed: bool = False
        self._break: errors.UniqOSError | None = None
        """The error of a break for which an error event was given."""
        self._text: StringIO = StringIO()  # A list of short strings would take many times the memory.
        self._write: Callable[[str], int] = self._text.write

    @property
    def text(self) -> str:
        return self._text.getvalue()

    def events(self, frames: Iterator[tuple[str, str] | None]) -> Iterator[RespondStreamEvent | None]:
        """Yield the event of each frame as a model, and None for each None.

        Raises:
            ResponseValidationError: An event breaks the contract. After the end of the turn such an event is left out.
        """
        take = self.take
        for frame in frames:
            if frame is None:
                yield None
                continue
            name, data = frame
            if data == DONE:
                continue
            try:
                event = take(name, data)
            except errors.ResponseValidationError as exc:
                if not self.ended:
                    raise
                self.broken_afterwards = exc.code
            else:
                yield event

    def take(self, name: str, data: str) -> RespondStreamEvent:
        """Validate the next event and update the state.

        Raises:
            ResponseValidationError: The event breaks the contract. The error carries its data and the text so far.
        """
        http, is_whole = self.http, True
        try:
            event = parse_event(name, data)
        except BrokenEvent as exc:
            salvaged = salvage_event(name, data) if self.on_invalid == "salvage" else None
            if salvaged is None:
                broken = errors.ResponseValidationError(
                    f"event {self.emitted + 1} of the stream breaks the contract: {exc}",
                    body=data.encode(errors="surrogatepass"),
                    text=self.text,
                    details=exc.details,
                )
                raise self._with_http(broken) from None
            event, is_whole = salvaged, False
            http = replace(http, problems=tuple(exc.details)) if http is not None else None
        if isinstance(event, StreamEventText):
            if not self.ended:
                self._write(event.delta if is_whole else words_of(event))
        else:
            self._remember(event)
            if self.relayed is not None and isinstance(event, StreamEventError):
                event = self.relayed(event)
        set_http(event, http)
        if self.drift is not None:
            self.drift.look(self.label, event)
        self.emitted += 1
        return event

    def _remember(self, event: RespondStreamEvent) -> None:
        if isinstance(event, StreamEventMetadata):
            self.metadata = self.metadata or event
        elif isinstance(event, StreamEventCompletion):
            self.completion = self.completion or event
            self.ended = True
        elif isinstance(event, StreamEventError):
            self.error = self.error or event
            self._failed = self._failed or not self.ended
            self.ended = True

    @property
    def failure(self) -> str | None:
        """The code of the error event that ended the turn; None if there is none, or a completion came first."""
        return error_of(self.error).code if self._failed and self.error is not None else None

    def interrupted(self, reason: str) -> errors.NetworkError:
        """Return the error of a stream that broke before its end."""
        error = errors.NetworkError(
            f"the stream was interrupted after {self.emitted} event(s): {reason}. The turn may have been billed. Its "
            "text so far is in `.text`.",
            code="stream_interrupted",
            details={"events_emitted": self.emitted},
            text=self.text,
            interaction_id=_text(self.metadata, "interaction_id"),
        )
        return self._with_http(error)

    def end_by_break(self, error: errors.UniqOSError) -> StreamEventError | None:
        """End the turn by the error event of a stream that broke; return None if the break is to be raised."""
        if self.relay_break is None:
            return None
        event = self.relay_break(error)
        set_http(event, self.http)
        self._break, self.error, self.ended = error, event, True
        return event

    def check_end(self) -> None:
        """Raise an error if the stream has no more events and the turn has no end.

        Raises:
            ConfigurationError: ``stream_consumed``: the stream was closed or refused before its first event.
            NetworkError: ``stream_interrupted``: the stream was closed or broke before its end.
        """
        if self.http is None:
            raise errors.ConfigurationError(
                "this stream is used up; call respond(..., stream=True) again", code="stream_consumed"
            )
        if not self.ended:
            raise self.interrupted("it was closed, or broke, before its end")

    def raise_error_event(self) -> None:
        """Raise the typed error of the error event that ended the turn, if one did."""
        if self._break is not None:
            raise self._break
        if self._failed and self.error is not None:
            details = {
                "guardrail": _text(self.error, "guardrail"),
                "category": _text(self.error, "category"),
                "text": self.text,
            }
            raise self._with_http(error_of(self.error, details=details))

    def _with_http(self, error: E) -> E:
        error.http = self.http
        if self.http is not None:
            error.request_id, error.http_status = self.http.request_id, self.http.status
        return error


def error_of(event: StreamEventError, **more: Any) -> errors.APIError:
    """Return the error of an error event; its class is chosen by code, as for an HTTP answer."""
    code = _text(event, "code") or "api_error"
    message = _text(event, "message") or f"the stream ended with the error {safe_code(code)}"
    return errors.error_class(code, None)(message, code=code, envelope={"code": code, "message": message}, **more)


def words_of(event: StreamEventText) -> str:
    """Return the text of an event. In a salvaged event the field may be missing or of another type."""
    delta: Any = getattr(event, "delta", None)
    return "" if delta is None else str(delta)


def _text(event: Model | None, name: str) -> str | None:
    """Return a text field of an event; None if a salvaged event lacks it or holds another type."""
    value: Any = getattr(event, name, None)
    return value if isinstance(value, str) else None
