# Generated from _async/streams/test_unfolding_streams.py by python -m uniqos._generate. Do not edit.
"""Streams that are small on the wire and large behind it: time, memory and the event loop are bounded all the same."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests._sync.streams.test_streams import COMPLETION, HE, HEAD, METADATA, frame, streaming
from tests._sync.support import TURN, make_client
from tests.support.rawserver import Handler, RawServer
from uniqos import RespondStream, errors

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


def read(stream: RespondStream) -> tuple[str, float]:
    """How a stream ended, and after how many CPU seconds of this thread, which other processes do not change."""
    began = time.thread_time()
    code = "completed"
    try:
        for _ in stream:
            pass
    except errors.UniqOSError as error:
        code = error.code
    return code, time.thread_time() - began


@pytest.mark.parametrize("ended", [False, True], ids=["before the end", "after the end"])
@pytest.mark.parametrize("name", UNITS)
def test_the_deadline_is_kept_whatever_a_stream_unfolds_into(name: str, ended: bool) -> None:
    before = METADATA + (COMPLETION if ended else b"")
    with RawServer(unfolding(before, BODIES[name])) as server:
        with make_client(server.url, deadline=0.3, timeout=30) as client:
            code, seconds = read(client.respond(**TURN, stream=True))
    assert code == ("completed" if ended else "stream_interrupted")
    assert seconds < 0.3 + 0.2


def test_the_time_for_the_next_event_is_kept_too() -> None:
    with RawServer(unfolding(METADATA, gzip.compress(b"event: x\n\n" * 9, mtime=0))) as server:
        with make_client(server.url, timeout=0.2) as client:
            code, seconds = read(client.respond(**TURN, stream=True))
    assert code == "stream_interrupted"
    assert seconds < 0.2 + 0.2


def test_the_time_that_the_caller_takes_for_an_event_is_not_the_servers() -> None:
    with RawServer(streaming(METADATA + HE, HE + COMPLETION, HE)) as server:
        with make_client(server.url, timeout=0.2) as client:
            stream = client.respond(**TURN, stream=True)
            for _ in stream:
                time.sleep(0.3)
            assert (stream.text, stream.events_emitted) == ("HéHé", 5)


def test_the_largest_answer_counts_for_a_stream_as_a_whole() -> None:
    text = frame("text", '{"delta":"%s"}' % ("x" * 1000))
    size = len(METADATA) + 100 * len(text) + len(COMPLETION)
    with RawServer(streaming(METADATA, *[text] * 100, COMPLETION)) as server:
        with make_client(server.url, max_response_bytes=size) as client:
            assert len((client.respond(**TURN, stream=True).until_done()).text) == 100_000
            small = client.with_options(max_response_bytes=size - len(COMPLETION) - 1)
            with pytest.raises(errors.NetworkError, match=f"more than {size - len(COMPLETION) - 1} bytes") as caught:
                small.respond(**TURN, stream=True).until_done()
    assert (caught.value.code, caught.value.text, caught.value.interaction_id) == (
        "stream_interrupted",
        "x" * 99_000,
        "int_1",
    )
    cause: Any = caught.value.__cause__
    assert cause.code == "response_too_large"


class Pairs(httpx.SyncByteStream):
    """A body in chunks of two bytes."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes = body
        self._at: int = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._at >= len(self._body):
            raise StopIteration
        self._at += 2
        return self._body[self._at - 2 : self._at]


class InPairs(httpx.BaseTransport):
    """Answers each request with one body in chunks of two bytes."""

    def __init__(self, body: bytes, content_type: str) -> None:
        self._body: bytes = body
        self._headers: dict[str, str] = {"content-type": content_type}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=self._headers, stream=Pairs(self._body))


@pytest.mark.parametrize("unit", [HE, b"data: ", b"data\n", b"event: x\n", b": x\n\n"], ids=repr)
def test_a_stream_in_tiny_chunks_takes_a_small_multiple_of_its_bytes(unit: bytes) -> None:
    body = METADATA + unit * (150_000 // len(unit))
    with httpx.Client(transport=InPairs(body, "text/event-stream")) as http_client:
        client = make_client("http://localhost", http_client=http_client)
        stream = client.respond(**TURN, stream=True).open()
        tracemalloc.start()
        try:
            assert (read(stream))[0] == "stream_interrupted"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert stream.events_emitted == 1 + body.count(HE)
    assert peak < 4 * len(body)


def test_an_answer_in_tiny_chunks_takes_a_small_multiple_of_its_bytes() -> None:
    body = b'{"response": "%b"}' % (b"x" * 150_000)
    with httpx.Client(transport=InPairs(body, "application/json")) as http_client:
        client = make_client("http://localhost", http_client=http_client)
        client.respond(**TURN)  # so that its models are built
        tracemalloc.start()
        try:
            answer = client.respond(**TURN)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(answer.response) == 150_000
    assert peak < 6 * len(body)
