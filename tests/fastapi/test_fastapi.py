"""Tests of a FastAPI service that passes models through: its callers' answers, and what it leaves open."""

from __future__ import annotations

import importlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import httpx
import pytest

from tests.support.asgi import serving
from tests.support.rawserver import Handler, RawServer, header, reply, rst
from tests.support.signing import delivery
from uniqos import AsyncUniqOS, errors, models
from uniqos._turn.relay import RelayedEvent as Event
from uniqos._turn.relay import frame, relay_error, relay_event

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from fastapi import Depends, FastAPI, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

from uniqos.fastapi import TURN_EVENTS, Client, TurnStream, get_client, install_error_handlers, lifespan, sse, webhook

KEY = "uniq_test_mysecretkey1"
TURN = {"personality_id": "p", "message": "my text"}
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req_1\r\nTransfer-Encoding: chunked\r\n\r\n"
)
FIRST = (
    b'event: metadata\ndata: {"type":"metadata", "interaction_id":"int_1","memory":{"consulted":false,'
    b'"summary_used":null,"significant_moments_referenced":0},"at":"2026-07-15T12:00:00.000Z"}\n\n'
)
TEXT = b'event: text\ndata: {"type": "text","delta":"hi \xc3\xbc","new":{"a":1.50,"b":null}}\n\n'
ODD = [b"event: beat\ndata: null\n\n", b'event: beat\ndata: "\\u00fc"\n\n', b"event: beat\ndata: still here\n\n"]
NEW = b"event: heartbeat\ndata: [1,2.50]\n\n"
LAST = (
    b'event: completion\ndata: {"type":"completion","memory":{"model_updated":false},"guardrails":{"applied":[]},'
    b'"usage":{"turns_consumed":1,"active_relationship_counted":false,"llm_provider":"a","llm_model":"c"},'
    b'"latency_ms":9}\n\n'
)


class Backend:
    """A running service and its upstream."""

    def __init__(self, upstream: RawServer, client: AsyncUniqOS, url: str) -> None:
        self.upstream = upstream
        self.url = url
        self._client = client

    def post(self, path: str, **more: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=TURN, timeout=10, **more)

    @property
    def busy(self) -> int:
        """Return the number of busy connections to the upstream server."""
        return sum(pool.busy for pool in self._client._requester.connections._pools._values.values())  # type: ignore[attr-defined]


@contextmanager
def backend(handler: Handler, add: Callable[[FastAPI], object] | None = None) -> Iterator[Backend]:
    made: list[AsyncUniqOS] = []
    with RawServer(handler) as upstream:

        def make() -> AsyncUniqOS:
            made.append(AsyncUniqOS(KEY, base_url=upstream.url, max_retries=0, timeout=5))
            return made[0]

        app = service(make)
        if add is not None:
            add(app)
        with serving(app) as url:
            yield Backend(upstream, made[0], url)


def service(make: Callable[[], AsyncUniqOS]) -> FastAPI:
    app = FastAPI(lifespan=lifespan(make))
    install_error_handlers(app)

    async def chat(turn: models.RespondRequest, client: Client) -> models.RespondResult:
        return await client.respond(turn)

    async def stream(stream: TurnStream) -> AsyncIterable[ServerSentEvent]:
        async for event in sse(stream):
            yield event

    async def inbox(event: Annotated[models.WebhookEvent, Depends(webhook(["whsec_new", "whsec_old"]))]) -> Any:
        return event

    chat.__annotations__ = {"turn": models.RespondRequest, "client": Client, "return": models.RespondResult}
    stream.__annotations__ = {"stream": TurnStream, "return": AsyncIterable[ServerSentEvent]}
    inbox.__annotations__ = {
        "event": Annotated[models.WebhookEvent, Depends(webhook(["whsec_new", "whsec_old"], max_bytes=1000))],
        "return": models.WebhookEvent,
    }
    app.post("/chat")(chat)
    app.post("/stream", response_class=EventSourceResponse, responses=TURN_EVENTS)(stream)
    app.post("/webhook")(inbox)
    return app


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def sends(*parts: bytes, end: bool = True) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"".join(map(chunk, parts)) + (chunk(b"") if end else b""))
        if not end:
            rst(connection)

    return handle


def refuses(status: int, code: str, details: Any = None, **headers: str) -> Handler:
    envelope = {"error": {"code": code, "message": f"{KEY} said {code}", "type": "t", "details": details}}
    more = {"X-Request-Id": "req_9", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda connection, request, number: reply(connection, status, json.dumps(envelope).encode(), more)


def events_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return name and data of the events that a browser receives."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    found: list[tuple[str, str]] = []
    for block in answer.text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            assert lines[0].startswith("event: ")
            found.append((lines[0][7:], "\n".join(line[6:] for line in lines[1:])))
    return found


def as_sent(*parts: bytes) -> list[tuple[str, str]]:
    texts = [part.decode().strip().split("\n") for part in parts]
    return [(name[7:], data[6:]) for name, data in texts]


def test_an_answer_is_passed_on_to_the_letter() -> None:
    body = b'{"response":"hi \xc3\xbc","usage":null,"later":{"at":"2026-07-15T12:00:00.000Z","n":null},"latency_ms":1}'
    with backend(lambda connection, request, number: reply(connection, 200, body)) as service:
        answer = service.post("/chat")
    assert (answer.status_code, answer.content) == (200, body)


def test_a_turn_is_passed_on_as_it_was_sent() -> None:
    turn = {**TURN, "context": {"at": "2026-07-15T12:00:00.000Z", "n": None}, "later": 1.5, "user_id": None}
    with backend(lambda connection, request, number: reply(connection, 200, b'{"response":"x"}')) as service:
        httpx.post(f"{service.url}/chat", json=turn)
        assert json.loads(service.upstream.requests[0].partition(b"\r\n\r\n")[2]) == turn


def test_events_are_passed_on_to_the_letter_under_their_names() -> None:
    with backend(sends(FIRST, TEXT, NEW, *ODD, TEXT, LAST)) as service:
        answer = service.post("/stream")
    assert answer.status_code == 200
    assert events_of(answer) == as_sent(FIRST, TEXT, NEW, *ODD, TEXT, LAST)


def test_what_the_model_refuses_is_a_422_with_its_place() -> None:
    with backend(sends()) as service:
        for path in ("/chat", "/stream"):
            answer = httpx.post(f"{service.url}{path}", json={"personality_id": "p", "mode": "x"})
            assert answer.status_code == 422
            assert {tuple(one["loc"]) for one in answer.json()["detail"]} == {("body", "message"), ("body", "mode")}
        wrong = {**TURN, "mode": "stateless", "return_format": "modulator_pack"}
        answer = httpx.post(f"{service.url}/chat", json=wrong)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
        answer = httpx.post(f"{service.url}/stream", json=wrong)
        assert [(one["type"], one["loc"]) for one in answer.json()["detail"]] == [
            ("extra_forbidden", ["body", "return_format"])
        ]
        assert service.upstream.requests == []


@pytest.mark.parametrize("path", ["/chat", "/stream"])
@pytest.mark.parametrize(
    ("upstream", "status", "code", "headers"),
    [
        (refuses(429, "rate_limit_exceeded", Retry_After="2"), 429, "rate_limit_exceeded", {"Retry-After": "2"}),
        (refuses(422, "validation_error", [{"field": "message"}]), 422, "validation_error", {}),
        (refuses(400, "guardrail_blocked"), 400, "guardrail_blocked", {}),
        (refuses(404, "not_found"), 404, "not_found", {}),
        (refuses(409, "conflict"), 409, "conflict", {}),
        (refuses(501, "not_implemented"), 501, "not_implemented", {}),
        (refuses(401, "authentication_error"), 503, "service_unavailable", {}),
        (refuses(403, "permission_denied"), 503, "service_unavailable", {}),
        (refuses(402, "payment_required"), 503, "service_unavailable", {}),
        (refuses(429, "quota_exhausted"), 503, "service_unavailable", {}),
        (refuses(500, "internal_error"), 502, "upstream_error", {}),
        (refuses(502, "upstream_llm_error"), 502, "upstream_error", {}),
        (refuses(503, "service_unavailable"), 502, "upstream_error", {}),
        (refuses(504, "turn_timeout"), 504, "turn_timeout", {}),
        (refuses(401, "validation_error"), 503, "service_unavailable", {}),
        (refuses(403, "not_found"), 502, "upstream_error", {}),
        (refuses(407, "proxy"), 502, "upstream_error", {}),
        (lambda connection, request, number: reply(connection, 404, b'{"squid": "corp"}'), 502, "upstream_error", {}),
        (refuses(200, "no stream and no answer"), 502, "upstream_error", {}),
        (lambda connection, request, number: rst(connection), 502, "upstream_error", {}),
    ],
)
def test_a_refusal_before_the_first_byte_is_a_refusal(
    path: str, upstream: Handler, status: int, code: str, headers: Mapping[str, str]
) -> None:
    with backend(upstream) as service:
        answer = service.post(path)
        assert service.busy == 0
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert headers.items() <= {"Retry-After": answer.headers.get("retry-after")}.items() or not headers
    if status in (400, 404, 409, 422, 429):
        assert f"said {code}" in answer.json()["error"]["message"]
    else:
        assert "mysecret" not in answer.text
    assert "my text" not in answer.text
    assert "corp" not in answer.text


def test_of_the_apis_envelope_only_code_message_and_known_details_pass() -> None:
    second = {"loc": ["body", 0], "msg": "too long", "ctx": {"a": 1}}
    details = [{"field": "message", "input": "Jane's words"}, second, 7]
    error = {"code": "validation_error", "message": "no", "type": "odd", "documentation_url": "u", "new": [1]}
    content = json.dumps({"error": {**error, "details": details}}).encode()
    with backend(lambda connection, request, number: reply(connection, 422, content)) as service:
        answer = service.post("/chat").json()["error"]
    assert answer == {
        "code": "validation_error",
        "message": "no",
        "details": [{"field": "message"}, {"loc": ["body", 0], "msg": "too long"}],
    }


@pytest.mark.parametrize("request_id", ["req_\u20ac", "req ", "x" * 300, "a\r\nb: c"])
def test_an_id_that_cannot_stand_in_a_header_costs_no_answer(request_id: str) -> None:
    content = json.dumps({"error": {"code": "not_found", "message": "no", "request_id": request_id}}).encode()
    with backend(lambda connection, request, number: reply(connection, 404, content)) as service:
        answer = service.post("/chat")
    assert answer.status_code == 404
    assert "x-request-id" not in answer.headers


def test_the_id_of_the_exchange_is_passed_on() -> None:
    with backend(refuses(401, "authentication_error")) as service:
        answer = service.post("/chat")
    assert answer.headers["x-request-id"] == answer.json()["error"]["request_id"] == "req_9"
    assert answer.json() == models.ErrorEnvelope.model_validate(answer.json())


def test_silence_is_a_504() -> None:
    with backend(lambda connection, request, number: time.sleep(1)) as service:
        client = service._client.with_options(timeout=0.2)
        service._client._requester = client._requester
        assert service.post("/chat").status_code == 504
        assert service.post("/stream").json()["error"]["code"] == "upstream_timeout"


@pytest.mark.parametrize(
    ("upstream", "before", "code"),
    [
        (sends(FIRST, TEXT, TEXT, end=False), [FIRST, TEXT, TEXT], "stream_interrupted"),
        (sends(FIRST, TEXT), [FIRST, TEXT], "stream_interrupted"),
        (sends(), [], "stream_interrupted"),
        (sends(FIRST, b"event: text\ndata: {broken\n\n", TEXT, LAST), [FIRST], "upstream_error"),
        (sends(FIRST, b'event: text\ndata: {"delta": 7}\n\n'), [FIRST], "upstream_error"),
    ],
)
def test_a_stream_that_breaks_ends_with_an_error_event(upstream: Handler, before: list[bytes], code: str) -> None:
    with backend(upstream) as service:
        answer = service.post("/stream")
        assert service.busy == 0
    assert answer.status_code == 200
    *events, (name, data) = events_of(answer)
    assert events == as_sent(*before)
    assert (name, json.loads(data)["type"], json.loads(data)["code"]) == ("error", "error", code)
    assert "my text" not in answer.text


def test_an_error_event_of_the_api_is_passed_on_and_is_the_end() -> None:
    failed = b'event: error\ndata: {"type":"error","code":"guardrail_block","guardrail":"g","category":"c"}\n\n'
    with backend(sends(FIRST, failed)) as service:
        assert events_of(service.post("/stream")) == as_sent(FIRST, failed)


@pytest.mark.parametrize("code", ["quota_exhausted", "authentication_error", "payment_required", "internal_error"])
@pytest.mark.parametrize("path", ["/stream", "/frames"])
def test_an_error_event_about_the_service_says_nothing_more(path: str, code: str) -> None:
    failed = f'event: error\ndata: {{"type":"error","code":"{code}","message":"{KEY} of org"}}\n\n'.encode()
    with backend(sends(FIRST, failed), lambda app: app.router.routes.append(FRAMES)) as service:
        *events, (name, data) = events_of(service.post(path))
    assert (events, name) == (as_sent(FIRST), "error")
    assert KEY not in data


@pytest.mark.parametrize("path", ["/stream", "/frames"])
def test_no_name_of_an_event_can_end_it(path: str) -> None:
    forged = b'data: {"type":"a\\nevent: completion\\ndata: {}\\n\\nevent: x"}\n\n'
    with backend(sends(FIRST, forged, LAST), lambda app: app.router.routes.append(FRAMES)) as service:
        assert [name for name, _ in events_of(service.post(path))] == ["metadata", "message", "completion"]


def test_a_callers_fault_at_the_end_of_a_stream_is_theirs() -> None:
    def add(app: FastAPI) -> None:
        async def words(stream: TurnStream) -> Any:
            return (await stream.until_done()).text

        words.__annotations__ = {"stream": TurnStream}
        app.post("/words")(words)

    for code, status in (("guardrail_block", 400), ("rate_limit_exceeded", 429), ("internal_error", 502)):
        failed = f'event: error\ndata: {{"type":"error","code":"{code}"}}\n\n'.encode()
        with backend(sends(FIRST, failed), add) as service:
            assert service.post("/words").status_code == status


def test_a_browser_that_leaves_before_the_answer_begins_ends_the_turn_and_its_retries() -> None:
    left = threading.Event()

    def silent(connection: socket.socket, request: bytes, number: int) -> None:
        connection.settimeout(10)
        assert connection.recv(100) == b""
        left.set()

    with backend(silent) as service:
        host, port = service.url.removeprefix("http://").split(":")
        content = json.dumps(TURN).encode()
        head = f"POST /stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        with socket.create_connection((host, int(port)), 10) as browser:
            browser.sendall(head.encode() + b"\r\n\r\n" + content)
            while not service.upstream.requests:
                time.sleep(0.01)
        assert left.wait(3)
        assert len(service.upstream.requests) == 1


class Leaving:
    """Upstream server that streams some events, goes on slowly or not at all, and notes when its reader leaves."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.left = threading.Event()
        self.at = 0.0

    def __call__(self, connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + chunk(FIRST) + chunk(TEXT) + chunk(TEXT))
        connection.settimeout(0.01)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                if not self.silent:
                    connection.sendall(chunk(TEXT))
                if connection.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.at = time.monotonic()
        self.left.set()


def leave_after_three_events(url: str, path: str) -> float:
    """Send a turn as a browser, read three events and leave; return the time of leaving."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as browser:
        content = json.dumps(TURN).encode()
        browser.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        received = b""
        while received.count(b"\ndata: ") < 3:
            received += browser.recv(10_000)
    return time.monotonic()


@pytest.mark.parametrize("path", ["/stream", "/frames"])
@pytest.mark.parametrize("silent", [False, True])
def test_when_the_browser_leaves_upstream_is_closed_at_once(path: str, silent: bool) -> None:
    upstream = Leaving(silent=silent)

    def add(app: FastAPI) -> None:
        app.router.routes.append(FRAMES)

    with backend(upstream, add) as service:
        gone = leave_after_three_events(service.url, path)
        assert upstream.left.wait(10)
        print(f"{path}: upstream was closed {(upstream.at - gone) * 1000:.1f} ms after the browser had left")
        for _ in range(100):
            if service.busy == 0:
                break
            time.sleep(0.01)
        assert service.busy == 0


async def frames(request: Request) -> StreamingResponse:
    """Send a stream on without FastAPI."""
    client: AsyncUniqOS = request.state.uniqos
    stream = await client.respond(await request.json(), stream=True).open()
    return StreamingResponse(stream.frames(), media_type="text/event-stream")


FRAMES = Route("/frames", frames, methods=["POST"])


def test_a_stream_gives_frames_to_any_framework() -> None:
    parts = [FIRST, TEXT, NEW, TEXT]
    with RawServer(sends(*parts)) as upstream:
        make = lifespan(lambda: AsyncUniqOS(KEY, base_url=upstream.url))
        app = Starlette(routes=[Route("/", frames, methods=["POST"])], lifespan=make)
        with serving(app) as url:
            answer = httpx.post(url, json=TURN)
    whole, _, rest = answer.content.partition(b"event: error\n")
    assert whole == b"".join(parts)
    assert json.loads(rest.removeprefix(b"data: "))["code"] == "stream_interrupted"


def test_frames_are_events_whatever_they_hold() -> None:
    assert frame(Event("text", "a\r\nb\nc\rd")) == b"event: text\ndata: a\ndata: b\ndata: c\ndata: d\n\n"
    built: list[tuple[models.Model, tuple[str, str]]] = [
        (models.StreamEventText(delta="ü"), ("text", '{"type":"text","delta":"ü"}')),
        (models.StreamEventUnknown(name="beat", data="plain"), ("beat", "plain")),
        (models.StreamEventUnknown(name="beat", data=[1]), ("beat", "[1]")),
    ]
    for event, wanted in built:
        assert relay_event(event)[:2] == wanted


def test_a_lifespan_goes_around_another_and_closes_its_client() -> None:
    made: list[AsyncUniqOS] = []
    ran: list[str] = []

    @asynccontextmanager
    async def own(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        ran.append("in")
        yield {"mine": 7}
        ran.append("out")

    def make() -> AsyncUniqOS:
        made.append(AsyncUniqOS(KEY))
        return made[-1]

    app = FastAPI(lifespan=lifespan(make, around=own))

    async def shown(request: Request) -> Any:
        return {"mine": request.state.mine, "client": request.state.uniqos is made[0]}

    shown.__annotations__ = {"request": Request}
    app.get("/")(shown)
    with serving(app) as url:
        assert httpx.get(url).json() == {"mine": 7, "client": True}
        assert not made[0]._requester.connections.closed
    assert made[0]._requester.connections.closed
    assert (len(made), ran) == (1, ["in", "out"])


def test_each_request_may_have_a_key_of_its_own_over_the_same_connections() -> None:
    def add(app: FastAPI) -> None:
        async def tenant(request: Request, client: Client) -> AsyncUniqOS:
            return client.with_credentials(request.headers.get("x-key"))

        tenant.__annotations__ = {"request": Request, "client": Client}

        async def turn(client: AsyncUniqOS) -> Any:
            return await client.respond(TURN)

        turn.__annotations__ = {"client": Annotated[AsyncUniqOS, Depends(tenant)]}
        app.post("/tenant")(turn)

    with backend(lambda connection, request, number: reply(connection, 200, b'{"response":"x"}'), add) as service:
        for key in ("uniq_test_tenantnumber1", "uniq_test_tenantnumber2"):
            assert httpx.post(f"{service.url}/tenant", headers={"X-Key": key}).status_code == 200
        assert service.post("/chat").status_code == 200
        bearers = [header(request, "Authorization") for request in service.upstream.requests]
        assert service.upstream.connections == 1
        assert httpx.post(f"{service.url}/tenant", headers={"X-Key": "nonsense"}).status_code == 500
        assert httpx.post(f"{service.url}/tenant").status_code == 500
        assert len(service.upstream.requests) == 3
    assert bearers == ["Bearer uniq_test_tenantnumber1", "Bearer uniq_test_tenantnumber2", f"Bearer {KEY}"]


def test_without_the_lifespan_one_sentence_says_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install_error_handlers(app)

    async def turn(client: Client) -> None: ...

    turn.__annotations__ = {"client": Client}
    app.get("/")(turn)
    with serving(app) as url:
        assert httpx.get(url).status_code == 500
    assert "use FastAPI(lifespan=uniqos.fastapi.lifespan())" in caplog.text
    assert get_client.__doc__


def test_deliveries_are_verified_before_they_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    with backend(sends()) as service:
        url = f"{service.url}/webhook"
        for secret in ("whsec_new", "whsec_old"):
            body, headers = delivery(secret)
            answer = httpx.post(url, content=body, headers=headers)
            assert (answer.status_code, answer.json()) == (200, json.loads(body))
        for secret, more, sent in (
            ("whsec_other", {}, {}),
            ("whsec_new", {"created_at": "2020-01-01T00:00:00.000Z"}, {}),
            ("whsec_new", {}, {"X-Uniqos-Signature": "md5=1"}),
        ):
            body, headers = delivery(secret, **more)
            assert httpx.post(url, content=body, headers={**headers, **sent}).status_code == 400
        assert httpx.post(url, content=body).status_code == 400
        body, headers = delivery("whsec_new", data="x" * 2000)
        assert httpx.post(url, content=body, headers=headers).status_code == 413


def test_a_delivery_without_an_end_is_no_error_of_the_service(caplog: pytest.LogCaptureFixture) -> None:
    with backend(sends()) as service:
        host, port = service.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as sender:
            sender.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        body, headers = delivery("whsec_new")
        assert httpx.post(f"{service.url}/webhook", content=body, headers=headers).status_code == 200
    assert "Exception in ASGI" not in caplog.text


def test_a_webhook_needs_a_secret_and_leaves_the_body_to_the_route() -> None:
    wrongs: list[Any] = [
        "",
        " ",
        [],
        [""],
        [None],
        ["whsec_x", " "],
        ["whsec_x", ""],
        None,
        7,
        b"whsec_x",
        ["whsec_x", 7],
        {"whsec_x"},
    ]
    for wrong in wrongs:
        with pytest.raises(errors.ConfigurationError, match="secret"):
            webhook(wrong)
    with pytest.raises(errors.ConfigurationError, match="tolerance"):
        webhook("whsec_x", tolerance=-1)
    app = FastAPI()

    async def raw(request: Request, event: Any) -> Any:
        return len(await request.body())

    raw.__annotations__ = {
        "request": Request,
        "event": Annotated[models.WebhookEvent, Depends(webhook("whsec_x"))],
    }
    app.post("/")(raw)
    body, headers = delivery("whsec_x")
    with serving(app) as url:
        assert httpx.post(url, content=body, headers=headers).json() == len(body)


def test_every_error_has_an_answer_without_what_is_ours() -> None:
    for name in dir(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.UniqOSError):
            more = {"reason": "stale_timestamp"} if kind is errors.WebhookSignatureError else {}
            error = kind(KEY, **more)
            error.http_status = getattr(error, "http_status", None)
            relayed = relay_error(error)
            assert 400 <= relayed.status < 600
            assert relayed.status != 401
            assert relayed.is_masked == (KEY not in relayed.envelope.error.message)


def test_importing_the_package_does_not_import_fastapi_and_its_absence_is_one_clear_line() -> None:
    code = "import sys, uniqos; uniqos.UniqOS; uniqos.AsyncUniqOS; print('fastapi' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
    code = "import sys; sys.modules['fastapi'] = None\nimport uniqos.fastapi"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'pip install "fastapi>=0.135"' in ran.stderr.splitlines()[-1]
    assert importlib.import_module("uniqos.fastapi").__all__


def test_the_log_of_a_masked_error_holds_no_text_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    forged = "I lost my job\nuniqos: forged\x1b[2J\u2028"
    envelope = {"error": {"code": forged, "message": forged, "request_id": forged}}
    app = FastAPI()
    install_error_handlers(app)

    def fail() -> None:
        raise errors.api_error(503, envelope)

    app.get("/")(fail)
    with serving(app) as url:
        assert httpx.get(url).status_code == 502
    (record,) = [record for record in caplog.records if record.name == "uniqos"]
    assert record.getMessage() == (
        "an error was hidden from the caller error=ServiceUnavailableError code=unknown request_id=unknown"
    )
    assert "forged" not in repr(vars(record))
