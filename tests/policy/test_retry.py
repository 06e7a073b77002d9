"""May it be sent again, and when: failures in, decisions out."""

from __future__ import annotations

from typing import Any

import pytest

from uniqos import errors
from uniqos._policy.retry import RetryBudget, delay, may_resend, poll_delay
from uniqos._wire.failures import parse_retry_after

NOT_SENT = errors.NetworkError("x", code="connection_refused", sent=False)
RESET = errors.NetworkError("x", code="network_error", sent=True)
TIMEOUT = errors.NetworkError("x", code="timeout", sent=True)
NO_CONNECTION_IN_TIME = errors.NetworkError("x", code="timeout", sent=False)
TLS = errors.NetworkError("x", code="tls_error", sent=False)
PROXY_PASSWORD = errors.NetworkError("x", code="proxy_authentication_required", sent=False)
BUSY = {"error": {"code": "service_unavailable", "message": "not now"}}


def status(number: int, code: str | None = None) -> errors.UniqOSError:
    return errors.api_error(number, {"error": {"code": code}} if code else None)


@pytest.mark.parametrize(
    ("error", "safe", "keyed", "billed", "once", "limited"),
    [
        (NOT_SENT, True, True, True, True, True),
        (NO_CONNECTION_IN_TIME, True, True, True, True, True),
        (TLS, False, False, False, False, False),
        (PROXY_PASSWORD, False, False, False, False, False),
        (RESET, True, True, True, False, False),
        (TIMEOUT, True, True, False, False, False),
        (status(429), True, True, True, False, False),
        (status(429, "rate_limit_exceeded"), True, True, True, True, False),
        (status(429, "service_unavailable"), True, True, True, False, False),
        (status(429, "too_many_requests"), True, True, True, False, False),
        (status(429, "quota_exhausted"), False, False, False, False, False),
        (status(403, "quota_exhausted"), False, False, False, False, False),
        (status(500), True, True, True, False, False),
        (status(502), True, True, True, False, False),
        (status(503), True, True, True, False, False),
        (status(503, "service_unavailable"), True, True, True, True, True),
        (status(503, "rate_limit_exceeded"), True, True, True, False, False),
        (status(503, "maintenance"), True, True, True, False, False),
        (status(500, "service_unavailable"), True, True, True, False, False),
        (status(502, "service_unavailable"), True, True, True, False, False),
        (status(504), False, False, False, False, False),
        (status(503, "turn_timeout"), False, False, False, False, False),
        (status(500, "guardrail_blocked"), False, False, False, False, False),
        (errors.api_error(429, None, complete=False), False, False, False, False, False),
        (errors.api_error(503, None, complete=False), True, True, True, False, False),
        (errors.api_error(503, BUSY, complete=False), True, True, True, False, False),
        (errors.api_error(503, BUSY, is_json=False), True, True, True, False, False),
        (status(400), False, False, False, False, False),
        (status(401), False, False, False, False, False),
        (status(402), False, False, False, False, False),
        (status(403), False, False, False, False, False),
        (status(404), False, False, False, False, False),
        (status(409), False, False, False, False, False),
        (status(422), False, False, False, False, False),
        (status(501), False, False, False, False, False),
        (errors.ResponseDecodeError("x", http_status=200), False, False, False, False, False),
        (errors.ResponseDecodeError("x", http_status=502), False, False, False, False, False),
        (errors.ConfigurationError("x"), False, False, False, False, False),
    ],
)
def test_what_may_be_sent_again(
    error: errors.UniqOSError, safe: bool, keyed: bool, billed: bool, once: bool, limited: bool
) -> None:
    decided = [may_resend(resend, error) for resend in ("safe", "keyed", "billed", "once", "limited")]  # type: ignore[arg-type]
    assert decided == [safe, keyed, billed, once, limited]


@pytest.mark.parametrize(
    ("attempt", "retry_after", "random", "seconds"),
    [
        (0, None, 0.0, 0.0),
        (0, None, 1.0, 0.5),
        (1, None, 1.0, 1.0),
        (2, None, 0.5, 1.0),
        (5, None, 1.0, 16.0),
        (6, None, 1.0, 30.0),
        (10_000, None, 1.0, 30.0),
        (0, 2.0, 0.3, 2.0),
        (3, 0.0, 0.3, 0.0),
        (0, 60.0, 0.3, 60.0),
        (0, 60.1, 0.3, None),
    ],
)
def test_how_long_to_wait(attempt: int, retry_after: float | None, random: float, seconds: float | None) -> None:
    assert delay(attempt, retry_after, random) == seconds


@pytest.mark.parametrize(
    ("asked", "random", "seconds"),
    [
        (0, 0.0, 0.375),
        (0, 0.5, 0.5),
        (0, 1.0, 0.625),
        (1, 0.5, 1.0),
        (6, 0.5, 32.0),
        (7, 0.0, 45.0),
        (7, 0.5, 60.0),
        (10_000, 0.5, 60.0),
    ],
)
def test_how_long_until_it_is_asked_about_again(asked: int, random: float, seconds: float) -> None:
    assert poll_delay(asked, random) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("0.5", 0.5),
        ("1000000000", 1e9),
        ("1e9", None),
        ("1_0", None),
        (" 2 ", 2.0),
        ("\t2\t", 2.0),
        ("X2X", None),
        ("\x1e2", None),
        ("2\x1f", None),
        ("999999999999", 999999999999.0),
        ("1000000000000", None),
        ("0.123456789012", 0.123456789012),
        ("0.1234567890123", None),
        ("1.", None),
        (".5", None),
        ("٣", None),
        ("Thu, 01 Jan 1970 00:01:10 -0000", 10.0),
        ("-5", None),
        ("abc", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
        ("Thu, 01 Jan 1970 00:01:10 GMT", 10.0),
        ("Thu, 01 Jan 1970 02:01:10 +0200", 10.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:59 GMT", None),
        ("Thu, 01 Jan 1970 00:00:10 GMT", None),
        ("Thu, 99 Jan 1970 00:00:10 GMT", None),
    ],
)
@pytest.mark.usefixtures("far_from_utc")
def test_retry_after_is_seconds_or_a_date_and_nonsense_is_ignored(value: Any, seconds: float | None) -> None:
    assert parse_retry_after(value, 60.0) == seconds


def test_a_budget_lets_a_burst_through_and_then_a_tenth() -> None:
    budget = RetryBudget(limit=5)
    assert [budget.spend() for _ in range(6)] == [True] * 5 + [False]
    for _ in range(11):
        budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]
    for _ in range(1000):
        budget.earn()
    assert budget.tokens == 5


def test_a_budget_of_50_is_given_where_none_is_said() -> None:
    budget = RetryBudget()
    assert [budget.spend() for _ in range(51)] == [True] * 50 + [False]
