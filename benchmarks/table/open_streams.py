"""Row of a thousand slow streams at once: the time from when the last event is due until all streams are read."""

from __future__ import annotations

import json
from contextlib import contextmanager
from inspect import iscoroutine
from operator import attrgetter

import httpx

from ..support.clients import Call, event_loop
from ..support.measure import Bench, Sided
from .crowds import all_done

PATIENCE_SECONDS = 30.0
TICK_SECONDS = 0.1


@contextmanager
def lateness(bench: Bench) -> Sided:
    """Seconds on a fresh client after the moment at which the last event would arrive if opening took no time."""
    from httpx_sse import EventSource

    api, url, number, ticks = bench.api, bench.api_url, bench.sizes.open_streams, bench.sizes.ticks
    body = {**api.turn(f"ticks_{ticks}_{TICK_SECONDS * 1000:.0f}"), "stream": True}
    read_attribute = attrgetter(api.attribute)

    async def late(who: str, read: Call) -> float:
        took = await all_done(bench, f"{who}: {{}} of {number} streams read", number, read, PATIENCE_SECONDS)
        return took - (ticks - 1) * TICK_SECONDS

    async def with_httpx() -> float:
        async with httpx.AsyncClient(timeout=90, limits=httpx.Limits()) as client:

            async def read() -> None:
                async with client.stream("POST", url, json=body, headers=api.headers) as response:
                    async for event in EventSource(response).aiter_sse():
                        json.loads(event.data)

            return await late("httpx", read)

    async def with_sdk() -> float:
        async with api.async_client(bench.url) as client:
            call = api.method(client)

            async def read() -> None:
                opened = call(**body)
                async for event in await opened if iscoroutine(opened) else opened:
                    read_attribute(event)

            return await late(api.package, read)

    with event_loop() as run:
        yield {"base": lambda: float(run(with_httpx())), "sdk": lambda: float(run(with_sdk()))}
