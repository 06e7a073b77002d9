"""The answers of a service to its own callers: the events of a turn as they came, and the errors that concern them.

Plain data in and out, for any framework: ``stream.frames()`` and ``uniqos.fastapi`` are made of it.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from pydantic_core import to_json

from .. import errors
from .._base.model import Model
from .._base.response import ready, wire_text
from ..api.envelope import ErrorBody, ErrorEnvelope
from ..api.stream_events import StreamEventError, StreamEventUnknown
from .turn import error_of

_OURS = (
    errors.AuthenticationError,
    errors.PermissionError,
    errors.PaymentRequiredError,
    errors.QuotaExhaustedError,
)
_THEIRS: dict[type[errors.APIError], int] = {
    errors.ValidationError: 422,
    errors.GuardrailBlockError: 400,
    errors.NotFoundError: 404,
    errors.ConflictError: 409,
    errors.RateLimitError: 429,
}
_THEIR_STATUSES = frozenset({400, 404, 409, 413, 422, 429, 501})
_TEXTS = frozenset({"message", "type", "request_id", "documentation_url"})
_HEADER = re.compile(r"[\x21-\x7e]{1,200}")
_CODE = re.compile(r"[a-z0-9_]{1,64}")


class Relayed(NamedTuple):
    """An error as an answer of one's own."""

    status: int
    envelope: ErrorEnvelope
    headers: dict[str, str]
    masked: bool
    """Whether it says less than the error: then the error is for one's own log."""


class Event(NamedTuple):
    """A server-sent event, and the error that is for one's own log where it hides one."""

    name: str
    data: str
    hidden: errors.UniqOSError | None = None


def relay_error(error: errors.UniqOSError) -> Relayed:
    """Return the answer to one's own caller: a known fault of theirs keeps its status and the API's own words.

    A key that is wrong, a scope or a payment that is missing, a quota that is used up are faults of the service, not
    of its caller: they never become a 401 that would make a browser ask for a password. An error whose code the
    contract does not know keeps its status where that blames the caller, but none of its words.
    """
    headers: dict[str, str] = {}
    request_id = _header_id(error)
    if request_id is not None:
        headers["X-Request-Id"] = request_id
    theirs = _theirs(error)
    if theirs is not None:
        status, body = theirs
    else:
        status, code, message = _masked(error)
        body = {"code": code, "message": message, "request_id": request_id}
    seconds = error.retry_after_seconds if isinstance(error, errors.RateLimitError) and status == 429 else None
    if seconds is not None and math.isfinite(seconds):
        headers["Retry-After"] = str(math.ceil(seconds))
    envelope = ready(ErrorEnvelope)(error=ready(ErrorBody).model_validate(body))
    return Relayed(status, envelope, headers, theirs is None)


def _header_id(error: errors.UniqOSError) -> str | None:
    """Return the id of the exchange where it is printable ASCII, and so may stand in a header."""
    return error.request_id if error.request_id and _HEADER.fullmatch(error.request_id) else None


def _theirs(error: errors.UniqOSError) -> tuple[int, dict[str, Any]] | None:
    """Return status and error object of a known fault of the caller's own; None of any other."""
    body = {"code": error.code, "message": error.message, "details": error.details}
    if isinstance(error, errors.RequestValidationError):
        return 422, body
    if isinstance(error, errors.WebhookSignatureError):
        return 400, body
    if not isinstance(error, errors.APIError) or error.envelope is None:
        return None  # without the API's own envelope it is somebody in between who speaks
    kind = _known(error)
    if kind not in _THEIRS:
        return None
    # An error event of a stream comes under the status of its beginning.
    status = _THEIRS[kind] if (error.http_status or 0) < 400 else error.http_status
    # A text that is none would make the whole answer one that the API does not give.
    own = {name: value for name, value in error.envelope.items() if name not in _TEXTS or isinstance(value, str)}
    return (status, {**body, **own}) if status in _THEIR_STATUSES else None


def _known(error: errors.APIError) -> type[errors.APIError] | None:
    """Return the class that the contract gives to the code, whatever the status; None if it does not know the code."""
    code = (error.envelope or {}).get("code", error.code)
    kind = errors.error_class(code, None) if isinstance(code, str) and _CODE.fullmatch(code) else errors.APIError
    return None if kind is errors.APIError and code != "internal_error" else kind


def _masked(error: errors.UniqOSError) -> tuple[int, str, str]:
    if isinstance(error, errors.ConfigurationError):
        return 500, "internal_error", "Something went wrong."
    if isinstance(error, _OURS) or error.http_status in (401, 402):
        return 503, "service_unavailable", "The service is not available."
    if isinstance(error, errors.TurnTimeoutError):
        return 504, "turn_timeout", "The turn took too long."
    if isinstance(error, errors.APIError):
        if error.http_status in _THEIR_STATUSES and error.envelope is not None and _known(error) is None:
            if error.http_status == 501:
                return 501, "not_implemented", "This is not available."
            return error.http_status, "request_refused", "The request was refused."
    elif error.code in ("timeout", "wait_timeout"):
        return 504, "upstream_timeout", "The service behind this one took too long."
    elif error.code == "stream_interrupted":
        return 502, error.code, "The answer was interrupted."
    return 502, "upstream_error", "The service behind this one failed."


def relay_event(event: Model) -> Event:
    """An event to the letter as it came; an error event only if it is about what the caller did."""
    if isinstance(event, StreamEventError):
        error = error_of(event)
        if relay_error(error).masked:
            return relay_failure(error)
    name = event.name if isinstance(event, StreamEventUnknown) else str(type(event).model_fields["type"].default)
    return Event(name if not re.search(r"[\r\n]", name) else "message", _text(event))


def relay_failure(error: errors.UniqOSError) -> Event:
    """The ``error`` event that tells of a stream which broke."""
    relayed = relay_error(error)
    body = relayed.envelope.error
    told = ready(StreamEventError)(code=body.code, message=body.message)
    return Event("error", told.model_dump_json(), error if relayed.masked else None)


def frame(event: Event) -> bytes:
    """A server-sent event as bytes."""
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", event.data))
    return f"event: {event.name}\n{lines}\n".encode(errors="replace")


def _text(event: Model) -> str:
    text = wire_text(event)
    if text is not None:
        return text
    if isinstance(event, StreamEventUnknown) and "data" in event.model_fields_set:
        return event.data if isinstance(event.data, str) else to_json(event.data).decode()
    return event.model_dump_json(exclude={"name"})
