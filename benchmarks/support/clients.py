"""Clients that a row compares, and an event loop to run them on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import httpx

from .measure import Bench

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Call = Callable[[], Coroutine[Any, Any, object]]


@contextmanager
def sync_clients(bench: Bench) -> Generator[tuple[httpx.Client, Any], None, None]:
    with httpx.Client(timeout=90) as base, bench.api.client(bench.url) as sdk:
        yield base, sdk


@contextmanager
def event_loop() -> Generator[Run, None, None]:
    loop = asyncio.new_event_loop()
    try:
        yield loop.run_until_complete
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


@contextmanager
def async_clients(bench: Bench, url: str | None = None) -> Generator[tuple[Run, httpx.AsyncClient, Any], None, None]:
    with event_loop() as run:
        base, sdk = httpx.AsyncClient(timeout=90), bench.api.async_client(url or bench.url)
        yield run, base, sdk
        run(sdk.__aexit__(None, None, None))
        run(base.aclose())
