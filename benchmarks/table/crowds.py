"""Rows of many calls at once: whether all end, the CPU of each, and the connections that they open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx

from ..support.clients import Call, async_clients, event_loop, sync_clients
from ..support.measure import Bench, Measure, Sided, cpu

PATIENCE_SECONDS = 20.0


async def in_tasks(number: int, count: int, call: Call) -> None:
    """Make ``count`` calls one after the other in each of ``number`` tasks."""

    async def caller() -> None:
        for _ in range(count):
            await call()

    await asyncio.gather(*(caller() for _ in range(number)))


@contextmanager
def gathered(bench: Bench) -> Sided:
    """Seconds until a crowd of calls on a fresh client has ended; infinite if a call failed or did not end."""
    body, url, crowd = bench.api.turn("late"), bench.api_url, bench.sizes.crowd

    async def all_of(who: str, call: Call) -> float:
        return await all_done(bench, f"{who}: {{}} of {crowd} gathered calls done", crowd, call, PATIENCE_SECONDS)

    async def with_httpx() -> float:
        async with httpx.AsyncClient(timeout=90) as client:
            return await all_of("httpx", lambda: client.post(url, json=body, headers=bench.api.headers))

    async def with_sdk() -> float:
        async with bench.api.async_client(bench.url) as client:
            call = bench.api.method(client)
            return await all_of(bench.api.package, lambda: call(**body))

    with event_loop() as run:
        yield {"base": lambda: float(run(with_httpx())), "sdk": lambda: float(run(with_sdk()))}


async def all_done(bench: Bench, note: str, number: int, call: Call, patience: float) -> float:
    """Return the seconds until all calls have succeeded; else infinity, with a note of how many have."""
    start = time.perf_counter()
    tasks = [asyncio.ensure_future(call()) for _ in range(number)]
    done, late = await asyncio.wait(tasks, timeout=patience)
    seconds = time.perf_counter() - start
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    succeeded = sum(task.exception() is None for task in done)
    if succeeded == number:
        return seconds
    bench.notes.append(f"{note.format(succeeded)} after {seconds:.0f} s")
    return float("inf")


@contextmanager
def many_in_flight(bench: Bench) -> Sided:
    """CPU per call at a crowd in flight; the base is the same client at ten."""
    body, crowd = bench.api.turn("late"), bench.sizes.crowd
    with async_clients(bench) as (run, _, sdk):
        call = bench.api.method(sdk)
        few, each = min(10, crowd), max(1, crowd // 50)
        yield {
            "base": cpu(lambda: run(in_tasks(few, each, lambda: call(**body))), per=few * each),
            "sdk": cpu(lambda: run(in_tasks(crowd, 2, lambda: call(**body))), per=2 * crowd),
        }


@contextmanager
def threads(bench: Bench) -> Sided:
    """New connections per call of one client that threads share, after a first round."""
    body, url, (number, _), count = bench.api.turn("late"), bench.api_url, bench.sizes.workers, bench.sizes.calls_each
    with sync_clients(bench) as (base, sdk), ThreadPoolExecutor(number) as pool:
        call_sdk = bench.api.method(sdk)

        def new_connections(call: Callable[[], object]) -> Measure:
            def caller() -> None:
                for _ in range(count):
                    try:
                        call()
                    except Exception as exc:  # httpx's connection pool fails a call now and then under threads
                        bench.notes.append(f"{type(exc).__module__}: a call of 64 threads failed: {exc}")

            def measure() -> float:
                before = bench.connections()
                for done in [pool.submit(caller) for _ in range(number)]:
                    done.result()
                return (bench.connections() - before) / (number * count)

            return measure

        yield {
            "base": new_connections(lambda: base.post(url, json=body, headers=bench.api.headers)),
            "sdk": new_connections(lambda: call_sdk(**body)),
        }


@contextmanager
def tasks(bench: Bench) -> Sided:
    """New connections per call of one client that tasks of one event loop share, after a first round."""
    body, url, (_, number), count = bench.api.turn("late"), bench.api_url, bench.sizes.workers, bench.sizes.calls_each
    with async_clients(bench) as (run, base, sdk):
        call_sdk = bench.api.method(sdk)

        def new_connections(call: Call) -> Measure:
            def measure() -> float:
                before = bench.connections()
                run(in_tasks(number, count, call))
                return (bench.connections() - before) / (number * count)

            return measure

        yield {
            "base": new_connections(lambda: base.post(url, json=body, headers=bench.api.headers)),
            "sdk": new_connections(lambda: call_sdk(**body)),
        }


@contextmanager
def encrypted(bench: Bench) -> Sided:
    """CPU per call of a warm client with many in flight over TLS, where each new connection costs a handshake."""
    body, url, headers = bench.api.turn("late"), f"{bench.tls_url}{bench.api.path}", bench.api.headers
    number, count = bench.sizes.encrypted, bench.sizes.calls_each
    with async_clients(bench, bench.tls_url) as (run, base, sdk):
        call_sdk = bench.api.method(sdk)

        def cpu_per_call(call: Call) -> Measure:
            return cpu(lambda: run(in_tasks(number, count, call)), per=number * count)

        yield {
            "base": cpu_per_call(lambda: base.post(url, json=body, headers=headers)),
            "sdk": cpu_per_call(lambda: call_sdk(**body)),
        }


@contextmanager
def beside_aiohttp(bench: Bench) -> Sided:
    """CPU per call of warm clients with many in flight; the base is aiohttp, which reads the answer as JSON."""
    import aiohttp

    body, url, headers = bench.api.turn("late"), bench.api_url, bench.api.headers
    number, count = bench.sizes.encrypted, bench.sizes.calls_each

    with async_clients(bench) as (run, base, sdk):
        call_sdk = bench.api.method(sdk)

        async def open_session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession()

        async def with_httpx() -> None:
            (await base.post(url, json=body, headers=headers)).json()

        async def with_aiohttp() -> None:
            async with session.post(url, json=body, headers=headers) as answer:
                await answer.json()

        def cpu_per_call(call: Call, count: int) -> Measure:
            return cpu(lambda: run(in_tasks(number, count, call)), per=number * count)

        session = run(open_session())
        try:
            yield {
                "base": cpu_per_call(with_aiohttp, count),
                "httpx": cpu_per_call(with_httpx, max(1, count // 10)),  # httpx takes many times as long
                "sdk": cpu_per_call(lambda: call_sdk(**body), count),
            }
        finally:
            run(session.close())
