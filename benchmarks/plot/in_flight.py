"""Measurement of calls with more and more in flight, printed as JSON; ``python -m benchmarks.plot`` runs it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from statistics import median, quantiles
from typing import Any

import httpx

from ..support.apis import APIS, Api
from ..support.clients import Call
from ..support.surroundings import isolate

PATIENCE_SECONDS = 10.0
CALLS = 100
_EACH = 5

Point = tuple[float, float, float]
"""CPU seconds per call, and the median and the 99th percentile of its latency in seconds."""
Side = tuple[Callable[[], AbstractAsyncContextManager[Any]], Callable[[Any], Call]]
"""Two functions: one makes a client with its default settings, the other a call of that client."""


def sides(url: str, api: Api) -> dict[str, Side]:
    body, target = api.turn("late"), f"{url}{api.path}"
    return {
        "httpx": (httpx.AsyncClient, lambda client: lambda: client.post(target, json=body, headers=api.headers)),
        "sdk": (lambda: api.async_client(url), lambda client: lambda: api.method(client)(**body)),
    }


async def point(side: Side, number: int, calls: int) -> Point | None:
    """Measure a fresh client, warmed up by as many calls at once; None if a call failed or the calls took too long."""
    make, method = side
    latencies: list[float] = []

    async def caller(count: int) -> None:
        for _ in range(count):
            start = time.perf_counter()
            await call()
            latencies.append(time.perf_counter() - start)

    async def callers(count: int) -> None:
        await asyncio.wait_for(asyncio.gather(*(caller(count) for _ in range(number))), PATIENCE_SECONDS)

    async with make() as client:
        call = method(client)
        try:
            await callers(1)
            latencies.clear()
            spent = time.process_time()
            await callers(max(_EACH, calls // number))
        except Exception as exc:  # each SDK has its own errors
            print(f"    {number} in flight: {exc!r}", file=sys.stderr)
            return None
        spent = time.process_time() - spent
    return spent / len(latencies), median(latencies), quantiles(latencies, n=100)[98]


def curves(url: str, api: Api, numbers: list[int], rounds: int, calls: int) -> dict[str, list[Point | None]]:
    """Measure a point for each number, as the median of the rounds; a point that failed once is not tried again."""
    found: dict[str, list[Point | None]] = {}
    for number in numbers:
        tried: dict[str, list[Point | None]] = {}
        for _ in range(rounds):
            for name, side in sides(url, api).items():
                if None not in tried.setdefault(name, []):
                    tried[name].append(asyncio.run(point(side, number, calls)))
        for name, points in tried.items():
            good = [each for each in points if each is not None]
            middle = None if None in points else tuple(median(values) for values in zip(*good, strict=True))
            found.setdefault(name, []).append(middle)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("tls_url")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("numbers", type=int, nargs="+")
    arguments = parser.parse_args()
    isolate()
    found = curves(arguments.url, APIS["uniqos"], arguments.numbers, arguments.rounds, arguments.calls)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
