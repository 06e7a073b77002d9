"""Tests that frameworks see ``respond`` as a coroutine function: background tasks, retries, schedulers, mocks."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import json
import pickle
import pydoc
import socket
import sys
import typing
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, get_type_hints
from unittest.mock import AsyncMock, create_autospec, patch

import anyio
import httpx
import pytest
import tenacity
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from fastapi import BackgroundTasks, FastAPI
from starlette.background import BackgroundTask

from tests.support.rawserver import RawServer, body, reply
from uniqos import AsyncUniqOS, UniqOS, errors, models
from uniqos._async.namespaces.base import AsyncNamespace
from uniqos._async.namespaces.engine import AsyncEngine, AsyncResponder
from uniqos._async.namespaces.pages import AsyncItems
from uniqos._async.stream import AsyncRespondStream

KEY = "uniq_test_abcdefgh12"
TURN = {"personality_id": "p", "message": "m"}
ANSWER = b'{"response": "hi"}'
BUSY = b'{"error": {"code": "service_unavailable", "message": "later"}}'


def answers(connection: socket.socket, request: bytes, number: int) -> None:
    reply(connection, body=ANSWER)


def busy_twice(connection: socket.socket, request: bytes, number: int) -> None:
    reply(connection, *((503, BUSY) if number < 3 else (200, ANSWER)))


@pytest.fixture
def client() -> AsyncUniqOS:
    return AsyncUniqOS(KEY)


def is_coroutine_function(function: Any) -> set[bool]:
    """Return the answers of the standard library's two functions ``iscoroutinefunction``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.14 deprecates asyncio.iscoroutinefunction
        return {inspect.iscoroutinefunction(function), asyncio.iscoroutinefunction(function)}


def test_respond_is_a_coroutine_function_of_the_class_and_of_a_client(client: AsyncUniqOS) -> None:
    for function in (AsyncUniqOS.respond, AsyncEngine.respond, client.respond, client.engine.respond):
        assert is_coroutine_function(function) == {True}
        assert is_coroutine_function(functools.partial(function, message="m")) == {True}
        assert is_coroutine_function(functools.partial(functools.partial(function), mode="stateless")) == {True}
        assert inspect.isroutine(function)
    assert inspect.isfunction(AsyncUniqOS.respond)
    assert inspect.ismethod(client.respond)
    with UniqOS(KEY) as synchronous:
        assert is_coroutine_function(UniqOS.respond) | is_coroutine_function(synchronous.respond) == {False}


def test_respond_is_else_a_method_like_any_other(client: AsyncUniqOS) -> None:
    assert [*inspect.signature(AsyncUniqOS.respond).parameters] == [
        "self",
        "request",
        "stream",
        "return_format",
        "fields",
    ]
    assert [*inspect.signature(client.respond).parameters] == ["request", "stream", "return_format", "fields"]
    assert inspect.getdoc(client.respond) == inspect.getdoc(AsyncUniqOS.respond)
    assert (client.respond.__name__, client.respond.__module__) == ("respond", "uniqos._async.namespaces.engine")
    assert client.respond == client.respond
    assert inspect.getsourcefile(AsyncUniqOS.respond) == inspect.getsourcefile(AsyncResponder)
    assert "Answer one message" in inspect.getsource(AsyncUniqOS.respond)
    assert "Answer one message" in pydoc.plain(pydoc.render_doc(AsyncUniqOS))
    assert inspect.getclosurevars(AsyncUniqOS.respond).globals.keys() >= {"encode_turn", "ops"}
    assert repr(AsyncUniqOS.respond).startswith("<function AsyncResponder.respond at ")
    function = AsyncResponder.respond
    assert pickle.loads(pickle.dumps(function)) is copy.deepcopy(function) is copy.copy(function) is function
    assert pickle.loads(pickle.dumps(client.respond)).__self__.__class__ is AsyncUniqOS
    assert "stream" in get_type_hints(
        AsyncResponder.respond, localns={"m": models, "AsyncRespondStream": AsyncRespondStream}
    )
    if sys.version_info >= (3, 11):
        assert len(typing.get_overloads(AsyncUniqOS.respond)) == 10


def namespaces(owner: Any) -> Iterator[Any]:
    """Yield a client or namespace, and all namespaces inside it."""
    yield owner
    for name in dir(owner):
        if not name.startswith("_") and isinstance(inner := getattr(owner, name), AsyncNamespace):
            yield from namespaces(inner)


GIVE_NO_COROUTINE = {"iterate", "with_options", "with_credentials", "frames", "received"}
"""Methods that return an iterator or a client at once."""


def test_every_method_is_a_coroutine_function_or_gives_no_coroutine(client: AsyncUniqOS) -> None:
    kinds = [type(found) for found in namespaces(client)]
    assert len(kinds) > 20
    others = set()
    for kind in [*kinds, AsyncRespondStream, AsyncItems]:
        methods = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
        others |= {name for name, method in methods.items() if is_method(method) and not_awaited(method)}
    assert others == GIVE_NO_COROUTINE


def is_method(value: Any) -> bool:
    return inspect.isroutine(value) and not isinstance(value, functools.cached_property)


def not_awaited(method: Any) -> bool:
    return is_coroutine_function(method) != {True}


Runner = Callable[[AsyncUniqOS], Coroutine[Any, Any, object]]


def in_a_background_task(client: AsyncUniqOS) -> Coroutine[Any, Any, object]:
    tasks = BackgroundTasks()
    tasks.add_task(client.respond, models.RespondRequest(personality_id="p", message="m"))
    return tasks()


def in_a_background_task_with_keywords(client: AsyncUniqOS) -> Coroutine[Any, Any, object]:
    return BackgroundTask(functools.partial(client.engine.respond, personality_id="p"), message="m")()


async def by_fastapi(client: AsyncUniqOS) -> object:
    app = FastAPI()

    @app.post("/remember", status_code=202)
    async def remember(tasks: BackgroundTasks) -> None:
        tasks.add_task(client.respond, TURN)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as caller:
        return (await caller.post("/remember")).raise_for_status()


async def by_the_scheduler(client: AsyncUniqOS) -> object:
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_listener(done.set_result, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
    scheduler.add_job(client.respond, kwargs=TURN)
    scheduler.start()
    try:
        event = await asyncio.wait_for(done, 10)
    finally:
        scheduler.shutdown(wait=False)
    assert event.exception is None
    assert isinstance(event.retval, models.RespondResult)
    return event


async def by_anyio(client: AsyncUniqOS) -> object:
    async with anyio.create_task_group() as group:
        group.start_soon(client.respond, TURN)
    return None


def by_gathering(client: AsyncUniqOS) -> Coroutine[Any, Any, object]:
    async def run() -> object:
        return await asyncio.gather(client.respond(TURN))  # type: ignore[call-overload]

    return run()


@pytest.mark.parametrize(
    "run",
    [in_a_background_task, in_a_background_task_with_keywords, by_fastapi, by_the_scheduler, by_anyio, by_gathering],
)
def test_a_turn_that_is_handed_to_a_framework_is_sent_once(run: Runner) -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            await run(client)

    with RawServer(answers) as raw:
        asyncio.run(main(raw.url))
    assert [json.loads(body(request)) for request in raw.requests] == [TURN]


@pytest.mark.parametrize("of", ["client", "engine", "a partial"])
def test_a_retry_decorator_repeats_what_failed(of: str) -> None:
    async def main(url: str) -> Any:
        async with AsyncUniqOS(KEY, base_url=url, max_retries=0) as client:
            function: Callable[..., Awaitable[Any]] = {
                "client": client.respond,
                "engine": client.engine.respond,
                "a partial": functools.partial(client.respond, timeout=5),
            }[of]
            again = tenacity.retry(
                retry=tenacity.retry_if_exception_type(errors.ServiceUnavailableError),
                stop=tenacity.stop_after_attempt(5),
                wait=tenacity.wait_none(),
            )
            return await again(function)(**TURN)

    with RawServer(busy_twice) as raw:
        assert asyncio.run(main(raw.url)).response == "hi"
    assert len(raw.requests) == 3


def test_a_stream_is_still_given_at_once(client: AsyncUniqOS) -> None:
    stream = client.respond(personality_id="p", message="m", stream=True)
    assert isinstance(stream, AsyncRespondStream)


@pytest.mark.anyio
async def test_the_double_of_a_client_can_be_awaited() -> None:
    double = create_autospec(AsyncUniqOS, instance=True)
    double.respond.return_value = models.RespondResult(response="hi")
    assert (await double.respond(personality_id="p", message="m")).response == "hi"
    double.respond.assert_awaited_once_with(personality_id="p", message="m")
    with patch.object(AsyncUniqOS, "respond") as patched:
        assert isinstance(patched, AsyncMock)
