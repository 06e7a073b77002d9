"""The errors of responses, as a table."""

from __future__ import annotations

import builtins
import copy
import pickle
from typing import Any

import pytest

import uniqos
from uniqos import errors
from uniqos._base.http import HttpInfo
from uniqos._wire.failures import refusal


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
        (400, "token_expired", errors.AuthenticationError),
        (403, "invalid_token", errors.AuthenticationError),
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


@pytest.mark.parametrize("body", [7, [1], "x", {"detail": "gone"}, {"error": "x"}], ids=repr)
def test_a_body_of_another_shape_is_not_lost(body: Any) -> None:
    error = errors.api_error(502, body)
    assert (error.details, error.envelope, error.request_id) == (body, None, None)
    assert error.message == "the API answered with HTTP 502"


def test_an_error_carries_the_whole_envelope_and_says_that_its_body_arrived() -> None:
    body = envelope("not_found", later=1)
    error = errors.api_error(404, body)
    assert (error.envelope, error.complete, error.retry_after_seconds) == (body["error"], True, None)
    assert errors.api_error(404, {"error": {"message": "no code"}}).envelope is None


@pytest.mark.parametrize(
    ("body", "complete", "is_json", "from_api"),
    [
        (envelope("conflict"), True, True, True),
        (envelope("conflict"), False, True, False),
        (envelope("conflict"), True, False, False),
        ({"error": {"message": "no code"}}, True, True, False),
        ({"error": {"code": 503, "message": "a number"}}, True, True, False),
        ({"error": {"code": "", "message": "no word"}}, True, True, False),
        ({"error": "service_unavailable"}, True, True, False),
        ({"code": "service_unavailable", "message": "not within error"}, True, True, False),
        ([envelope("conflict")], True, True, False),
        (None, True, True, False),
    ],
)
def test_only_a_whole_envelope_sent_as_json_is_surely_the_apis_own(
    body: Any, complete: bool, is_json: bool, from_api: bool
) -> None:
    assert errors.api_error(409, body, complete=complete, is_json=is_json).from_api is from_api


def test_an_error_of_a_cut_body_says_so() -> None:
    assert errors.api_error(503, None, complete=False).complete is False


COMMON: dict[str, Any] = {"code": "c", "details": {"a": 1}}
ANSWERED = {**COMMON, "request_id": "req_1", "http_status": 418}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (errors.UniqOSError, ANSWERED),
        (errors.ConfigurationError, COMMON),
        (errors.RequestValidationError, COMMON),
        (errors.NetworkError, {**ANSWERED, "sent": False, "text": "Hel", "interaction_id": "int_1"}),
        (errors.ResponseDecodeError, {**ANSWERED, "body": b"<html>", "content_type": "text/html"}),
        (
            errors.ResponseValidationError,
            {**ANSWERED, "body": b"{}", "partial": uniqos.models.Personality(id="p"), "text": "Hel"},
        ),
        (errors.WaitTimeoutError, COMMON),
        (errors.UnexpectedError, ANSWERED),
        (
            errors.APIError,
            {**ANSWERED, "retry_after_seconds": 2.0, "envelope": {"code": "c"}, "complete": False, "from_api": True},
        ),
    ],
)
def test_an_error_has_what_it_was_made_with_and_keeps_it_through_pickle_and_copy(
    kind: type[errors.UniqOSError], given: dict[str, Any]
) -> None:
    error = kind("because", **given)
    error.http = HttpInfo(418, ((b"X-Request-Id", b"req_1"),))
    for one in (error, pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(one) is kind
        assert (str(one), one.message) == ("because", "because")
        assert {name: getattr(one, name) for name in given} == given
        assert one.http == error.http


NOTHING: dict[str, Any] = {"request_id": None, "http_status": None, "details": None, "http": None}


@pytest.mark.parametrize(
    ("kind", "code", "more"),
    [
        (errors.UniqOSError, "error", {}),
        (errors.ConfigurationError, "configuration_error", {}),
        (errors.RequestValidationError, "invalid_request", {}),
        (errors.NetworkError, "network_error", {"sent": True, "text": "", "interaction_id": None}),
        (errors.ResponseDecodeError, "undecodable_response", {"body": b"", "content_type": None}),
        (errors.ResponseValidationError, "invalid_response", {"body": b"", "partial": None, "text": ""}),
        (errors.WaitTimeoutError, "wait_timeout", {}),
        (
            errors.APIError,
            "api_error",
            {"retry_after_seconds": None, "envelope": None, "complete": True, "from_api": False},
        ),
    ],
)
def test_an_error_of_which_only_the_message_is_known(
    kind: type[errors.UniqOSError], code: str, more: dict[str, Any]
) -> None:
    error = kind("because")
    expected = {**NOTHING, "code": code, **more}
    assert {name: getattr(error, name) for name in expected} == expected


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
