"""Plans after a failed attempt: whether the request is sent again, after how long, and why not. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from .. import errors
from .retry import delay, may_resend

if TYPE_CHECKING:
    from .._wire.operation import Resend
    from .._wire.options import SharedSettings

Reason: TypeAlias = Literal[
    "resend",
    "retries are off",
    "the error forbids it",
    "the server asks for a longer wait than is kept",
    "it would begin after the deadline",
    "no retries are left",
    "the retry budget is empty",
]


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
