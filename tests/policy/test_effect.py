"""Whether a failed call may have run: failures in, one answer for the command line, the tools and the batches."""

from __future__ import annotations

import pytest

from uniqos import errors
from uniqos._policy.effect import attempt_may_have_run, may_have_run


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (errors.ConfigurationError("x"), False),
        (errors.RequestValidationError("x"), False),
        (errors.NetworkError("x", sent=False), False),
        (errors.NetworkError("x", sent=True), True),
        (errors.NetworkError("x", code="stream_interrupted"), True),
        (errors.MiddlewareError("x", sent=False), False),
        (errors.MiddlewareError("x", sent=True), True),
        (errors.ResponseDecodeError("x", http_status=200), True),
        (errors.ResponseDecodeError("x", http_status=404), True),
        (errors.ResponseValidationError("x", http_status=200), True),
        (errors.UnexpectedError("x", http_status=304), True),
        (errors.ValidationError("x", http_status=422), False),
        (errors.ConflictError("x", http_status=409), False),
        (errors.RateLimitError("x", http_status=429), False),
        (errors.QuotaExhaustedError("x", http_status=403), False),
        (errors.GuardrailBlockError("x", http_status=400), False),
        (errors.GuardrailBlockError("x", http_status=200), True),
        (errors.APIError("x", code="internal_error", http_status=200), True),
        (errors.APIError("x", http_status=500), True),
        (errors.APIError("x", http_status=500, from_api=True), True),
        (errors.UpstreamLLMError("x", http_status=502, from_api=True), True),
        (errors.ServiceUnavailableError("x", http_status=503, from_api=True), False),
        (errors.ServiceUnavailableError("x", http_status=503), True),
        (errors.ServiceUnavailableError("x", http_status=200), True),
        (errors.TurnTimeoutError("x", http_status=504), False),
        (errors.TurnTimeoutError("x", http_status=200), False),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.code}-{value.http_status}" if value not in (True, False) else "",
)
def test_a_failed_call_may_have_run_unless_its_error_proves_that_it_has_not(
    error: errors.UniqOSError, may: bool
) -> None:
    assert (attempt_may_have_run(error), may_have_run(error)) == (may, may)
    error._follows_attempt_that_may_have_run = True
    assert (attempt_may_have_run(error), may_have_run(error)) == (may, True)
