"""What an event loop does its own way; ``_threads.py`` holds the same for threads. Both by hand: all else is generated.

Only this file, and asyncio's network in ``_asyncio_network.py``, know asyncio and anyio.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
from typing_extensions import TypeVarTuple, Unpack

from ._threads import BaseClock
from ._threads import ssl_context as ssl_context

if TYPE_CHECKING:
    from httpcore import SOCKET_OPTION, AsyncNetworkStream

    from ._async.network import AsyncNetwork

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class AsyncClock(BaseClock):
    async def sleep(self, seconds: float) -> None:
        """Let others work for that long."""
        await anyio.sleep(seconds)


async def give_way() -> None:
    """Let the event loop do what else there is to do."""
    await anyio.lowlevel.checkpoint()


class AsyncForgotten:
    """Nothing: an event loop turns an interrupt into a cancellation, which is told to whoever waits."""


class AsyncGate:
    """Lets ``limit`` holders in; the others wait, first come, first served. Belongs to one event loop."""

    __slots__ = ("_free", "_waiters")

    def __init__(self, limit: int) -> None:
        self._free: int = limit
        self._waiters: deque[anyio.Event] = deque()

    async def acquire(self, timeout: float | None) -> bool:
        """Go in, or give up after ``timeout`` seconds and say False."""
        if self._free > 0:
            self._free -= 1
            return True
        place = anyio.Event()
        self._waiters.append(place)
        try:
            with anyio.move_on_after(timeout):
                await place.wait()
        except BaseException:
            self._leave(place)
            raise
        return place.is_set() or self._leave(place)

    def release(self) -> None:
        """Leave; the first who waits goes in."""
        if self._waiters:
            self._waiters.popleft().set()
        else:
            self._free += 1

    def _leave(self, place: anyio.Event) -> bool:
        if place.is_set():  # it was handed the place at the moment it gave up
            self.release()
        else:
            self._waiters.remove(place)
        return False


def AsyncShield() -> AbstractContextManager[Any]:
    """What is done inside ends even when the task is being cancelled: connections have to be closed."""
    return anyio.CancelScope(shield=True)


Home: TypeAlias = tuple[int, Any]


def current_home() -> Home:
    """The process and event loop that run this."""
    try:
        return os.getpid(), asyncio.get_running_loop()
    except RuntimeError:
        return os.getpid(), anyio.lowlevel.current_token()


def close_at_home(where: Home, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have the event loop of ``where`` close something that nobody holds any more, if the loop still runs.

    The garbage collector calls this in any thread. A forked child leaves the sockets of its parent alone.
    """
    process, loop = where

    async def close_it() -> None:
        try:
            await close()
        except Exception:  # there is nobody to tell it to, and trio would end the program
            pass

    if process != os.getpid():
        return
    try:
        if isinstance(loop, asyncio.AbstractEventLoop):
            loop.call_soon_threadsafe(lambda: loop.create_task(close_it()))
        else:
            import trio

            token: Any = getattr(loop, "native_token", loop)
            token.run_sync_soon(trio.lowlevel.spawn_system_task, close_it)
    except RuntimeError:  # the loop has ended
        pass


class AsyncPerHome(Generic[T]):
    """One value for each event loop of each process, since sockets belong to where they were opened."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Home, T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """The value of where this runs, made on first use."""
        try:
            return self._values[current_home()]
        except KeyError:
            pass
        for home in list(self._values):
            # A loop that is closed cannot use its sockets any more, nor be asked to close them.
            if home[0] == os.getpid() and _is_closed(home[1]):
                self._values.pop(home, None)
        return self._values.setdefault(current_home(), make())

    def take(self) -> list[T]:
        """Remove and give the value of where this runs."""
        return [value for value in [self._values.pop(current_home(), None)] if value is not None]


def _is_closed(loop: Any) -> bool:
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    try:  # trio tells in no other way
        getattr(loop, "native_token", loop).run_sync_soon(lambda: None)
    except RuntimeError:
        return True
    return False


async def connect(
    host: str,
    port: int,
    left: Callable[[], float | None],
    local_address: str | None,
    socket_options: Iterable[SOCKET_OPTION] | None,
) -> AsyncNetworkStream:
    """Connect to the address of ``host`` that answers first, within the time that is left."""
    import httpcore

    backend: Any = httpcore.AnyIOBackend()  # to type checkers it is nothing where anyio is missing
    stream: AsyncNetworkStream = await backend.connect_tcp(host, port, left(), local_address, socket_options)
    return stream


def make_network() -> AsyncNetwork:
    """The network for a new connection: asyncio's transports where they run, else httpcore's own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from ._async.network import AsyncNetwork

        return AsyncNetwork()
    from ._asyncio_network import AsyncioNetwork

    return AsyncioNetwork()


async def blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call what may block, such as the writing of a file, in a thread of its own."""
    return await anyio.to_thread.run_sync(function, *arguments)
