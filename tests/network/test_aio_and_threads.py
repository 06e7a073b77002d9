"""What is written twice by hand: places in a queue, values by event loop and process, time, networks."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.lowlevel
import httpcore
import httpx
import pytest

from tests.support.rawserver import RawServer, reply
from uniqos._async.transport.pool import AsyncPool
from uniqos._network import aio as _aio
from uniqos._network import threads as _threads
from uniqos._network.aio import AsyncClock, AsyncLimiter, AsyncPerLoop, shield
from uniqos._network.anyio_stream import AnyioNetwork
from uniqos._network.asyncio_stream import AsyncioNetwork
from uniqos._network.certificates import ssl_context
from uniqos._network.limits import AsyncNetwork
from uniqos._network.thread_stream import ThreadNetwork
from uniqos._network.threads import Clock, Limiter, PerLoop
from uniqos._sync.transport.pool import Pool
from uniqos._wire.message import Content

both_loops = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def without_a_loop(coroutine: Any) -> Any:
    """What a coroutine returns that never waits."""
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    return ended.value.value


def addresses(*hosts: str) -> Callable[..., Any]:
    """What looks up any.example."""
    really = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        if host != "any.example":
            return really(host, port, *args, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts]

    return look_up


def connect(host: str, port: int, seconds: float | None = 5.0) -> httpcore.NetworkStream:
    return ThreadNetwork().connect_tcp(host, port, seconds)


def test_a_thread_goes_on_to_the_address_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", addresses("127.0.0.9", "127.0.0.8", "127.0.0.1", "127.0.0.7"))
            stream = connect("any.example", port)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        stream.close()
        with monkeypatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", addresses("127.0.0.9", "127.0.0.8"))
            with pytest.raises(httpcore.ConnectError) as caught:
                connect("any.example", port)
            assert isinstance(caught.value.__cause__, ConnectionRefusedError)
            patch.setattr(socket, "getaddrinfo", addresses())
            with pytest.raises(httpcore.ConnectError, match=r"any\.example has no address"):
                connect("any.example", port)


def test_a_thread_goes_on_where_the_system_has_no_socket_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    make = socket.socket

    def refuse(family: int = -1, *arguments: Any, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "address family not supported")
        return make(family, *arguments, **options)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        six = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        four = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: [six, four])
        monkeypatch.setattr(socket, "socket", refuse)
        connect("any.example", port).close()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: [six])
        with pytest.raises(httpcore.ConnectError, match="not supported"):
            connect("any.example", port)


def test_the_addresses_of_a_host_share_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    left, shares = [1.0], []

    class Swallowing(socket.socket):
        """A socket whose connections are never answered; each costs its whole time."""

        def connect(self, address: Any) -> None:
            timeout = self.gettimeout()
            assert timeout is not None
            shares.append(timeout)
            left[0] -= timeout
            raise TimeoutError("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", addresses("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"))
    monkeypatch.setattr(socket, "socket", Swallowing)
    monkeypatch.setattr(ThreadNetwork, "left", lambda *arguments: left[0])
    with pytest.raises(httpcore.ConnectTimeout):
        connect("any.example", 443)
    assert shares == pytest.approx([0.5, 0.25, 0.125, 0.125])


def test_an_address_of_one_link_keeps_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 443, 0, 3))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: asked.append(address), raising=False)
    connect("any.example", 443, None).close()
    assert asked == [("fe80::1", 443, 0, 3)]


def test_a_name_server_that_does_not_answer_costs_no_more_than_the_time_of_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer_now = threading.Event()

    def look_up(*args: Any, **options: Any) -> list[Any]:
        answer_now.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(httpcore.ConnectTimeout, match=r"lookup of the host name any\.example took too long"):
        connect("any.example", 443, 0.05)
    assert not answer_now.is_set()
    answer_now.set()


@both_loops
def test_a_name_server_that_does_not_answer_is_left_by_the_loop(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_now = threading.Event()

    def look_up(*args: Any, flags: int = 0, **options: Any) -> list[Any]:
        if (args[5] if len(args) > 5 else flags) & socket.AI_NUMERICHOST:  # trio asks whether it is a name at all
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        answer_now.wait(30)
        return []

    async def main() -> None:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        with pytest.raises(httpcore.ConnectTimeout):
            await _aio.make_network().connect_tcp("any.example", 443, 0.05)
        assert not answer_now.is_set()
        monkeypatch.undo()
        answer_now.set()

    anyio.run(main, backend=backend)


def test_a_name_that_nobody_knows_keeps_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*args: Any, **options: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(httpcore.ConnectError) as caught:
        connect("any.example", 443)
    assert isinstance(caught.value.__cause__, socket.gaierror)


def is_kept_alive(stream: Any) -> bool:
    return bool(stream.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))


def test_the_system_keeps_the_connections_of_threads_alive() -> None:
    with RawServer(answer) as server:
        pool = Pool(server.url)
        call(pool, server.url)
        assert is_kept_alive(pool._idle[0]._stream)
        pool.close()


@both_loops
def test_the_system_keeps_the_connections_of_event_loops_alive(backend: str) -> None:
    async def main() -> None:
        pool = AsyncPool(server.url)
        message = httpx.Request("GET", server.url, headers=[("Host", "x")], stream=Content(b""))
        response = await pool.handle_async_request(message)
        assert is_kept_alive(next(iter(pool._busy)).connection._stream)
        await response.aclose()
        await pool.aclose()

    with RawServer(answer) as server:
        anyio.run(main, backend=backend)


def test_a_limiter_with_a_free_place_costs_no_turn_of_the_loop() -> None:
    limiter = AsyncLimiter(2)
    assert without_a_loop(limiter.acquire(None)) is True
    assert without_a_loop(limiter.acquire(0)) is True
    limiter.release()
    assert without_a_loop(limiter.acquire(5)) is True


@both_loops
def test_those_who_wait_at_a_limiter_go_in_first_come_first_served(backend: str) -> None:
    order: list[int] = []

    async def main() -> None:
        limiter = AsyncLimiter(1)
        assert await limiter.acquire(None)

        async def wait(number: int) -> None:
            assert await limiter.acquire(10)
            order.append(number)
            limiter.release()

        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(wait, number)
                await anyio.wait_all_tasks_blocked()
            limiter.release()
        assert await limiter.acquire(0)

    anyio.run(main, backend=backend)
    assert order == [0, 1, 2, 3, 4]


@both_loops
@pytest.mark.parametrize("timeout", [0, 0.02])
def test_a_waiter_that_gives_up_takes_no_place_of_a_limiter(timeout: float, backend: str) -> None:
    async def main() -> None:
        limiter = AsyncLimiter(1)
        assert await limiter.acquire(None)
        for _ in range(3):
            assert not await limiter.acquire(timeout)
        limiter.release()
        assert await limiter.acquire(0)
        assert not await limiter.acquire(0)

    anyio.run(main, backend=backend)


@both_loops
@pytest.mark.parametrize("handed", [False, True])
def test_a_waiter_that_is_cancelled_passes_its_place_of_a_limiter_on(handed: bool, backend: str) -> None:
    async def main() -> None:
        limiter = AsyncLimiter(1)
        assert await limiter.acquire(None)
        entered = []

        async def patient() -> None:
            entered.append(await limiter.acquire(10))

        async def impatient() -> None:
            await limiter.acquire(None)
            limiter.release()

        async with anyio.create_task_group() as all_tasks:
            async with anyio.create_task_group() as cancelled:
                cancelled.start_soon(impatient)
                await anyio.wait_all_tasks_blocked()
                all_tasks.start_soon(patient)
                await anyio.wait_all_tasks_blocked()
                if handed:  # the place is given and taken back before its new holder can run
                    limiter.release()
                cancelled.cancel_scope.cancel()
            if not handed:
                assert not entered
                limiter.release()
        assert entered == [True]
        limiter.release()
        assert await limiter.acquire(0)
        assert not await limiter.acquire(0)

    anyio.run(main, backend=backend)


def test_a_place_may_be_left_while_the_same_thread_goes_in_or_out() -> None:
    """The garbage collector closes a stream that nobody holds any more wherever the thread is."""
    limiter = Limiter(1)
    left = 0

    def leave(frame: object, event: str, arg: object) -> None:
        nonlocal left
        if left < 100:
            left += 1
            limiter.release()

    def work() -> None:
        sys.setprofile(leave)  # is called at each call and return in here
        for _ in range(3):
            limiter.acquire(0.01)
            limiter.release()
        sys.setprofile(None)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(5)
    assert not worker.is_alive()
    assert left > 3


def test_a_limiter_for_threads_lets_no_more_in_than_it_may() -> None:
    limiter = Limiter(3)
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        for _ in range(50):
            assert limiter.acquire(30)
            inside.append(number)
            most.append(len(inside))
            inside.pop()
            limiter.release()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert max(most) <= 3
    assert [limiter.acquire(0) for _ in range(4)] == [True] * 3 + [False]
    assert not limiter.acquire(0.01)


@both_loops
def test_what_is_shielded_ends_though_the_task_is_cancelled(backend: str) -> None:
    done = []

    async def main() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            try:
                await anyio.lowlevel.checkpoint()
            finally:
                with shield():
                    await anyio.lowlevel.checkpoint()
                    done.append(True)

    anyio.run(main, backend=backend)
    assert done == [True]


def test_nothing_is_shielded_in_a_thread() -> None:
    with pytest.raises(ZeroDivisionError), _threads.shield():
        raise ZeroDivisionError


class Value:
    """A value that notes whether it is closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True


@both_loops
def test_each_event_loop_has_its_own_value(backend: str) -> None:
    values: AsyncPerLoop[Value] = AsyncPerLoop()
    kept = []  # so that no two have the same address

    async def main() -> None:
        value = values.get(Value)
        await anyio.lowlevel.checkpoint()
        assert values.get(Value) is value
        kept.append(value)

    for _ in range(3):
        anyio.run(main, backend=backend)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: anyio.run(main, backend=backend), range(3)))
    assert len(set(map(id, kept))) == 6


@both_loops
def test_the_value_of_a_closed_loop_is_let_go(backend: str) -> None:
    values: AsyncPerLoop[Value] = AsyncPerLoop()

    async def main() -> None:
        values.get(Value)

    for _ in range(10):
        anyio.run(main, backend=backend)
    assert len(values._values) == 1


def test_the_value_of_a_closed_loop_is_closed_by_the_next_use_of_any_other() -> None:
    made = []

    async def main() -> None:
        made.append((per_loop := AsyncPerLoop[Value]()).get(Value))
        holders.append(per_loop)

    holders: list[AsyncPerLoop[Value]] = []
    for _ in range(3):
        asyncio.run(main())
    assert [value.closed for value in made] == [True, True, False]


def test_taking_a_value_closes_those_of_closed_loops() -> None:
    values: AsyncPerLoop[Value] = AsyncPerLoop()

    async def make() -> Value:
        return values.get(Value)

    async def take() -> list[Value]:
        return values.take()

    first = asyncio.run(make())
    assert asyncio.run(take()) == []
    assert first.closed


def test_a_value_is_taken_by_its_own_loop_only() -> None:
    values: AsyncPerLoop[Value] = AsyncPerLoop()

    async def take() -> list[Value]:
        return values.take()

    async def main() -> None:
        mine = values.get(Value)
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(asyncio.run, take()).result(5) == []
        assert values.take() == [mine]
        assert values.take() == []

    asyncio.run(main())


def test_a_child_process_gets_its_own_value_and_keeps_hold_of_its_parents(monkeypatch: pytest.MonkeyPatch) -> None:
    values: PerLoop[object] = PerLoop()
    parents = values.get(object)
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    childs = values.get(object)
    assert childs is not parents
    assert parents in gc.get_referents(values._values)  # nothing closes what is referenced
    assert values.take() == [childs]
    assert values.take() == []
    monkeypatch.undo()
    assert values.take() == [parents]


def test_threads_share_one_value() -> None:
    values: PerLoop[object] = PerLoop()
    start = threading.Barrier(8)

    def get() -> object:
        start.wait(5)
        return values.get(object)

    with ThreadPoolExecutor(8) as threads:
        futures = [threads.submit(get) for _ in range(8)]
    assert len({id(future.result()) for future in futures}) == 1


def test_clocks_tell_time_and_chance() -> None:
    for clock in (AsyncClock(), Clock()):
        assert 0 <= clock.monotonic() <= clock.monotonic()
        assert clock.time() > 1_700_000_000
        assert 0 <= clock.random() < 1
    before = Clock().monotonic()
    Clock().sleep(0.02)
    anyio.run(AsyncClock().sleep, 0.02)
    assert Clock().monotonic() - before >= 0.04


def test_there_is_one_tls_context() -> None:
    assert ssl_context() is ssl_context()


def test_each_way_of_running_has_its_network() -> None:
    async def kind() -> type[AsyncNetwork]:
        return type(_aio.make_network())

    assert anyio.run(kind, backend="asyncio") is AsyncioNetwork
    assert anyio.run(kind, backend="trio") is AnyioNetwork
    assert type(_threads.make_network()) is ThreadNetwork


def answer(connection: Any, request: bytes, number: int) -> None:
    reply(connection)


def in_threads(count: int, work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(count) as threads:
        for future in [threads.submit(work) for _ in range(count)]:
            future.result(60)


def call(pool: Pool, url: str, times: int = 1) -> None:
    for _ in range(times):
        _call_once(pool, url)


def _call_once(pool: Pool, url: str) -> None:
    response = pool.handle_request(httpx.Request("GET", url, headers=[("Host", "x")], stream=Content(b"")))
    assert response.read() == b"{}"
    response.close()


def test_sixty_four_threads_open_hardly_more_connections_than_they_are() -> None:
    with RawServer(answer) as server, Pool(server.url) as pool:
        in_threads(64, lambda: call(pool, server.url, 50))
        assert (pool.busy, pool.idle) == (0, server.connections)
        assert server.connections <= 0.02 * len(server.requests)


def test_a_limit_below_the_number_of_threads_holds() -> None:
    with RawServer(answer) as server, Pool(server.url, max_connections=4) as pool:
        in_threads(16, lambda: call(pool, server.url, 20))
        assert (pool.busy, pool.idle) == (0, server.connections)
        assert server.connections <= 4


def test_threads_that_race_for_expired_connections_lose_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniqos._sync.transport.connection.KEEPALIVE_SECONDS", 0.0005)
    with RawServer(answer) as server:
        pool = Pool(server.url, max_connections=16)
        in_threads(16, lambda: call(pool, server.url, 30))
        assert pool.busy == 0
        assert [pool._limiter.acquire(0) for _ in range(17)] == [True] * 16 + [False]
        pool.close()
        assert pool.idle == 0


def test_a_pool_closed_under_its_threads_keeps_nothing_open() -> None:
    with RawServer(answer) as server:
        for _ in range(10):
            pool = Pool(server.url)
            closed = threading.Event()

            def work(pool: Pool = pool, closed: threading.Event = closed) -> None:
                while not closed.is_set():
                    call(pool, server.url)

            with ThreadPoolExecutor(4) as threads:
                futures = [threads.submit(work) for _ in range(4)]
                seen = len(server.requests)
                while len(server.requests) < seen + 8:
                    pass
                pool.close()
                closed.set()
            assert [future.result(5) for future in futures] == [None] * 4
            assert (pool.busy, pool.idle) == (0, 0)
