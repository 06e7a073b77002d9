"""The sandbox without a port: a transport for httpx that hands requests to the application, and streams its answers.

The application runs in an event loop of its own, in a thread, so that clients of any kind can use it: synchronous ones,
and asynchronous ones under asyncio and trio.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextvars import Context
from typing import Any

import anyio.to_thread
import httpx
from starlette.types import ASGIApp, Message

Part = tuple[str, Any]


class Loop:
    """An event loop in a thread, and the application in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="uniqos-sandbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the requests that still run, and the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def request(self, request: httpx.Request, body: bytes) -> Exchange:
        """Begin to answer a request."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        exchange = Exchange(self._loop, timeouts.get("read"))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 0),
            "server": (request.url.host, request.url.port or 80),
        }
        # In a context of its own: the caller's may say that this is trio.
        Context().run(asyncio.run_coroutine_threadsafe, exchange.run(self._app, scope, body), self._loop)
        return exchange


class Exchange:
    """One request and what comes back, part by part."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout: float | None) -> None:
        self.parts: queue.SimpleQueue[Part] = queue.SimpleQueue()
        self._loop = loop
        self._timeout = timeout
        self._left: asyncio.Event = asyncio.Event()

    async def run(self, app: ASGIApp, scope: dict[str, Any], body: bytes) -> None:
        """Let the application answer; in its loop."""
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if messages and not self._left.is_set():
                return messages.pop()
            await self._left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.parts.put(("start", (message["status"], message["headers"])))
            elif message.get("body"):
                self.parts.put(("body", message["body"]))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.parts.put(("end", None))

        try:
            await app(scope, receive, send)
        finally:
            # Behind the end of a whole answer nobody takes it.
            self.parts.put(("broken", None))

    def leave(self) -> None:
        """Tell the application that nobody listens any more, and let go of a thread that still waits for a part."""
        self.parts.put(("broken", None))
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._left.set)

    @contextlib.contextmanager
    def held(self) -> Generator[None, None, None]:
        """Leave if something ends the block early: an exception, or that the caller is cancelled."""
        try:
            yield
        except BaseException:
            self.leave()
            raise

    def take(self) -> Part:
        """The next part; waits for it.

        Raises:
            httpx.ReadTimeout: None came in time.
            httpx.RemoteProtocolError: The application ended without one.
        """
        try:
            kind, value = self.parts.get(timeout=self._timeout)
        except queue.Empty:
            raise httpx.ReadTimeout(f"the sandbox sent nothing for {self._timeout:g} seconds") from None
        if kind == "broken":
            raise httpx.RemoteProtocolError("the sandbox dropped the connection")
        return kind, value


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The answer's body; an iterator and no generator, which would have to be closed by its own loop."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._next, None)

    def _next(self) -> bytes | None:
        with self._exchange.held():
            kind, value = self._exchange.take()
        return None if kind == "end" else value

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with self._exchange.held():
            part = await anyio.to_thread.run_sync(self._next, abandon_on_cancel=True)
        if part is None:
            raise StopAsyncIteration
        return part

    def close(self) -> None:
        self._exchange.leave()

    async def aclose(self) -> None:
        self._exchange.leave()


class Transport(httpx.BaseTransport):
    """For ``httpx.Client(transport=...)``."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = self._loop.request(request, request.read())
        with exchange.held():
            _, (status, headers) = exchange.take()
        return httpx.Response(status, headers=headers, stream=_Body(exchange))


class AsyncTransport(httpx.AsyncBaseTransport):
    """For ``httpx.AsyncClient(transport=...)``."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = self._loop.request(request, await request.aread())
        with exchange.held():
            _, (status, headers) = await anyio.to_thread.run_sync(exchange.take, abandon_on_cancel=True)
        return httpx.Response(status, headers=headers, stream=_Body(exchange))
