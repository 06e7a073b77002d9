"""Concurrency primitives for threads. ``aio.py`` holds the same names for event loops.

Both files are written by hand, and the generator replaces one by the other.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from weakref import finalize

from typing_extensions import TypeVarTuple, Unpack

from .clock import BaseClock

if TYPE_CHECKING:
    from .limits import Network

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_INTERRUPTIBLE_SECONDS = 0.5
"""How long a wait may last before it looks for an interrupt, which on Windows does not end a wait."""


# Waiting


class Clock(BaseClock):
    """The clock of a client."""

    def sleep(self, seconds: float) -> None:
        """Wait; other threads run meanwhile."""
        time.sleep(seconds)


def checkpoint() -> None:
    """Do nothing: Python switches between threads by itself."""


def shield() -> AbstractContextManager[Any]:
    """Return a context without effect: a thread cannot be cancelled."""
    return nullcontext()


def run_blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call a function that may block, which no other thread has to wait for."""
    return function(*arguments)


class Limiter:
    """A semaphore that may be released at any time, even by a finalizer.

    ``threading.Semaphore`` may not: the garbage collector can find an abandoned stream while its own thread holds the
    semaphore's lock. Closing the stream would wait for that lock for ever. ``SimpleQueue.put`` is reentrant.

    Args:
        limit: How many threads may hold it at once.
    """

    __slots__ = ("_limit", "_released", "_unused")

    def __init__(self, limit: int) -> None:
        self._limit: int = limit
        self._unused: count[int] = count(1)
        """Numbers of the places that no thread has held before: those up to the limit are free."""
        self._released: SimpleQueue[None] = SimpleQueue()
        """One entry for each place that was held before and is free."""

    def acquire(self, timeout: float | None) -> bool:
        """Wait for a free place and take it; return False if none was free within ``timeout`` seconds."""
        try:
            self._released.get_nowait()
        except Empty:
            if next(self._unused) <= self._limit:
                return True
            try:
                self._released.get(timeout=timeout)
            except Empty:
                return False
        return True

    def release(self) -> None:
        """Free the place."""
        self._released.put(None)


class Inbox(Generic[T]):
    """A queue with one reader, which takes many items at once."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: SimpleQueue[T] = SimpleQueue()

    def put(self, item: T) -> None:
        """Add an item. Any thread may call this."""
        self._items.put(item)

    def put_soon(self, item: T) -> None:
        """Add an item from a handler of a signal, or from another thread."""
        self._items.put(item)

    def take(self, least: int, linger: float) -> list[T]:
        """Wait for an item, then at most ``linger`` seconds until there are ``least``, and return all."""
        items: list[T] = []
        while not items:
            try:
                items.append(self._items.get(timeout=_INTERRUPTIBLE_SECONDS))
            except Empty:
                pass
        until = time.monotonic() + linger
        while True:
            try:
                left = until - time.monotonic() if len(items) < least else 0.0
                items.append(self._items.get(timeout=left) if left > 0 else self._items.get_nowait())
            except Empty:
                return items

    def take_now(self) -> list[T]:
        """Return all items without waiting for one."""
        return [self._items.get_nowait() for _ in range(self._items.qsize())]


class Workers(Generic[T]):
    """A bounded number of threads that call one function with each item, in the order of the items.

    Args:
        limit: How many calls may run at once.
        function: The function. It hands its result on itself, and raises nothing.
    """

    __slots__ = ("_function", "_limit", "_threads", "_waiting")

    def __init__(self, limit: int, function: Callable[[T], None]) -> None:
        self._limit: int = limit
        self._function: Callable[[T], None] = function
        self._waiting: SimpleQueue[tuple[T] | None] = SimpleQueue()
        self._threads: int = 0

    def put(self, item: T) -> None:
        """Call the function with an item, now or when a thread is free."""
        self._waiting.put((item,))
        if self._threads < self._limit:
            self._threads += 1
            threading.Thread(target=self._run, daemon=True, name="uniqos-worker").start()

    def withdraw(self) -> list[T]:
        """Take back the items that no thread has begun with."""
        items: list[T] = []
        while True:
            try:
                waiting = self._waiting.get_nowait()
            except Empty:
                return items
            if waiting is not None:
                items.append(waiting[0])

    def close(self) -> None:
        """End the threads. A thread cannot be cancelled: a call under way ends by itself."""
        self.withdraw()
        for _ in range(self._threads):
            self._waiting.put(None)

    def _run(self) -> None:
        while True:
            waiting = self._waiting.get()
            if waiting is None:
                return
            self._function(waiting[0])


# Ownership: a socket belongs to the process that opened it. It does not matter which thread closes it.

Loop: TypeAlias = int


def current_loop() -> Loop:
    """Return the process that runs this, which stands for the event loop that threads do not have."""
    return os.getpid()


def close_on_loop(loop: Loop, close: Callable[[], None]) -> None:
    """Close an object that the garbage collector has found; a forked child closes no socket of its parent."""
    if loop == os.getpid():
        close()


class PerLoop(Generic[T]):
    """One value for each process, which all of its threads share."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        # A forked child keeps the reference to its parent's value, so that nothing closes the parent's sockets there.
        self._values: dict[Loop, T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """Return the value of this process, made on first use."""
        try:
            return self._values[os.getpid()]
        except KeyError:
            return self._values.setdefault(os.getpid(), make())

    def peek(self) -> T | None:
        """Return the value of this process; None if there is none."""
        return self._values.get(os.getpid())

    def values(self) -> list[T]:
        """Return the value of this process in a list, which is empty if there is none."""
        return [value for value in [self.peek()] if value is not None]

    def take(self) -> list[T]:
        """Remove the value of this process; return it in a list, which is empty if there is none."""
        return [value for value in [self._values.pop(os.getpid(), None)] if value is not None]


def add_finalizer(owner: object, pools: PerLoop[Any]) -> None:
    """Have the connection pools closed when ``owner`` is collected as garbage, or when the process ends."""
    finalize(owner, _close_all, pools)


def _close_all(pools: PerLoop[Any]) -> None:
    for pool in pools.take():
        pool.close()


class FinalizerMixin:
    """A finalizer that closes the object: an interrupt may strike a thread before it can close the object itself."""

    def close(self) -> None:
        """Give back what the object holds."""

    def __del__(self) -> None:
        self.close()


class BackgroundCall(Generic[T]):
    """A call that runs in a thread of its own, so that a wait for it may end before the call does.

    Args:
        function: The function to call.
    """

    __slots__ = ("_error", "_function", "_has_ended", "_result")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function: Callable[[], T] = function
        self._has_ended: threading.Event = threading.Event()
        self._result: T
        self._error: BaseException | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._result = self._function()
        except BaseException as exc:  # The waiting thread raises it.
            self._error = exc
        finally:
            self._has_ended.set()

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; return whether the call has ended."""
        return self._has_ended.wait(timeout)

    def result(self) -> T:
        """Return the result of a call that has ended, or raise its exception."""
        if self._error is not None:
            raise self._error
        return self._result

    def cancel(self) -> None:
        """Wait until the call has ended: a thread cannot be cancelled."""
        self._has_ended.wait()

    def abandon(self) -> None:
        """Do nothing: the call ends by itself."""


# Network


def make_network() -> Network:
    """Return the network for a new connection."""
    from .thread_stream import ThreadNetwork

    return ThreadNetwork()


def is_intercepted() -> bool:
    """Return whether a library that mocks HTTP has replaced a method by which httpx sends in threads."""
    from .interception import of_threads

    return of_threads.any()
