"""The sandbox over plain HTTP: what holds for any client, and what a careless one gets."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from uniqos import ConfigurationError
from uniqos.api import operations
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.app import make_app
from uniqos.sandbox.faults.magic import MAGIC, OPTIONS, REVIEWS, STREAM_FAULTS
from uniqos.sandbox.http.call import Settings
from uniqos.sandbox.refusal import KINDS
from uniqos.sandbox.state.store import Store


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.api_key}"}) as client:
        yield client


def respond(http: httpx.Client, message: str, **more: Any) -> httpx.Response:
    return http.post("/v1/respond", json={"personality_id": "pers_sandbox_warm", "message": message, **more})


def assert_refused(response: httpx.Response, status: int, code: str) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error.keys() == {"code", "message", "type", "request_id", "details", "documentation_url"}
    assert error["request_id"] == response.headers["X-Request-Id"]


def test_the_routes_are_the_table_and_nothing_else() -> None:
    store = Store(":memory:")
    try:
        routes = {
            (method, route.path)
            for route in make_app(Settings(0, 0, store), 1).routes
            if isinstance(route, APIRoute) and not route.path.startswith("/_sandbox")
            for method in route.methods
        }
    finally:
        store.close()
    assert routes == {(op.method, op.path) for op in operations().values()} | {("GET", "/")}


def test_every_answer_carries_a_request_id_and_the_rate_limit(http: httpx.Client) -> None:
    streamed = respond(http, "hello", stream=True)
    for response in (http.get("/"), http.get("/nowhere"), respond(http, "hello"), streamed, respond(http, 7)):  # type: ignore[arg-type]
        assert re.fullmatch("req_[0-9A-HJKMNP-TV-Z]{26}", response.headers["X-Request-Id"])
        assert int(response.headers["X-RateLimit-Remaining"]) < int(response.headers["X-RateLimit-Limit"]) == 1000
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", response.headers["X-RateLimit-Reset"])
    assert streamed.headers["Content-Type"].startswith("text/event-stream")


def test_the_first_page_says_what_it_is_and_what_can_be_asked_for(http: httpx.Client) -> None:
    page = http.get("/", headers={"Authorization": ""}).json()
    assert "stand-in" in page["what"]
    assert page["magic"] == MAGIC
    assert page["operations"].keys() == operations().keys()
    for identifier in page["personalities"]:
        assert http.get(f"/v1/personalities/{identifier}").status_code == 200
    for slug in page["catalog"]:
        assert http.post("/v1/personalities/from-catalog", json={"slug": slug}).status_code == 201


def test_the_magic_table_holds_everything_that_can_be_asked_for() -> None:
    shown = [text for value in MAGIC.values() if isinstance(value, dict) for text in value]
    assert {*KINDS, *STREAM_FAULTS, *OPTIONS, *REVIEWS} <= set(shown)


@pytest.mark.parametrize(
    "mark",
    [
        "error",
        "error=",
        "error=nonsense",
        "error=CONFLICT",
        "err=conflict",
        "error=conflict;status=abc",
        "error=conflict;status=200",
        "error=conflict;status=999",
        "error=conflict;times=x",
        "error=conflict;times=",
        "error=conflict;color=red",
        "error=conflict;retry_after=ü",
        "stream=nonsense",
        "stream=done:3",
        "stream=drop_after:x",
        "review=perhaps",
        "",
    ],
)
def test_a_mark_that_is_not_in_the_table_is_refused_and_no_answer(
    sandbox: Sandbox, http: httpx.Client, mark: str
) -> None:
    before = sandbox.turns_billed
    assert_refused(respond(http, f"hello [[uniqos:{mark}]]"), 422, "validation_error")
    assert_refused(respond(http, f"hello [[uniqos:{mark}"), 422, "validation_error")
    assert sandbox.turns_billed == before


@pytest.mark.parametrize("wait", ["2", "-5", "nan", "1e9", "Wed, 21 Oct 2015 07:28:00 GMT", ""])
def test_retry_after_may_be_anything_that_fits_in_a_header(http: httpx.Client, wait: str) -> None:
    response = respond(http, f"[[uniqos:error=service_unavailable;retry_after={wait};status=599]]")
    assert (response.status_code, response.headers["Retry-After"]) == (599, wait)


def test_a_mark_may_be_counted_by_its_message_in_every_operation_with_one(sandbox: Sandbox, http: httpx.Client) -> None:
    portal = {"Authorization": f"Bearer {sandbox.access_token}"}
    body = {"message": f"[[uniqos:error=conflict;times=1]] {time.time_ns()}"}
    for path in ("/v1/infer-state", "/v1/personalities/pers_sandbox_warm/dry-run"):
        body["message"] += "!"
        assert [http.post(path, json=body, headers=portal).status_code for _ in range(3)] == [409, 200, 200]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/interactions", {"cursor": "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMF0="}),
        ("/v1/interactions", {"cursor": "WzEuNV0="}),
        ("/v1/interactions", {"cursor": "é"}),
        ("/v1/interactions", {"limit": "101"}),
        ("/v1/interactions", {"limit": "0"}),
        ("/v1/interactions", {"from": "2026-01-01T00:00:00"}),
        ("/v1/interactions", {"from": "0001-01-01T00:00:00+14:00"}),
        ("/v1/interactions/aggregates", {"to": "9999-12-31T23:59:59-14:00"}),
        ("/v1/interactions/aggregates", {"group_by": "year"}),
    ],
)
def test_a_query_out_of_range_is_refused_with_its_field(http: httpx.Client, path: str, query: dict[str, str]) -> None:
    response = http.get(path, params=query)
    assert_refused(response, 422, "validation_error")
    (problem,) = response.json()["error"]["details"]
    assert problem.get("field", problem.get("loc", [None])[0]) in query


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"message": "\xff"}',
        b'{"message": "\\ud800", "personality_id": "pers_sandbox_warm"}',
        b'{"message": "x", "personality_id": "pers_sandbox_warm", "context": {"a": NaN}}',
        b'{"message": "x", "personality_id": "pers_sandbox_warm", "context": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_is_a_400(http: httpx.Client, body: bytes) -> None:
    assert_refused(http.post("/v1/respond", content=body), 400, "validation_error")


@pytest.mark.parametrize("big_five", [[], {"openness": True}, {"openness": -0.1}, {"openness": "1"}, {"humour": 0.5}])
def test_big_five_takes_the_five_traits_as_shares(http: httpx.Client, big_five: Any) -> None:
    assert_refused(http.post("/v1/personalities", json={"name": "X", "big_five": big_five}), 422, "validation_error")


def test_a_wrong_method_names_the_right_one_and_no_path_is_redirected(http: httpx.Client) -> None:
    wrong = http.put("/v1/respond")
    assert_refused(wrong, 405, "validation_error")
    assert wrong.headers["Allow"] == "POST"
    assert_refused(http.get("/v1/personalities/"), 404, "not_found")


def test_a_bug_of_the_sandbox_is_an_internal_error_and_goes_to_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("uniqos.sandbox.routes.engine.infer", lambda *_: 1 / 0)
    with serve() as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        with httpx.Client(base_url=sandbox.url, headers=headers) as http:
            assert_refused(respond(http, "a secret"), 500, "internal_error")
        assert sandbox.turns_billed == 0
    assert "ZeroDivisionError" in caplog.text
    assert "a secret" not in caplog.text


def test_two_at_once_with_one_key_run_once(sandbox: Sandbox) -> None:
    before = sandbox.turns_billed
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": f"race-{time.time_ns()}"}

    def send(_: int) -> httpx.Response:
        with httpx.Client(base_url=sandbox.url, headers=headers) as http:
            return respond(http, "hello", mode="stateful", user_id="racer")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert sandbox.turns_billed == before + 1


def test_a_failed_request_leaves_its_key_free(sandbox: Sandbox, http: httpx.Client) -> None:
    before = sandbox.turns_billed
    key = {"Idempotency-Key": f"again-{time.time_ns()}"}
    body = {"personality_id": "pers_sandbox_warm", "message": "[[uniqos:error=internal_error;times=2]] hi"}
    statuses = [http.post("/v1/respond", json=body, headers=key).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    assert sandbox.turns_billed == before + 1


def test_a_reader_who_leaves_stops_the_stream_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    threads = set(threading.enumerate())
    with serve(pause=0.01) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        for message in ("hello [[uniqos:stream=stall]]", "hello"):
            with httpx.Client(base_url=sandbox.url, headers=headers) as http:
                body = {"personality_id": "pers_sandbox_warm", "message": message, "stream": True}
                with http.stream("POST", "/v1/respond", json=body) as response:
                    next(response.iter_raw())
        with httpx.Client(base_url=sandbox.url, headers=headers) as http, pytest.raises(httpx.RemoteProtocolError):
            respond(http, "hello [[uniqos:stream=drop_after:1]]", stream=True)
    assert not caplog.records  # uvicorn would tell of what it had to cancel
    assert set(threading.enumerate()) <= threads


def test_the_loggers_of_a_program_that_runs_uvicorn_itself_are_left_alone() -> None:
    names = ("uvicorn", "uvicorn.error", "uvicorn.access")

    def state() -> list[Any]:
        loggers = map(logging.getLogger, names)
        return [(logger.level, list(logger.handlers), logger.propagate) for logger in loggers]

    handler = logging.NullHandler()
    logging.getLogger("uvicorn.access").addHandler(handler)
    try:
        before = state()
        with serve():
            assert state() == before
        assert state() == before
    finally:
        logging.getLogger("uvicorn.access").removeHandler(handler)


def test_a_dropped_stream_writes_nothing_to_the_terminal() -> None:
    code = """
import httpx
from uniqos.sandbox import serve
with serve(pause=0) as sandbox:
    body = {"personality_id": sandbox.personality_id, "message": "[[uniqos:stream=drop_after:1]]", "stream": True}
    try:
        httpx.post(f"{sandbox.url}/v1/respond", json=body, headers={"Authorization": f"Bearer {sandbox.api_key}"})
    except httpx.RemoteProtocolError:
        print("dropped")
"""
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("dropped\n", "")


@pytest.mark.parametrize("settings", [{"requests_per_second": 0}, {"pause": -1}, {"port": 70_000}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError), serve(**settings):
        pass


def test_a_review_can_be_decided_by_the_name(http: httpx.Client) -> None:
    def submitted(name: str) -> tuple[str, str]:
        path = f"/v1/personalities/{http.post('/v1/personalities', json={'name': name}).json()['id']}"
        for _ in range(2):  # a second submission, of a lost answer, changes nothing
            assert http.post(f"{path}/submit-for-review").json()["status"] == "pending_review"
        return path, http.get(f"{path}/review-status").json()["status"]

    def invoked(path: str) -> int:
        return respond(http, "hello", personality_id=path.rpartition("/")[2]).status_code

    waiting, status = submitted("Zoe")
    assert (status, invoked(waiting)) == ("pending_review", 409)
    approved, status = submitted("Zoe [[uniqos:review=approved]]")
    assert (status, invoked(approved)) == ("approved", 200)
    assert_refused(http.post(f"{approved}/appeal", json={}), 409, "conflict")
    rejected, status = submitted("Zoe [[uniqos:review=rejected]]")
    assert (status, invoked(rejected)) == ("rejected", 409)
    assert http.post(f"{rejected}/appeal", json={"reason": "please"}).json()["status"] == "appealed"
    assert (http.get(f"{rejected}/review-status").json()["status"], invoked(rejected)) == ("appealed", 409)
