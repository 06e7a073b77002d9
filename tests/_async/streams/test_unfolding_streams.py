"""Streams that are small on the wire and large behind it: time, memory and the event loop are bounded all the same."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from tests._async.streams.test_streams import COMPLETION, HE, HEAD, METADATA, frame, streaming
from tests._async.support import TURN, make_client
from tests.support.rawserver import Handler, RawServer
from uniqos import AsyncRespondStream, errors

pytestmark = pytest.mark.anyio
MEBIBYTE = 2**20

UNITS = {
    "comments": b":\n\n",
    "comments with words": b": ping\n\n",
    "empty lines": b"\n",
    "bare names": b"event: x\n\n",
    "empty data": b"data:\n\n",
    "ids": b"id: 1\n\n",
    "events of one byte": b"data:x\n\n",
    "events of other names": b"event: x\ndata: {}\n\n",
    "words": HE,
    "lines of one event": b"data\n",
    "one line": b"x",
    "cr": b":\r\r",
    "crlf": b"data:x\r\n\r\n",
}
BODIES = {name: gzip.compress(unit * (12 * MEBIBYTE // len(unit)), 9, mtime=0) for name, unit in UNITS.items()}


def unfolding(before: bytes, packed: bytes) -> Handler:
    """Sends an endless stream that gzip makes small, and reads nothing more."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(before, mtime=0))
        while True:
            connection.sendall(packed)

    return handle


async def read(stream: AsyncRespondStream) -> tuple[str, float]:
    """How a stream ended, and after how many CPU seconds of this thread, which other processes do not change."""
    began = time.thread_time()
    code = "completed"
    try:
        async for _ in stream:
            pass
    except errors.UniqOSError as error:
        code = error.code
    return code, time.thread_time() - began


@pytest.mark.parametrize("ended", [False, True], ids=["before the end", "after the end"])
@pytest.mark.parametrize("name", UNITS)
async def test_the_deadline_is_kept_whatever_a_stream_unfolds_into(name: str, ended: bool) -> None:
    before = METADATA + (COMPLETION if ended else b"")
    with RawServer(unfolding(before, BODIES[name])) as server:
        async with make_client(server.url, deadline=0.3, timeout=30) as client:
            code, seconds = await read(client.respond(**TURN, stream=True))
    assert code == ("completed" if ended else "stream_interrupted")
    assert seconds < 0.3 + 0.2


# async only: begin
@pytest.mark.parametrize("name", UNITS)
async def test_other_tasks_go_on_whatever_a_stream_unfolds_into(name: str) -> None:
    gaps: list[float] = []  # CPU seconds of this thread, which other processes do not change

    async def tick() -> None:
        last = time.thread_time()
        while True:
            await anyio.sleep(0.001)
            gaps.append(time.thread_time() - last)
            last += gaps[-1]

    with RawServer(unfolding(METADATA, BODIES[name])) as server:
        async with make_client(server.url, deadline=0.3) as client:
            stream = await client.respond(**TURN, stream=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(tick)
                await anyio.sleep(0.01)
                await read(stream)
                await anyio.sleep(0.01)
                tasks.cancel_scope.cancel()
    assert max(gaps) < 0.1


async def test_a_stream_that_unfolds_can_be_cancelled() -> None:
    with RawServer(unfolding(METADATA, BODIES["comments"])) as server:
        async with make_client(server.url) as client:
            stream = await client.respond(**TURN, stream=True)
            with anyio.move_on_after(0.05) as scope:
                await read(stream)
            assert scope.cancelled_caught


# async only: end
async def test_the_time_for_the_next_event_is_kept_too() -> None:
    with RawServer(unfolding(METADATA, gzip.compress(b"event: x\n\n" * 9, mtime=0))) as server:
        async with make_client(server.url, timeout=0.2) as client:
            code, seconds = await read(client.respond(**TURN, stream=True))
    assert code == "stream_interrupted"
    assert seconds < 0.2 + 0.2


async def test_the_time_that_the_caller_takes_for_an_event_is_not_the_servers() -> None:
    with RawServer(streaming(METADATA + HE, HE + COMPLETION, HE)) as server:
        async with make_client(server.url, timeout=0.2) as client:
            stream = client.respond(**TURN, stream=True)
            async for _ in stream:
                time.sleep(0.3)
            assert (stream.text, stream.events_emitted) == ("HéHé", 5)


async def test_the_largest_answer_counts_for_a_stream_as_a_whole() -> None:
    text = frame("text", '{"delta":"%s"}' % ("x" * 1000))
    size = len(METADATA) + 100 * len(text) + len(COMPLETION)
    with RawServer(streaming(METADATA, *[text] * 100, COMPLETION)) as server:
        async with make_client(server.url, max_response_bytes=size) as client:
            assert len((await client.respond(**TURN, stream=True).until_done()).text) == 100_000
            small = client.with_options(max_response_bytes=size - len(COMPLETION) - 1)
            with pytest.raises(errors.NetworkError, match=f"more than {size - len(COMPLETION) - 1} bytes") as caught:
                await small.respond(**TURN, stream=True).until_done()
    assert (caught.value.code, caught.value.text, caught.value.interaction_id) == (
        "stream_interrupted",
        "x" * 99_000,
        "int_1",
    )
    cause: Any = caught.value.__cause__
    assert cause.code == "response_too_large"


class AsyncPairs(httpx.AsyncByteStream):
    """A body in chunks of two bytes."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes = body
        self._at: int = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._at >= len(self._body):
            raise StopAsyncIteration
        self._at += 2
        return self._body[self._at - 2 : self._at]


class AsyncInPairs(httpx.AsyncBaseTransport):
    """Answers each request with one body in chunks of two bytes."""

    def __init__(self, body: bytes, content_type: str) -> None:
        self._body: bytes = body
        self._headers: dict[str, str] = {"content-type": content_type}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=self._headers, stream=AsyncPairs(self._body))


@pytest.mark.parametrize("unit", [HE, b"data: ", b"data\n", b"event: x\n", b": x\n\n"], ids=repr)
async def test_a_stream_in_tiny_chunks_takes_a_small_multiple_of_its_bytes(unit: bytes) -> None:
    body = METADATA + unit * (150_000 // len(unit))
    async with httpx.AsyncClient(transport=AsyncInPairs(body, "text/event-stream")) as http_client:
        client = make_client("http://localhost", http_client=http_client)
        stream = await client.respond(**TURN, stream=True).open()
        tracemalloc.start()
        try:
            assert (await read(stream))[0] == "stream_interrupted"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert stream.events_emitted == 1 + body.count(HE)
    assert peak < 4 * len(body)


async def test_an_answer_in_tiny_chunks_takes_a_small_multiple_of_its_bytes() -> None:
    body = b'{"response": "%b"}' % (b"x" * 150_000)
    async with httpx.AsyncClient(transport=AsyncInPairs(body, "application/json")) as http_client:
        client = make_client("http://localhost", http_client=http_client)
        await client.respond(**TURN)  # so that its models are built
        tracemalloc.start()
        try:
            answer = await client.respond(**TURN)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(answer.response) == 150_000
    assert peak < 6 * len(body)
