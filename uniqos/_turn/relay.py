"""The relay of turns: the answers of a service to its own callers, made of the API's events and errors.

``stream.frames()`` and ``uniqos.fastapi`` use it. Input and output are plain data, so any framework can use it.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from pydantic_core import to_json

from .. import errors
from .._base.model import Model
from .._base.response import build_model, wire_text
from ..api.envelope import ErrorBody, ErrorEnvelope
from ..api.stream_events import StreamEventError, StreamEventUnknown
from .turn import error_of

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
_TEXT_KEYS = frozenset({"message", "type", "request_id", "documentation_url"})
_HEADER = re.compile(r"[\x21-\x7e]{1,200}")
_CODE = re.compile(r"[a-z0-9_]{1,64}")


class Relayed(NamedTuple):
    """An error as the service's own answer."""

    status: int
    envelope: ErrorEnvelope
    headers: dict[str, str]
    is_masked: bool
    """Whether the answer hides the error. Then the service should log the error itself."""


class Event(NamedTuple):
    """A server-sent event. ``hidden`` is the error that it hides, which the service should log."""

    name: str
    data: str
    hidden: errors.UniqOSError | None = None


def relay_error(error: errors.UniqOSError) -> Relayed:
    """Return the answer to the service's own caller.

    A known fault of the caller keeps its status and the API's words. A wrong key, a missing scope or payment, and a
    used-up quota are faults of the service. They become a 503, since a browser would ask for a password after a 401.
    An error with an unknown code keeps a status that blames the caller, but not its words.
    """
    headers: dict[str, str] = {}
    request_id = _request_id_header(error)
    if request_id is not None:
        headers["X-Request-Id"] = request_id
    caller_fault = _caller_fault(error)
    if caller_fault is not None:
        status, body = caller_fault
    else:
        status, code, message = _masked(error)
        body = {"code": code, "message": message, "request_id": request_id}
    seconds = error.retry_after_seconds if isinstance(error, errors.RateLimitError) and status == 429 else None
    if seconds is not None and math.isfinite(seconds):
        headers["Retry-After"] = str(math.ceil(seconds))
    envelope = build_model(ErrorEnvelope)(error=build_model(ErrorBody).model_validate(body))
    return Relayed(status, envelope, headers, caller_fault is None)


def _request_id_header(error: errors.UniqOSError) -> str | None:
    """Return the request id if it is printable ASCII, as a header must be."""
    return error.request_id if error.request_id and _HEADER.fullmatch(error.request_id) else None


def _caller_fault(error: errors.UniqOSError) -> tuple[int, dict[str, Any]] | None:
    """Return the status and error object of a known fault of the caller; None for any other error."""
    body = {"code": error.code, "message": error.message, "details": error.details}
    if isinstance(error, errors.RequestValidationError):
        return 422, body
    if isinstance(error, errors.WebhookSignatureError):
        return 400, body
    if not isinstance(error, errors.APIError) or error.envelope is None:
        return None  # An error without the API's envelope comes from a gateway or proxy.
    kind = _class_of_code(error)
    if kind not in _CALLER_FAULTS:
        return None
    # An error event of a stream has the status of the stream, 200.
    status = _CALLER_FAULTS[kind] if (error.http_status or 0) < 400 else error.http_status
    # A value of another type than text would break the contract of the error envelope.
    envelope = {
        name: value for name, value in error.envelope.items() if name not in _TEXT_KEYS or isinstance(value, str)
    }
    return (status, {**body, **envelope}) if status in _CALLER_STATUSES else None


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
    elif error.code in ("timeout", "wait_timeout"):
        return 504, "upstream_timeout", "The service behind this one took too long."
    elif error.code == "stream_interrupted":
        return 502, error.code, "The answer was interrupted."
    return 502, "upstream_error", "The service behind this one failed."


def relay_event(event: Model) -> Event:
    """Return an event as it was received. An error event that is no fault of the caller is masked."""
    if isinstance(event, StreamEventError):
        error = error_of(event)
        if relay_error(error).is_masked:
            return relay_failure(error)
    name = event.name if isinstance(event, StreamEventUnknown) else str(type(event).model_fields["type"].default)
    return Event(name if not re.search(r"[\r\n]", name) else "message", _text(event))


def relay_failure(error: errors.UniqOSError) -> Event:
    """Return the ``error`` event for a stream that failed."""
    relayed = relay_error(error)
    body = relayed.envelope.error
    event = build_model(StreamEventError)(code=body.code, message=body.message)
    return Event("error", event.model_dump_json(), error if relayed.is_masked else None)


def frame(event: Event) -> bytes:
    """Encode a server-sent event."""
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", event.data))
    return f"event: {event.name}\n{lines}\n".encode(errors="replace")


def _text(event: Model) -> str:
    """Return the data of an event as it was received, or else as JSON."""
    text = wire_text(event)
    if text is not None:
        return text
    if isinstance(event, StreamEventUnknown) and "data" in event.model_fields_set:
        return event.data if isinstance(event.data, str) else to_json(event.data).decode()
    return event.model_dump_json(exclude={"name"})
