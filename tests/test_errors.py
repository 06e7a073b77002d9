"""Answers in, typed errors out."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

import uniqos
from uniqos import errors
from uniqos._exchange import refusal


def envelope(code: str | None, **more: Any) -> dict[str, Any]:
    return {
        "error": {"code": code, "message": "because", "type": "t", "request_id": "req_env", "details": None, **more}
    }


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "validation_error", errors.ValidationError),
        (422, "validation_error", errors.ValidationError),
        (400, "guardrail_blocked", errors.GuardrailBlockError),
        (400, "response_blocked", errors.GuardrailBlockError),
        (422, "some_guardrail_thing", errors.GuardrailBlockError),
        (401, "authentication_error", errors.AuthenticationError),
        (401, "token_expired", errors.AuthenticationError),
        (401, "invalid_token", errors.AuthenticationError),
        (402, "payment_required", errors.PaymentRequiredError),
        (403, "permission_denied", errors.PermissionError),
        (403, "quota_exhausted", errors.QuotaExhaustedError),
        (404, "not_found", errors.NotFoundError),
        (409, "conflict", errors.ConflictError),
        (409, "deletion_in_progress", errors.ConflictError),
        (429, "rate_limit_exceeded", errors.RateLimitError),
        (429, "quota_exhausted", errors.QuotaExhaustedError),
        (500, "internal_error", errors.APIError),
        (501, "not_implemented", errors.APIError),
        (502, "upstream_llm_error", errors.UpstreamLLMError),
        (503, "service_unavailable", errors.ServiceUnavailableError),
        (504, "turn_timeout", errors.TurnTimeoutError),
        (500, "turn_timeout", errors.TurnTimeoutError),
        (418, "teapot", errors.APIError),
    ],
)
def test_the_code_decides_then_the_status(status: int, code: str, kind: type[errors.APIError]) -> None:
    error = errors.api_error(status, envelope(code, details={"a": 1}))
    assert type(error) is kind
    assert (error.code, error.message, error.http_status) == (code, "because", status)
    assert (error.request_id, error.details) == ("req_env", {"a": 1})


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "validation_error"),
        (401, "authentication_error"),
        (402, "payment_required"),
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "conflict"),
        (422, "validation_error"),
        (429, "rate_limit_exceeded"),
        (500, "internal_error"),
        (502, "upstream_llm_error"),
        (503, "service_unavailable"),
        (504, "turn_timeout"),
        (418, "api_error"),
    ],
)
@pytest.mark.parametrize(
    "body", [None, 7, [], "x", {}, {"error": None}, {"error": "x"}, {"error": {"code": 7, "message": []}}]
)
def test_without_an_envelope_the_status_names_the_code(status: int, code: str, body: Any) -> None:
    error = errors.api_error(status, body)
    assert error.code == code
    assert str(status) in error.message


def test_the_header_wins_over_the_request_id_of_the_envelope() -> None:
    assert errors.api_error(404, envelope("not_found"), request_id="req_header").request_id == "req_header"


def test_a_quota_error_is_no_rate_limit_error() -> None:
    assert not issubclass(errors.QuotaExhaustedError, errors.RateLimitError)


def test_permission_error_has_both_names_and_is_not_the_builtin() -> None:
    assert uniqos.PermissionError is uniqos.PermissionDeniedError is errors.PermissionError
    assert uniqos.PermissionError is not builtins.PermissionError


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "code"),
    [
        (502, {"content-type": "text/html"}, b"<html>", errors.UpstreamLLMError, "upstream_llm_error"),
        (503, {"content-type": "text/html"}, b"<html>", errors.ServiceUnavailableError, "service_unavailable"),
        (504, {}, b"", errors.TurnTimeoutError, "turn_timeout"),
        (400, {}, b'{"error": {"code": "x"', errors.ValidationError, "validation_error"),
        (301, {"location": "https://evil.example/x"}, b"", errors.ResponseDecodeError, "redirect"),
        (307, {"location": "/v1/other"}, b"", errors.ResponseDecodeError, "redirect"),
        (304, {}, b"", errors.ResponseDecodeError, "redirect"),
        (101, {}, b"", errors.UnexpectedError, "api_error"),
    ],
)
def test_any_answer_that_is_no_success_has_its_error(
    status: int, headers: dict[str, str], body: bytes, kind: type[errors.UniqOSError], code: str
) -> None:
    error = refusal(status, {**headers, "x-request-id": "req_1"}, body, 0.0)
    assert type(error) is kind
    assert (error.code, error.http_status, error.request_id) == (code, status, "req_1")


def test_a_redirect_names_the_host_it_points_to() -> None:
    error = refusal(308, {"location": "https://evil.example/x?key=1"}, b"", 0.0)
    assert "evil.example" in error.message
    assert error.details == {"location_host": "evil.example"}


def test_retry_after_is_on_the_error() -> None:
    error = refusal(429, {"retry-after": "2"}, b"", 0.0)
    assert isinstance(error, errors.RateLimitError)
    assert error.retry_after_seconds == 2.0


def test_everything_exported_exists_once_and_is_listed() -> None:
    exported = {name for names in uniqos._WHERE.values() for name in names} | set(uniqos._MODULES) | {"__version__"}
    assert exported == set(uniqos.__all__)
    for name in uniqos.__all__:
        assert getattr(uniqos, name) is not None
    assert set(uniqos.__all__) <= set(dir(uniqos))
    with pytest.raises(AttributeError, match="nonsense"):
        uniqos.nonsense  # type: ignore[attr-defined]
