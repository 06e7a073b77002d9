"""Rows of one call after the other."""

from __future__ import annotations

from contextlib import contextmanager

from ..support.clients import async_clients, sync_clients
from ..support.measure import Bench, Sided, cpu


@contextmanager
def sync_call(bench: Bench) -> Sided:
    body, url, headers, count = bench.api.turn("now"), bench.api_url, bench.api.headers, bench.sizes.calls
    with sync_clients(bench) as (base, sdk):
        call = bench.api.method(sdk)
        yield {
            "base": cpu(lambda: base.post(url, json=body, headers=headers).json(), count),
            "sdk": cpu(lambda: call(**body), count),
        }


@contextmanager
def async_call(bench: Bench) -> Sided:
    body, url, headers, count = bench.api.turn("now"), bench.api_url, bench.api.headers, bench.sizes.calls
    with async_clients(bench) as (run, base, sdk):
        call = bench.api.method(sdk)

        async def with_httpx() -> None:
            for _ in range(count):
                (await base.post(url, json=body, headers=headers)).json()

        async def with_sdk() -> None:
            for _ in range(count):
                await call(**body)

        yield {"base": cpu(lambda: run(with_httpx()), per=count), "sdk": cpu(lambda: run(with_sdk()), per=count)}
