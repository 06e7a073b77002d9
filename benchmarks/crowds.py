"""Many calls at once: whether they all end, what each costs, and how many connections they open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

import uniqos

from .measure import Bench, Measure, Sided, cpu
from .turns import HEADERS, KEY, async_clients, event_loop, sync_clients, turn

PATIENCE_SECONDS = 20.0
Call = Callable[[], Coroutine[Any, Any, object]]


@contextmanager
def gathered(bench: Bench) -> Sided:
    """Seconds until a crowd of calls on a fresh client has ended; infinite where one has not, or failed."""
    body, url, crowd = turn("late"), bench.respond_url, bench.sizes.crowd

    async def with_httpx() -> float:
        async with httpx.AsyncClient(timeout=90) as client:
            return await _all_done(bench, "httpx", crowd, lambda: client.post(url, json=body, headers=HEADERS))

    async def with_sdk() -> float:
        async with uniqos.AsyncUniqOS(KEY, base_url=bench.url) as client:
            return await _all_done(bench, uniqos.__version__, crowd, lambda: client.respond(**body))

    with event_loop() as run:
        yield {"base": lambda: float(run(with_httpx())), "sdk": lambda: float(run(with_sdk()))}


async def _all_done(bench: Bench, who: str, crowd: int, call: Call) -> float:
    start = time.perf_counter()
    tasks = [asyncio.ensure_future(call()) for _ in range(crowd)]
    done, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    seconds = time.perf_counter() - start
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    well = sum(task.exception() is None for task in done)
    if well == crowd:
        return seconds
    bench.notes.append(f"{who}: {well} of {crowd} gathered calls done after {seconds:.0f} s")
    return float("inf")


@contextmanager
def many_in_flight(bench: Bench) -> Sided:
    """CPU per call at a crowd in flight; the base is the same client at ten."""
    body, crowd = turn("late"), bench.sizes.crowd
    with async_clients(bench) as (run, _, sdk):

        async def caller(count: int) -> None:
            for _ in range(count):
                await sdk.respond(**body)

        async def callers(number: int, count: int) -> None:
            await asyncio.gather(*(caller(count) for _ in range(number)))

        few, each = min(10, crowd), max(1, crowd // 50)
        yield {
            "base": cpu(lambda: run(callers(few, each)), per=few * each),
            "sdk": cpu(lambda: run(callers(crowd, 2)), per=2 * crowd),
        }


@contextmanager
def threads(bench: Bench) -> Sided:
    """New connections per call of one client that threads share, once each has had one."""
    body, url, (number, _), count = turn("late"), bench.respond_url, bench.sizes.workers, bench.sizes.calls_each
    with sync_clients(bench) as (base, sdk), ThreadPoolExecutor(number) as pool:

        def opened(call: Callable[[], object]) -> Measure:
            def caller() -> None:
                for _ in range(count):
                    try:
                        call()
                    except Exception as exc:  # the pool of httpx loses a call now and then under threads
                        bench.notes.append(f"{type(exc).__module__}: a call of 64 threads failed: {exc}")

            def measure() -> float:
                before = bench.connections()
                for done in [pool.submit(caller) for _ in range(number)]:
                    done.result()
                return (bench.connections() - before) / (number * count)

            return measure

        yield {
            "base": opened(lambda: base.post(url, json=body, headers=HEADERS)),
            "sdk": opened(lambda: sdk.respond(**body)),
        }


@contextmanager
def tasks(bench: Bench) -> Sided:
    """The same for tasks of one event loop."""
    body, url, (_, number), count = turn("late"), bench.respond_url, bench.sizes.workers, bench.sizes.calls_each
    with async_clients(bench) as (run, base, sdk):

        def opened(call: Call) -> Measure:
            async def caller() -> None:
                for _ in range(count):
                    await call()

            async def callers() -> None:
                await asyncio.gather(*(caller() for _ in range(number)))

            def measure() -> float:
                before = bench.connections()
                run(callers())
                return (bench.connections() - before) / (number * count)

            return measure

        yield {
            "base": opened(lambda: base.post(url, json=body, headers=HEADERS)),
            "sdk": opened(lambda: sdk.respond(**body)),
        }
