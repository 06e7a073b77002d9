"""The exceptions of the SDK, and when a call may be repeated after one.

```text
UniqOSError: code, message, request_id, http_status, details, http
 ├─ ConfigurationError            a wrong setting; nothing was sent
 │   └─ RequestValidationError    a wrong argument of a call; nothing was sent
 ├─ NetworkError                  no answer, or a part of one: refused, DNS, TLS, reset, timeout, a cut stream
 ├─ ResponseDecodeError           an answer that is not JSON, is too large, or is a redirect
 ├─ ResponseValidationError       JSON that breaks the contract; the error carries the answer
 ├─ WebhookSignatureError         a webhook delivery that is not genuine or too old
 ├─ WaitTimeoutError              a deletion that is not completed in time
 ├─ UnexpectedError               a status that is neither success nor error
 ├─ MiddlewareError               a middleware of yours failed, or gave no answer
 └─ APIError                      the API refused the call, or failed
     ├─ ValidationError 400, 422    ├─ ConflictError 409
     ├─ GuardrailBlockError 400     ├─ RateLimitError 429 (retry_after_seconds)
     ├─ AuthenticationError 401     ├─ QuotaExhaustedError 429, 403
     ├─ PaymentRequiredError 402    ├─ UpstreamLLMError 502
     ├─ PermissionError 403         ├─ ServiceUnavailableError 503
     └─ NotFoundError 404           └─ TurnTimeoutError 504
```

```python
from uniqos import NetworkError, QuotaExhaustedError, RateLimitError, ResponseValidationError, UniqOS

client = UniqOS()
try:
    client.respond(personality_id="pers_...", message="Hello!", deadline=120)
except RateLimitError as error:
    print(f"come back in {error.retry_after_seconds} s")
except QuotaExhaustedError as error:
    print(f"the quota is used up: {error.details}")
except ResponseValidationError as error:
    print(f"the answer breaks the contract, but is not lost: {error.partial}, {error.body!r}")
except NetworkError as error:
    print(f"{error.code}; it may have reached the server: {error.sent}")
    if error.http:
        print(f"repeat it with idempotency_key={error.http.idempotency_key!r}")
```

The API's own ``code`` decides the class, since one status can carry several codes. A wrong argument raises
`RequestValidationError` before anything is sent. `ValidationError` is the server's own refusal of an argument.

## What the client repeats by itself

Turns and creations carry one ``Idempotency-Key`` over all their attempts. A failed attempt is repeated up to
``max_retries`` times (3 by default), after a growing random wait or the wait that ``Retry-After`` asks for:

- after a rate limit, 500, 502 or 503;
- after a connection that broke;
- after a timeout, if a second run costs nothing.

Never repeated are 401, 403, 504, ``quota_exhausted``, a certificate that is not trusted, and a turn that timed out
on this side: that turn may still be running, and be billed.

Some calls carry no key and could take effect twice. They are repeated in two cases only: nothing of the request was
sent, or the API's own error envelope says that the request has not run (``from_api``). A status alone does not count,
because a proxy in between may have written it.

All calls of a client share a retry budget. After a burst of 50 retries, a failing service sees at most a tenth more
requests.

## What you may repeat

| Error | Has the call taken effect? | Repeat it |
|---|---|---|
| `ConfigurationError`, `RequestValidationError` | no | when it is corrected |
| `NetworkError` with ``sent=False`` | no | yes |
| `NetworkError` with ``sent=True`` | perhaps | with the key ``error.http.idempotency_key``, unless it is None |
| `NetworkError` ``stream_interrupted`` | yes: ``text`` and ``interaction_id`` hold the part that came | as a new turn |
| `RateLimitError`, `ServiceUnavailableError` with ``from_api=True`` | no | after ``retry_after_seconds`` |
| `QuotaExhaustedError`, `PaymentRequiredError` | no | when the plan or the invoice is settled |
| another `APIError` of 400 to 499 | no | when it is corrected |
| `TurnTimeoutError` | it is not billed | yes |
| `UpstreamLLMError` and any other `APIError` of 500 or more | perhaps | with the same key, if there is one |
| `MiddlewareError` with ``sent=False`` | no | when the middleware is corrected |
| `MiddlewareError` with ``sent=True`` | perhaps | with the same key, if there is one |
| `ResponseDecodeError` | perhaps: ``body`` holds the answer | with the same key, if there is one |
| `ResponseValidationError` | yes: ``partial`` and ``body`` hold the answer | there is no need |

The table speaks of one attempt. If ``error.http.retries`` is more than 0, an earlier attempt may have run before the
last one was refused. Then repeat a call with its key, too.

``on_invalid_response="salvage"``, for a client or one call, returns the fields that fit instead of raising
`ResponseValidationError`. The problems are then in ``reply.http.problems``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ._base.safe import safe_text

if TYPE_CHECKING:
    from ._base import model as m
    from ._base.http import HttpInfo
else:
    from ._base.hints import model as m


class UniqOSError(Exception):
    """The base of all errors that the SDK raises.

    Attributes:
        code: Machine-readable reason; in an answer of the API its code, unchanged.
        message: The reason in words, which ``str()`` returns too. Control characters are escaped, and the length is
            bounded. An APIError holds the server's unchanged text in ``envelope["message"]``.
        request_id: The server's id of the request, for support; None without an answer or id.
        http_status: Status of the answer; None without an answer.
        details: Structured details; in an answer of the API its details.
        http: Retries, duration, Idempotency-Key and response headers of the call; its status is 0 without an answer.
            None for an error outside of a call, and for a wrong setting or argument.
    """

    __module__ = "uniqos"

    _follows_attempt_that_may_have_run: bool = False
    """Whether the API may have run an earlier attempt of the call. It says nothing about the last attempt."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__ == __name__:
            cls.__module__ = "uniqos"  # the package that exports all classes of this module

    def __init__(
        self,
        message: str,
        *,
        code: str = "error",
        request_id: str | None = None,
        http_status: int | None = None,
        details: Any = None,
    ) -> None:
        message = safe_text(message)
        super().__init__(message)
        self.http: HttpInfo | None = None
        self.message: str = message
        self.code: str = code
        self.request_id: str | None = request_id
        self.http_status: int | None = http_status
        self.details: Any = details

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by calling the class with args, which keyword-only signatures refuse.
        return _rebuild, (type(self), self.args), self.__dict__


def _rebuild(cls: type[UniqOSError], args: tuple[Any, ...]) -> UniqOSError:
    return cls.__new__(cls, *args)


class ConfigurationError(UniqOSError):
    """A setting is wrong. Raised before anything is sent."""

    def __init__(self, message: str, *, code: str = "configuration_error", details: Any = None) -> None:
        super().__init__(message, code=code, details=details)


class RequestValidationError(ConfigurationError):
    """An argument of a call is wrong. Raised before anything is sent; ``details`` lists each problem."""

    def __init__(self, message: str, *, code: str = "invalid_request", details: Any = None) -> None:
        super().__init__(message, code=code, details=details)


class NetworkError(UniqOSError):
    """No answer, or only a part of one.

    Attributes:
        sent: False if no attempt of the call reached the server; True if one may have.
        text: The text of a stream before it was cut; else empty.
        interaction_id: The id of a cut stream's turn; None if its first event did not arrive.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "network_error",
        details: Any = None,
        request_id: str | None = None,
        http_status: int | None = None,
        sent: bool = True,
        text: str = "",
        interaction_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, details=details, request_id=request_id, http_status=http_status)
        self.sent: bool = sent
        self.text: str = text
        self.interaction_id: str | None = interaction_id


class ResponseDecodeError(UniqOSError):
    """The answer cannot be read: not JSON, wrongly compressed, too large, a page of a proxy, or a redirect.

    Attributes:
        body: The bytes that arrived; of an answer that was too large, the first 64 KiB.
        content_type: The Content-Type of the answer.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "undecodable_response",
        body: bytes = b"",
        content_type: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id, http_status=http_status, details=details)
        self.body: bytes = body
        self.content_type: str | None = content_type


class ResponseValidationError(UniqOSError):
    """The answer breaks the contract. The error holds all of it, since the turn may be billed.

    Attributes:
        body: The bytes of the answer (of a stream: the data of the broken event).
        partial: The model, in which fields that do not fit are plain JSON values. None for an event.
        text: The text of a stream before the broken event; else empty.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "invalid_response",
        body: bytes = b"",
        partial: m.Model | None = None,
        text: str = "",
        request_id: str | None = None,
        http_status: int | None = None,
        details: Any = None,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id, http_status=http_status, details=details)
        self.body: bytes = body
        self.partial: m.Model | None = partial
        self.text: str = text


class WebhookSignatureError(UniqOSError):
    """A webhook delivery could not be verified.

    Attributes:
        reason: ``missing_signature``, ``malformed_signature``, ``signature_mismatch``, ``invalid_payload`` or
            ``stale_timestamp``.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, code="webhook_signature_verification_failed", details={"reason": reason})
        self.reason: str = reason


class WaitTimeoutError(UniqOSError):
    """A deletion was not completed in time; ``details`` holds its last status."""

    def __init__(self, message: str, *, code: str = "wait_timeout", details: Any = None) -> None:
        super().__init__(message, code=code, details=details)


class UnexpectedError(UniqOSError):
    """A status that is neither success nor error, and no redirect."""


class MiddlewareError(UniqOSError):
    """A middleware of the caller's raised an exception, which is the ``__cause__``, or returned no answer.

    Attributes:
        sent: Whether the request may have reached the server before.
    """

    def __init__(
        self, message: str, *, code: str = "middleware_error", details: Any = None, sent: bool = False
    ) -> None:
        super().__init__(message, code=code, details=details)
        self.sent: bool = sent


class APIError(UniqOSError):
    """The API answered with an error; ``code`` is the API's, or else that of the status.

    Attributes:
        retry_after_seconds: Seconds that the server asks to wait; None if it does not say.
        envelope: The API's error object; None for an answer without one, such as a proxy's.
        complete: False if the body was cut or unreadable, so that only the status is known.
        from_api: Whether the API itself wrote the answer, which is a complete error envelope as JSON. After any other
            answer, a call without an Idempotency-Key is not repeated: a proxy may have passed the request on.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "api_error",
        request_id: str | None = None,
        http_status: int | None = None,
        details: Any = None,
        retry_after_seconds: float | None = None,
        envelope: Mapping[str, Any] | None = None,
        complete: bool = True,
        from_api: bool = False,
    ) -> None:
        super().__init__(message, code=code, request_id=request_id, http_status=http_status, details=details)
        self.retry_after_seconds: float | None = retry_after_seconds
        self.envelope: Mapping[str, Any] | None = envelope
        self.complete: bool = complete
        self.from_api: bool = from_api


class AuthenticationError(APIError):
    """401: the key or token is missing, wrong or expired."""


class PaymentRequiredError(APIError):
    """402: an invoice is unpaid, or the subscription is suspended."""


class PermissionError(APIError):
    """403: the caller may not do this. ``PermissionDeniedError`` is the same class, and hides no builtin."""


PermissionDeniedError = PermissionError


class NotFoundError(APIError):
    """404: the resource does not exist, or belongs to another account."""


class ConflictError(APIError):
    """409: a duplicate, another version, or a resource under deletion."""


class ValidationError(APIError):
    """400 or 422: the server refused the request; ``details`` lists the fields."""


class GuardrailBlockError(APIError):
    """A guardrail blocked the turn."""


class RateLimitError(APIError):
    """429: too many requests; wait for ``retry_after_seconds``."""


class QuotaExhaustedError(APIError):
    """429 (or 403): the plan's quota is used up. Never retried: upgrade, or wait for the next period."""


class UpstreamLLMError(APIError):
    """502: the LLM behind the API failed."""


class ServiceUnavailableError(APIError):
    """503: the API is unavailable for now."""


class TurnTimeoutError(APIError):
    """504: the turn took longer than the server allows. Not billed, and never retried automatically."""


_BY_STATUS: dict[int, tuple[type[APIError], str]] = {
    400: (ValidationError, "validation_error"),
    401: (AuthenticationError, "authentication_error"),
    402: (PaymentRequiredError, "payment_required"),
    403: (PermissionError, "permission_denied"),
    404: (NotFoundError, "not_found"),
    409: (ConflictError, "conflict"),
    422: (ValidationError, "validation_error"),
    429: (RateLimitError, "rate_limit_exceeded"),
    500: (APIError, "internal_error"),
    502: (UpstreamLLMError, "upstream_llm_error"),
    503: (ServiceUnavailableError, "service_unavailable"),
    504: (TurnTimeoutError, "turn_timeout"),
}
# The code is authoritative: one status can carry two of them.
_BY_CODE: dict[str, type[APIError]] = {
    **{code: cls for cls, code in _BY_STATUS.values()},
    "token_expired": AuthenticationError,
    "invalid_token": AuthenticationError,
    "quota_exhausted": QuotaExhaustedError,
    "response_blocked": GuardrailBlockError,
}

_USUAL: dict[type[APIError], tuple[int, str]] = {
    ValidationError: (422, "validation_error"),
    GuardrailBlockError: (400, "guardrail_blocked"),
    QuotaExhaustedError: (429, "quota_exhausted"),
}


def error_class(code: str | None, status: int | None) -> type[APIError]:
    """Return the error class of a code, or else of an HTTP status."""
    if code is not None:
        if code in _BY_CODE:
            return _BY_CODE[code]
        if "guardrail" in code:
            return GuardrailBlockError
    return _BY_STATUS[status][0] if status in _BY_STATUS else APIError


def usual_answer(kind: type[APIError]) -> tuple[int, str]:
    """The HTTP status and code that the API usually has for a class."""
    if kind in _USUAL:
        return _USUAL[kind]
    return next(((status, code) for status, (cls, code) in _BY_STATUS.items() if cls is kind), (500, "api_error"))


def api_error(
    status: int,
    envelope: Any,
    *,
    request_id: str | None = None,
    retry_after_seconds: float | None = None,
    complete: bool = True,
    is_json: bool = True,
) -> APIError:
    """Return the typed error of an answer.

    Args:
        status: HTTP status, 400 or more.
        envelope: The parsed body, of any shape; without the API's envelope the status decides.
        request_id: ``X-Request-Id``, which wins over the envelope's.
        retry_after_seconds: ``Retry-After``, in seconds.
        complete: Whether the body arrived whole.
        is_json: Whether the answer's Content-Type is JSON, or missing.
    """
    error: Any = envelope.get("error") if isinstance(envelope, Mapping) else None
    own = error if isinstance(error, Mapping) and isinstance(error.get("code"), str) else None
    if not isinstance(error, Mapping):
        error = {"details": envelope}  # Keep a body of another shape, such as a proxy's.
    code = error.get("code") if isinstance(error.get("code"), str) else None
    cls = error_class(code, status)
    message = error.get("message")
    if not isinstance(message, str):
        message = f"the API answered with HTTP {status}"
    if request_id is None and isinstance(error.get("request_id"), str):
        request_id = error["request_id"]
    return cls(
        message,
        code=code or (_BY_STATUS[status][1] if status in _BY_STATUS else "api_error"),
        request_id=request_id,
        http_status=status,
        details=error.get("details"),
        retry_after_seconds=retry_after_seconds,
        envelope=own,
        complete=complete,
        from_api=complete and is_json and own is not None and bool(code),
    )
