"""Threads, event loops, forks, cancelled and abandoned work: each connection has one owner, each answer its request."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import threading
import traceback
import warnings
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from tests._async.streams.test_streams import HE, HEAD, METADATA, streaming
from tests._async.streams.test_streams import WHOLE as WHOLE_STREAM
from tests._async.support import KEY, TURN
from tests._sync.support import FakeClock
from tests.support.rawserver import RawServer, body, header, reply, rst, silent
from uniqos import AsyncUniqOS, UniqOS, errors
from uniqos._async.transport.pool import AsyncPool
from uniqos._sync.transport.pool import Pool


def echo(connection: socket.socket, request: bytes, number: int) -> None:
    """Answers with the message."""
    reply(connection, 200, json.dumps({"response": json.loads(body(request))["message"]}).encode())


def half_a_stream(connection: socket.socket, request: bytes, number: int) -> None:
    """Sends two events and waits for the client to leave."""
    connection.sendall(HEAD + b"\r\n" + METADATA + HE)
    connection.recv(1)


def pool_of(client: UniqOS | AsyncUniqOS) -> Any:
    connections: Any = client._requester.connections
    return connections._pools.get(connections._make_pool)


def test_many_threads_on_one_client_get_their_own_answers_over_few_connections() -> None:
    """32 threads, 10,016 calls."""
    with RawServer(echo) as server, UniqOS(KEY, base_url=server.url) as client:

        def work(worker: int) -> None:
            for number in range(313):
                message = f"{worker}-{number}"
                assert client.respond(personality_id="p", message=message).response == message

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(work, range(32)))
        pool = pool_of(client)
        assert pool.busy == 0
        assert server.connections <= 32
        assert len(server.requests) == 32 * 313


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the loops end without a word to their connections
def test_many_threads_with_loops_of_their_own_share_one_client_and_get_their_own_answers() -> None:
    with RawServer(echo) as server:
        client = AsyncUniqOS(KEY, base_url=server.url)

        async def main(worker: int) -> None:
            async def work(task: int) -> None:
                for number in range(8):
                    message = f"{worker}-{task}-{number}"
                    assert (await client.respond(personality_id="p", message=message)).response == message

            await asyncio.gather(*map(work, range(4)))
            pool = pool_of(client)
            assert (pool.busy, pool.idle) == (0, 4)

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(lambda worker: asyncio.run(main(worker)), range(32)))
        assert len(server.requests) == 32 * 4 * 8
        assert server.connections == 32 * 4
        gc.collect()


def test_many_tasks_on_one_client_get_their_own_answers_over_few_connections() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:

            async def work(worker: int) -> None:
                for number in range(10):
                    message = f"{worker}-{number}"
                    assert (await client.respond(personality_id="p", message=message)).response == message

            await asyncio.gather(*map(work, range(100)))
            pool = pool_of(client)
            assert (pool.busy, pool.idle) == (0, server.connections)
            assert server.connections <= 100

    with RawServer(echo) as server:
        asyncio.run(main(server.url))


def test_closing_while_others_use_it_is_a_clean_error() -> None:
    with RawServer(echo) as server:
        client = UniqOS(KEY, base_url=server.url)

        def work(_: int) -> str:
            try:
                while True:
                    client.respond(**TURN)
            except errors.ConfigurationError as error:
                return error.code

        with ThreadPoolExecutor(8) as threads:
            futures = [threads.submit(work, n) for n in range(8)]
            while len(server.requests) < 50:
                pass
            client.close()
            assert {future.result(10) for future in futures} == {"client_closed"}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_while_other_tasks_use_it_is_a_clean_error(backend: str) -> None:
    found: list[str] = []

    async def main(server: RawServer) -> None:
        client = AsyncUniqOS(KEY, base_url=server.url)

        async def work() -> None:
            with pytest.raises(errors.ConfigurationError) as caught:
                while True:
                    await client.respond(**TURN)
            found.append(caught.value.code)

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(work)
            while len(server.requests) < 50:
                await anyio.sleep(0)
            pool = pool_of(client)
            await client.aclose()
        assert (pool.busy, pool.idle) == (0, 0)

    with RawServer(echo) as server:
        anyio.run(main, server, backend=backend)
    assert found == ["client_closed"] * 8


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_in_mid_stream_lets_the_stream_end_and_frees_its_connection(backend: str) -> None:
    async def main(url: str) -> None:
        client = AsyncUniqOS(KEY, base_url=url)
        async with client.respond(**TURN, stream=True) as stream:
            assert (await anext(stream)).type == "metadata"
            pool = pool_of(client)
            await client.aclose()
            assert (await stream.until_done()).text == "Héllo"
        assert (pool.busy, pool.idle) == (0, 0)

    with RawServer(streaming(WHOLE_STREAM)) as server:
        anyio.run(main, server.url, backend=backend)
        plain = UniqOS(KEY, base_url=server.url)
        with plain.respond(**TURN, stream=True) as stream:
            assert next(stream).type == "metadata"
            pool = pool_of(plain)
            plain.close()
            assert stream.until_done().text == "Héllo"
        assert (pool.busy, pool.idle) == (0, 0)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the first loop ends without a word to its connections
def test_one_client_works_in_one_event_loop_after_the_other() -> None:
    with RawServer(echo) as server:
        client = AsyncUniqOS(KEY, base_url=server.url)

        async def main() -> str:
            return (await client.respond(**TURN)).response

        async def last() -> str:
            async with client:
                return await main()

        assert asyncio.run(main()) == "Hello!"
        assert asyncio.run(main()) == "Hello!"
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _: asyncio.run(main()), range(8))) == ["Hello!"] * 8
        assert asyncio.run(last()) == "Hello!"
        gc.collect()


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # httpcore's own, of the stream left half read
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_loop_that_was_closed_in_mid_stream_harms_none_after_it(backend: str) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        (half_a_stream if b"text/event-stream" in request else echo)(connection, request, number)

    kept = []

    async def leave(client: AsyncUniqOS) -> None:
        await client.respond(**TURN)
        stream = client.respond(**TURN, stream=True)
        assert (await anext(stream)).type == "metadata"
        kept.append(stream)

    async def use(client: AsyncUniqOS) -> None:
        for _ in range(3):
            assert (await client.respond(**TURN)).response == "Hello!"

    with RawServer(handle) as server:
        client = AsyncUniqOS(KEY, base_url=server.url)
        for _ in range(2):
            anyio.run(leave, client, backend=backend)
            anyio.run(use, client, backend=backend)
        kept.clear()
        gc.collect()


def test_a_plain_client_works_in_one_event_loop_after_the_other() -> None:
    with RawServer(echo) as server, UniqOS(KEY, base_url=server.url) as client:

        async def main() -> str:
            assert client.respond(**TURN).response == "Hello!"
            return (await asyncio.to_thread(client.respond, **TURN)).response

        assert [asyncio.run(main()) for _ in range(3)] == ["Hello!"] * 3
        assert server.connections == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # a loop that has ended says nothing to its connections
@pytest.mark.parametrize("inside", [False, True], ids=["after the loop", "inside the loop"])
def test_a_forked_child_leaves_the_connections_of_its_parents_loop_alone(inside: bool) -> None:
    with RawServer(echo) as server:
        reading = fork_with_a_loop(AsyncUniqOS(KEY, base_url=server.url), inside)
        with os.fdopen(reading) as told:
            assert told.read() == "child"
        assert server.connections == (2 if inside else 3)
    gc.collect()


def fork_with_a_loop(client: AsyncUniqOS, inside: bool) -> int:
    """Fork while the loop runs, or when it is closed; both go on. Gives the file of what the child was answered."""

    async def said(message: str) -> str:
        return (await client.respond(personality_id="p", message=message)).response

    def child() -> int:
        reading, writing = os.pipe()
        number = os.fork()
        if number == 0:
            try:
                os.write(writing, asyncio.run(said("child")).encode())
            finally:
                os._exit(0)
        os.close(writing)
        children.append(number)
        return reading

    async def main() -> int:
        await said("before")
        reading = child() if inside else 0
        for number in range(20):
            assert await said(str(number)) == str(number)
        if inside:
            await client.aclose()
        return reading

    children: list[int] = []
    reading = asyncio.run(main())
    if not inside:
        reading = child()
        assert asyncio.run(said("after")) == "after"
    os.waitpid(children[0], 0)
    return reading


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_its_parents_connections_alone() -> None:
    with RawServer(echo) as server, UniqOS(KEY, base_url=server.url) as client:
        client.respond(**TURN)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                said = client.respond(personality_id="p", message="child").response
                os.write(writing, said.encode())
            finally:
                os._exit(0)
        os.close(writing)
        for number in range(20):
            assert client.respond(personality_id="p", message=str(number)).response == str(number)
        os.waitpid(child, 0)
        with os.fdopen(reading) as said:
            assert said.read() == "child"
        assert server.connections == 2


@pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("stream", [False, True])
def test_cancelled_work_frees_its_connection_and_sends_nothing_again(stream: bool, backend: str) -> None:
    cancelled: list[str] = []

    async def main(server: RawServer) -> None:
        async with AsyncUniqOS(KEY, base_url=server.url) as client:
            spoken = client.respond(**TURN, stream=True)

            async def work() -> None:
                try:
                    if stream:
                        await spoken.until_done()
                    else:
                        await client.respond(**TURN)
                except anyio.get_cancelled_exc_class() as exc:
                    cancelled.append(type(exc).__name__)
                    raise

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work)
                while not server.requests or (stream and spoken.events_emitted < 2):
                    await anyio.sleep(0)
                await anyio.wait_all_tasks_blocked()  # for the answer, or for the next event
                tasks.cancel_scope.cancel()
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)

    with RawServer(half_a_stream if stream else silent) as server:
        anyio.run(main, server, backend=backend)
        assert len(server.requests) == 1
    assert cancelled == [{"asyncio": "CancelledError", "trio": "Cancelled"}[backend]]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that was started by a shell's "&" ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system cannot interrupt a read")
@pytest.mark.parametrize("stream", [False, True])
def test_interrupted_work_frees_its_connection_and_sends_nothing_again(stream: bool, interruptible: None) -> None:
    me = threading.get_ident()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if stream:
            connection.sendall(HEAD + b"\r\n" + METADATA + HE)
        signal.pthread_kill(me, signal.SIGINT)
        connection.recv(1)

    with RawServer(handle) as server, UniqOS(KEY, base_url=server.url) as client:
        with pytest.raises(KeyboardInterrupt):
            if stream:
                client.respond(**TURN, stream=True).until_done()
            else:
                client.respond(**TURN)
        assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
        assert len(server.requests) == 1


@pytest.mark.parametrize("where", ["uniqos._sync.attempts.HttpInfo", "uniqos._sync.attempts.body_decoder"])
def test_an_interrupt_at_an_answer_without_a_body_gives_its_place_back_once(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    def strikes(*args: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with RawServer(empty) as server, UniqOS(KEY, base_url=server.url, max_connections=1, max_retries=0) as client:
        for _ in range(3):
            with monkeypatch.context() as patch:
                patch.setattr(where, strikes)
                with pytest.raises(KeyboardInterrupt):
                    client.sessions.revoke("session")
            gc.collect()
            pool = pool_of(client)
            assert pool.busy == 0
            assert all(connection.is_alive for connection in pool._idle)
        assert [pool._limiter.acquire(0) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    "where",
    [
        "uniqos._sync.attempts.HttpInfo",  # nobody has the response yet but the garbage collector
        "uniqos._sync.attempts.body_decoder",
        "uniqos._sync.exchange.Exchange.read_chunk",
        "uniqos._sync.transport.pool.httpx.Response",
        "uniqos._sync.transport.connection.Connection.can_serve_again",  # while the connection is being given back
    ],
)
def test_an_interrupt_leaves_neither_a_busy_connection_nor_a_broken_one(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck: list[str] = []

    def strikes(*args: Any, **options: Any) -> Any:
        struck.append(where)
        raise KeyboardInterrupt

    with RawServer(echo) as server, UniqOS(KEY, base_url=server.url, max_connections=1, max_retries=0) as client:
        for kept in (False, True):
            if kept:
                client.respond(**TURN)
            with monkeypatch.context() as patch:
                patch.setattr(where, property(strikes) if where.endswith("serve_again") else strikes)
                with pytest.raises(KeyboardInterrupt):
                    client.respond(**TURN)
            assert pool_of(client).busy == 0
            assert client.respond(**TURN, timeout=5).response == "Hello!"
        assert len(struck) == 2
        assert len(server.requests) == 5


def test_a_failed_call_leaves_nothing_to_the_garbage_collector() -> None:
    """Its frames hold the turn, and where it was tried again the answer."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number % 2:
            rst(connection)
        else:
            echo(connection, request, number)

    async def asynchronously(url: str, max_retries: int) -> weakref.ref[BaseException] | None:
        async with AsyncUniqOS(KEY, base_url=url, max_retries=max_retries) as client:
            try:
                await client.respond(**TURN)
            except errors.NetworkError as error:
                return weakref.ref(error)
        return None

    def in_a_thread(url: str, max_retries: int) -> weakref.ref[BaseException] | None:
        with UniqOS(KEY, base_url=url, max_retries=max_retries) as client:
            try:
                client.respond(**TURN)
            except errors.NetworkError as error:
                return weakref.ref(error)
        return None

    responses: list[weakref.ref[httpx.Response]] = []

    class Watched(httpx.Response):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            responses.append(weakref.ref(self))

    with RawServer(handle) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("uniqos._sync.transport.pool.httpx.Response", Watched)
        gc.collect()
        gc.disable()
        try:
            for call in (in_a_thread, lambda url, retries: asyncio.run(asynchronously(url, retries))):
                server.requests.clear()
                failed = call(server.url, 0)
                assert failed is not None
                assert failed() is None
                server.requests.clear()
                assert call(server.url, 1) is None
            assert [response() for response in responses] == [None, None]
        finally:
            gc.enable()


def half_or_whole(connection: socket.socket, request: bytes, number: int) -> None:
    (half_a_stream if b"text/event-stream" in request else echo)(connection, request, number)


def test_a_stream_that_is_just_dropped_frees_its_connection_at_once() -> None:
    gc.disable()
    try:
        with RawServer(half_or_whole) as server, UniqOS(KEY, base_url=server.url, timeout=5) as client:
            client._requester.connections._pools._values[os.getpid()] = Pool(server.url, max_connections=1)
            for _ in range(200):
                for _event in client.respond(**TURN, stream=True):
                    break
                client.respond(**TURN, stream=True).open()
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
            assert client.respond(**TURN).response == "Hello!"
    finally:
        gc.enable()


def test_an_async_stream_that_is_just_dropped_frees_its_connection() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url, timeout=5) as client:
            connections = client._requester.connections
            room_for_two = AsyncPool(url, max_connections=2)
            connections._pools.get(lambda: room_for_two)
            for _ in range(200):
                async for _event in client.respond(**TURN, stream=True):
                    break
                await client.respond(**TURN, stream=True)
            # The loop closes what was dropped in tasks of its own, and this call waits for its place.
            assert (await client.respond(**TURN)).response == "Hello!"
            while pool_of(client).busy:
                await asyncio.sleep(0)
            assert pool_of(client) is room_for_two

    with RawServer(half_or_whole) as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("way", ["break", "frames", "words", "exception", "cancel", "dropped", "after the completion"])
def test_a_stream_may_be_left_in_any_way_without_a_warning(way: str, backend: str) -> None:
    async def leave(client: AsyncUniqOS) -> None:
        stream = client.respond(**TURN, stream=True)
        if way == "frames":
            async for _ in stream.frames():
                break
        elif way == "words":
            async for _ in stream.text_stream:
                break
        elif way == "exception":
            with pytest.raises(ZeroDivisionError):
                async for _ in stream:
                    raise ZeroDivisionError
        elif way == "cancel":
            with anyio.move_on_after(0.05):
                await stream.until_done()
        elif way == "dropped":
            await stream
        else:
            async for event in stream:
                if way == "break" or event.type == "completion":
                    break

    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            for _ in range(5):
                await leave(client)
                gc.collect()
            with anyio.fail_after(5):
                while pool_of(client).busy:
                    await anyio.sleep(0.001)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"\r\n" + (WHOLE_STREAM if way == "after the completion" else METADATA + HE))
        connection.recv(1)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with RawServer(handle) as server:
            anyio.run(main, server.url, backend=backend)
        gc.collect()
    # Those of httpx and httpcore are not ours to leave in another way.
    assert [str(one.message) for one in caught if "generator 'http" not in str(one.message)] == []


def test_many_streams_at_once_all_end() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            texts = await asyncio.gather(*[client.respond(**TURN, stream=True).until_done() for _ in range(300)])
            assert {stream.text for stream in texts} == {"Héllo"}

    with RawServer(streaming(WHOLE_STREAM)) as server:
        asyncio.run(main(server.url))


def test_when_all_connections_are_busy_the_next_waits_and_then_says_so() -> None:
    release = threading.Event()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        release.wait(10)
        echo(connection, request, number)

    with RawServer(handle) as server, UniqOS(KEY, base_url=server.url, max_retries=0) as client:
        client._requester.connections._pools._values[os.getpid()] = Pool(server.url, max_connections=1)
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(lambda: client.respond(**TURN).response)
            while not server.requests:
                pass
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=0.1)
            assert (caught.value.code, caught.value.sent) == ("timeout", False)
            release.set()
            assert first.result(10) == "Hello!"
        assert client.respond(**TURN).response == "Hello!"
        assert server.connections == 1


def test_nothing_is_sent_after_a_call_was_cancelled() -> None:
    async def main(url: str, steps: int) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            task = asyncio.create_task(client.respond(**TURN))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.01)
            assert pool_of(client).busy == 0

    with RawServer(silent) as server:
        for steps in range(40):
            asyncio.run(main(server.url, steps))
    keys = [header(request, "Idempotency-Key") for request in server.requests]
    assert len(set(keys)) == len(keys) < 40  # each call at most once, and the first of them not at all


def test_no_traceback_with_local_variables_shows_a_key() -> None:
    secret = "uniq_live_SECRETSECRET99"
    for arguments in ({"timeout": -1.0}, {"base_url": "http://x.example"}):
        try:
            UniqOS(secret, **arguments)  # type: ignore[arg-type]
        except errors.ConfigurationError as error:
            frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack[1:]
            assert frames
            for frame in frames:
                assert "SECRETSECRET" not in str(frame.locals), frame
    with UniqOS(secret, base_url="http://127.0.0.1:1", max_retries=0) as client:
        try:
            client.respond(**TURN)
        except errors.NetworkError as error:
            shown = "".join(
                str(frame.locals)
                for frame in traceback.TracebackException.from_exception(error, capture_locals=True).stack[1:]
            )
            assert "respond" in shown
            assert "SECRETSECRET" not in shown


def test_a_stream_that_a_thread_reads_is_neither_read_nor_closed_by_another() -> None:
    go_on = threading.Event()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%b\r\n" % (len(METADATA), METADATA))
        go_on.wait(10)
        rest = WHOLE_STREAM[len(METADATA) :]
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(rest), rest))

    with RawServer(handle) as server, UniqOS(KEY, base_url=server.url) as client, ThreadPoolExecutor(1) as threads:
        stream = client.respond(**TURN, stream=True)
        next(stream)
        reading = threads.submit(stream.until_done)
        while not stream._is_in_use:
            pass
        for use in (stream.close, lambda: next(stream)):
            with pytest.raises(errors.ConfigurationError) as caught:
                use()
            assert caught.value.code == "stream_in_use"
        go_on.set()
        assert reading.result(10).text == "Héllo"
        stream.close()


def test_a_stream_that_a_task_reads_is_neither_opened_read_nor_closed_by_another() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            stream = client.respond(**TURN, stream=True)
            reading = asyncio.ensure_future(stream.until_done())
            await asyncio.sleep(0)
            for use in (stream.open(), anext(stream), stream.aclose()):
                with pytest.raises(errors.ConfigurationError) as caught:
                    await use
                assert caught.value.code == "stream_in_use"
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert pool_of(client).busy == 0

    with RawServer(half_a_stream) as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize(("attempts", "sent"), [(["reset"], True), (["refused"], False), (["reset", "refused"], True)])
def test_who_is_closed_between_two_attempts_is_told_of_those_before(attempts: list[str], sent: bool) -> None:
    left = list(attempts)
    with RawServer(lambda connection, request, number: rst(connection)) as server:
        client = UniqOS(KEY, base_url=server.url)

        class Closes(FakeClock):
            def sleep(self, seconds: float = 0.0) -> None:
                if not left:
                    client.close()
                elif left.pop(0) == "refused":
                    server._listener.shutdown(socket.SHUT_RDWR)

        client._requester.clock = Closes()
        client._requester.clock.sleep()
        with pytest.raises(errors.NetworkError) as caught:
            client.respond(**TURN)
        assert caught.value.sent == sent
        assert caught.value.http is not None
        assert caught.value.http.idempotency_key
        with pytest.raises(errors.ConfigurationError, match="closed"):
            client.respond(**TURN)
        assert len(server.requests) == sent


def test_who_is_closed_while_the_first_connection_is_prepared_leaves_none() -> None:
    with RawServer(echo) as server:
        client = UniqOS(KEY, base_url=server.url)
        connections = client._requester.connections
        make, begun, closed = connections._make_pool, threading.Event(), threading.Event()

        def slowly() -> Any:
            begun.set()
            assert closed.wait(5)
            return make()

        connections._make_pool = slowly  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as threads:
            call = threads.submit(client.respond, **TURN)
            assert begun.wait(5)
            client.close()
            closed.set()
            error = call.exception(5)
        assert isinstance(error, errors.ConfigurationError)
        assert error.code == "client_closed"
        assert not connections._pools._values
    assert not server.requests
