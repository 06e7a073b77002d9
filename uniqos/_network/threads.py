"""What a thread does its own way; ``_aio.py`` holds the same for event loops. Both by hand: all else is generated."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from weakref import finalize

from typing_extensions import TypeVarTuple, Unpack

if TYPE_CHECKING:
    from .limits import Network


T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class BaseClock:
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


class Clock(BaseClock):
    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        time.sleep(seconds)


def give_way() -> None:
    """Do nothing: Python interrupts a thread by itself, so that others can work."""


class Forgotten:
    """Closed when nobody knows of it any more: an interrupt may strike where nobody could close it yet."""

    def close(self) -> None:
        """Give back what it holds."""

    def __del__(self) -> None:
        self.close()


class Gate:
    """Lets ``limit`` holders in; the others wait.

    Not a semaphore: the garbage collector may find a stream that was left while this very thread holds the
    semaphore's lock, and closing it would wait for that lock for ever. A ``SimpleQueue`` may be put to at any time.
    """

    __slots__ = ("_left", "_limit", "_numbers")

    def __init__(self, limit: int) -> None:
        self._limit: int = limit
        self._numbers: count[int] = count(1)  # of those who went in where nobody was before
        self._left: SimpleQueue[None] = SimpleQueue()  # the places of those who left

    def acquire(self, timeout: float | None) -> bool:
        """Go in, or give up after ``timeout`` seconds and say False."""
        try:
            self._left.get_nowait()
        except Empty:
            if next(self._numbers) <= self._limit:
                return True
            try:
                self._left.get(timeout=timeout)
            except Empty:
                return False
        return True

    def release(self) -> None:
        """Leave."""
        self._left.put(None)


def Shield() -> AbstractContextManager[Any]:
    """Nothing to shield from in a thread."""
    return nullcontext()


Home: TypeAlias = int


def current_home() -> Home:
    """The process that runs this; in which thread a connection is closed does not matter."""
    return os.getpid()


def close_at_home(where: Home, close: Callable[[], None]) -> None:
    """Close something that nobody holds any more; a forked child leaves the sockets of its parent alone."""
    if where == os.getpid():
        close()


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


def close_when_forgotten(owner: object, pools: PerHome[Any]) -> None:
    """Close the connection pools when nobody holds ``owner`` any more, or when the process ends."""
    finalize(owner, _close_all, pools)


def _close_all(pools: PerHome[Any]) -> None:
    for pool in pools.take():
        pool.close()


def make_network() -> Network:
    """Return the network for a new connection."""
    from .thread_stream import ThreadNetwork

    return ThreadNetwork()


def is_intercepted() -> bool:
    """Return whether a library that mocks HTTP has replaced the way httpx sends in threads."""
    from .interception import of_threads

    return of_threads.any()


def blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call what may block; here that is no matter."""
    return function(*arguments)
