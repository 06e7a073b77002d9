"""What a service may tell its own callers: the events of a turn as they came, and of an error only what is theirs.

Plain data in and out, for any framework: ``stream.frames()`` and ``uniqos.fastapi`` are made of it.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from pydantic_core import to_json

from . import errors
from ._model import Model, ready, wire_text
from ._turn import error_of
from .api.envelope import ErrorBody, ErrorEnvelope
from .api.stream_events import StreamEventError, StreamEventUnknown

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
_HEADER = re.compile(r"[\x21-\x7e]{1,200}")


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
    """The answer to one's own caller: their faults keep status and envelope, others say only what they are.

    A key that is wrong, a scope or a payment that is missing, a quota that is used up are faults of the service, not
    of its caller: they never become a 401 that would make a browser ask for a password.
    """
    headers: dict[str, str] = {}
    if error.request_id and _HEADER.fullmatch(error.request_id):
        headers["X-Request-Id"] = error.request_id
    theirs = _theirs(error)
    if theirs is not None:
        status, body = theirs
        seconds = error.retry_after_seconds if isinstance(error, errors.RateLimitError) else None
        if seconds is not None and math.isfinite(seconds):
            headers["Retry-After"] = str(math.ceil(seconds))
    else:
        status, code, message = _masked(error)
        body = {"code": code, "message": message, "request_id": headers.get("X-Request-Id")}
    envelope = ready(ErrorEnvelope)(error=ready(ErrorBody).model_validate(body))
    return Relayed(status, envelope, headers, theirs is None)


def _theirs(error: errors.UniqOSError) -> tuple[int, dict[str, Any]] | None:
    """Status and error object of a fault of the caller's own; None of any other."""
    body = {"code": error.code, "message": error.message, "details": error.details}
    if isinstance(error, errors.RequestValidationError):
        return 422, body
    if isinstance(error, errors.WebhookSignatureError):
        return 400, body
    if not isinstance(error, errors.APIError) or error.envelope is None or isinstance(error, _OURS):
        return None  # without the API's own envelope it is somebody in between who speaks
    status = error.http_status or 0
    if status < 400:  # the error event of a stream that began well
        status = _THEIRS.get(type(error), 0)
    return (status, {**body, **error.envelope}) if status in _THEIR_STATUSES else None


def _masked(error: errors.UniqOSError) -> tuple[int, str, str]:
    if isinstance(error, errors.ConfigurationError):
        return 500, "internal_error", "Something went wrong."
    if isinstance(error, _OURS) or error.http_status in (401, 402):
        return 503, "service_unavailable", "The service is not available."
    if isinstance(error, errors.TurnTimeoutError):
        return 504, "turn_timeout", "The turn took too long."
    if error.code in ("timeout", "wait_timeout"):
        return 504, "upstream_timeout", "The service behind this one took too long."
    if error.code == "stream_interrupted":
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
