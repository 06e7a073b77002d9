"""One respond after the other."""

from __future__ import annotations

from contextlib import contextmanager

from .measure import Bench, Sided, cpu
from .turns import HEADERS, async_clients, sync_clients, turn


@contextmanager
def sync_call(bench: Bench) -> Sided:
    body, url, count = turn("now"), bench.respond_url, bench.sizes.calls
    with sync_clients(bench) as (base, sdk):
        yield {
            "base": cpu(lambda: base.post(url, json=body, headers=HEADERS).json(), count),
            "sdk": cpu(lambda: sdk.respond(**body), count),
        }


@contextmanager
def async_call(bench: Bench) -> Sided:
    body, url, count = turn("now"), bench.respond_url, bench.sizes.calls
    with async_clients(bench) as (run, base, sdk):

        async def with_httpx() -> None:
            for _ in range(count):
                (await base.post(url, json=body, headers=HEADERS)).json()

        async def with_sdk() -> None:
            for _ in range(count):
                await sdk.respond(**body)

        yield {"base": cpu(lambda: run(with_httpx()), per=count), "sdk": cpu(lambda: run(with_sdk()), per=count)}
