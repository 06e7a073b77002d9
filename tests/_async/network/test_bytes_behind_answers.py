"""Bytes behind an answer never reach another call, whichever way the answer is framed, and however its bytes come."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from tests._async.streams.test_streams import COMPLETION, HE, METADATA
from tests.support.rawserver import RawServer
from uniqos import APIError
from uniqos._async.client import AsyncUniqOS

pytestmark = pytest.mark.anyio
KEY = "uniq_test_abcdefgh12"
OTHER_KEY = "uniq_test_zyxwvuts98"


def sized(text: str, status: str = "200 OK", more: str = "") -> bytes:
    body = b'{"response": "%s"}' % text.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def chunked(text: str, more: str = "") -> bytes:
    body = b'{"response": "%s"}' % text.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{more}Transfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


STRAY = sized("SOMEBODY ELSE'S ANSWER")
FRAMINGS: dict[str, Callable[[str], bytes]] = {
    "sized": sized,
    "chunked": chunked,
    "both lengths": lambda text: chunked(text, more="Content-Length: 5\r\n"),
    "interim before": lambda text: b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + sized(text),
}
BEHIND = {
    "an answer": STRAY,
    "a chunked answer": chunked("SOMEBODY ELSE'S ANSWER"),
    "two answers": STRAY * 2,
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "half an answer": STRAY[:-5],
    "a line end": b"\r\n",
    "a byte": b"x",
}
SPLITS: dict[str, Callable[[bytes, bytes], list[bytes]]] = {
    "one segment": lambda answer, stray: [answer + stray],
    "stray apart": lambda answer, stray: [answer, stray],
    "within the stray": lambda answer, stray: [answer + stray[:1], stray[1:]],
    "within the answer": lambda answer, stray: [answer[:-3], answer[-3:] + stray],
}


def send_parts(connection: socket.socket, parts: list[bytes]) -> None:
    for part in parts:
        connection.sendall(part)
        if len(parts) > 1:
            time.sleep(0.01)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("framing", FRAMINGS)
async def test_what_comes_behind_an_answer_is_never_the_answer_of_the_next_call(
    framing: str, behind: str, split: str
) -> None:
    sent = threading.Event()

    def serve(connection: socket.socket, request: bytes, number: int) -> None:
        answer = FRAMINGS[framing](f"answer {number}")
        send_parts(connection, SPLITS[split](answer, BEHIND[behind] if number == 1 else b""))
        sent.set()

    with RawServer(serve) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            customer = client.with_credentials(OTHER_KEY)
            first = await client.respond(personality_id="p", message="m")
            assert sent.wait(10)
            second = await customer.respond(personality_id="p", message="m")
    assert (first.response, second.response) == ("answer 1", "answer 2")
    assert len(server.requests) == 2


@pytest.mark.parametrize("behind", BEHIND)
async def test_what_comes_behind_a_refusal_is_never_the_answer_of_the_next_call(behind: str) -> None:
    def serve(connection: socket.socket, request: bytes, number: int) -> None:
        refusal = sized("no", "401 Unauthorized") + BEHIND[behind]
        connection.sendall(refusal if number == 1 else sized(f"answer {number}"))

    with RawServer(serve) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            with pytest.raises(APIError):
                await client.respond(personality_id="p", message="m")
            assert (await client.respond(personality_id="p", message="m")).response == "answer 2"
    assert (len(server.requests), server.connections) == (2, 2)


@pytest.mark.parametrize("status", ["204 No Content", "200 OK"])
@pytest.mark.parametrize("apart", [False, True])
async def test_a_body_that_must_not_be_there_is_never_the_answer_of_the_next_call(status: str, apart: bool) -> None:
    """The body of a 204 or of the answer to HEAD."""
    sent = threading.Event()

    def serve(connection: socket.socket, request: bytes, number: int) -> None:
        if request.startswith(b"POST"):
            connection.sendall(sized("answer"))
            return
        head, body = sized("SOMEBODY ELSE'S ANSWER", status).split(b"\r\n\r\n")
        send_parts(connection, [head + b"\r\n\r\n", body] if apart else [head + b"\r\n\r\n" + body])
        sent.set()

    with RawServer(serve) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            if status == "200 OK":
                await client.warm_up()
            else:
                await client.sessions.revoke("session")
            assert sent.wait(10)
            assert (await client.respond(personality_id="p", message="m")).response == "answer"
    assert len([request for request in server.requests if request.startswith(b"POST")]) == 1


@pytest.mark.parametrize("behind", BEHIND)
async def test_what_comes_behind_a_stream_is_never_the_answer_of_the_next_call(behind: str) -> None:
    events = METADATA + HE + COMPLETION
    stream = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(events), events)
    )

    def serve(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(stream + BEHIND[behind] if number == 1 else sized(f"answer {number}"))

    with RawServer(serve) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            told = await client.respond(personality_id="p", message="m", stream=True).until_done()
            assert told.text == "Hé"
            assert (await client.respond(personality_id="p", message="m")).response == "answer 2"
    assert (len(server.requests), server.connections) == (2, 2)


async def test_where_nothing_comes_behind_them_answers_share_a_connection() -> None:
    def serve(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall((sized if number % 2 else chunked)(f"answer {number}"))

    with RawServer(serve) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            answers = [(await client.respond(personality_id="p", message="m")).response for _ in range(6)]
    assert answers == [f"answer {number}" for number in range(1, 7)]
    assert server.connections == 1
