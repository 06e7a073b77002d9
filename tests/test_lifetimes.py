"""Threads, event loops, forks, cancelled and abandoned work: each connection has one owner, each answer its request."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import trio

from tests._async.support import KEY, TURN
from tests._async.test_streams import HE, HEAD, METADATA, streaming
from tests._async.test_streams import WHOLE as WHOLE_STREAM
from tests.rawserver import RawServer, body, reply
from uniqos import AsyncUniqOS, UniqOS, errors


def echo(connection: socket.socket, request: bytes, number: int) -> None:
    """Answers with the message."""
    reply(connection, 200, json.dumps({"response": json.loads(body(request))["message"]}).encode())


def silent(connection: socket.socket, request: bytes, number: int) -> None:
    """Never answers; returns when the client leaves."""
    connection.recv(1)


def half_a_stream(connection: socket.socket, request: bytes, number: int) -> None:
    """Sends two events and waits for the client to leave."""
    connection.sendall(HEAD + b"\r\n" + METADATA + HE)
    connection.recv(1)


def pool_of(client: UniqOS | AsyncUniqOS) -> Any:
    connections: Any = client._requester.connections
    return connections._pools.get(connections._make)


def test_many_threads_on_one_client_get_their_own_answers_over_few_connections() -> None:
    with RawServer(echo) as server, UniqOS(KEY, base_url=server.url) as client:

        def work(worker: int) -> None:
            for number in range(50):
                message = f"{worker}-{number}"
                assert client.respond(personality_id="p", message=message).response == message

        with ThreadPoolExecutor(32) as threads:
            list(threads.map(work, range(32)))
        pool = pool_of(client)
        assert pool.busy == 0
        assert server.connections <= 32


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


def leave_by_cancelling(url: str, stream: bool) -> list[tuple[int, int]]:
    """Cancels a turn that waits for its answer, or for its next event; gives the pool's busy and idle connections."""
    found: list[tuple[int, int]] = []

    async def main() -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            with anyio.move_on_after(0.2) as scope:
                if stream:
                    await client.respond(**TURN, stream=True).until_done()
                else:
                    await client.respond(**TURN)
            assert scope.cancelled_caught
            found.append((pool_of(client).busy, pool_of(client).idle))

    anyio.run(main)
    trio.run(main)
    return found


@pytest.mark.filterwarnings("ignore:Async generator 'httpcore:ResourceWarning")
@pytest.mark.parametrize("stream", [False, True])
def test_cancelled_work_frees_its_connection_and_sends_nothing_again(stream: bool) -> None:
    with RawServer(half_a_stream if stream else silent) as server:
        assert leave_by_cancelling(server.url, stream) == [(0, 0), (0, 0)]
        assert len(server.requests) == 2


def test_a_stream_that_is_just_dropped_frees_its_connection_at_once() -> None:
    gc.disable()
    try:
        with RawServer(half_a_stream) as server, UniqOS(KEY, base_url=server.url) as client:
            for _ in range(200):
                for _event in client.respond(**TURN, stream=True):
                    break
                client.respond(**TURN, stream=True).open()
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
    finally:
        gc.enable()


def test_an_async_stream_that_is_just_dropped_frees_its_connection() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            for _ in range(100):
                async for _event in client.respond(**TURN, stream=True):
                    break
                await client.respond(**TURN, stream=True)
            for _ in range(20):
                await asyncio.sleep(0)  # the loop closes what was dropped in tasks of its own
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)

    with RawServer(half_a_stream) as server:
        asyncio.run(main(server.url))


def test_many_streams_at_once_all_end() -> None:
    async def main(url: str) -> None:
        async with AsyncUniqOS(KEY, base_url=url) as client:
            texts = await asyncio.gather(*[client.respond(**TURN, stream=True).until_done() for _ in range(300)])
            assert {stream.text for stream in texts} == {"Héllo"}

    with RawServer(streaming(WHOLE_STREAM)) as server:
        asyncio.run(main(server.url))


def test_when_all_connections_are_busy_the_next_waits_and_then_says_so() -> None:
    from uniqos._sync.pool import Pool

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
            sent = len(server.requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.01)
            assert len(server.requests) <= sent + 1
            assert pool_of(client).busy == 0

    with RawServer(silent) as server:
        for steps in range(40):
            asyncio.run(main(server.url, steps))


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
