"""Tests of the responses that send turns and answers on: their bytes, pings, and browsers that leave."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx
import pytest

from tests.support.rawserver import Handler, RawServer, reply
from uniqos import AsyncUniqOS, errors, models

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from fastapi import FastAPI, Request
from starlette.background import BackgroundTask
from starlette.routing import Route

from tests.fastapi.test_fastapi import (
    FIRST,
    HEAD,
    KEY,
    LAST,
    NEW,
    ODD,
    TEXT,
    TURN,
    Backend,
    Leaving,
    backend,
    chunk,
    events_of,
    leave_after_three_events,
    refuses,
    sends,
)
from uniqos.fastapi import TURN_EVENTS, AnswerResponse, Client, TurnResponse, TurnStream, answers

PING = b": ping\n\n"
ANSWER = b'{"response":"hi \xc3\xbc","usage":null,"later":{"at":"2026-07-15T12:00:00.000Z","n":null},"latency_ms":1}'


def add(app: FastAPI) -> None:
    """Add routes with each way to a TurnResponse: of an open stream, of one that is not open, without FastAPI."""

    async def opened(stream: Any) -> TurnResponse:
        return TurnResponse(stream, ping=0.05)

    async def unopened(turn: models.RespondRequest, client: Any) -> TurnResponse:
        return TurnResponse(client.respond(turn, stream=True), rate_limit_headers=True)

    async def starlette(request: Request) -> TurnResponse:
        client: AsyncUniqOS = request.state.uniqos
        return TurnResponse(client.respond(await request.json(), stream=True), ping=0)

    opened.__annotations__ = {"stream": TurnStream, "return": TurnResponse}
    unopened.__annotations__ = {"turn": models.RespondRequest, "client": Client, "return": TurnResponse}
    app.post("/opened", response_class=TurnResponse, responses=TURN_EVENTS)(opened)
    app.post("/unopened", response_class=TurnResponse, responses=TURN_EVENTS)(unopened)
    app.router.routes.append(Route("/starlette", starlette, methods=["POST"]))


def failing(code: str) -> bytes:
    return f'event: error\ndata: {{"type":"error","code":"{code}","message":"{KEY} of org"}}\n\n'.encode()


PATHS = pytest.mark.parametrize("path", ["/opened", "/unopened", "/starlette"])


@PATHS
@pytest.mark.parametrize(
    "upstream",
    [
        sends(FIRST, TEXT, NEW, *ODD, TEXT, LAST),
        sends(FIRST + TEXT + TEXT + LAST),
        sends(FIRST, b'event: text\r\ndata: {\r\ndata: "delta": "x"}\r\n\r\n', LAST),
        sends(b'data: {"type":"a\\nevent: completion\\ndata: {}\\n\\nevent: x"}\n\n', LAST),
        sends(FIRST, TEXT, TEXT, end=False),
        sends(FIRST, TEXT),
        sends(),
        sends(FIRST + TEXT + b'event: text\ndata: {"delta": 7}\n\n' + LAST),
        sends(FIRST, failing("quota_exhausted")),
        sends(FIRST, failing("guardrail_block")),
        sends(FIRST, LAST, TEXT, failing("internal_error")),
    ],
)
def test_a_turn_response_sends_the_bytes_and_headers_of_an_event_source_response(path: str, upstream: Handler) -> None:
    with backend(upstream, add) as service:
        real, ours = service.post("/stream"), service.post(path)
        assert service.busy == 0
    assert ours.content == real.content
    ignored = {"date"}
    assert {k: v for k, v in ours.headers.items() if k not in ignored} == {
        k: v for k, v in real.headers.items() if k not in ignored
    }


@PATHS
def test_a_refusal_of_a_turn_response_keeps_its_status(path: str) -> None:
    for code, sent, status in (("guardrail_blocked", 400, 400), ("quota_exhausted", 429, 503)):
        with backend(refuses(sent, code), add) as service:
            if path == "/starlette":  # FastAPI's handlers answer for this route too.
                assert service.post(path).status_code == status
            answer = service.post(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert KEY not in answer.text or status == 400


def asgi_call(upstream: Handler, send: Callable[[Any], Any], **options: Any) -> AsyncUniqOS:
    """Send one turn by a TurnResponse to an ASGI server that is played by ``send``; return the client."""
    clients: list[AsyncUniqOS] = []

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        return {}

    async def call() -> None:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0, timeout=5) as client:
            clients.append(client)
            response = TurnResponse(client.respond(TURN, stream=True), **options)
            await response({"type": "http"}, receive, send)
            pool = client._requester.connections.pool
            assert pool is not None
            assert pool.busy == 0

    with RawServer(upstream) as server:
        anyio.run(call)
    return clients[0]


def test_all_events_of_one_read_are_sent_by_one_message() -> None:
    bodies: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    events = FIRST + TEXT * 20 + LAST
    ended: list[str] = []
    background = BackgroundTask(ended.append, "background")
    asgi_call(sends(events), send, background=background)
    assert b"".join(bodies) == events
    assert len(bodies) <= 4  # The read may be cut in two, and the last message is empty.
    assert bodies[-1] == b""
    assert ended == ["background"]


def test_a_send_that_fails_closes_upstream_without_an_error() -> None:
    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the browser has left")

    asgi_call(sends(FIRST, TEXT, TEXT, LAST), send)


def test_any_other_failure_of_send_is_raised_as_it_is() -> None:
    async def send(message: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asgi_call(sends(FIRST, LAST), send)


def test_pings_and_events_are_never_sent_at_the_same_time() -> None:
    under_way: list[Any] = []
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        assert not under_way
        under_way.append(message)
        await anyio.sleep(0.003)
        under_way.clear()
        sent.append(message.get("body", b""))

    def slowly(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD)
        for part in (FIRST, *[TEXT] * 40, LAST):
            connection.sendall(chunk(part))
            time.sleep(0.012)
        connection.sendall(chunk(b""))

    asgi_call(slowly, send, ping=0.001)
    assert PING in sent
    assert b"".join(part for part in sent if part != PING) == FIRST + TEXT * 40 + LAST


def test_pings_come_before_the_first_event_and_between_events() -> None:
    def slowly(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD)
        for part in (FIRST, TEXT + LAST):
            time.sleep(0.4)
            connection.sendall(chunk(part))
        connection.sendall(chunk(b""))

    with backend(slowly, add) as service:
        content, unpinged = service.post("/opened").content, service.post("/starlette").content
    before, _, after = content.partition(FIRST)
    assert 1 <= before.count(PING) <= 8
    assert 1 <= after.count(PING) <= 8
    assert content.replace(PING, b"") == unpinged == FIRST + TEXT + LAST


@pytest.mark.parametrize("ping", [-1, True, "15", float("nan"), float("inf")])
def test_a_ping_must_be_seconds(ping: Any) -> None:
    client = AsyncUniqOS(KEY)
    with pytest.raises(errors.ConfigurationError, match="ping must be a number of seconds") as caught:
        TurnResponse(client.respond(TURN, stream=True), ping=ping)
    assert not isinstance(caught.value, errors.RequestValidationError)


@PATHS
@pytest.mark.parametrize("silent", [True, False])
def test_a_browser_that_leaves_closes_upstream(path: str, silent: bool) -> None:
    upstream = Leaving(silent=silent)
    with backend(upstream, add) as service:
        leave_after_three_events(service.url, path)
        assert upstream.left.wait(10)
        wait_until_idle(service)


@PATHS
def test_a_browser_that_leaves_before_the_answer_ends_the_turn(path: str) -> None:
    left = threading.Event()

    def silent(connection: socket.socket, request: bytes, number: int) -> None:
        connection.settimeout(10)
        assert connection.recv(100) == b""
        left.set()

    with backend(silent, add) as service:
        with asking(service, path):
            wait_for(lambda: bool(service.upstream.requests))
        assert left.wait(3)
        wait_until_idle(service)


def asking(service: Backend, path: str) -> socket.socket:
    """Send a turn as a browser; return its connection."""
    host, port = service.url.removeprefix("http://").split(":")
    content = json.dumps(TURN).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    browser = socket.create_connection((host, int(port)), 10)
    browser.sendall(head.encode() + b"\r\n" + content)
    return browser


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def wait_until_idle(service: Backend) -> None:
    wait_for(lambda: service.busy == 0)


@PATHS
def test_an_error_event_that_is_masked_is_logged(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with backend(sends(FIRST, failing("quota_exhausted")), add) as service, caplog.at_level(logging.ERROR, "uniqos"):
        answer = service.post(path)
    assert KEY not in answer.text
    assert [name for name, _ in events_of(answer)] == ["metadata", "error"]
    said = [record.getMessage() for record in caplog.records if record.name == "uniqos"]
    assert any("quota_exhausted" in line for line in said)
    assert KEY not in "".join(said)


def test_the_openapi_document_shows_the_events_of_a_turn_response() -> None:
    app = FastAPI()
    add(app)
    for path in ("/opened", "/unopened"):
        answer = app.openapi()["paths"][path]["post"]["responses"]["200"]
        assert list(answer["content"]) == ["text/event-stream"]
        assert "StreamEventCompletion" in json.dumps(answer["content"])


def test_rate_limits_are_passed_on_when_asked_for() -> None:
    more = b"X-RateLimit-Limit: 10\r\nX-RateLimit-Remaining: 9\r\nX-Other: secret\r\n\r\n"

    def limited(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD.removesuffix(b"\r\n") + more + chunk(FIRST + LAST) + chunk(b""))

    with backend(limited, add) as service:
        asked, not_asked = service.post("/unopened").headers, service.post("/opened").headers
    assert (asked["x-ratelimit-limit"], asked["x-ratelimit-remaining"]) == ("10", "9")
    assert "x-other" not in asked
    assert not [name for name in not_asked if name.startswith("x-ratelimit")]


def add_answers(app: FastAPI) -> None:
    @answers
    async def answered(turn: models.RespondRequest, client: Client) -> models.RespondResult:
        return await client.respond(turn)

    async def changed(turn: models.RespondRequest, client: Any) -> AnswerResponse:
        answer = await client.respond(turn)
        assert answer.guardrails is not None
        answer.guardrails.applied.append("ours")
        return AnswerResponse(answer, 201, {"X-Ours": "1"}, rate_limit_headers=True)

    answered.__wrapped__.__annotations__ = {  # type: ignore[attr-defined]
        "turn": models.RespondRequest,
        "client": Client,
        "return": models.RespondResult,
    }
    changed.__annotations__ = {"turn": models.RespondRequest, "client": Client, "return": AnswerResponse}
    app.post("/answered")(answered)
    app.post("/changed", response_model=models.RespondResult)(changed)


def test_an_answer_goes_out_as_it_came() -> None:
    with backend(lambda connection, request, number: reply(connection, 200, ANSWER), add_answers) as service:
        plain, ours = service.post("/chat"), service.post("/answered")
    assert ours.content == plain.content == ANSWER
    assert dict(ours.headers, date="") == dict(plain.headers, date="")


def test_a_changed_answer_goes_out_with_its_changes() -> None:
    body = b'{"response": "x", "guardrails": {"applied": ["a"]}, "later": 1.50}'
    more = {"X-RateLimit-Limit": "10"}
    with backend(lambda connection, request, number: reply(connection, 200, body, more), add_answers) as service:
        answer = service.post("/changed")
    assert answer.json() == {"response": "x", "guardrails": {"applied": ["a", "ours"]}, "later": 1.5}
    assert (answer.status_code, answer.headers["x-ours"], answer.headers["x-ratelimit-limit"]) == (201, "1", "10")


def test_the_openapi_document_shows_the_model_of_an_answer() -> None:
    app = FastAPI()
    add_answers(app)
    for path, status in (("/answered", "200"), ("/changed", "200")):
        content = app.openapi()["paths"][path]["post"]["responses"][status]["content"]
        assert "RespondResult" in json.dumps(content["application/json"]["schema"])


def test_a_refusal_of_a_route_of_answers_is_answered_by_the_handlers() -> None:
    with backend(refuses(429, "rate_limit_exceeded", Retry_After="2"), add_answers) as service:
        answer = service.post("/answered")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


def test_httpx_reads_each_event_when_it_is_sent() -> None:
    release = threading.Event()

    def waits(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + chunk(FIRST))
        assert release.wait(10)
        connection.sendall(chunk(LAST) + chunk(b""))

    async def read() -> AsyncIterator[bytes]:
        async with httpx.AsyncClient(timeout=10) as browser:
            async with browser.stream("POST", f"{service.url}/starlette", json=TURN) as answer:
                async for part in answer.aiter_raw():
                    yield part

    async def run() -> None:
        parts = read()
        assert await anext(parts) == FIRST
        release.set()
        assert b"".join([part async for part in parts]) == LAST

    with backend(waits, add) as service:
        anyio.run(run)
