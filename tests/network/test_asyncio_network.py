"""The network on asyncio's own transports, without HTTP: bytes, ends, failures, limits."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore
import pytest
import trustme

from tests.support.rawserver import rst
from uniqos._async.transport.inner_tls import start_tls
from uniqos._base.deadline import Deadline
from uniqos._network.asyncio_stream import AsyncioNetwork

Work = Callable[[AsyncioNetwork, httpcore.AsyncNetworkStream], Awaitable[None]]


def meet(serve: Callable[[socket.socket], None], work: Work, deadline: Deadline | None = None) -> None:
    """Connects to a thread that runs ``serve`` and does ``work`` with the stream."""
    gone = threading.Event()

    def accept() -> None:
        connection, _ = listener.accept()
        try:
            serve(connection)
            gone.wait(5)
        except OSError:
            pass
        finally:
            connection.close()

    async def main() -> None:
        network = AsyncioNetwork()
        network.deadline = deadline or Deadline()
        stream = await network.connect_tcp("127.0.0.1", listener.getsockname()[1], timeout=5)
        try:
            await work(network, stream)
        finally:
            await stream.aclose()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            asyncio.run(main())
        finally:
            gone.set()
            thread.join(5)


def nothing(connection: socket.socket) -> None:
    """A server that only holds the line."""


def test_what_is_sent_is_read_in_order_and_never_more_than_asked_for() -> None:
    data = bytes(range(256)) * 4096  # 1 MiB

    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        await stream.write(b"go")
        found: list[bytes] = []
        while sum(map(len, found)) < len(data):
            found.append(await stream.read(5000, timeout=5))
        assert max(map(len, found)) <= 5000
        assert b"".join(found) == data

    def serve(connection: socket.socket) -> None:
        assert connection.recv(10) == b"go"
        connection.sendall(data)

    meet(serve, work)


def test_an_end_is_an_end_and_a_reset_is_an_error() -> None:
    async def ended(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        assert await stream.read(10, timeout=5) == b"last"
        assert await stream.read(10, timeout=5) == b""
        assert await stream.read(10, timeout=5) == b""
        await asyncio.sleep(0.01)
        assert stream.get_extra_info("is_readable")
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")

    def end(connection: socket.socket) -> None:
        connection.sendall(b"last")
        connection.close()

    def reset(connection: socket.socket) -> None:
        connection.recv(1)  # an earlier reset could meet the client while it still connects
        rst(connection)

    async def broken(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        await stream.write(b"x")
        with pytest.raises(httpcore.ReadError) as caught:
            await stream.read(10, timeout=5)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")

    meet(end, ended)
    meet(reset, broken)


@pytest.mark.parametrize(("timeout", "deadline"), [(0.05, None), (5, 0.05), (None, 0.05)])
def test_a_read_ends_at_its_timeout_or_at_the_deadline(timeout: float | None, deadline: float | None) -> None:
    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        network.deadline = Deadline(deadline)
        for _ in range(2):
            with pytest.raises(httpcore.ReadTimeout):
                await stream.read(10, timeout=timeout)
        network.deadline = Deadline()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.read(10), 0.05)

    meet(nothing, work)


def test_a_cancelled_read_loses_nothing() -> None:
    go = threading.Event()

    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        reading = asyncio.ensure_future(stream.read(10, timeout=5))
        await asyncio.sleep(0.02)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        go.set()
        assert await stream.read(10, timeout=5) == b"kept"

    def serve(connection: socket.socket) -> None:
        go.wait(5)
        connection.sendall(b"kept")

    meet(serve, work)


def test_what_nobody_reads_is_not_heaped_up() -> None:
    size = 32 * 1024 * 1024

    async def work(network: AsyncioNetwork, stream: Any) -> None:
        await asyncio.sleep(0.3)
        assert stream._size < 1024 * 1024
        found = 0
        while found < size:
            found += len(await stream.read(65536, timeout=5))
            assert stream._size < 1024 * 1024

    meet(lambda connection: connection.sendall(b"x" * size), work)


@pytest.mark.parametrize(("timeout", "deadline"), [(0.3, None), (60, 0.3)])
def test_a_write_that_nobody_takes_ends_in_time(timeout: float, deadline: float | None) -> None:
    data = b"x" * 64_000_000  # now, for that takes its time too

    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        network.deadline = Deadline(deadline)
        with pytest.raises(httpcore.WriteTimeout):  # the server closes the line after 5 s, which is another error
            await stream.write(data, timeout=timeout)

    meet(nothing, work)


def test_a_write_waits_until_it_is_taken() -> None:
    taken: list[int] = []

    async def work(network: AsyncioNetwork, stream: Any) -> None:
        for _ in range(8):
            await stream.write(b"x" * 4_000_000, timeout=10)
            assert stream._transport.get_write_buffer_size() < 1024 * 1024
        await stream.read(1, timeout=10)

    def serve(connection: socket.socket) -> None:
        while sum(taken) < 32_000_000:
            taken.append(len(connection.recv(1 << 20)))
        connection.sendall(b".")

    meet(serve, work)
    assert sum(taken) == 32_000_000


def test_a_write_that_waits_ends_with_the_connection() -> None:
    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x" * 64_000_000, timeout=10)

    def serve(connection: socket.socket) -> None:
        time.sleep(0.1)
        rst(connection)

    meet(serve, work)


def test_a_failed_connection_tells_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def connect(host: str) -> BaseException | None:
        with pytest.raises(httpcore.ConnectError) as caught:
            await AsyncioNetwork().connect_tcp(host, port, timeout=5)
        return caught.value.__cause__

    assert isinstance(asyncio.run(connect("127.0.0.1")), ConnectionRefusedError)
    assert isinstance(asyncio.run(connect("localhost")), ConnectionRefusedError)
    assert isinstance(asyncio.run(connect("nothing.invalid")), socket.gaierror)


def test_a_connection_that_tls_has_lost_is_not_taken_for_a_good_one() -> None:
    """On Python 3.10 the transport has no socket any more, before this stream is told."""

    async def work(network: AsyncioNetwork, stream: Any) -> None:
        class Lost:
            def is_closing(self) -> bool:
                return False

            def get_extra_info(self, name: str) -> None:
                return None

        transport, stream._transport = stream._transport, Lost()
        assert stream.get_extra_info("is_readable")
        stream._transport = transport

    meet(nothing, work)


def test_nothing_is_begun_after_the_deadline() -> None:
    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        network.deadline = Deadline(0)
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(10)
        with pytest.raises(httpcore.ConnectTimeout):
            await stream.write(b"x")
        with pytest.raises(httpcore.ConnectTimeout):
            await start_tls(stream, network, ssl.create_default_context(), "x", None)
        with pytest.raises(httpcore.ConnectTimeout):
            await network.connect_tcp("127.0.0.1", 1)

    meet(nothing, work)


def test_what_there_is_to_know_of_a_connection() -> None:
    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        sock = stream.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert stream.get_extra_info("client_addr") == sock.getsockname()
        assert stream.get_extra_info("server_addr") == sock.getpeername()
        assert stream.get_extra_info("ssl_object") is None
        assert stream.get_extra_info("of no kind") is None
        assert not stream.get_extra_info("is_readable")

    meet(nothing, work)


def test_tls_is_spoken_both_ways() -> None:
    root = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    root.issue_cert("host.test").configure_cert(serving)
    root.configure_trust(trusting)

    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        stream = await start_tls(stream, network, trusting, "host.test", timeout=5)
        assert stream.get_extra_info("ssl_object").version().startswith("TLS")
        await stream.write(b"x" * 3_000_000, timeout=5)
        found = 0
        while data := await stream.read(65536, timeout=5):
            found += len(data)
        assert found == 3_000_000

    def serve(connection: socket.socket) -> None:
        with serving.wrap_socket(connection, server_side=True) as secure:
            taken = 0
            while taken < 3_000_000:
                taken += len(secure.recv(65536))
            secure.sendall(b"x" * taken)
            secure.unwrap()

    meet(serve, work)


def test_a_server_that_speaks_first_does_not_speak_tls() -> None:
    async def work(network: AsyncioNetwork, stream: httpcore.AsyncNetworkStream) -> None:
        await asyncio.sleep(0.05)
        with pytest.raises(httpcore.ConnectError) as caught:
            await start_tls(stream, network, ssl.create_default_context(), "host.test", timeout=5)
        assert isinstance(caught.value.__cause__, ssl.SSLError)

    meet(lambda connection: connection.sendall(b"220 mail.test\r\n"), work)


@pytest.mark.parametrize("merged", [False, True])
def test_a_refused_connection_is_known_where_cpython_3_10_to_3_14_merges_the_errors_of_several_addresses(
    merged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def addresses(*args: object, **more: object) -> list[Any]:
        ports = free_ports if merged else free_ports[:1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        free_ports = [one.getsockname()[1], other.getsockname()[1]]
    monkeypatch.setattr(socket, "getaddrinfo", addresses)

    async def main() -> None:
        network = AsyncioNetwork()
        network.deadline = Deadline()
        await network.connect_tcp("several.example", 80, timeout=5)

    with pytest.raises(httpcore.ConnectError) as caught:
        asyncio.run(main())
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert ("Multiple exceptions" in str(caught.value)) == merged
