"""What an event loop and a thread do differently, written twice by hand: ``AsyncX`` beside ``X``.

All else that is asynchronous is generated, so this is the only file that knows asyncio and anyio.
"""

from __future__ import annotations

import asyncio
import os
import random
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, Generic, TypeVar

import anyio
import anyio.lowlevel
import httpx

T = TypeVar("T")


class _Clock:
    """Time and chance, so that a test can put others in their place."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def time(self) -> float:
        """Unix time."""
        return time.time()

    def random(self) -> float:
        """A number in [0, 1)."""
        return random.random()


class AsyncClock(_Clock):
    async def sleep(self, seconds: float) -> None:
        """Let others work for that long."""
        await anyio.sleep(seconds)


class Clock(_Clock):
    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        time.sleep(seconds)


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


class Gate:
    """Lets ``limit`` holders in; the others wait."""

    __slots__ = ("_semaphore",)

    def __init__(self, limit: int) -> None:
        self._semaphore = threading.Semaphore(limit)

    def acquire(self, timeout: float | None) -> bool:
        """Go in, or give up after ``timeout`` seconds and say False."""
        return self._semaphore.acquire(timeout=timeout)

    def release(self) -> None:
        """Leave."""
        self._semaphore.release()


def AsyncShield() -> AbstractContextManager[Any]:
    """What is done inside ends even when the task is being cancelled: connections have to be closed."""
    return anyio.CancelScope(shield=True)


def Shield() -> AbstractContextManager[Any]:
    """Nothing to shield from in a thread."""
    return nullcontext()


class AsyncPerHome(Generic[T]):
    """One value for each event loop of each process, since sockets belong to where they were opened."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[tuple[int, Any], T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """The value of where this runs, made on first use."""
        try:
            return self._values[self._home()]
        except KeyError:
            pass
        for home in list(self._values):
            # A loop that is closed cannot use its sockets any more, nor be asked to close them.
            if home[0] == os.getpid() and isinstance(home[1], asyncio.AbstractEventLoop) and home[1].is_closed():
                self._values.pop(home, None)
        return self._values.setdefault(self._home(), make())

    def take(self) -> list[T]:
        """Remove and give the value of where this runs."""
        return [value for value in [self._values.pop(self._home(), None)] if value is not None]

    @staticmethod
    def _home() -> tuple[int, Any]:
        try:
            return os.getpid(), asyncio.get_running_loop()
        except RuntimeError:
            return os.getpid(), anyio.lowlevel.current_token()


class PerHome(Generic[T]):
    """One value for each process: a forked child leaves its parent's sockets alone."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        # The parent's value stays referenced in the child, so that nothing closes it there.
        self._values: dict[int, T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """The value of this process, made on first use."""
        try:
            return self._values[os.getpid()]
        except KeyError:
            return self._values.setdefault(os.getpid(), make())

    def take(self) -> list[T]:
        """Remove and give the value of this process."""
        return [value for value in [self._values.pop(os.getpid(), None)] if value is not None]


@lru_cache(maxsize=1)
def ssl_context() -> ssl.SSLContext:
    """One TLS context for the process: making it is nearly all of what a client costs."""
    return httpx.create_ssl_context()
