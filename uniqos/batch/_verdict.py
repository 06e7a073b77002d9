"""The judgement of a failed call: whose fault it is, and whether the record may be sent again."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from .. import errors
from .._policy.effect import attempt_may_have_run, may_have_run
from ._outcomes import StopCode

__all__ = ["Verdict", "judge", "may_resend"]

Kind: TypeAlias = Literal["again", "stop", "failed", "unknown"]
_EARLY_SECONDS = 300.0
"""How far a clock may have been set back, as a time service does, without a doubt about the age of a record."""


class Verdict(NamedTuple):
    """What follows from a failed call.

    ``again``: the call has not run, and its record waits for another attempt. ``stop``: so would all other calls end.
    ``failed``: the answer is an error. ``unknown``: the call may have taken effect.
    """

    kind: Kind
    is_billed: bool
    """Whether the API may have billed the call."""
    code: StopCode = "failed"
    """Why the run stops: at once, or after too many calls in a row that have not run."""
    remedy: str = ""


_STOPS: tuple[tuple[type[errors.UniqOSError], StopCode, str], ...] = (
    (errors.QuotaExhaustedError, "quota_exhausted", "upgrade the plan, or wait for the next period"),
    (errors.PaymentRequiredError, "payment_required", "settle the invoice"),
    (errors.AuthenticationError, "credentials", "give a valid API key"),
    (errors.PermissionError, "permission", "give a key with the scope for this operation"),
    (errors.ConfigurationError, "client", "give the batch a client that is open"),
)


def judge(error: errors.UniqOSError) -> Verdict:
    """Return what follows from the error of a call, after the client's own retries."""
    for kind, code, remedy in _STOPS:
        if isinstance(error, kind):
            return Verdict("stop", False, code, remedy)
    if isinstance(error, errors.RateLimitError):
        return Verdict("again", False, "rate_limited", "lower the concurrency, or run it later")
    if isinstance(error, errors.NetworkError):
        if not may_have_run(error):
            return Verdict("again", False, "unreachable", "check the network and the address of the API")
        return Verdict("unknown", True)
    if isinstance(error, errors.ServiceUnavailableError) and not attempt_may_have_run(error):
        return Verdict("again", False, "unreachable", "run it later")
    if isinstance(error, errors.ResponseValidationError):
        return Verdict("failed", True)  # The answer is in, and is kept.
    if isinstance(error, errors.APIError):
        return Verdict("failed", may_have_run(error))
    return Verdict("unknown", True)  # A success whose body cannot be read, or a status without a meaning.


def may_resend(sent_at: float | None, now: float, window: float) -> bool:
    """Return whether a lost record is surely young enough for its key to be honoured.

    Args:
        sent_at: When the record was first sent, in seconds since 1970.
        now: The present.
        window: Seconds for which the API is trusted to honour a key.
    """
    return sent_at is not None and -_EARLY_SECONDS <= now - sent_at <= window
