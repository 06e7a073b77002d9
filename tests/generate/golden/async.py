"""Reading over ``AsyncConnection``: see ``aclose`` and `async with`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from uniqos import AsyncUniqOS, errors
from uniqos.api import engine

pytestmark = pytest.mark.anyio
LABEL = "AsyncConnection\nAsyncConnection"  # an AsyncConnection, asynchronously


class _AsyncRows:
    """Rows, one by one.

    Example:
        async for row in connection.rows():
            await row.send()
    """

    def __aiter__(self) -> AsyncIterator[dict[str, list[int]]]:
        return self

    async def __anext__(self) -> dict[str, list[int]]:
        raise StopAsyncIteration

    # async only: begin
    def __await__(self) -> Any:
        return self.aclose().__await__()

    # async only: end
    async def aclose(self) -> None: ...


class AsyncConnection:
    loops = 2  # async only
    later: Coroutine[Any, Any, dict[str, tuple[int, list[AsyncUniqOS]]]]
    nested: Coroutine[Any, Any, Coroutine[Any, Any, int] | None] | Coroutine[
        Any,
        Any,  # the value
        list[int],
    ]

    async def generate(self) -> AsyncGenerator[tuple[int, dict[str, int]], None]:
        yield 1, {}

    async def both(self) -> AsyncGenerator[AsyncGenerator[Coroutine[Any, Any, int]]]:
        async with self.open() as rows, self.open():
            values = [await value async for value in rows if await value]
        return (await anext(rows)), values

    @asynccontextmanager
    async def open(self, callback: Awaitable[None] | None = None) -> AsyncIterator[_AsyncRows]:
        yield f"ü {await self.aclose()!r:>{await self.width}} {{AsyncRows}} async with {[AsyncConnection]}"

    @pytest.mark.anyio
    async def test(self) -> str:
        return errors.label(engine, "asyncio", b"aclose") + await self.text
