"""Tests of the answers that a browser gets: bodies that it may not send, and errors that it may not see."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterable, Callable
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest

from uniqos import AsyncRespondStream, AsyncUniqOS, errors, models
from uniqos._turn.relay import relay_error
from uniqos.testing import async_stream, build, error, stream

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from fastapi import Depends, FastAPI, Header
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from tests.fastapi.test_fastapi import KEY, TEXT, events_of, sends
from tests.support.asgi import serving
from tests.support.rawserver import RawServer, header, reply
from uniqos.fastapi import (
    Client,
    TurnBody,
    TurnResponse,
    TurnStream,
    get_client,
    install_error_handlers,
    lifespan,
    sse,
    turn_body,
    turn_router,
)

TURN = {"personality_id": "p", "message": "hi"}
WORDS = "plan of org_7 of Jane"


class FakeClient(AsyncUniqOS):
    """A client whose turns are made by the test."""

    def __init__(self, made: Callable[[], Any]) -> None:
        super().__init__(KEY)
        self.turns: list[Any] = []
        self._made = made

    def respond(self, turn: Any = None, **options: Any) -> Any:  # type: ignore[override]
        self.turns.append(turn.to_dict() if isinstance(turn, models.Model) else turn)
        made = self._made()
        return made if isinstance(made, AsyncRespondStream) else _result(made)


async def _result(made: Any) -> Any:
    if isinstance(made, Exception):
        raise made
    return made


def annotated(function: Any, **annotations: Any) -> Any:
    function.__annotations__ = annotations
    return function


def service(client: AsyncUniqOS, **settings: Any) -> FastAPI:
    """Return a service with one route for each way of sending a turn on."""
    app = FastAPI()
    install_error_handlers(app, **settings)
    app.dependency_overrides[get_client] = lambda: client

    async def handler(turn: TurnBody, client: Client) -> Any:
        return await client.respond(turn)

    async def by_sse(stream: TurnStream) -> Any:
        async for event in sse(stream):
            yield event

    async def typed(stream: TurnStream) -> Any:
        async for event in stream:
            yield event

    async def by_frames(stream: TurnStream) -> Any:
        return StreamingResponse(stream.frames(), media_type="text/event-stream")

    async def by_response(stream: TurnStream) -> Any:
        return TurnResponse(stream)

    async def read(stream: TurnStream) -> Any:
        return (await stream.until_done()).text

    streamed = {"stream": TurnStream}
    app.post("/handler")(annotated(handler, turn=TurnBody, client=Client))
    events = {"response_class": EventSourceResponse}
    app.post("/sse", **events)(annotated(by_sse, **streamed, **{"return": AsyncIterable[ServerSentEvent]}))
    app.post("/typed", **events)(annotated(typed, **streamed, **{"return": AsyncIterable[models.RespondStreamEvent]}))
    app.post("/frames")(annotated(by_frames, **streamed))
    app.post("/response")(annotated(by_response, **streamed))
    app.post("/read")(annotated(read, **streamed))
    return app


def post(app: Starlette, path: str, body: Any = None, **more: Any) -> httpx.Response:
    return asyncio.run(post_in_loop(app, path, body, **more))


async def post_in_loop(app: Starlette, path: str, body: Any = None, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as browser:
        return await browser.post(path, json=TURN if body is None else body, **more)


@pytest.mark.parametrize("path", ["/sse", "/typed", "/frames", "/response", "/read"])
def test_a_used_up_quota_in_a_stream_is_hidden_and_reported_once(path: str, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[errors.UniqOSError] = []
    client = FakeClient(lambda: async_stream(["Hel", error("quota_exhausted", WORDS)]))
    answer = post(service(client, on_error=heard.append), path)
    assert WORDS not in answer.text
    assert "quota" not in answer.text
    assert "service_unavailable" in answer.text
    assert answer.status_code == (503 if path == "/read" else 200)
    assert {one.code for one in heard} == {"quota_exhausted"}
    assert len(heard) == (2 if path == "/read" else 1)  # the event, and the error that until_done() raised


BROKEN = b'event: text\ndata: {"type": "text", "delta": 7}\n\n'


@pytest.mark.parametrize(("parts", "code"), [([TEXT], "stream_interrupted"), ([TEXT, BROKEN], "upstream_error")])
@pytest.mark.parametrize("path", ["/sse", "/typed", "/frames", "/response"])
def test_a_stream_that_breaks_ends_with_a_masked_error_event(path: str, parts: list[bytes], code: str) -> None:
    heard: list[errors.UniqOSError] = []

    async def main(url: str) -> httpx.Response:
        async with AsyncUniqOS(KEY, base_url=url, log_level="silent") as client:
            return await post_in_loop(service(client, on_error=heard.append), path)

    with RawServer(sends(*parts, end=len(parts) > 1)) as upstream:
        answer = asyncio.run(main(upstream.url))
    data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert answer.status_code == 200
    assert [json.loads(one)["type"] for one in data] == ["text", "error"]
    assert json.loads(data[1])["code"] == code
    assert len(heard) == 1


def test_a_route_that_yields_still_gets_the_error_of_a_break_from_until_done() -> None:
    app, raised = FastAPI(), []
    install_error_handlers(app)

    async def route(stream: TurnStream) -> Any:
        async for event in stream:
            yield event
        assert stream.error is not None
        try:
            await stream.until_done()
        except errors.NetworkError as exc:
            raised.append((exc.code, exc.text))

    app.post("/", response_class=EventSourceResponse)(annotated(route, stream=TurnStream))
    app.dependency_overrides[get_client] = lambda: client
    client = FakeClient(lambda: async_stream(["Hel"]))
    assert '"code": "stream_interrupted"' in post(app, "/").text
    assert raised == [("stream_interrupted", "Hel")]


def test_a_used_up_quota_of_a_call_is_hidden_and_reported_once() -> None:
    heard: list[errors.UniqOSError] = []
    client = FakeClient(lambda: error("quota_exhausted", WORDS, retry_after_seconds=7.2))
    answer = post(service(client, on_error=heard.append), "/handler")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "8")
    assert answer.json() == {
        "error": {"code": "service_unavailable", "message": "The service is not available.", "request_id": "req_1"}
    }
    assert [one.code for one in heard] == ["quota_exhausted"]


@pytest.mark.parametrize("path", ["/sse", "/typed", "/frames", "/response"])
def test_a_quota_that_is_used_up_before_the_stream_keeps_the_status(path: str) -> None:
    answer = post(service(FakeClient(lambda: async_stream(error("quota_exhausted", WORDS)))), path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "service_unavailable")


@pytest.mark.parametrize("path", ["/sse", "/typed", "/frames", "/response"])
def test_an_error_event_with_an_unknown_code_says_nothing(path: str) -> None:
    failed = {"type": "error", "code": "brand_new", "message": WORDS, "org": WORDS}
    answer = post(service(FakeClient(lambda: async_stream(["Hel", failed]))), path)
    assert WORDS not in answer.text
    assert "brand_new" not in answer.text


@pytest.mark.parametrize(
    "options", [{"timeout": -1}, {"headers": {"Authorization": "x"}}, {"max_retries": "3"}, {"idempotency_key": "\n"}]
)
def test_a_wrong_option_is_a_logged_mistake_of_the_service(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()
    heard: list[errors.UniqOSError] = []
    install_error_handlers(app, on_error=heard.append)

    async def route(turn: TurnBody) -> Any:
        async with AsyncUniqOS(KEY) as client:
            return await client.respond(turn, **options)

    app.post("/")(annotated(route, turn=TurnBody))
    answer = post(app, "/")
    assert (answer.status_code, answer.json()["error"]) == (
        500,
        {"code": "internal_error", "message": "Something went wrong."},
    )
    (record,) = [record for record in caplog.records if record.name == "uniqos"]
    assert next(iter(options)) in record.getMessage() or "header" in record.getMessage()
    assert f"{__file__}:" in record.getMessage()
    assert len(heard) == 1


def test_an_empty_id_is_a_mistake_of_the_service() -> None:
    app = FastAPI()
    install_error_handlers(app)

    async def route() -> Any:
        async with AsyncUniqOS(KEY) as client:
            return await client.end_users.get("")

    app.post("/")(annotated(route))
    assert post(app, "/").status_code == 500


def test_the_logger_of_the_client_gets_what_is_hidden(caplog: pytest.LogCaptureFixture) -> None:
    class Heard(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    lines: list[str] = []
    logger = logging.Logger("mine")
    logger.addHandler(Heard())

    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url, logger=logger) as client:
            stream = await client.respond(TURN, stream=True)
            async for _ in stream.frames():
                pass

    failed = b'event: error\ndata: {"type":"error","code":"payment_required"}\n\n'
    with RawServer(sends(TEXT, failed)) as upstream:
        asyncio.run(main(upstream.url))
    assert lines == [
        "uniqos: an error was hidden from the caller error=PaymentRequiredError code=payment_required request_id=None"
    ]


def test_a_service_of_starlette_follows_the_same_policy() -> None:
    async def route(request: Request) -> TurnResponse:
        return TurnResponse(async_stream(made))

    heard: list[errors.UniqOSError] = []
    app = Starlette(routes=[Route("/", route, methods=["POST"])])
    install_error_handlers(app, on_error=heard.append)
    made: Any = ["Hel", error("quota_exhausted", WORDS)]
    answer = post(app, "/")
    assert "service_unavailable" in answer.text
    made = error("quota_exhausted", WORDS)
    assert post(app, "/").status_code == 503
    assert [one.code for one in heard] == ["quota_exhausted", "quota_exhausted"]


@pytest.mark.parametrize("path", ["/handler", "/sse", "/typed", "/frames", "/response"])
def test_a_hook_that_fails_costs_no_answer(path: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail(failure: errors.UniqOSError) -> None:
        raise RuntimeError("the tracker is down")

    made = error("quota_exhausted")
    client = FakeClient(lambda: made if path == "/handler" else async_stream(["Hel", made]))
    answer = post(service(client, on_error=fail), path)
    assert "service_unavailable" in answer.text


def test_the_browser_gets_one_request_id() -> None:
    client = FakeClient(lambda: error("not_found", request_id="req_api"))
    answer = post(service(client), "/handler")
    assert answer.headers.get_list("x-request-id") == ["req_api"]
    assert answer.json()["error"]["request_id"] == "req_api"
    app = service(client, request_id=lambda connection: "mine", request_id_header="X-Trace")
    answer = post(app, "/handler")
    assert answer.headers.get_list("x-trace") == ["mine"]
    assert "x-request-id" not in answer.headers
    assert answer.json()["error"]["request_id"] == "mine"
    answer = post(service(client, request_id_header=None), "/handler")
    assert "x-request-id" not in answer.headers


@pytest.mark.parametrize(
    ("settings", "name", "sent"),
    [
        ({}, "X-Request-Id", None),
        ({"request_id": lambda connection: None}, "X-Request-Id", None),
        ({"request_id": lambda connection: "ümlaut"}, "X-Request-Id", None),
        ({"request_id": lambda connection: connection.headers["x-trace"]}, "X-Request-Id", "t1"),
        ({"request_id": lambda connection: "1", "request_id_header": "X-Trace"}, "X-Trace", "1"),
        ({"request_id": lambda connection: "2", "request_id_header": None}, "X-Request-Id", "2"),
        ({"request_id": lambda connection: uuid4().hex}, "X-Request-Id", "any"),
    ],
)
def test_the_api_is_told_the_request_id_of_the_service(settings: Any, name: str, sent: str | None) -> None:
    refusal = b'{"error": {"code": "not_found", "message": "m"}}'
    with RawServer(lambda connection, request, number: reply(connection, 404, refusal)) as upstream:
        app = FastAPI(lifespan=lifespan(lambda: AsyncUniqOS(KEY, base_url=upstream.url)))
        install_error_handlers(app, **settings)
        app.include_router(turn_router())
        with serving(app) as url:
            answers = [
                httpx.post(f"{url}/turns{path}", json=TURN, headers={"X-Trace": "t1"}) for path in ("", "/stream")
            ]
    first = header(upstream.requests[0], name)
    assert first == sent or sent == "any"
    assert answers[0].status_code == answers[1].status_code == 404
    assert answers[0].json()["error"].get("request_id") == first
    if settings.get("request_id_header", name) is not None:
        assert answers[0].headers.get(name) == first
    assert len(upstream.requests) == 2


def test_a_header_that_may_not_carry_the_request_id_is_refused_at_once() -> None:
    with pytest.raises(errors.ConfigurationError, match="Authorization"):
        install_error_handlers(FastAPI(), request_id=lambda connection: "1", request_id_header="Authorization")


@pytest.mark.parametrize("kind", [kind for kind in vars(errors).values() if isinstance(kind, type)])
def test_an_error_made_by_hand_is_answered_as_the_apis_own(kind: Any) -> None:
    if not issubclass(kind, errors.APIError) or kind is errors.APIError:
        return
    real = relay_error(
        errors.api_error(
            errors.usual_answer(kind)[0], {"error": {"code": errors.usual_answer(kind)[1], "message": "m"}}
        )
    )
    made = relay_error(kind("m"))
    assert (made.status, made.envelope, made.is_masked) == (real.status, real.envelope, real.is_masked)


@pytest.mark.parametrize("extra", ["user_id", "guardrails_behavior", "llm_override", "context", "stream", "anything"])
@pytest.mark.parametrize("path", ["/handler", "/sse", "/turns", "/turns/stream"])
def test_a_browser_cannot_set_another_field(path: str, extra: str) -> None:
    client = FakeClient(lambda: build(models.RespondResult))
    app = service(client)
    app.include_router(turn_router())
    answer = post(app, path, {**TURN, extra: "someone_else"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", extra]
    assert client.turns == []


def test_the_service_fills_in_its_own_fields() -> None:
    async def current_user(x_user: Annotated[str | None, Header()] = None) -> str | None:
        return x_user

    annotated(current_user, x_user=Annotated[str | None, Header()])
    client = FakeClient(lambda: build(models.RespondResult, response="Hello!"))
    app = FastAPI()
    app.dependency_overrides[get_client] = lambda: client
    install_error_handlers(app)
    app.include_router(turn_router(turn_body(["message", "mode"], personality_id="p", user_id=Depends(current_user))))
    answer = post(app, "/turns", {"message": "hi", "mode": "stateful"}, headers={"X-User": "me"})
    assert (answer.status_code, answer.json()) == (200, {"response": "Hello!"})
    assert client.turns == [{"message": "hi", "mode": "stateful", "personality_id": "p", "user_id": "me"}]
    answer = post(app, "/turns", {"message": "hi", "mode": "stateful"})
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "stateful_requires_user_id")
    assert post(app, "/turns", {"message": "hi", "user_id": "me"}).status_code == 422


def test_a_wrong_value_of_the_service_is_its_own_mistake() -> None:
    app = FastAPI()
    install_error_handlers(app)
    app.dependency_overrides[get_client] = lambda: FakeClient(lambda: None)
    app.include_router(turn_router(turn_body(user_id=Depends(lambda: 7))))
    assert post(app, "/turns").status_code == 500


@pytest.mark.parametrize(
    ("fields", "server", "says"),
    [
        (["message"], {}, "needs personality_id"),
        (["personality_id"], {}, "needs message"),
        (["personality_id", "message", "stream"], {}, "the route decides stream"),
        (["personality_id", "message", "usr_id"], {}, "no field 'usr_id'"),
        (["message"], {"personality": "p"}, "no field 'personality'"),
    ],
)
def test_a_body_that_makes_no_turn_is_refused_when_it_is_made(fields: Any, server: Any, says: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=says):
        turn_body(fields, **server)


def test_streams_of_tests_behave_as_real_ones() -> None:
    whole = [
        build(models.StreamEventMetadata),
        "Hel",
        {"type": "text", "delta": "lo"},
        build(models.StreamEventCompletion),
    ]
    assert stream(whole).until_done().text == "Hello"
    with pytest.raises(errors.NetworkError, match="interrupted"):
        stream(["Hel"]).until_done()
    with pytest.raises(errors.GuardrailBlockError):
        stream([error("guardrail_block")]).until_done()
    with pytest.raises(errors.RateLimitError) as refused:
        stream(errors.RateLimitError("slow down", retry_after_seconds=2)).open()
    assert refused.value.retry_after_seconds == 2
    assert b"".join(stream(whole).frames()).count(b"event: ") == 4
    answer = post(service(FakeClient(lambda: async_stream(whole))), "/sse")
    assert [name for name, _ in events_of(answer)] == ["metadata", "text", "text", "completion"]
