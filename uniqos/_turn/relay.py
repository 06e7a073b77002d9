"""The relay of turns: the answers of a service to its own callers, made of the API's events and errors.

``stream.frames()`` and ``uniqos.fastapi`` use it, and ``uniqos.relay`` makes it public. Input and output are plain
data, so any framework can use it.
"""

from __future__ import annotations

import math
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_json

from .. import errors
from .._base.by_class import ByClass
from .._base.json_text import JsonText
from .._base.model import Model, get_slot
from .._base.response import bind, build_model, wire_text
from .._base.safe import safe_code, safe_id
from .._wire.encode import INVALID_ID
from ..api.envelope import ErrorBody, ErrorEnvelope
from ..api.stream_events import StreamEventError, StreamEventUnknown
from .turn import error_of

if TYPE_CHECKING:
    from .._policy.logging import LeveledLogger
    from .turn import Turn

REQUEST_ID = "X-Request-Id"
_SERVICE_FAULTS = (
    errors.AuthenticationError,
    errors.PermissionError,
    errors.PaymentRequiredError,
    errors.QuotaExhaustedError,
)
_CALLER_FAULTS: dict[type[errors.APIError], int] = {
    errors.ValidationError: 422,
    errors.GuardrailBlockError: 400,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.RateLimitError: 429,
}
_CALLER_STATUSES = frozenset({400, 404, 409, 413, 422, 429, 501})
_DETAIL_KEYS = frozenset({"field", "loc", "type", "code", "msg", "message"})
"""The keys of a problem in the details of a validation error. Its ``input``, say, can hold another person's words."""
_HEADER = re.compile(r"[\x21-\x7e]{1,200}")
_PACKAGE = Path(__file__).parent.parent
_CODE = re.compile(r"[a-z0-9_]{1,64}")
PING = b": ping\n\n"
"""A comment of an event stream, which tells proxies that the connection is in use."""


class RelayedError(NamedTuple):
    """An error as the service's own answer."""

    status: int
    """HTTP status of the answer."""
    envelope: ErrorEnvelope
    """Body of the answer, in the shape of the API's own errors."""
    headers: dict[str, str]
    """``Retry-After`` and the header of the request id, as far as they are known."""
    is_masked: bool
    """Whether the answer hides the error. Then the service should log the error itself."""

    @property
    def content(self) -> bytes:
        """The body as JSON, to be sent as ``application/json``."""
        return self.envelope.model_dump_json().encode()


class RelayedEvent(NamedTuple):
    """A server-sent event of the service's own stream."""

    name: str
    data: str
    hidden: errors.UniqOSError | None = None
    """The error that the event hides, which the service should log."""


class _RelayedText(JsonText):
    """The text of an error event that may be sent to the service's own caller."""

    __slots__ = ()


def relay_error(
    error: errors.UniqOSError, *, request_id: str | None = None, request_id_header: str | None = REQUEST_ID
) -> RelayedError:
    """Return the answer to the service's own caller.

    - A known fault of the caller keeps its status, code and message. Of its details, the fields at fault are kept.
    - A mistake of the service, such as ``timeout=-1`` or an empty id, becomes a 500.
    - A wrong key, a missing scope or payment, and a used-up quota become a 503.
    - Other faults behind the service become a 502, 503 or 504 without their words.
    - An error with an unknown code keeps a status that blames the caller, but not its words.

    An error that was made by hand, as in a test, is answered as the API's own error of its class.

    Args:
        error: Any error of the SDK.
        request_id: The service's own id of the request. By default, the API's id.
        request_id_header: Name of the header that carries the id; None for no such header.

    Returns:
        Status, body and headers of the answer.
    """
    request_id = request_id if request_id is not None else error.request_id
    request_id = as_request_id(request_id)
    caller_fault = _caller_fault(error)
    status, code, message, details = caller_fault or (*_masked(error), None)
    headers: dict[str, str] = {}
    if request_id is not None and request_id_header is not None:
        headers[request_id_header] = request_id
    seconds = getattr(error, "retry_after_seconds", None) if status in (429, 503) else None
    if seconds is not None and math.isfinite(seconds):
        headers["Retry-After"] = str(math.ceil(seconds))
    body: dict[str, Any] = {"code": code, "message": message}
    if request_id is not None:
        body["request_id"] = request_id
    if details is not None:
        body["details"] = details
    envelope = build_model(ErrorEnvelope)(error=build_model(ErrorBody).model_validate(body))
    return RelayedError(status, envelope, headers, caller_fault is None)


def as_request_id(value: str | None) -> str | None:
    """Return an id that may travel in a header: printable ASCII of 200 characters at most; None for any other."""
    return value if value is not None and _HEADER.fullmatch(value) else None


def _caller_fault(error: errors.UniqOSError) -> tuple[int, str, str, Any] | None:
    """Return status, code, message and details of a known fault of the caller; None for any other error."""
    if isinstance(error, errors.RequestValidationError):
        # Only the fields of a body or query can be the caller's. Options, ids and headers are the service's.
        is_own = not error.details or _is_of_path(error.details)
        return None if is_own else (422, error.code, error.message, error.details)
    if isinstance(error, errors.WebhookSignatureError):
        return 400, error.code, error.message, error.details
    if not isinstance(error, errors.APIError):
        return None
    if is_hand_built(error):
        kind = errors.error_class(error.code, None) if error.code != "api_error" else type(error)
        if kind not in _CALLER_FAULTS:
            return None
        code = error.code if error.code != "api_error" else errors.usual_answer(kind)[1]
        return _CALLER_FAULTS[kind], code, error.message, _known_details(error.details)
    if error.envelope is None:
        return None  # An error without the API's envelope comes from a gateway or proxy.
    code_class = _class_of_code(error)
    if code_class not in _CALLER_FAULTS:
        return None
    # An error event of a stream has the status of the stream, 200.
    status = _CALLER_FAULTS[code_class] if (error.http_status or 0) < 400 else error.http_status
    if status not in _CALLER_STATUSES:
        return None
    message = error.envelope.get("message")
    text = message if isinstance(message, str) else error.message
    return status, error.envelope.get("code", error.code), text, _known_details(error.details)


def is_hand_built(error: errors.APIError) -> bool:
    """Return whether an error was made by its class alone, as in a test. The API's errors have a status or envelope."""
    return error.http_status is None and error.envelope is None


def _is_of_path(details: Any) -> bool:
    """Return whether problems of a request are those of an id in its path."""
    problems = details if isinstance(details, list) else []
    return any(isinstance(problem, dict) and problem.get("type") == INVALID_ID for problem in problems)


def _known_details(details: Any) -> Any:
    """Return the fields that a validation error names, or the guardrail of a blocked turn; None for other details."""
    if isinstance(details, list):
        known = [
            {key: value for key, value in one.items() if key in _DETAIL_KEYS and _is_plain(value)}
            for one in details
            if isinstance(one, dict)
        ]
        return [one for one in known if one] or None
    if isinstance(details, dict):
        return {
            key: details[key] for key in ("guardrail", "category", "field") if isinstance(details.get(key), str)
        } or None
    return None


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int)) or (
        isinstance(value, list) and all(isinstance(part, (str, int)) for part in value)
    )


def _class_of_code(error: errors.APIError) -> type[errors.APIError] | None:
    """Return the class for an error's code, independent of its status; None for a code outside the contract."""
    code = (error.envelope or {}).get("code", error.code)
    kind = errors.error_class(code, None) if isinstance(code, str) and _CODE.fullmatch(code) else errors.APIError
    return None if kind is errors.APIError and code != "internal_error" else kind


def _masked(error: errors.UniqOSError) -> tuple[int, str, str]:
    """Return the status, code and message that stand for an error which the caller must not see."""
    if isinstance(error, errors.ConfigurationError):
        return 500, "internal_error", "Something went wrong."
    if isinstance(error, _SERVICE_FAULTS) or error.http_status in (401, 402):
        return 503, "service_unavailable", "The service is not available."
    if isinstance(error, errors.TurnTimeoutError):
        return 504, "turn_timeout", "The turn took too long."
    if isinstance(error, errors.APIError):
        if error.http_status in _CALLER_STATUSES and error.envelope is not None and _class_of_code(error) is None:
            if error.http_status == 501:
                return 501, "not_implemented", "This is not available."
            return error.http_status, "request_refused", "The request was refused."
        if error.retry_after_seconds is not None and isinstance(error, errors.ServiceUnavailableError):
            return 503, "service_unavailable", "The service is not available."
    elif error.code in ("timeout", "wait_timeout"):
        return 504, "upstream_timeout", "The service behind this one took too long."
    elif error.code == "stream_interrupted":
        return 502, error.code, "The answer was interrupted."
    return 502, "upstream_error", "The service behind this one failed."


def relay_event(event: Model) -> RelayedEvent:
    """Return an event as it was received, for the service's own caller.

    An error event that is no fault of the caller is masked. Of any other error event, only the documented fields are
    kept.

    Args:
        event: An event of a stream, or one that was made by hand.

    Returns:
        Name and data of the server-sent event.
    """
    name = event_name(event)
    # The name is compared first, as pydantic's isinstance() takes longer than the rest for most events.
    if name == "error" and isinstance(event, StreamEventError) and not _is_relayed(event):
        error = error_of(event)
        if relay_error(error).is_masked:
            return relay_failure(error)
        if event.keys() - StreamEventError.model_fields.keys():
            event = event.model_copy()
            return RelayedEvent("error", event.model_dump_json(include=set(StreamEventError.model_fields)))
    return RelayedEvent(name, event_text(event))


def relay_failure(error: errors.UniqOSError) -> RelayedEvent:
    """Return the ``error`` event for a stream that failed.

    Args:
        error: The error that ended the stream.

    Returns:
        Name and data of the server-sent event.
    """
    relayed = relay_error(error)
    event = _error_event(relayed)
    return RelayedEvent("error", event.model_dump_json(), error if relayed.is_masked else None)


def _error_event(relayed: RelayedError) -> StreamEventError:
    body = relayed.envelope.error
    event = build_model(StreamEventError)(code=body.code, message=body.message)
    # The text marks the event. A subclass could mark it too, but pydantic 2.9 does not serialize one in a union.
    bind(event, _RelayedText(event.model_dump_json()))
    return event


def _is_relayed(event: StreamEventError) -> bool:
    return isinstance(get_slot(event, "_wire"), _RelayedText)


def mask_error_events(turn: Turn, report: Callable[[errors.UniqOSError], None], *, breaks: bool = False) -> None:
    """Let a stream give its error events as the service's own caller may see them, and report the others.

    FastAPI writes the events that a route yields by itself. So an error event must be masked before a route gets it.
    The turn still holds the API's own error event, and raises it.

    Args:
        turn: The turn of the stream.
        report: Takes the errors that are hidden.
        breaks: Whether a stream that breaks ends with an error event, and does not raise. A route that has begun its
            answer needs that: FastAPI would cut the connection.
    """

    def relayed(event: StreamEventError) -> StreamEventError:
        error = error_of(event)
        masked = relay_error(error)
        if not masked.is_masked:
            return event
        error.request_id = turn.http.request_id if turn.http is not None else None
        report(error)
        return _error_event(masked)

    def relay_break(error: errors.UniqOSError) -> StreamEventError:
        masked = relay_error(error)
        if masked.is_masked:
            report(error)
        return _error_event(masked)

    turn.relayed = relayed
    turn.relay_break = relay_break if breaks else None
    turn.report = report


def report_hidden(event: RelayedEvent, turn: Turn, log: LeveledLogger) -> None:
    """Report the error that an event hides."""
    if event.hidden is None:
        return
    if turn.report is not None:
        turn.report(event.hidden)
    else:
        log_masked(event.hidden, log)


def log_masked(error: errors.UniqOSError, log: LeveledLogger) -> None:
    """Log an error that the service's own caller did not see, without any text of the server or of people."""
    kind = type(error).__name__
    if not isinstance(error, errors.ConfigurationError):
        code, request_id = safe_code(error.code), safe_id(error.request_id)
        log.error("uniqos: an error was hidden from the caller", error=kind, code=code, request_id=request_id)
        return
    # An error before anything was sent is a mistake of the service. Its words and place help to find it.
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if _PACKAGE not in Path(frame.filename).parents
    ]
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
    log.error("uniqos: the service made a mistake", error=kind, reason=error.message, at=place)


def frame(event: RelayedEvent) -> bytes:
    """Encode a server-sent event.

    Args:
        event: The event.

    Returns:
        The bytes to send as ``text/event-stream``.
    """
    name, data, _ = event
    if "\n" in data or "\r" in data:
        data = re.sub(r"\r\n|\r|\n", "\ndata: ", data)
    return f"event: {name}\ndata: {data}\n\n".encode(errors="replace")


def event_name(event: Model) -> str:
    """Return the name of an event, which never holds a line break."""
    return _EVENT_NAMES[type(event)] or _safe_name(event)


def _constant_name(kind: type[Model]) -> str | None:
    """Return the name of the events of a class; None if each has its own."""
    return None if issubclass(kind, StreamEventUnknown) else str(kind.model_fields["type"].default)


def _safe_name(event: Any) -> str:
    name: str = event.name
    return name if not re.search(r"[\r\n]", name) else "message"


_EVENT_NAMES = ByClass(_constant_name)


def event_text(event: Model) -> str:
    """Return the data of an event as it was received, or else as JSON."""
    text = wire_text(event)
    if text is not None:
        return text
    if isinstance(event, StreamEventUnknown) and "data" in event.model_fields_set:
        return event.data if isinstance(event.data, str) else to_json(event.data).decode()
    return event.model_dump_json(exclude={"name"})
