"""Clients that are unpickled again and again, as for each task of a worker, are one client and keep its connections."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import pathlib
import pickle
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
import trustme

from tests.support.pooled_calls import respond
from tests.support.rawserver import RawServer, header, reply
from uniqos import AsyncUniqOS, ConfigurationError, UniqOS
from uniqos._async import client as asynchronous
from uniqos._sync import client as plain

KEY = "uniq_test_abcd1234"
TURN = {"personality_id": "pers_1", "message": "Hello!"}
both = pytest.mark.parametrize(("kind", "module"), [(UniqOS, plain), (AsyncUniqOS, asynchronous)])


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(lambda connection, request, number: reply(connection, 200, b'{"response": "x"}')) as running:
        yield running


@pytest.fixture(autouse=True)
def _of_nobody() -> Iterator[None]:
    yield
    plain._unpickled.clear()
    asynchronous._unpickled.clear()
    gc.collect()


def test_the_tasks_of_a_worker_share_a_connection(server: RawServer) -> None:
    client = UniqOS(KEY, base_url=server.url)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = [answer.response for _, answer in pool.map(respond, [client] * 50, [TURN] * 50)]
    assert answers == ["x"] * 50
    assert server.connections == 1


def test_a_client_that_was_dropped_with_its_task_goes_on_with_the_next(server: RawServer) -> None:
    sent = pickle.dumps(UniqOS(KEY, base_url=server.url))
    for _ in range(10):
        pickle.loads(sent).respond(**TURN)
        gc.collect()
    assert server.connections == 1


def test_the_tasks_of_one_event_loop_share_a_connection(server: RawServer) -> None:
    sent = pickle.dumps(AsyncUniqOS(KEY, base_url=server.url))

    async def main() -> None:
        for _ in range(10):
            await pickle.loads(sent).respond(**TURN)
            gc.collect()
        await pickle.loads(sent).aclose()

    asyncio.run(main())
    assert server.connections == 1


def respond_in_a_loop(client: AsyncUniqOS) -> str:
    """Make one call in an event loop of its own, as a task of a worker may do."""

    async def main() -> str:
        return (await client.respond(**TURN)).response

    return asyncio.run(main())


def test_the_tasks_of_a_worker_that_run_a_loop_each_leave_no_connection_open_behind_the_last() -> None:
    open_now, most = 0, 0
    lock = threading.Lock()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        nonlocal open_now, most
        with lock:
            open_now += 1
            most = max(most, open_now)
        reply(connection, 200, b'{"response": "x"}')
        connection.recv(1)  # until the client closes the connection
        with lock:
            open_now -= 1

    with RawServer(handle) as server:
        client = AsyncUniqOS(KEY, base_url=server.url)
        # Without garbage collection, only a call that closes them can end the connections of the loops before it.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=gc.disable) as pool:
            assert list(pool.map(respond_in_a_loop, [client] * 100)) == ["x"] * 100
    assert server.connections == 100
    assert most < 50  # two or three, since the server may notice the end of a connection a little later


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # a loop that has ended closes no connection itself
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_the_connections_of_a_closed_loop_are_closed_by_the_next_call_of_any_client(
    secure: bool, tmp_path: pathlib.Path
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ended = threading.Semaphore(0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, b'{"response": "x"}')
        if number <= 5:
            assert connection.recv(1) == b""
            ended.release()

    async def burst(client: AsyncUniqOS) -> None:
        await asyncio.gather(*(client.respond(**TURN) for _ in range(5)))

    with RawServer(handle, tls=context if secure else None) as server:
        first, second = (
            AsyncUniqOS(key, base_url=server.url, verify=str(tmp_path / "ca.pem"))
            for key in (KEY, "uniq_test_another99")
        )
        gc.disable()
        try:
            asyncio.run(burst(first))
            assert respond_in_a_loop(second) == "x"
            assert all(ended.acquire(timeout=10) for _ in range(5))
            assert respond_in_a_loop(first) == "x"
        finally:
            gc.enable()
        assert server.connections == 7
        asyncio.run(first.aclose())
        asyncio.run(second.aclose())
        gc.collect()


@both
def test_equal_settings_are_one_client_and_others_another(kind: Any, module: Any) -> None:
    def again(client: Any) -> Any:
        return pickle.loads(pickle.dumps(client))

    class Mine(kind):  # type: ignore[misc]
        pass

    first = kind(KEY)
    one = again(first)
    assert one is not first
    assert again(kind(KEY)) is again(one) is again(one.with_options(max_retries=3)) is one
    others = [
        again(kind("uniq_test_another99")),
        again(kind(KEY, max_retries=1)),
        again(kind(KEY, base_url="http://localhost")),
        again(kind(access_token=KEY)),
        module._unpickle(Mine, first._requester.config),
    ]
    assert len({id(client) for client in [one, *others]}) == 6
    assert type(others[-1]) is Mine
    assert again(first) is one


@both
def test_threads_that_unpickle_at_once_get_one_client(kind: Any, module: Any) -> None:
    for _ in range(20):
        module._unpickled.clear()
        sent, found = pickle.dumps(kind(KEY)), []
        begin = threading.Barrier(8)

        def load(sent: bytes = sent, begin: Any = begin, found: list[Any] = found) -> None:
            begin.wait(5)
            found.append(pickle.loads(sent))

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(map(id, found))) == 1


def test_a_client_that_a_task_closed_is_made_anew_for_the_next(server: RawServer) -> None:
    sent = pickle.dumps(UniqOS(KEY, base_url=server.url))
    for _ in range(3):
        with pickle.loads(sent) as client:
            client.respond(**TURN)
    with pytest.raises(ConfigurationError, match="closed"):
        client.respond(**TURN)
    assert server.connections == 3


def test_of_many_settings_the_last_used_are_kept_and_no_connection_is_left_open(server: RawServer) -> None:
    most = plain._MOST_UNPICKLED
    keys = [f"uniq_test_customer{number:04}" for number in range(most + 5)]
    sent = [pickle.dumps(UniqOS(key, base_url=server.url)) for key in keys]
    held = pickle.loads(sent[1])
    held.respond(**TURN)
    for number, one in enumerate(sent):
        assert pickle.loads(one).respond(**TURN).response == "x"
        pickle.loads(sent[0])  # the most used one stays
        assert len(plain._unpickled) <= most
        assert number != 1 or pickle.loads(one) is held
    gc.collect()  # an open socket among those dropped would be a ResourceWarning, which is an error here
    connections = server.connections
    assert connections == len(keys)
    pickle.loads(sent[0]).respond(**TURN)
    held.respond(**TURN)  # who holds one that is not kept goes on with it
    assert server.connections == connections
    pickle.loads(sent[1]).respond(**TURN)
    assert server.connections == connections + 1
    authorized = [header(request, "Authorization") for request in server.requests[-3:]]
    assert authorized == [f"Bearer {keys[0]}", f"Bearer {keys[1]}", f"Bearer {keys[1]}"]
    held.close()


def test_a_child_of_a_client_outlives_its_parent(server: RawServer) -> None:
    child = pickle.loads(pickle.dumps(UniqOS(KEY, base_url=server.url))).with_options(timeout=5)
    plain._unpickled.clear()
    gc.collect()
    assert child.respond(**TURN).response == "x"
    assert child.respond(**TURN).response == "x"
    assert server.connections == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_that_drops_an_unpickled_client_leaves_its_parent_s_connection_alone(server: RawServer) -> None:
    sent = pickle.dumps(UniqOS(KEY, base_url=server.url))
    pickle.loads(sent).respond(**TURN)
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        works = pickle.loads(sent).respond(**TURN).response == "x"
        plain._unpickled.clear()
        os._exit(0 if works else 1)
    assert os.waitpid(child, 0)[1] == 0
    for _ in range(3):
        assert pickle.loads(sent).respond(**TURN).response == "x"
    assert server.connections == 2


def test_a_process_that_ends_leaves_no_connection_open(server: RawServer) -> None:

    program = (
        "import pickle\nfrom uniqos import UniqOS\n"
        f"pickle.loads(pickle.dumps(UniqOS({KEY!r}, base_url={server.url!r}))).respond(**{TURN!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-X", "dev", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "ResourceWarning" not in done.stderr
