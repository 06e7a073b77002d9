"""Retry policy: whether a failed attempt may be repeated, and after how long. Pure functions of data; nothing waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors

if TYPE_CHECKING:
    from .._wire.operation import Resend


BASE_SECONDS = 0.5
CAP_SECONDS = 30.0
RETRY_AFTER_CAP_SECONDS = 60.0
POLL_CAP_SECONDS = 60.0
_NOT_RUN = frozenset({(429, "rate_limit_exceeded"), (503, "service_unavailable")})
"""Status and code of the API's own refusals that prove that the request has not run."""
_TRANSIENT = frozenset({429, 500, 502, 503})
_TRANSIENT_CLASSES = frozenset(
    {errors.APIError, errors.RateLimitError, errors.UpstreamLLMError, errors.ServiceUnavailableError}
)


def may_resend(resend: Resend, error: errors.UniqOSError) -> bool:
    """Say whether the same request may be sent again after ``error``, given what a second run may cost.

    A request without an Idempotency-Key (``once``, ``limited``) may be sent again in two cases only: nothing of it was
    sent, or the API's own whole error envelope says that it has not run. A status alone may be a proxy's, which passed
    the request on before it failed.
    """
    if isinstance(error, errors.NetworkError):
        if error.code in ("tls_error", "proxy_authentication_required"):
            return False  # neither a certificate nor a password gets better by asking again
        if not error.sent:
            return True
        if error.code == "timeout":
            return resend in ("safe", "keyed")  # a billed turn may still be running
        return resend not in ("once", "limited")
    # The status and the code's class: a 503 that says turn_timeout is a turn that timed out.
    if error.http_status not in _TRANSIENT or type(error) not in _TRANSIENT_CLASSES:
        return False
    if not isinstance(error, errors.APIError) or (error.http_status == 429 and not error.complete):
        return False  # the code may have been quota_exhausted
    if resend in ("once", "limited"):
        has_not_run = error.from_api and (error.http_status, error.code) in _NOT_RUN
        return has_not_run and (resend == "once" or error.http_status == 503)
    return True


def delay(attempt: int, retry_after: float | None, random: float) -> float | None:
    """Seconds to wait before repeating, or None where the server asks for longer than we wait.

    Args:
        attempt: How many attempts have failed before this one, from 0.
        retry_after: What the server asked for, in seconds.
        random: A number in [0, 1): full jitter, so that many clients do not come back together.
    """
    if retry_after is not None:
        return None if retry_after > RETRY_AFTER_CAP_SECONDS else retry_after
    return random * min(CAP_SECONDS, BASE_SECONDS * 2.0 ** min(attempt, 16))


def poll_delay(asked: int, random: float) -> float:
    """Seconds until something that takes its time is asked about again.

    Args:
        asked: How often it was asked before, from 0.
        random: A number in [0, 1).
    """
    return min(POLL_CAP_SECONDS, BASE_SECONDS * 2.0 ** min(asked, 16)) * (0.75 + random / 2)


class RetryBudget:
    """Shared by all calls of a client, so that a failing server sees at most a tenth more traffic than usual.

    Retries spend a token each, calls that succeed earn a tenth of one; a burst of ``limit`` is always allowed.
    """

    __slots__ = ("limit", "tokens")

    def __init__(self, limit: float = 50.0) -> None:
        self.limit: float = limit
        self.tokens: float = limit

    def earn(self) -> None:
        if self.tokens < self.limit:
            self.tokens = min(self.limit, self.tokens + 0.1)

    def spend(self) -> bool:
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True
