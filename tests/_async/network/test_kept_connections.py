"""Connections that end when they should not: what is sent again with which key, and what the error says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests._async.support import TURN, make_client, slept
from tests.support.rawserver import RawServer, header, reply, rst
from uniqos import AsyncUniqOS, errors
from uniqos._policy.effect import may_have_run

pytestmark = pytest.mark.anyio
ANSWER = b'{"response": "Hi!", "id": "pers_1"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Call = Callable[[AsyncUniqOS], Awaitable[Any]]
Leave = Callable[[socket.socket], None]
CALLS: dict[str, tuple[Call, bool, bool]] = {
    "billed": (lambda client: client.respond(**TURN), True, True),
    "keyed": (lambda client: client.personalities.create(name="X"), True, True),
    "safe": (lambda client: client.personalities.get("pers_1"), True, False),
    "once": (lambda client: client.personalities.appeal("pers_1"), False, False),
}
"""What is called; whether it may be sent again after it may have run; whether it carries a key."""
every_call = pytest.mark.parametrize("name", list(CALLS))
either_end = pytest.mark.parametrize("leave", [socket.socket.close, rst])


@either_end
@every_call
async def test_a_connection_that_ended_while_idle_is_replaced_unseen_by_any_call(name: str, leave: Leave) -> None:
    gone = threading.Semaphore(0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, ANSWER)
        leave(connection)
        gone.release()

    call, _, _ = CALLS[name]
    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            for _ in range(3):
                answer = await call(client)
                assert answer.http.retries == 0
                assert gone.acquire(timeout=5)
            assert slept(client) == []
    assert (len(server.requests), server.connections) == (3, 3)


@either_end
@every_call
async def test_a_request_that_was_taken_on_a_kept_connection_may_have_run(name: str, leave: Leave) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 2:
            leave(connection)
        else:
            reply(connection, 200, ANSWER)

    call, again, keyed = CALLS[name]
    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            await call(client)
            if again:
                answer = await call(client)
                assert answer.http.retries == 1
                assert slept(client) == [0.25]
            else:
                with pytest.raises(errors.NetworkError) as caught:
                    await call(client)
                assert (caught.value.code, caught.value.sent) == ("network_error", True)
                assert caught.value.details == {"response_started": False, "bytes_received": 0}
                assert slept(client) == []
    first, *rest = [header(request, "Idempotency-Key") for request in server.requests]
    assert len(rest) == (2 if again else 1)
    assert len(set(rest)) == 1
    assert (rest[0] is not None) is keyed
    assert first != rest[0] or not keyed
    assert server.connections == (2 if again else 1)


@every_call
@pytest.mark.parametrize(
    ("sent", "leave", "received"),
    [
        pytest.param(b"", rst, 0, id="reset after the request"),
        pytest.param(HEAD[:30], socket.socket.close, 0, id="cut header"),
        pytest.param(HEAD + b'Content-Length: 100\r\n\r\n{"a', socket.socket.close, 3, id="truncated body"),
        pytest.param(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a', socket.socket.close, 3, id="cut chunk"),
        pytest.param(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", socket.socket.close, 2, id="no last chunk"
        ),
        pytest.param(HEAD + b'Content-Length: 100\r\n\r\n{"a', rst, None, id="reset in the body"),
    ],
)
async def test_an_answer_that_breaks_off_may_have_run(
    name: str, sent: bytes, leave: Leave, received: int | None
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(sent)
        if received is None:
            time.sleep(0.02)  # else the reset would overtake the data
        leave(connection)

    call, again, keyed = CALLS[name]
    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await call(client)
            assert slept(client) == ([0.25, 0.5, 1.0] if again else [])
    assert (caught.value.code, caught.value.sent) == ("network_error", True)
    assert caught.value.details["response_started"] is (received != 0)
    assert received in (None, caught.value.details["bytes_received"])
    assert len(server.requests) == (4 if again else 1)
    keys = {header(request, "Idempotency-Key") for request in server.requests}
    assert len(keys) == 1
    assert (None not in keys) is keyed


@every_call
async def test_what_was_refused_a_connection_is_always_sent_again(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    call, _, _ = CALLS[name]
    async with make_client(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(errors.NetworkError) as caught:
            await call(client)
        assert (caught.value.code, caught.value.sent) == ("connection_refused", False)
        assert caught.value.details == {"response_started": False, "bytes_received": 0}
        assert slept(client) == [0.25, 0.5, 1.0]


async def test_what_found_no_host_is_sent_again_even_if_it_may_run_once_only() -> None:
    async with make_client("http://x.invalid", max_retries=1) as client:
        with pytest.raises(errors.NetworkError) as caught:
            await client.personalities.appeal("pers_1")
        assert (caught.value.code, caught.value.sent) == ("dns_failure", False)
        assert slept(client) == [0.25]


@pytest.mark.parametrize("refused", [False, True], ids=["reset", "refused"])
async def test_what_may_have_run_by_one_attempt_is_not_called_unsent_for_the_next(refused: bool) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        server._listener.shutdown(socket.SHUT_RDWR)
        server._listener.close()
        if refused:
            reply(connection, 503, b"{}", {"Connection": "close"})
        rst(connection)

    with RawServer(handle) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN)
    assert len(server.requests) == 1
    assert (caught.value.code, caught.value.sent) == ("connection_refused", True)


@pytest.mark.parametrize(("first", "may"), [(500, True), (429, False)])
async def test_a_refusal_after_an_attempt_that_may_have_run_does_not_say_that_the_call_has_not(
    first: int, may: bool
) -> None:
    limited = b'{"error": {"code": "rate_limit_exceeded", "message": "slow"}}'

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, first if number == 1 else 429, b"{}" if first == 500 and number == 1 else limited)

    with RawServer(handle) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(errors.RateLimitError) as caught:
                await client.respond(**TURN)
    assert len(server.requests) == 2
    assert may_have_run(caught.value) is may
