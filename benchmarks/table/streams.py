"""Rows of streamed turns: an attribute of every event is read, and the stream is read to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from inspect import iscoroutine
from operator import attrgetter

from ..support.clients import async_clients, sync_clients
from ..support.measure import Bench, Case, Sided, Sides, cpu


def sync_events(message: str) -> Case:
    """Return the case of CPU per event, sync; the base reads the same bytes with ``iter_raw``."""

    @contextmanager
    def case(bench: Bench) -> Sided:
        from httpx_sse import EventSource

        body, url, headers = {**bench.api.turn(message), "stream": True}, bench.api_url, bench.api.headers
        with sync_clients(bench) as (base, sdk):
            call, read_attribute = bench.api.method(sdk), attrgetter(bench.api.attribute)

            def with_httpx() -> None:
                with base.stream("POST", url, json=body, headers=headers) as response:
                    for _ in response.iter_raw():
                        pass

            def with_httpx_sse() -> None:
                with base.stream("POST", url, json=body, headers=headers) as response:
                    for event in EventSource(response).iter_sse():
                        if event.data != "[DONE]":  # the end of openai's streams
                            json.loads(event.data)

            def with_sdk() -> None:
                for event in call(**body):
                    read_attribute(event)

            yield _sides(bench, with_httpx, with_httpx_sse, with_sdk)

    return case


def async_events(message: str) -> Case:
    """Return the case of CPU per event, async; the base reads the same bytes with ``aiter_raw``."""

    @contextmanager
    def case(bench: Bench) -> Sided:
        from httpx_sse import EventSource

        body, url, headers = {**bench.api.turn(message), "stream": True}, bench.api_url, bench.api.headers
        with async_clients(bench) as (run, base, sdk):
            call, read_attribute = bench.api.method(sdk), attrgetter(bench.api.attribute)

            async def with_httpx() -> None:
                async with base.stream("POST", url, json=body, headers=headers) as response:
                    async for _ in response.aiter_raw():
                        pass

            async def with_httpx_sse() -> None:
                async with base.stream("POST", url, json=body, headers=headers) as response:
                    async for event in EventSource(response).aiter_sse():
                        if event.data != "[DONE]":  # the end of openai's streams
                            json.loads(event.data)

            async def with_sdk() -> None:
                opened = call(**body)
                async for event in await opened if iscoroutine(opened) else opened:
                    read_attribute(event)

            yield _sides(bench, lambda: run(with_httpx()), lambda: run(with_httpx_sse()), lambda: run(with_sdk()))

    return case


def beside_httpx_sse(kind: str, message: str) -> Case:
    """Return the case of CPU per event with httpx-sse and ``json.loads`` as the base."""

    @contextmanager
    def case(bench: Bench) -> Sided:
        events = async_events if kind == "async" else sync_events
        with events(message)(bench) as sides:
            yield {"base": sides["httpx_sse"], "sdk": sides["sdk"]}

    return case


def _sides(bench: Bench, base: Callable[[], None], sse: Callable[[], None], sdk: Callable[[], None]) -> Sides:
    count, per = bench.sizes.streams, bench.sizes.events + 2
    return {"base": cpu(base, count, per), "httpx_sse": cpu(sse, count, per), "sdk": cpu(sdk, count, per)}
