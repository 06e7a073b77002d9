"""Tests of the error messages that a service passes on: only those of known faults of its caller."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

import httpx
import pytest

from tests.support.signing import delivery
from uniqos import errors
from uniqos._turn.relay import relay_error, relay_event, relay_failure
from uniqos.errors import api_error
from uniqos.models import StreamEventError

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from tests.fastapi.test_fastapi import FIRST, FRAMES, TURN, as_sent, backend, events_of, refuses, sends
from uniqos import fastapi as served

WORDS = "db-7.internal refused the order of Jane"
CALLERS = {
    "validation_error": 422,
    "guardrail_blocked": 400,
    "guardrail_block": 400,
    "response_blocked": 400,
    "not_found": 404,
    "conflict": 409,
    "rate_limit_exceeded": 429,
}
"""Known codes of the caller's faults, with the status of a stream's error of that code."""
SERVICES = {
    "authentication_error": 503,
    "token_expired": 503,
    "invalid_token": 503,
    "payment_required": 503,
    "permission_denied": 503,
    "quota_exhausted": 503,
    "internal_error": 502,
    "upstream_llm_error": 502,
    "service_unavailable": 503,
    "turn_timeout": 504,
}
"""Other known codes, with the status that the service answers."""
UNKNOWN = [
    "brand_new_code",
    "timeout",
    "stream_interrupted",
    "api_error",
    "VALIDATION_ERROR",
    "not_found ",
    "guardrail: Jane said so",
    "guardrail_" + "x" * 100,
    "conflict\nERROR root: forged",
    "",
]
KEPT = {400, 404, 409, 413, 422, 429, 501}
"""Statuses that the service passes on unchanged."""


def envelope(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": WORDS, "type": WORDS, "details": {"field": WORDS}, "new": WORDS}}


@pytest.mark.parametrize("code", [*CALLERS, *SERVICES, *UNKNOWN])
def test_of_any_status_and_code_only_the_callers_known_faults_keep_their_words(code: str) -> None:
    for status in range(400, 600):
        error = api_error(status, envelope(code), retry_after_seconds=2.5)
        relayed = relay_error(error)
        told = relayed.envelope.model_dump(mode="json")["error"]
        if code in CALLERS and status in KEPT:
            assert (relayed.status, relayed.is_masked) == (status, False)
            assert told == {"code": code, "message": WORDS, "details": {"field": WORDS}}
            continue
        assert relayed.is_masked
        assert WORDS not in str(told)
        assert told.keys() <= {"code", "message", "request_id"}
        if code in SERVICES:
            assert relayed.status in {SERVICES[code], 503 if status in (401, 402) else SERVICES[code]}
        elif code in UNKNOWN and status in KEPT:
            wanted = "not_implemented" if status == 501 else "request_refused"
            assert (relayed.status, told["code"]) == (status, wanted)
        else:
            assert relayed.status in (502, 503, 504)
        assert relayed.headers == ({"Retry-After": "3"} if relayed.status in (429, 503) else {})


def test_an_answer_without_the_apis_envelope_keeps_no_words() -> None:
    for status in range(400, 600):
        for body in (WORDS, {"error": WORDS}, {"error": {"message": WORDS}}, {"error": {"code": 7, "message": WORDS}}):
            relayed = relay_error(api_error(status, body))
            assert relayed.status in (502, 503, 504)
            assert WORDS not in relayed.envelope.model_dump_json()


@pytest.mark.parametrize("name", ["message", "type", "request_id", "documentation_url"])
@pytest.mark.parametrize("value", [7, None, [], {"a": 1}])
def test_a_text_of_the_envelope_that_is_none_is_left_out(name: str, value: Any) -> None:
    relayed = relay_error(api_error(404, {"error": {"code": "not_found", name: value}}))
    assert relayed.status == 404
    assert isinstance(relayed.envelope.error.message, str)


@pytest.mark.parametrize("code", [*CALLERS, *SERVICES, *UNKNOWN])
def test_an_error_event_keeps_its_words_if_it_is_a_known_fault_of_the_caller(code: str) -> None:
    event = StreamEventError.model_validate({"type": "error", "code": code, "message": WORDS, "new": WORDS})
    relayed = relay_event(event)
    assert relayed.name == "error"
    assert (WORDS in relayed.data) == (code in CALLERS)
    assert '"new"' not in relayed.data
    assert (relayed.hidden is None) == (code in CALLERS)
    broken = relay_failure(errors.APIError(WORDS, code=code, http_status=400, envelope=envelope(code)["error"]))
    assert (WORDS in broken.data) == (code in CALLERS)


@pytest.mark.parametrize("path", ["/chat", "/stream"])
@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 429, 501, 418, 500])
def test_the_words_of_an_unknown_code_reach_neither_the_browser_nor_the_log(
    path: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    code = "strange\nERROR root: forged mysecret"
    with backend(refuses(status, code, [{"field": "mysecret"}])) as service:
        answer = service.post(path)
    assert answer.status_code == (status if status in KEPT else 502)
    assert "mysecret" not in answer.text
    assert "strange" not in answer.text
    assert "code=unknown request_id=req_9" in caplog.text
    assert "forged" not in caplog.text


@pytest.mark.parametrize("path", ["/stream", "/frames"])
@pytest.mark.parametrize("code", ["brand_new_code", "guardrail: Jane said so", "internal_error", "conflict"])
def test_an_error_event_of_an_unknown_code_says_nothing_more(path: str, code: str) -> None:
    failed = f'event: error\ndata: {{"type":"error","code":"{code}","message":"{WORDS}"}}\n\n'.encode()
    with backend(sends(FIRST, failed), lambda app: app.router.routes.append(FRAMES)) as service:
        *events, (name, data) = events_of(service.post(path))
    assert (events, name) == (as_sent(FIRST), "error")
    assert (WORDS in data) == (code == "conflict")


def test_a_code_that_is_known_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with backend(refuses(403, "permission_denied")) as service:
        service.post("/chat")
    assert "code=permission_denied request_id=req_9" in caplog.text


def chat(**more: Any) -> Any:
    return importlib.import_module("tests.apps.chat.app").make_app(**more)


def post(app: Any, path: str, **more: Any) -> httpx.Response:
    async def posted() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as browser:
            return await browser.post(path, **more)

    return asyncio.run(posted())


@pytest.mark.parametrize("setting", [None, "", "  "])
def test_the_example_believes_no_delivery_without_a_secret(
    setting: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("UNIQOS_WEBHOOK_SECRET", raising=False)
    if setting is not None:
        monkeypatch.setenv("UNIQOS_WEBHOOK_SECRET", setting)
    app = chat()
    assert "UNIQOS_WEBHOOK_SECRET is not set" in caplog.text
    for secret in ("whsec_only_for_this_machine", "whsec_", "-", "None"):
        body, headers = delivery(secret)
        assert post(app, "/webhook", content=body, headers=headers).status_code == 503


def test_the_example_that_signs_its_own_deliveries_makes_a_secret_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIQOS_WEBHOOK_SECRET", raising=False)
    used: list[str] = []
    sign = importlib.import_module("tests.apps.chat.__main__").sign
    for _ in range(2):
        app = chat(sign=lambda secret: used.append(secret) or sign(secret))
        assert post(app, "/api/inbox/try").status_code == 204
        body, headers = delivery("whsec_only_for_this_machine")
        assert post(app, "/webhook", content=body, headers=headers).status_code == 400
    assert len({*used}) == 2
    assert min(map(len, used)) >= 32


def test_the_example_believes_deliveries_of_the_secret_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIQOS_WEBHOOK_SECRET", "whsec_set_by_this_test")
    body, headers = delivery("whsec_set_by_this_test")
    assert post(chat(), "/webhook", content=body, headers=headers).status_code == 204


def test_no_docstring_of_the_integration_shows_a_secret_that_could_be_copied() -> None:
    assert "whsec" not in (served.__doc__ or "") + (served.webhook.__doc__ or "")
    assert TURN
