"""Pings among the frames of a stream, and the events that have arrived already."""

from __future__ import annotations

import gc  # async only
import socket
import threading

import anyio  # async only
import pytest

from tests._async.streams.test_streams import COMPLETION, HE, HEAD, LLO, METADATA, WHOLE, frame, stream_of, streaming
from tests._async.support import make_client
from tests.support.rawserver import RawServer
from uniqos import errors

pytestmark = pytest.mark.anyio
PING = b": ping\n\n"


class Waiting:
    """Sends each part of a stream when it is released, and notes when its reader leaves."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.release = threading.Semaphore(0)
        self.left = threading.Event()

    def __call__(self, connection: socket.socket, request: bytes, number: int) -> None:
        connection.settimeout(10)
        try:
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for part in self.parts:
                assert self.release.acquire(timeout=10)
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
            assert connection.recv(100) == b""
        except ConnectionError:
            pass
        self.left.set()


async def test_frames_give_pings_before_and_between_the_events_and_lose_none() -> None:
    upstream = Waiting(METADATA, HE + LLO + COMPLETION)
    with RawServer(upstream) as server:
        async with make_client(server.url) as client:
            stream = await stream_of(client).open()
            parts: list[bytes] = []
            async for part in stream.frames(ping=0.02):
                parts.append(part)
                if parts.count(PING) in (2, 4) and part == PING:
                    upstream.release.release()
            assert stream.text == "Héllo"
    first = parts.index(METADATA)
    assert parts[:first].count(PING) >= 2
    assert parts[first:].count(PING) >= 1
    assert b"".join(part for part in parts if part != PING) == WHOLE


async def test_frames_without_silence_give_no_ping() -> None:
    with RawServer(streaming(WHOLE)) as server:
        async with make_client(server.url) as client:
            for ping in (None, 0, 60):
                assert b"".join([part async for part in stream_of(client).frames(ping=ping)]) == WHOLE


async def test_a_stream_with_pings_that_breaks_ends_with_an_error_event() -> None:
    with RawServer(streaming(METADATA)) as server:
        async with make_client(server.url) as client:
            parts = [part async for part in stream_of(client).frames(ping=60)]
    assert parts[0] == METADATA
    assert b"stream_interrupted" in parts[1]
    assert len(parts) == 2


async def test_a_ping_must_be_a_number_of_seconds() -> None:
    with RawServer(streaming(WHOLE)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RequestValidationError, match="ping must be a number of seconds"):
                stream_of(client).frames(ping=-1)


async def test_closing_the_frames_while_a_ping_waits_for_an_event_closes_the_stream() -> None:
    upstream = Waiting(METADATA, HE)
    with RawServer(upstream) as server:
        async with make_client(server.url, timeout=1) as client:
            frames = (await stream_of(client).open()).frames(ping=0.02)
            assert await anext(frames) == PING
            await frames.aclose()  # type: ignore[attr-defined]
            with pytest.raises(StopAsyncIteration):
                await anext(frames)
            upstream.release.release(2)
            assert upstream.left.wait(10)


async def test_received_gives_the_events_that_arrived_with_the_last_one() -> None:
    with RawServer(streaming(METADATA + HE + LLO + COMPLETION)) as server:
        async with make_client(server.url) as client, stream_of(client) as stream:
            assert stream.received() == []
            assert (await anext(stream)).type == "metadata"
            assert [event.type for event in stream.received()] == ["text", "text", "completion"]
            assert stream.received() == []
            assert stream.text == "Héllo"
            assert [event async for event in stream] == []
        assert stream.received() == []


async def test_received_keeps_the_error_of_a_broken_event_for_the_next_read() -> None:
    with RawServer(streaming(METADATA + HE + frame("text", '{"delta":7}') + COMPLETION)) as server:
        async with make_client(server.url) as client, stream_of(client) as stream:
            assert (await anext(stream)).type == "metadata"
            assert [event.type for event in stream.received()] == ["text"]
            assert stream.received() == []
            with pytest.raises(errors.ResponseValidationError, match="event 3"):
                await anext(stream)


# async only: begin
async def test_frames_that_are_abandoned_while_a_ping_waits_give_the_connection_back() -> None:
    upstream = Waiting(METADATA, HE)
    with RawServer(upstream) as server:
        async with make_client(server.url) as client:
            frames = (await stream_of(client).open()).frames(ping=0.02)
            assert await anext(frames) == PING
            pool = client._requester.connections.pool
            assert pool is not None
            assert pool.busy == 1
            del frames
            gc.collect()
            with anyio.fail_after(5):
                while pool.busy:
                    await anyio.sleep(0.01)
            upstream.release.release(2)


async def test_frames_whose_reader_is_cancelled_while_a_ping_waits_give_the_connection_back() -> None:
    upstream = Waiting(METADATA, HE)
    with RawServer(upstream) as server:
        async with make_client(server.url) as client:
            frames = (await stream_of(client).open()).frames(ping=60)
            with anyio.move_on_after(0.05) as scope:
                await anext(frames)
            assert scope.cancelled_caught
            pool = client._requester.connections.pool
            assert pool is not None
            assert pool.busy == 0
            upstream.release.release(2)


# async only: end
