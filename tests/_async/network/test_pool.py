"""The pool over real sockets: which connection serves, what frees it, and that nothing outlives the deadline."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import trustme

from tests.support.rawserver import Handler, RawServer, reply, rst
from uniqos._async.transport import connection as connections
from uniqos._async.transport.pool import AsyncPool
from uniqos._base.deadline import Deadline
from uniqos._wire.message import Content

pytestmark = pytest.mark.anyio
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def who(connection: socket.socket, request: bytes, number: int) -> None:
    """Answers with the port of the client: the same port is the same connection."""
    reply(connection, body=str(connection.getpeername()[1]).encode())


def half(connection: socket.socket, request: bytes, number: int) -> None:
    """Begins a body of 1000 bytes and waits for the client to leave; the second request is answered."""
    if b"/whole" in request:
        reply(connection)
        return
    connection.sendall(HEAD + b"x" * 10)
    connection.recv(1)


def sends(*parts: bytes, pause: float = 0.0) -> Handler:
    """Sends ``parts`` and keeps the connection."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return handle


def sends_and_closes(data: bytes) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(data)
        connection.close()

    return handle


async def send(pool: AsyncPool, url: str, **extensions: Any) -> httpx.Response:
    """A response that is open, its body not read."""
    message = httpx.Request("GET", url, headers=[("Host", "x")], stream=Content(b""), extensions=extensions)
    return await pool.handle_async_request(message)


def stream_of(response: httpx.Response) -> httpx.AsyncByteStream:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


async def body_of(response: httpx.Response) -> bytes:
    try:
        return b"".join([part async for part in stream_of(response)])
    finally:
        await response.aclose()


async def get(pool: AsyncPool, url: str, **extensions: Any) -> bytes:
    return await body_of(await send(pool, url, **extensions))


def causes(error: BaseException | None) -> list[type[BaseException]]:
    found = []
    while error is not None:
        found.append(type(error))
        error = error.__cause__ or error.__context__
    return found


def state(pool: AsyncPool) -> tuple[int, int]:
    return pool.idle, pool.busy


async def test_one_connection_serves_one_call_after_the_other() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        assert len({await get(pool, server.url) for _ in range(20)}) == 1
        assert state(pool) == (1, 0)
        await pool.aclose()
        assert state(pool) == (0, 0)
    assert (len(server.requests), server.connections) == (20, 1)


async def test_a_connection_is_busy_until_its_response_is_closed_even_if_it_is_read() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        response = await send(pool, server.url)
        assert [part async for part in stream_of(response)]
        assert state(pool) == (0, 1)
        for _ in range(3):  # closing again does nothing
            await response.aclose()
            assert state(pool) == (1, 0)
        await pool.aclose()


async def test_the_last_one_given_back_is_the_first_one_taken() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        responses = [await send(pool, server.url) for _ in range(3)]
        ports = [await body_of(responses[number]) for number in (1, 2, 0)]
        assert state(pool) == (3, 0)
        assert [await get(pool, server.url) for _ in range(3)] == [ports[2]] * 3
        taken = [await send(pool, server.url) for _ in range(3)]
        assert [await body_of(response) for response in taken] == ports[::-1]
        assert (state(pool), server.connections) == ((3, 0), 3)
        await pool.aclose()


async def test_a_connection_that_the_server_closed_while_idle_is_not_used() -> None:
    closed = threading.Semaphore(0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection)
        (rst if number == 2 else socket.socket.close)(connection)
        closed.release()

    with RawServer(handle) as server:
        pool = AsyncPool(server.url)
        for _ in range(3):
            assert await get(pool, server.url) == b"{}"
            assert closed.acquire(timeout=5)
            assert state(pool) == (1, 0)
        await pool.aclose()
    assert (server.connections, len(server.requests)) == (3, 3)


async def test_a_connection_on_which_something_came_unasked_is_not_used() -> None:
    sent = threading.Semaphore(0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection)
        time.sleep(0.05)
        reply(connection, body=b"of nobody")
        sent.release()

    with RawServer(handle) as server:
        pool = AsyncPool(server.url)
        for _ in range(2):
            assert await get(pool, server.url) == b"{}"
            assert sent.acquire(timeout=5)
        assert server.connections == 2
        await pool.aclose()


async def test_idle_connections_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 0.0)
        assert await get(pool, server.url) != await get(pool, server.url)
        short = [await send(pool, server.url) for _ in range(3)]
        monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 60.0)
        long = await send(pool, server.url)
        monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 0.0)
        for response in short:
            await body_of(response)
        port = await body_of(long)
        assert state(pool) == (1, 0)  # each that came back closed the one before it
        monkeypatch.setattr(connections, "KEEPALIVE_SECONDS", 60.0)
        assert await get(pool, server.url) == port
        await pool.aclose()


async def test_a_connection_is_asked_about_by_its_holder_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of one that another thread is taking may change meanwhile, and a good connection would be closed."""
    asked: list[bool] = []

    def is_readable(sock: Any) -> bool:
        asked.append(any(free._stream.get_extra_info("socket") is sock for free in pool._idle if free._stream))
        return False

    for module in ("_network.asyncio_stream", "_network.thread_stream"):
        monkeypatch.setattr(f"uniqos.{module}.is_readable", is_readable)
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        for response in [await send(pool, server.url) for _ in range(3)]:
            await body_of(response)
        for _ in range(3):
            await get(pool, server.url)
        assert not any(asked)
        assert (state(pool), server.connections) == ((3, 0), 3)
        await pool.aclose()


async def test_beyond_the_limit_a_request_waits_and_then_says_so() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url, max_connections=2)
        held = [await send(pool, server.url) for _ in range(2)]
        for extensions in ({"timeout": {"pool": 0.05}}, {"uniqos_deadline": Deadline(0.05)}):
            with pytest.raises(httpx.PoolTimeout):
                await send(pool, server.url, **extensions)
        assert state(pool) == (0, 2)
        for response in held:
            await body_of(response)
        await get(pool, server.url, timeout={"pool": 0.05})
        assert state(pool) == (2, 0)
        await pool.aclose()


async def test_the_limit_is_a_thousand() -> None:
    pool = AsyncPool("http://127.0.0.1:1")
    for _ in range(1000):
        assert await pool._limiter.acquire(0)
    with pytest.raises(httpx.PoolTimeout):
        await send(pool, "http://127.0.0.1:1", timeout={"pool": 0})
    pool._limiter.release()
    with pytest.raises(httpx.ConnectError):
        await send(pool, "http://127.0.0.1:1", timeout={"pool": 0})


@pytest.mark.parametrize(
    ("handle", "error"),
    [
        (lambda connection, request, number: rst(connection), httpx.ReadError),
        (lambda connection, request, number: connection.close(), httpx.RemoteProtocolError),
        (sends(b"this is not HTTP\r\n\r\n"), httpx.RemoteProtocolError),
        (sends_and_closes(b"HTTP/1.1 200 OK\r\nConte"), httpx.RemoteProtocolError),
        (sends_and_closes(HEAD + b"x"), httpx.RemoteProtocolError),
        (sends_and_closes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), httpx.RemoteProtocolError),
        (lambda connection, request, number: connection.recv(1), httpx.ReadTimeout),
    ],
)
async def test_a_failure_frees_the_connection_and_closes_it(handle: Handler, error: type[Exception]) -> None:
    with RawServer(handle) as server:
        pool = AsyncPool(server.url, max_connections=1)
        for _ in range(2):
            with pytest.raises(error):
                await get(pool, server.url, timeout={"pool": 0, "read": 0.2})
            assert state(pool) == (0, 0)
        await pool.aclose()


async def test_an_error_of_ones_own_while_reading_frees_the_connection() -> None:
    with RawServer(half) as server:
        pool = AsyncPool(server.url, max_connections=1)
        for _ in range(200):
            with pytest.raises(ZeroDivisionError):
                response = await send(pool, server.url, timeout={"pool": 0})
                try:
                    async for _part in stream_of(response):
                        raise ZeroDivisionError
                finally:
                    await response.aclose()
        assert state(pool) == (0, 0)
        assert await get(pool, f"{server.url}/whole", timeout={"pool": 0}) == b"{}"
        await pool.aclose()


async def test_two_hundred_responses_left_unread_or_half_read_do_no_harm() -> None:
    with RawServer(half) as server:
        pool = AsyncPool(server.url, max_connections=1)
        for number in range(200):
            response = await send(pool, server.url, timeout={"pool": 0})
            if number % 2:
                async for _part in stream_of(response):
                    break
            await response.aclose()
        assert state(pool) == (0, 0)
        assert await get(pool, f"{server.url}/whole", timeout={"pool": 0}) == b"{}"
        await pool.aclose()


async def test_causes_of_a_failed_connection_can_be_found_and_nothing_is_kept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url, cause in (
        (f"http://127.0.0.1:{port}", ConnectionRefusedError),
        ("http://nothing.invalid", socket.gaierror),
    ):
        pool = AsyncPool(url, max_connections=1)
        for _ in range(2):
            with pytest.raises(httpx.ConnectError) as caught:
                await send(pool, url, timeout={"pool": 0})
            assert cause in causes(caught.value)
            assert state(pool) == (0, 0)


async def test_what_cannot_even_be_made_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(verify: object) -> ssl.SSLContext:
        raise FileNotFoundError("no certificates")

    monkeypatch.setattr("uniqos._async.transport.pool.ssl_context", broken)
    pool = AsyncPool("https://127.0.0.1:1", max_connections=1)
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            await send(pool, "https://127.0.0.1:1", timeout={"pool": 0})
        assert state(pool) == (0, 0)


@pytest.mark.parametrize(
    "handle",
    [
        sends(b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 200, pause=0.02),
        sends(*[b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 200, pause=0.02),
        sends(HEAD, *[b"x"] * 200, pause=0.02),
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 200, pause=0.02),
    ],
    ids=["header", "hints", "body", "chunks"],
)
async def test_what_drips_does_not_outlive_the_deadline(handle: Handler) -> None:
    with RawServer(handle) as server:
        pool = AsyncPool(server.url)
        with pytest.raises(httpx.ReadTimeout):  # without the deadline it would drip to its end
            await get(pool, server.url, timeout={"read": 60}, uniqos_deadline=Deadline(0.2))
        assert state(pool) == (0, 0)


async def test_an_upload_that_is_taken_slowly_does_not_outlive_the_deadline() -> None:
    def take(connection: socket.socket) -> None:
        try:
            while connection.recv(65536):
                time.sleep(0.004)
        except OSError:
            pass

    def accept(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            take(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        pool = AsyncPool(url)
        data = b"x" * 64_000_000
        headers = [("Host", "x"), ("Content-Length", str(len(data)))]
        extensions = {"timeout": {"write": 30}, "uniqos_deadline": Deadline(0.3)}
        message = httpx.Request("POST", url, headers=headers, stream=Content(data), extensions=extensions)
        with pytest.raises(httpx.WriteTimeout):  # without the deadline it would be taken as a whole
            await pool.handle_async_request(message)
        assert state(pool) == (0, 0)


async def test_a_deadline_that_is_moved_while_reading_counts_from_then_on() -> None:
    with RawServer(sends(HEAD, *[b"x" * 100] * 10, pause=0.05)) as server:
        pool = AsyncPool(server.url)
        deadline = Deadline(0.4)
        response = await send(pool, server.url, uniqos_deadline=deadline)
        received = b""
        async for part in stream_of(response):
            received += part
            deadline.restart(0.4)
        await response.aclose()
        assert len(received) == 1000
        assert state(pool) == (1, 0)
        await pool.aclose()


async def test_a_deadline_of_one_request_is_forgotten_by_the_next() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        await get(pool, server.url, uniqos_deadline=Deadline(0.1))
        time.sleep(0.15)
        await get(pool, server.url)
        assert state(pool) == (1, 0)
        await pool.aclose()


async def test_a_deadline_that_is_over_sends_nothing() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        with pytest.raises(httpx.ConnectTimeout):
            await send(pool, server.url, uniqos_deadline=Deadline(0))
        await get(pool, server.url)
        with pytest.raises(httpx.ConnectTimeout):  # as without a connection: nothing was written
            await send(pool, server.url, uniqos_deadline=Deadline(0))
        assert pool.busy == 0
        await pool.aclose()
    assert (server.connections, len(server.requests)) == (1, 1)


async def test_closing_closes_the_idle_at_once_and_the_busy_when_they_come_back() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        busy, idle = await send(pool, server.url), await send(pool, server.url)
        await body_of(idle)
        await pool.aclose()
        assert state(pool) == (0, 1)
        assert (await body_of(busy)).isdigit()
        assert state(pool) == (0, 0)
        await pool.aclose()


@pytest.mark.parametrize(
    ("handle", "kept"),
    [
        (sends_and_closes(b"HTTP/1.0 200 OK\r\n\r\nbody"), False),
        (sends_and_closes(b"HTTP/1.1 200 OK\r\n\r\nbody"), False),
        (sends(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"), False),
        (sends(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"), True),
        (sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo", b"dy\r\n0\r\n\r\n", pause=0.05), True),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo", b"dy", pause=0.05), True),
    ],
    ids=["1.0", "no length", "close", "hints", "chunked", "length"],
)
async def test_every_form_of_an_answer_is_read(handle: Handler, kept: bool) -> None:
    with RawServer(handle) as server:
        pool = AsyncPool(server.url)
        for _ in range(2):
            assert await get(pool, server.url) == b"body"
            assert pool.busy == 0
        assert server.connections == (1 if kept else 2)
        await pool.aclose()


def authority(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The contexts of a server called ``name`` and of a client that trusts it."""
    root = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    root.issue_cert(name).configure_cert(serving)
    root.configure_trust(trusting)
    return serving, trusting


async def test_tls_works_over_one_connection_and_is_closed() -> None:
    serving, trusting = authority("127.0.0.1")
    with RawServer(sends(HEAD + b"x" * 1000), tls=serving) as server:
        pool = AsyncPool(server.url, verify=trusting)
        for _ in range(10):
            assert len(await get(pool, server.url)) == 1000
        assert (state(pool), server.connections) == ((1, 0), 1)
        await pool.aclose()


async def test_tls_that_drips_does_not_outlive_the_deadline() -> None:
    serving, trusting = authority("127.0.0.1")
    with RawServer(sends(HEAD, *[b"x"] * 200, pause=0.02), tls=serving) as server:
        pool = AsyncPool(server.url, verify=trusting)
        with pytest.raises(httpx.ReadTimeout):
            await get(pool, server.url, uniqos_deadline=Deadline(0.5))
        assert state(pool) == (0, 0)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_an_unknown_authority_and_a_wrong_name_are_refused(name: str) -> None:
    serving, trusting = authority(name)
    if name == "127.0.0.1":
        trusting = ssl.create_default_context()
    with RawServer(who, tls=serving) as server:
        pool = AsyncPool(server.url, verify=trusting)
        with pytest.raises(httpx.ConnectError) as caught:
            await send(pool, server.url)
        assert any(issubclass(cause, ssl.SSLError) for cause in causes(caught.value))
        assert state(pool) == (0, 0)
        if name != "127.0.0.1":
            by_name = AsyncPool(f"https://{name}:{server.port}", verify=trusting)
            assert (await get(by_name, f"https://{name}:{server.port}")).isdigit()
            await by_name.aclose()
        await pool.aclose()


async def test_a_server_that_never_speaks_tls_does_not_outlive_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        pool = AsyncPool(url)
        with pytest.raises(httpx.ConnectTimeout):
            await send(pool, url, uniqos_deadline=Deadline(0.2))
        assert state(pool) == (0, 0)


# Python's ssl module itself drops a socket that is reset while it is being wrapped.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("leave", [rst, socket.socket.close])
async def test_a_server_that_leaves_before_tls_is_noticed_at_once(
    leave: Callable[[socket.socket], None],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(20):
                leave(listener.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        pool = AsyncPool(url)
        for _ in range(20):
            with pytest.raises(httpx.ConnectError):  # not after ten seconds, by a timeout
                await send(pool, url, timeout={"connect": 10})
            assert state(pool) == (0, 0)
        thread.join(5)


async def test_a_host_may_be_an_ipv6_address() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            reply(connection)

    with listener:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://[::1]:{listener.getsockname()[1]}"
        pool = AsyncPool(url)
        assert await get(pool, url) == b"{}"
        await pool.aclose()
        thread.join(5)


# async only: begin
async def test_a_hundred_tasks_open_hardly_more_connections_than_they_are() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url)

        async def work() -> None:
            for _ in range(50):
                await get(pool, server.url)

        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(work)
        assert state(pool) == (server.connections, 0)
        assert server.connections <= 0.02 * len(server.requests)
        await pool.aclose()


@pytest.mark.parametrize("handle", [half, lambda connection, request, number: connection.recv(1)])
async def test_cancelling_frees_the_connection(handle: Handler) -> None:
    with RawServer(handle) as server:
        pool = AsyncPool(server.url, max_connections=1)
        for _ in range(2):
            with anyio.move_on_after(0.1) as scope:
                await get(pool, server.url)
            assert scope.cancelled_caught
            assert state(pool) == (0, 0)


async def test_who_gives_up_while_waiting_leaves_the_place_to_the_next() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url, max_connections=1)
        held = await send(pool, server.url)
        done = []

        async def patient() -> None:
            done.append(await get(pool, server.url))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(patient)
            with anyio.move_on_after(0.05):
                await get(pool, server.url)
            assert not done
            await body_of(held)
        assert len(done) == 1
        assert state(pool) == (1, 0)
        await pool.aclose()


@pytest.mark.parametrize("warm", [False, True])
async def test_cancelling_at_any_moment_loses_no_place_and_no_answer(warm: bool, anyio_backend: str) -> None:
    if anyio_backend == "asyncio" and not warm:
        pytest.skip("asyncio loses a socket that is cancelled when it has just connected")
    with RawServer(who) as server:
        for moment in range(40):
            pool = AsyncPool(server.url, max_connections=1)
            if warm:
                await get(pool, server.url)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(get, pool, server.url)
                for _ in range(moment):
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
            assert pool.busy == 0
            assert (await get(pool, server.url, timeout={"pool": 0, "read": 5})).isdigit()
            await pool.aclose()


# async only: end


async def test_a_former_holder_can_no_longer_drop_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was given back may serve another call already when the giving back fails at its very end."""
    with RawServer(who) as server:
        pool = AsyncPool(server.url, max_connections=2)
        first, second = await send(pool, server.url), await send(pool, server.url)
        await body_of(first)
        third: list[httpx.Response] = []

        async def overtaken() -> None:
            third.append(await send(pool, server.url))
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(pool, "_close_expired", overtaken)
            [_ async for _ in stream_of(second)]
            with pytest.raises(ZeroDivisionError):
                await second.aclose()
        assert state(pool) == (1, 1)
        assert (await body_of(third[0])).isdigit()
        assert state(pool) == (2, 0)
        assert [await pool._limiter.acquire(0) for _ in range(3)] == [True, True, False]
        await pool.aclose()


async def test_a_body_that_was_given_back_reads_nothing_of_the_next_answer() -> None:
    with RawServer(who) as server:
        pool = AsyncPool(server.url, max_connections=1)
        first = await send(pool, server.url)
        reader = stream_of(first)._reader  # type: ignore[attr-defined]
        await body_of(first)
        second = await send(pool, server.url)
        (lease,) = pool._busy
        assert lease.connection is not None
        assert await lease.connection.read_part(reader) == b""
        assert (await body_of(second)).isdigit()
        await pool.aclose()


async def test_a_system_without_keep_alive_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    set_option = socket.socket.setsockopt

    def refuse(sock: socket.socket, level: int, option: int, *value: Any) -> None:
        if option == socket.SO_KEEPALIVE and level == socket.SOL_SOCKET:
            raise OSError(22, "invalid argument")
        set_option(sock, level, option, *value)

    monkeypatch.setattr(socket.socket, "setsockopt", refuse)
    with RawServer(who) as server:
        pool = AsyncPool(server.url)
        assert (await get(pool, server.url)).isdigit()
        await pool.aclose()
