"""The retry policy: whether a failed attempt is repeated, after how long, and why not. Pure functions without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from .. import errors

if TYPE_CHECKING:
    from .._wire.operation import Resend
    from .._wire.options import SharedSettings

Reason: TypeAlias = Literal[
    "resend",
    "retries are off",
    "the error forbids it",
    "a middleware chose it",
    "the server asks for a longer wait than is kept",
    "it would begin after the deadline",
    "no retries are left",
    "the retry budget is empty",
]
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


class Plan(NamedTuple):
    """The step after a failed attempt."""

    seconds: float | None
    """Seconds until the request is sent again; None where the error is raised instead."""
    reason: Reason


def plan_by_error(
    resend: Resend, error: errors.UniqOSError, retries: int, settings: SharedSettings, random: float
) -> Plan:
    """Plan by the failure alone.

    Args:
        resend: What a second run of the request may cost.
        error: How the attempt failed.
        retries: How many retries were made before it, from 0.
        settings: Those of the call. ``max_retries=0`` also means that the caller handles rate limits.
        random: A number in [0, 1), for the jitter.
    """
    if settings.max_retries == 0:
        return Plan(None, "retries are off")
    if not may_resend(resend, error):
        return Plan(None, "the error forbids it")
    seconds = delay(retries, error.retry_after_seconds if isinstance(error, errors.APIError) else None, random)
    if seconds is None:
        return Plan(None, "the server asks for a longer wait than is kept")
    return Plan(seconds, "resend")


def plan_within_limits(
    plan: Plan, *, retries: int, settings: SharedSettings, starts_in: float, left: float | None, tokens: float
) -> Plan:
    """Keep a plan to resend only where the limits of the call, and of the client, leave room for it.

    Args:
        plan: The plan by the error.
        retries: How many retries were made before, from 0.
        settings: Those of the call.
        starts_in: Seconds until the next attempt could start, the queue of a rate limiter included.
        left: Seconds that are left of the deadline of the whole call; None is no limit.
        tokens: What is left of the retry budget.
    """
    if plan.seconds is None:
        return plan
    if left is not None and starts_in >= left:
        return Plan(None, "it would begin after the deadline")
    if retries >= settings.max_retries:
        return Plan(None, "no retries are left")
    if tokens < 1.0:
        return Plan(None, "the retry budget is empty")
    return plan


def may_resend(resend: Resend, error: errors.UniqOSError) -> bool:
    """Return whether the same request may be sent again after ``error``.

    A request without an Idempotency-Key (``once``, ``limited``) may be sent again in two cases only: nothing of it was
    sent, or a complete error envelope of the API says that it has not run. A status alone may come from a proxy, which
    may have passed the request on before it failed.
    """
    if isinstance(error, errors.NetworkError):
        if error.code in ("tls_error", "proxy_authentication_required"):
            return False  # A second request would meet the same certificate or password.
        if not error.sent:
            return True
        if error.code == "timeout":
            return resend in ("safe", "keyed")  # A billed turn may still be running.
        return resend not in ("once", "limited")
    # Status and class must both fit: a 503 with the code turn_timeout is a turn that timed out.
    if error.http_status not in _TRANSIENT or type(error) not in _TRANSIENT_CLASSES:
        return False
    if not isinstance(error, errors.APIError) or (error.http_status == 429 and not error.complete):
        return False  # The missing part may have said quota_exhausted.
    if resend in ("once", "limited"):
        has_not_run = error.from_api and (error.http_status, error.code) in _NOT_RUN
        return has_not_run and (resend == "once" or error.http_status == 503)
    return True


def delay(attempt: int, retry_after: float | None, random: float) -> float | None:
    """Return the seconds to wait before the next attempt; None if the server asks for more than 60 s.

    Args:
        attempt: How many attempts have failed before this one, from 0.
        retry_after: Seconds that the server asked for.
        random: A number in [0, 1), for full jitter: many clients must not retry at the same moment.
    """
    if retry_after is not None:
        return None if retry_after > RETRY_AFTER_CAP_SECONDS else retry_after
    return random * min(CAP_SECONDS, BASE_SECONDS * 2.0 ** min(attempt, 16))


def poll_delay(polls: int, random: float) -> float:
    """Return the seconds until the next poll of a process that takes long, such as a deletion.

    Args:
        polls: How many polls were made before, from 0.
        random: A number in [0, 1).
    """
    return min(POLL_CAP_SECONDS, BASE_SECONDS * 2.0 ** min(polls, 16)) * (0.75 + random / 2)


class RetryBudget:
    """The retry budget of a client: a server that fails gets at most a tenth more requests than usual.

    A retry spends one token, and a call that succeeds earns a tenth of one. The budget begins with ``limit`` tokens.
    """

    __slots__ = ("limit", "tokens")

    def __init__(self, limit: float = 50.0) -> None:
        self.limit: float = limit
        self.tokens: float = limit

    def earn(self) -> None:
        """Add a tenth of a token for a call that succeeded."""
        if self.tokens < self.limit:
            self.tokens = min(self.limit, self.tokens + 0.1)

    def spend(self) -> bool:
        """Take a token for a retry; return False if there is none."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True
