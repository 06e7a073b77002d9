"""Rows of many records through a batch, beside the client alone and loops that are written by hand."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from ..support.apis import APIS
from ..support.clients import async_clients, event_loop
from ..support.measure import Bench, Measure, Sided, cpu

_IN_FLIGHT = 64


@contextmanager
def overhead(bench: Bench) -> Sided:
    """CPU per record with 64 in flight; the base is the same client, called directly by 64 tasks."""
    number, records = _IN_FLIGHT, _records(bench)
    body = _turn()
    with async_clients(bench) as (run, _, sdk), tempfile.TemporaryDirectory() as folder:
        ledger = ledgers(folder)
        yield {
            "base": cpu(lambda: run(by_tasks(lambda: sdk.respond(**body), number, records)), per=records),
            "sdk": cpu(lambda: run(by_batch(sdk, records, ledger)), per=records),
        }


@contextmanager
def rate(bench: Bench) -> Sided:
    """Seconds for all records, 64 in flight, each answered after 50 ms."""
    import aiohttp

    number, records, url, headers, body = _IN_FLIGHT, _records(bench), bench.api_url, bench.api.headers, _turn()
    limits = httpx.Limits(max_connections=number, max_keepalive_connections=number)
    with async_clients(bench) as (run, _, sdk), tempfile.TemporaryDirectory() as folder:
        ledger = ledgers(folder)

        async def with_aiohttp() -> None:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=number)) as session:

                async def call() -> None:
                    async with session.post(url, json=body, headers=headers) as answer:
                        await answer.json()

                await by_tasks(call, number, records)

        async def with_httpx() -> None:
            async with httpx.AsyncClient(timeout=90, limits=limits) as client:

                async def call() -> None:
                    (await client.post(url, json=body, headers=headers)).json()

                await by_tasks(call, number, records)

        yield {
            "base": seconds(lambda: run(with_aiohttp())),
            "httpx": seconds(lambda: run(with_httpx())),
            "client": seconds(lambda: run(by_tasks(lambda: sdk.respond(**body), number, records))),
            "sdk": seconds(lambda: run(by_batch(sdk, records, ledger))),
        }


@contextmanager
def in_threads(bench: Bench) -> Sided:
    """Seconds for all records with the client in 64 threads, as the official SDK is used for many records."""
    number, records = _IN_FLIGHT, _records(bench)
    body = _turn()
    limits = httpx.Limits(max_connections=number, max_keepalive_connections=number)
    with bench.api.client(bench.url) as sdk, ThreadPoolExecutor(number) as pool, event_loop() as run:

        async def with_httpx() -> None:
            async with httpx.AsyncClient(timeout=90, limits=limits) as client:

                async def call() -> None:
                    (await client.post(bench.api_url, json=body, headers=bench.api.headers)).json()

                await by_tasks(call, number, records)

        yield {
            "base": seconds(lambda: run(with_httpx())),
            "sdk": seconds(lambda: list(pool.map(lambda _: sdk.respond(**body), range(records)))),
        }


def ledgers(folder: str) -> Callable[[], Path]:
    """Return a function that returns the path of a new ledger each time."""
    numbers = count()
    return lambda: Path(folder, f"{next(numbers)}.ledger")


async def by_tasks(call: Callable[[], Coroutine[Any, Any, object]], number: int, records: int) -> None:
    """Make ``records`` calls by ``number`` tasks, which take the next record when they are free."""
    left = iter(range(records))

    async def worker() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(worker() for _ in range(number)))


async def by_batch(client: Any, records: int, ledger: Callable[[], Path]) -> None:
    """Run a batch of ``records`` rows, and read each result."""
    from uniqos.batch import AsyncBatch  # The official SDK has no such module.

    body = _turn()
    rows = ({"id": number, "message": body["message"]} for number in range(records))
    fixed = {"personality_id": body["personality_id"], "mode": body["mode"]}
    async with AsyncBatch(
        client, "respond", rows, id="id", ledger=ledger(), fixed=fixed, concurrency=_IN_FLIGHT
    ) as batch:
        async for result in batch:
            assert result.status == "done"
            assert not result.is_replayed


def seconds(work: Callable[[], object]) -> Measure:
    """Return a measure of the seconds that ``work`` takes."""

    def measure() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return measure


def _turn() -> dict[str, Any]:
    """Return the body of a turn without a user: those of one user would run one after the other."""
    body = APIS["uniqos"].turn("late")
    return {"personality_id": body["personality_id"], "message": body["message"], "mode": "stateless"}


def _records(bench: Bench) -> int:
    return 3 * _IN_FLIGHT * bench.sizes.calls_each
