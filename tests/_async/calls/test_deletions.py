"""Waiting for a deletion: asked again and again, ever more seldom, by a clock that does not wait."""

from __future__ import annotations

import json
import socket
import time

import pytest

from tests._async.support import KEY, AsyncFakeClock, make_client, slept
from tests.support.rawserver import Handler, RawServer, reply
from uniqos import AsyncUniqOS, NotFoundError, RequestValidationError, WaitTimeoutError, models

pytestmark = pytest.mark.anyio


def statuses(*words: str) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, json.dumps({"status": words[min(number, len(words)) - 1]}).encode())

    return handle


async def test_it_waits_until_the_deletion_is_completed() -> None:
    with RawServer(statuses("pending", "pending", "pending", "completed")) as server:
        async with make_client(server.url) as client:
            assert (await client.deletions.wait("del_1")).status == "completed"
            assert slept(client) == [0.5, 1.0, 2.0]
    assert [request.split(b" ")[1] for request in server.requests] == [b"/v1/deletions/del_1"] * 4


async def test_a_receipt_will_do() -> None:
    receipt = models.DeletionReceipt(deletion_id="del_2", status="deletion_pending")
    with RawServer(statuses("completed")) as server:
        async with make_client(server.url) as client:
            await client.deletions.wait(receipt)
            assert slept(client) == []
    assert b"/v1/deletions/del_2" in server.requests[0]


async def test_the_pauses_grow_to_a_minute_and_no_further() -> None:
    with RawServer(statuses(*["pending"] * 12, "completed")) as server:
        async with make_client(server.url) as client:
            await client.deletions.wait("del_1", timeout=0)
            assert slept(client) == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


@pytest.mark.parametrize("status", ["pending", "failed", "a word that is new"])
async def test_after_the_timeout_it_says_how_far_it_came(status: str) -> None:
    with RawServer(statuses(status)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(WaitTimeoutError, match="del_1") as caught:
                await client.deletions.wait("del_1", timeout=10)
            assert sum(slept(client)) == 10
    assert caught.value.code == "wait_timeout"
    assert caught.value.details == {"deletion_id": "del_1", "status": status}


async def test_it_asks_once_more_at_the_very_end() -> None:
    with RawServer(statuses(*["pending"] * 4, "completed")) as server:
        async with make_client(server.url) as client:
            assert (await client.deletions.wait("del_1", timeout=4)).status == "completed"
            assert slept(client) == [0.5, 1.0, 2.0, 0.5]


@pytest.mark.parametrize("step", [0.0, -7.0, -1e9], ids=["frozen", "set back a little", "set back by decades"])
async def test_a_clock_that_does_not_go_on_makes_the_waiting_no_longer(step: float) -> None:
    class AsyncBroken(AsyncFakeClock):
        async def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            self.now += step

    with RawServer(statuses("pending")) as server:
        async with make_client(server.url) as client:
            client._requester.clock = AsyncBroken()
            with pytest.raises(WaitTimeoutError):
                await client.deletions.wait("del_1", timeout=10)
            assert sum(slept(client)) == pytest.approx(10)


async def test_an_answer_that_does_not_come_in_time_is_a_timeout_of_the_waiting() -> None:
    def silent(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            statuses("pending")(connection, request, number)
        else:
            time.sleep(2)

    with RawServer(silent) as server:
        async with AsyncUniqOS(KEY, base_url=server.url) as client:
            with pytest.raises(WaitTimeoutError) as caught:
                await client.deletions.wait("del_1", timeout=0.7)
    assert caught.value.details == {"deletion_id": "del_1", "status": "pending"}


async def test_what_is_no_receipt_is_refused_before_anything_is_asked() -> None:
    with RawServer(statuses("pending")) as server:
        async with make_client(server.url) as client:
            for wrong in (None, 5, {}, models.DeletedMemory()):
                with pytest.raises(RequestValidationError, match="deletion_id"):
                    await client.deletions.wait(wrong)  # type: ignore[arg-type]
            assert server.requests == []
            with pytest.raises(WaitTimeoutError):
                await client.deletions.wait({"deletion_id": "del_3"}, timeout=0.1)
    assert b"/v1/deletions/del_3" in server.requests[0]


async def test_a_refusal_ends_the_waiting() -> None:
    with RawServer(lambda connection, request, number: reply(connection, 404)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(NotFoundError):
                await client.deletions.wait("del_1")


@pytest.mark.parametrize("timeout", [-1, float("inf"), "3"])
async def test_a_wrong_timeout_is_refused_before_anything_is_asked(timeout: float) -> None:
    with RawServer(statuses("pending")) as server:
        async with make_client(server.url) as client:
            with pytest.raises(RequestValidationError, match="timeout"):
                await client.deletions.wait("del_1", timeout=timeout)
    assert server.requests == []
