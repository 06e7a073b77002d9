"""A background thread with an event loop, which a worker process keeps between its tasks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from .._async.client import AsyncUniqOS, _unpickle
from .._sync.client import UniqOS

T = TypeVar("T")
_CLOSE_SECONDS = 5.0


class LoopThread:
    """A background thread with an event loop, and the clients that make their calls on the loop.

    A worker that ran ``asyncio.run`` for each task would open new connections each time. Tasks that share this loop
    share the connections too.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self._clients: set[AsyncUniqOS] = set()
        self._own: AsyncUniqOS | None = None
        self._thread: threading.Thread = threading.Thread(
            target=self._loop.run_forever, name="uniqos-loop", daemon=True
        )
        self._thread.start()

    def client(self, given: AsyncUniqOS | None, rate_share: float) -> AsyncUniqOS:
        """Return the client to use on this loop, which is closed with it.

        Args:
            given: The client that came with the task; None takes one of the environment's key.
            rate_share: The part of the API's rate limit that this process may use.
        """
        if given is None:
            given = self._own = self._own or AsyncUniqOS()
        self._clients.add(given)
        self.share_rate(rate_share)
        return given

    def share_rate(self, rate_share: float) -> None:
        """Set the part of the API's rate limit that this process may use."""
        for client in self._clients:
            client._requester.connections.rate_share = rate_share

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the loop; return its result to come, whose ``cancel()`` cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def cancel(self) -> None:
        """Cancel all that runs on the loop."""

        async def cancel() -> None:
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        self.start(cancel())

    def close(self) -> None:
        """Cancel all that still runs, close the connections, and end the loop."""
        if not self._thread.is_alive():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_CLOSE_SECONDS)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_CLOSE_SECONDS)
            if not self._thread.is_alive():
                self._loop.close()

    async def _end(self) -> None:
        running = asyncio.all_tasks() - {asyncio.current_task()}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for client in self._clients:
            await client.aclose()
        await self._loop.shutdown_asyncgens()


def asynchronous(client: UniqOS | AsyncUniqOS) -> AsyncUniqOS:
    """Return a client for event loops with the settings of a client, which can be sent to other processes.

    Raises:
        ConfigurationError: The client cannot be pickled: it has an ``http_client`` or an SSLContext.
    """
    client.__reduce__()
    return client if isinstance(client, AsyncUniqOS) else _unpickle(AsyncUniqOS, client._requester.config)
