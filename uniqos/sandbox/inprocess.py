"""Transports for httpx that pass requests to the application of the sandbox without a socket, and stream its answers.

The application runs in an event loop in a separate thread. So synchronous clients can use it, and asynchronous ones
under asyncio and trio.
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
"""One part of a response: ``start`` with status and headers, ``body`` with bytes, ``end``, or ``broken``."""


class ApplicationThread:
    """A thread with an event loop, in which the application runs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="uniqos-sandbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cancel the requests that still run, and end the thread."""
        asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel_all(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, request: httpx.Request, body: bytes) -> PendingResponse:
        """Pass a request to the application, and return its response, which is still to come."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        response = PendingResponse(self._loop, timeouts.get("read"))
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
        # The application gets an empty context, since the context variables of the caller may say that trio is running.
        Context().run(asyncio.run_coroutine_threadsafe, response.run(self._app, scope, body), self._loop)
        return response


class PendingResponse:
    """The response to one request, of which the parts arrive in a queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout: float | None) -> None:
        self.parts: queue.SimpleQueue[Part] = queue.SimpleQueue()
        self._loop = loop
        self._timeout = timeout
        self._is_closed: asyncio.Event = asyncio.Event()

    async def run(self, app: ASGIApp, scope: dict[str, Any], body: bytes) -> None:
        """Run the application for this request; to be called in the event loop of its thread."""
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if messages and not self._is_closed.is_set():
                return messages.pop()
            await self._is_closed.wait()
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
            # After a complete response this part stays in the queue, since the reader stops at "end".
            self.parts.put(("broken", None))

    def close(self) -> None:
        """Tell the application that the client has disconnected, and wake a thread that still waits for a part."""
        self.parts.put(("broken", None))
        with contextlib.suppress(RuntimeError):  # the event loop may be closed already
            self._loop.call_soon_threadsafe(self._is_closed.set)

    @contextlib.contextmanager
    def close_on_error(self) -> Generator[None, None, None]:
        """Close the response if an exception ends the block, the cancellation of the caller included."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def next_part(self) -> Part:
        """Wait for the next part, and return it.

        Raises:
            httpx.ReadTimeout: No part came within the read timeout.
            httpx.RemoteProtocolError: The application ended before the response was complete.
        """
        try:
            kind, value = self.parts.get(timeout=self._timeout)
        except queue.Empty:
            raise httpx.ReadTimeout(f"the sandbox sent nothing for {self._timeout:g} seconds") from None
        if kind == "broken":
            raise httpx.RemoteProtocolError("the sandbox dropped the connection")
        return kind, value


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a response. It is no async generator, since only the event loop of the test could close one."""

    def __init__(self, response: PendingResponse) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._next, None)

    def _next(self) -> bytes | None:
        with self._response.close_on_error():
            kind, value = self._response.next_part()
        return None if kind == "end" else value

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        with self._response.close_on_error():
            part = await anyio.to_thread.run_sync(self._next, abandon_on_cancel=True)
        if part is None:
            raise StopAsyncIteration
        return part

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        self._response.close()


class Transport(httpx.BaseTransport):
    """The transport for ``httpx.Client(transport=...)``."""

    def __init__(self, thread: ApplicationThread) -> None:
        self._thread = thread

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._thread.start(request, request.read())
        with response.close_on_error():
            _, (status, headers) = response.next_part()
        return httpx.Response(status, headers=headers, stream=_Body(response))


class AsyncTransport(httpx.AsyncBaseTransport):
    """The transport for ``httpx.AsyncClient(transport=...)``."""

    def __init__(self, thread: ApplicationThread) -> None:
        self._thread = thread

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = self._thread.start(request, await request.aread())
        with response.close_on_error():
            _, (status, headers) = await anyio.to_thread.run_sync(response.next_part, abandon_on_cancel=True)
        return httpx.Response(status, headers=headers, stream=_Body(response))
