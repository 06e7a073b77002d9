"""Tests of streams and calls for tenants: their keys, options, idempotency keys, and callers that leave."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import pytest

from tests.support.asgi import serving
from tests.support.rawserver import RawServer, header, reply
from uniqos import AsyncRespondStream, AsyncUniqOS, errors, models

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")

from fastapi import Depends, FastAPI, Header, Request
from fastapi.sse import EventSourceResponse
from pydantic import BaseModel

from tests.fastapi.test_fastapi import FIRST, HEAD, KEY, LAST, TURN, backend, chunk
from tests.fastapi.test_streams_responses import asking, wait_for, wait_until_idle
from uniqos.fastapi import (
    Client,
    TurnResponse,
    get_client,
    idempotency_key,
    install_error_handlers,
    lifespan,
    ready,
    respond_while_connected,
    sse,
    turn_stream,
)

TENANTS = {"ann": "uniq_test_annskey1", "bob": "uniq_test_bobskey1"}


def echo(connection: socket.socket, request: bytes, number: int) -> None:
    """Stream the request's own key, idempotency key, test header and message."""
    seen = {name: header(request, name) for name in ("authorization", "idempotency-key", "x-test")}
    seen["message"] = json.loads(request.partition(b"\r\n\r\n")[2])["message"]
    words = json.dumps({"type": "text", "delta": json.dumps(seen)}).encode()
    more = b"X-RateLimit-Limit: 10\r\n\r\n"
    head = HEAD.removesuffix(b"\r\n") + more
    connection.sendall(head + chunk(FIRST) + chunk(b"event: text\ndata: " + words + b"\n\n") + chunk(LAST) + chunk(b""))


class Message(BaseModel):
    """The body that a browser of the product sends."""

    text: str


async def tenant(x_tenant: Annotated[str, Header()] = "") -> str:
    return x_tenant


async def tenant_client(client: Client, x_tenant: Annotated[str, Header()]) -> AsyncUniqOS:
    return client.with_credentials(TENANTS[x_tenant])


async def turn_of(message: Message) -> dict[str, str]:
    return {"personality_id": "p", "message": message.text}


tenant.__annotations__ = {"x_tenant": Annotated[str, Header()], "return": str}
tenant_client.__annotations__ = {"client": Client, "x_tenant": Annotated[str, Header()], "return": AsyncUniqOS}
turn_of.__annotations__ = {"message": Message, "return": dict[str, str]}


@contextmanager
def product(**options: Any) -> Iterator[str]:
    stream = turn_stream(client=tenant_client, turn=turn_of, caller=tenant, **options)
    with backend(echo, lambda app: add_routes(app, stream)) as service:
        yield service.url


def add_routes(app: FastAPI, stream: Any) -> None:
    async def chat(stream: Any) -> TurnResponse:
        return TurnResponse(stream)

    async def events(stream: Any) -> Any:
        async for event in sse(stream):
            yield event

    chat.__annotations__ = {"stream": Annotated[AsyncRespondStream, Depends(stream)], "return": TurnResponse}
    events.__annotations__ = {"stream": Annotated[AsyncRespondStream, Depends(stream)]}
    app.post("/tenant")(chat)
    app.post("/tenant/events", response_class=EventSourceResponse)(events)


def ask(url: str, who: str, text: str, key: str | None = None) -> dict[str, str]:
    """Ask as a tenant; return the request that reached the API."""
    headers = {"X-Tenant": who} if key is None else {"X-Tenant": who, "Idempotency-Key": key}
    answer = httpx.post(f"{url}/tenant", json={"text": text}, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    data = next(line for line in answer.text.split("\n") if '"delta"' in line)
    seen: dict[str, str] = json.loads(json.loads(data.removeprefix("data: "))["delta"])
    return seen


def test_each_tenant_streams_with_its_own_key_and_body() -> None:
    with product() as url, ThreadPoolExecutor(8) as threads:
        asked = [(who, f"{who} {number}") for number in range(20) for who in TENANTS]
        for (who, text), seen in zip(asked, threads.map(lambda one: ask(url, *one), asked), strict=True):
            assert (seen["authorization"], seen["message"]) == (f"Bearer {TENANTS[who]}", text)


def test_an_idempotency_key_of_one_caller_is_never_that_of_another() -> None:
    with product() as url:
        first, again, other = (ask(url, who, "x", "order-1")["idempotency-key"] for who in ("ann", "ann", "bob"))
        plain = [ask(url, "ann", "x")["idempotency-key"] for _ in range(2)]
    assert first == again
    assert len({first, other, *plain}) == 4
    assert "order-1" not in first


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_that_is_empty_or_too_long_is_refused(key: str) -> None:
    with product() as url:
        answer = httpx.post(f"{url}/tenant", json={"text": "x"}, headers={"X-Tenant": "ann", "Idempotency-Key": key})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.text


async def derived(caller: Any, key: str | None) -> str | None:
    dependency: Any = idempotency_key(tenant)
    result: str | None = await dependency(caller, key)
    return result


@pytest.mark.anyio
async def test_pairs_of_caller_and_key_that_join_to_the_same_text_stay_apart() -> None:
    keys = {await derived(caller, key) for caller, key in (("a", "bc"), ("ab", "c"), ("1:a", "b"), ("a", "1:b"))}
    assert len(keys) == 4
    assert await derived("a", None) is None


@pytest.mark.anyio
@pytest.mark.parametrize("caller", ["", None, 7])
async def test_a_caller_without_an_id_shares_no_keys(caller: Any) -> None:
    for key in ("k", None):
        with pytest.raises(errors.ConfigurationError, match="caller"):
            await derived(caller, key)


def test_options_and_rate_limits_of_a_stream_are_as_given() -> None:
    with product(headers={"X-Test": "given"}, timeout=3, rate_limit_headers=True) as url:
        assert ask(url, "ann", "x")["x-test"] == "given"
        answer = httpx.post(f"{url}/tenant/events", json={"text": "x"}, headers={"X-Tenant": "ann"})
    assert answer.headers["x-ratelimit-limit"] == "10"


def test_wrong_options_of_a_stream_are_refused_when_it_is_made() -> None:
    with pytest.raises(errors.ConfigurationError, match="timeout"):
        turn_stream(timeout=-1)
    with pytest.raises(errors.ConfigurationError, match="the SDK's own"):
        turn_stream(headers={"Authorization": "x"})
    with pytest.raises(errors.ConfigurationError, match="one key"):
        turn_stream(idempotency_key="k")
    with pytest.raises(TypeError, match="tiemout"):
        turn_stream(tiemout=1)  # type: ignore[call-arg]


def test_a_stream_takes_a_model_as_its_body() -> None:
    class Narrow(BaseModel):
        personality_id: str
        message: str

    stream = turn_stream(turn=Narrow)
    with backend(echo, lambda app: add_routes(app, stream)) as service:
        assert httpx.post(f"{service.url}/tenant", json={"message": "x"}).status_code == 422
        assert httpx.post(f"{service.url}/tenant", json=TURN).status_code == 200


class Slow:
    """An API that answers after a while, and notes a caller that leaves before."""

    def __init__(self) -> None:
        self.left = threading.Event()
        self.answered = threading.Event()

    def __call__(self, connection: socket.socket, request: bytes, number: int) -> None:
        connection.settimeout(0.5)
        try:
            assert connection.recv(100) == b""
            self.left.set()
        except TimeoutError:
            reply(connection, 200, b'{"response":"x"}')
            self.answered.set()


@pytest.mark.parametrize(
    ("options", "stops"),
    [({}, False), ({"idempotency_key": "k"}, True), ({"stop": "always"}, True)],
)
def test_a_json_turn_stops_when_its_caller_leaves_if_its_answer_is_not_lost(
    options: dict[str, Any], stops: bool
) -> None:
    kept: list[str] = []
    upstream = Slow()

    def add(app: FastAPI) -> None:
        async def chat(turn: models.RespondRequest, client: Any, request: Request) -> models.RespondResult:
            answer = await respond_while_connected(request, client, turn, **options)
            kept.append(answer.response)
            return answer

        chat.__annotations__ = {"turn": models.RespondRequest, "client": Client, "request": Request}
        app.post("/json", response_model=None)(chat)

    with backend(upstream, add) as service:
        assert service.post("/json").json()["response"] == "x"
        kept.clear()
        upstream.answered.clear()
        with asking(service, "/json"):
            wait_for(lambda: len(service.upstream.requests) == 2)
        (upstream.left if stops else upstream.answered).wait(5)
        wait_until_idle(service)
        if not stops:
            wait_for(lambda: bool(kept))
    assert upstream.left.is_set() is stops
    assert kept == ([] if stops else ["x"])


def test_a_json_turn_that_is_refused_raises_the_error_itself() -> None:
    from tests.fastapi.test_fastapi import refuses

    def add(app: FastAPI) -> None:
        async def chat(turn: models.RespondRequest, client: Any, request: Request) -> models.RespondResult:
            return await respond_while_connected(request, client, turn, stop="always")

        chat.__annotations__ = {"turn": models.RespondRequest, "client": Client, "request": Request}
        app.post("/json")(chat)

    with backend(refuses(409, "conflict"), add) as service:
        assert service.post("/json").status_code == 409


async def make_late(app: FastAPI) -> AsyncUniqOS:
    return AsyncUniqOS(KEY, base_url=app.state.url)


class Maker:
    """A callable object that makes clients."""

    def __call__(self, app: FastAPI, timeout: float = 3) -> AsyncUniqOS:
        return AsyncUniqOS(KEY, base_url=app.state.url, timeout=timeout)


@pytest.mark.parametrize("make", [make_late, Maker(), lambda app: AsyncUniqOS(KEY, base_url=app.state.url)])
def test_the_client_may_be_made_late_and_with_the_application(make: Any) -> None:
    app = FastAPI(lifespan=lifespan(make))
    app.get("/url")(base_url)
    app.state.url = "http://127.0.0.1:9"
    with serving(app) as url:
        assert httpx.get(f"{url}/url").json() == app.state.url


async def base_url(client: Any) -> str:
    text: str = client.base_url
    return text


base_url.__annotations__ = {"client": Annotated[AsyncUniqOS, Depends(get_client)], "return": str}


def test_a_service_is_ready_when_the_api_has_answered_once() -> None:
    answers: list[int] = []

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        answers.append(number)
        reply(connection, 401, b"")

    with backend(handle, lambda app: app.get("/ready")(ready)) as service:
        first, again = (httpx.get(f"{service.url}/ready") for _ in range(2))
        assert answers == [1]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json().keys() == {"ready", "busy", "idle", "seconds_since_answer"}
    assert (again.json()["ready"], again.json()["busy"], again.json()["idle"]) == (True, 0, 1)
    assert 0 <= again.json()["seconds_since_answer"] < 60


def test_a_service_that_reaches_nobody_is_not_ready_and_names_nobody() -> None:
    with RawServer(lambda connection, request, number: None) as server:
        url = server.url
    app = FastAPI(lifespan=lifespan(lambda: AsyncUniqOS(KEY, base_url=url)))
    install_error_handlers(app)
    app.get("/ready")(ready)
    with serving(app) as service:
        answer = httpx.get(f"{service}/ready", timeout=20)
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert "127.0.0.1" not in answer.text
    assert "mysecret" not in answer.text


def test_time_of_a_stream_counts_for_its_own_route() -> None:
    stream = turn_stream(timeout=0.2)
    with backend(lambda connection, request, number: time.sleep(1), lambda app: add_routes(app, stream)) as service:
        assert service.post("/tenant").status_code == 504
