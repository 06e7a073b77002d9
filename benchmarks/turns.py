"""The turn that all rows send, and the clients they send it with.

The SDK under test is whatever ``uniqos`` is in this interpreter: ours, or the official one in its own environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import httpx

import uniqos

from .measure import Bench

KEY = "uniq_test_abcd1234"
HEADERS = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "3f2b8a54-6c1e-4d0f-9b7a-5e8c1d2f4a60"}
Run = Callable[[Coroutine[Any, Any, Any]], Any]


def turn(message: str) -> dict[str, Any]:
    return {"personality_id": "pers_01J9ZC5T7Q", "message": message, "user_id": "user_7", "mode": "stateful"}


def streamed_turn(message: str) -> dict[str, Any]:
    return {**turn(message), "stream": True}


@contextmanager
def sync_clients(bench: Bench) -> Generator[tuple[httpx.Client, uniqos.UniqOS], None, None]:
    with httpx.Client(timeout=90) as base, uniqos.UniqOS(KEY, base_url=bench.url) as sdk:
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
def async_clients(bench: Bench) -> Generator[tuple[Run, httpx.AsyncClient, uniqos.AsyncUniqOS], None, None]:
    with event_loop() as run:
        base, sdk = httpx.AsyncClient(timeout=90), uniqos.AsyncUniqOS(KEY, base_url=bench.url)
        yield run, base, sdk
        run(sdk.aclose())
        run(base.aclose())
