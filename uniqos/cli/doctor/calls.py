"""The checks of the account: whether the key is accepted, the latency of requests, and the rate limit."""

from __future__ import annotations

import statistics
import time

import uniqos

from ... import errors
from ..._base.http import HttpInfo
from .finding import Finding

_FEW = 0.1
"""The share of requests left at which the rate limit is reported."""


def ask(client: uniqos.UniqOS, count: int) -> list[Finding]:
    """Send ``GET /v1/me`` several times, which costs nothing, and return the findings.

    Args:
        client: A client that does not retry.
        count: The number of requests, 1 or more.
    """
    found: list[Finding] = []
    seconds: list[float] = []
    http: HttpInfo | None = None
    for number in range(count):
        started = time.perf_counter()
        try:
            http = client.me.get().http
            error = None
        except errors.UniqOSError as exc:
            http, error = exc.http, exc
        seconds.append(time.perf_counter() - started)
        if number == 0:
            found.append(_access(error))
            if found[0].status == "failure":
                return found
        elif isinstance(error, (errors.NetworkError, errors.RateLimitError)):
            found.append(Finding("latency", "failure", f"request {number + 1} of {count} failed: {error.message}"))
            break
    else:
        found.append(_latency(seconds))
    return [*found, _rate_limit(http)]


def _access(error: errors.UniqOSError | None) -> Finding:
    if error is None:
        return Finding("access", "ok", "the API accepts the key")
    data = {"code": error.code, "status": error.http_status, "request_id": error.request_id}
    if isinstance(error, errors.AuthenticationError):
        advice = "store a valid one with uniqos login, or set UNIQOS_API_KEY"
        return Finding("access", "failure", f"the API refuses the key: {error.message}", advice, data)
    if isinstance(error, errors.APIError) and error.http_status == 404 and not error.from_api:
        advice = "check the base URL: the server does not answer as the API does"
        return Finding("access", "failure", f"there is no /v1/me: {error.message}", advice, data)
    if isinstance(error, errors.APIError) and (error.http_status or 0) < 500:
        return Finding("access", "ok", f"the key is accepted, but may not read /v1/me: {error.message}", data=data)
    return Finding("access", "failure", f"the API does not answer: {error.message}", "try again later", data)


def _latency(seconds: list[float]) -> Finding:
    first, *others = [second * 1000 for second in seconds]
    rest = others or [first]
    data = {
        "first_ms": round(first, 1),
        "median_ms": round(statistics.median(rest), 1),
        "worst_ms": round(max(rest), 1),
    }
    text = (
        f"{len(seconds)} requests: the first {first:.0f} ms with its connection, then {statistics.median(rest):.1f} ms "
        f"in the median and {max(rest):.1f} ms at worst"
    )
    return Finding("latency", "ok", text, data={"requests": len(seconds), **data})


def _rate_limit(http: HttpInfo | None) -> Finding:
    limit = http.rate_limit if http is not None else None
    if limit is None:
        return Finding("rate limit", "skipped", "the server names none")
    data = {"limit": limit.limit, "remaining": limit.remaining}
    text = f"{limit.limit} requests a second, {limit.remaining} left now"
    if limit.remaining < limit.limit * _FEW:
        return Finding("rate limit", "warning", text, "other programs use the same account: slow them down", data)
    return Finding("rate limit", "ok", text, data=data)
