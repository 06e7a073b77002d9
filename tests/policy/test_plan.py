"""Plans after a failed attempt: failures and limits in, the next step out."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from uniqos import errors
from uniqos._policy.retry import Plan, Reason, plan_by_error, plan_within_limits
from uniqos._wire.options import SharedSettings

RESET = errors.NetworkError("x", code="network_error", sent=True)
BUSY = errors.api_error(503, {"error": {"code": "service_unavailable"}})
RESEND = Plan(0.25, "resend")


def refused(retry_after: float | None) -> errors.UniqOSError:
    return errors.api_error(429, {"error": {"code": "rate_limit_exceeded"}}, retry_after_seconds=retry_after)


USUAL, NONE = SharedSettings(), SharedSettings(max_retries=0)
BY_ERROR: list[tuple[str, errors.UniqOSError, int, SharedSettings, Plan]] = [
    # What a second run costs, the error, retries made, the settings of the call.
    ("billed", BUSY, 0, USUAL, Plan(0.25, "resend")),
    ("billed", BUSY, 1, USUAL, Plan(0.5, "resend")),
    ("billed", BUSY, 3, USUAL, Plan(2.0, "resend")),
    ("billed", refused(None), 2, USUAL, Plan(1.0, "resend")),
    ("billed", refused(7.0), 2, USUAL, Plan(7.0, "resend")),
    ("billed", refused(0.0), 0, USUAL, Plan(0.0, "resend")),
    ("billed", refused(60.0), 0, USUAL, Plan(60.0, "resend")),
    ("billed", refused(60.5), 0, USUAL, Plan(None, "the server asks for a longer wait than is kept")),
    ("billed", RESET, 0, USUAL, Plan(0.25, "resend")),
    ("once", RESET, 0, USUAL, Plan(None, "the error forbids it")),
    ("safe", errors.api_error(404, None), 0, USUAL, Plan(None, "the error forbids it")),
    ("safe", errors.ConfigurationError("x"), 0, USUAL, Plan(None, "the error forbids it")),
    ("safe", BUSY, 0, NONE, Plan(None, "retries are off")),
    ("safe", refused(90.0), 0, NONE, Plan(None, "retries are off")),
]


@pytest.mark.parametrize(("resend", "error", "retries", "settings", "plan"), BY_ERROR)
def test_a_failed_attempt_is_repeated_where_its_error_allows_it(
    resend: Any, error: errors.UniqOSError, retries: int, settings: SharedSettings, plan: Plan
) -> None:
    assert plan_by_error(resend, error, retries, settings, 0.5) == plan


WITHIN_LIMITS: list[tuple[Plan, dict[str, Any], Plan]] = [
    (RESEND, {}, RESEND),
    (RESEND, {"retries": 2}, RESEND),
    (RESEND, {"retries": 3}, Plan(None, "no retries are left")),
    (RESEND, {"retries": 9}, Plan(None, "no retries are left")),
    (RESEND, {"left": 0.26}, RESEND),
    (RESEND, {"left": 0.25}, Plan(None, "it would begin after the deadline")),
    (RESEND, {"left": 0.0}, Plan(None, "it would begin after the deadline")),
    (RESEND, {"left": 5.0, "starts_in": 4.9}, RESEND),
    (RESEND, {"left": 5.0, "starts_in": 5.0}, Plan(None, "it would begin after the deadline")),
    (RESEND, {"starts_in": 1e9}, RESEND),
    (RESEND, {"tokens": 1.0}, RESEND),
    (RESEND, {"tokens": 0.9}, Plan(None, "the retry budget is empty")),
    # The first limit that ends a plan names it: an empty budget is logged only where all else allows a retry.
    (RESEND, {"retries": 3, "left": 0.1, "tokens": 0.0}, Plan(None, "it would begin after the deadline")),
    (RESEND, {"retries": 3, "tokens": 0.0}, Plan(None, "no retries are left")),
    (Plan(None, "retries are off"), {}, Plan(None, "retries are off")),
    (Plan(None, "the error forbids it"), {"retries": 3}, Plan(None, "the error forbids it")),
]


@pytest.mark.parametrize(("plan", "limits", "kept"), WITHIN_LIMITS)
def test_a_plan_to_resend_is_kept_within_the_limits_of_call_and_client(
    plan: Plan, limits: dict[str, Any], kept: Plan
) -> None:
    usual: dict[str, Any] = {
        "retries": 0,
        "settings": SharedSettings(),
        "starts_in": 0.25,
        "left": None,
        "tokens": 50.0,
    }
    assert plan_within_limits(plan, **{**usual, **limits}) == kept


def test_each_reason_stands_in_the_tables() -> None:
    named = {plan.reason for *_, plan in BY_ERROR} | {kept.reason for *_, kept in WITHIN_LIMITS}
    named.add("a middleware chose it")  # the attempts find it out themselves
    assert named == set(get_args(Reason))
