"""What a service may tell its own callers: the events of a turn as they came, and of an error only what is theirs.

Plain data in and out, for any framework: ``stream.frames()`` and ``uniqos.fastapi`` are made of it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pydantic_core import to_json

from . import errors
from ._model import Model, ready, wire_text
from .api.envelope import ErrorBody, ErrorEnvelope
from .api.stream_events import StreamEventError, StreamEventUnknown

_TYPES = {400: "validation", 404: "not_found", 409: "conflict", 413: "validation", 422: "validation", 429: "rate_limit"}
_OURS = (
    errors.AuthenticationError,
    errors.PermissionError,
    errors.PaymentRequiredError,
    errors.QuotaExhaustedError,
)


class Relayed(NamedTuple):
    """An error as an answer of one's own."""

    status: int
    envelope: ErrorEnvelope
    headers: dict[str, str]
    masked: bool
    """Whether it says less than the error: then the error is for one's own log."""


def relay_error(error: errors.UniqOSError) -> Relayed:
    """The answer to one's own caller: their faults keep status and code, ours and upstream's say only what they are.

    A key that is wrong, a scope or a payment that is missing, a quota that is used up are faults of the service, not
    of its caller: they never become a 401 that would make a browser ask for a password.
    """
    status, code, message, details = _public(error)
    headers = {"X-Request-Id": error.request_id} if error.request_id and error.request_id.isprintable() else {}
    if isinstance(error, errors.RateLimitError) and error.retry_after_seconds is not None:
        headers["Retry-After"] = f"{error.retry_after_seconds:.0f}"
    masked = message != error.message
    kind = _TYPES.get(status, "timeout" if status == 504 else "upstream" if status in (502, 503) else "internal")
    body = ready(ErrorBody)(code=code, message=message, type=kind, request_id=error.request_id, details=details)
    return Relayed(status, ready(ErrorEnvelope)(error=body), headers, masked)


def _public(error: errors.UniqOSError) -> tuple[int, str, str, Any]:
    status = error.http_status or 500
    if isinstance(error, errors.APIError):
        if isinstance(error, _OURS):
            return 503, "service_unavailable", "The service is not available.", None
        if isinstance(error, errors.TurnTimeoutError):
            return 504, error.code, "The turn took too long.", None
        if 400 <= status < 500 or status == 501:
            return status, error.code, error.message, error.details
    elif isinstance(error, errors.RequestValidationError):
        return 422, error.code, error.message, error.details
    elif isinstance(error, errors.WebhookSignatureError):
        return 400, error.code, error.message, error.details
    elif isinstance(error, errors.ConfigurationError):
        return 500, "internal_error", "Something went wrong.", None
    elif error.code in ("timeout", "wait_timeout"):
        return 504, "upstream_timeout", "The service behind this one took too long.", None
    elif error.code == "stream_interrupted":
        return 502, error.code, "The answer was interrupted.", None
    return 502, "upstream_error", "The service behind this one failed.", None


def relay_event(event: Model) -> tuple[str, str]:
    """Name and data of an event, as server-sent events have them: to the letter as they came."""
    name = event.name if isinstance(event, StreamEventUnknown) else getattr(event, "type", "message")
    return str(name), _text(event)


def relay_failure(error: errors.UniqOSError) -> tuple[str, str]:
    """Name and data of the ``error`` event that tells of a stream which broke."""
    body = relay_error(error).envelope.error
    return relay_event(ready(StreamEventError)(code=body.code, message=body.message))


def frame(name: str, data: str) -> bytes:
    """One server-sent event."""
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", data))
    return f"event: {name}\n{lines}\n".encode(errors="replace")


def _text(event: Model) -> str:
    text = wire_text(event)
    if text is not None:
        return text
    if isinstance(event, StreamEventUnknown) and event.data is not None:
        return event.data if isinstance(event.data, str) else to_json(event.data).decode()
    return event.model_dump_json(exclude={"name"})
