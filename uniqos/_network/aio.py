"""Concurrency primitives for event loops. ``threads.py`` holds the same names for threads.

Both files are written by hand, and the generator replaces one by the other. Besides this file, only
``asyncio_stream.py`` and ``anyio_stream.py`` use asyncio or anyio.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar
from weakref import WeakSet

import anyio
import anyio.lowlevel
import anyio.to_thread
from typing_extensions import TypeVarTuple, Unpack

from .._base.fork import ForkSafeLock
from .clock import BaseClock

if TYPE_CHECKING:
    from .limits import AsyncNetwork

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


# Waiting


class AsyncClock(BaseClock):
    """The clock of a client."""

    async def sleep(self, seconds: float) -> None:
        """Wait; other tasks run meanwhile."""
        await anyio.sleep(seconds)


async def checkpoint() -> None:
    """Let other tasks of the event loop run, and notice a cancellation."""
    await anyio.lowlevel.checkpoint()


def shield() -> AbstractContextManager[Any]:
    """Return a context in which a cancelled task still runs to the end of the block, such as to close a connection."""
    return anyio.CancelScope(shield=True)


async def run_blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call a function that may block, such as one that writes a file, in a worker thread."""
    return await anyio.to_thread.run_sync(function, *arguments)


class AsyncLimiter:
    """A semaphore for the tasks of one event loop, which wait in the order of their arrival.

    Args:
        limit: How many tasks may hold it at once.
    """

    __slots__ = ("_free", "_waiters")

    def __init__(self, limit: int) -> None:
        self._free: int = limit
        self._waiters: deque[anyio.Event] = deque()

    async def acquire(self, timeout: float | None) -> bool:
        """Wait for a free place and take it; return False if none was free within ``timeout`` seconds."""
        if self._free > 0:
            self._free -= 1
            return True
        waiter = anyio.Event()
        self._waiters.append(waiter)
        try:
            with anyio.move_on_after(timeout):
                await waiter.wait()
        except BaseException:
            self._give_up(waiter)
            raise
        return waiter.is_set() or self._give_up(waiter)

    def release(self) -> None:
        """Give the place to the task that has waited longest, or mark it as free."""
        if self._waiters:
            self._waiters.popleft().set()
        else:
            self._free += 1

    def _give_up(self, waiter: anyio.Event) -> bool:
        if waiter.is_set():  # The place was handed over at the very moment at which the task stopped waiting.
            self.release()
        else:
            self._waiters.remove(waiter)
        return False


class AsyncInbox(Generic[T]):
    """A queue with one reader, which takes many items at once. It is made on the reader's event loop."""

    __slots__ = ("_items", "_least", "_loop", "_waiter")

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._waiter: anyio.Event | None = None
        self._least: int = 1
        self._loop: Loop = current_loop()

    def put(self, item: T) -> None:
        """Add an item. Only tasks of the reader's event loop may call this."""
        self._items.append(item)
        if self._waiter is not None and len(self._items) >= self._least:
            self._waiter.set()

    def put_soon(self, item: T) -> None:
        """Add an item from a handler of a signal, or from another thread."""
        call_on_loop(self._loop, lambda: self.put(item))

    async def take(self, least: int, linger: float) -> list[T]:
        """Wait for an item, then at most ``linger`` seconds until there are ``least``, and return all."""
        await self._wait(1, None)
        if len(self._items) < least:
            await self._wait(least, linger)
        return self.take_now()

    def take_now(self) -> list[T]:
        """Return all items without waiting for one."""
        items = list(self._items)
        self._items.clear()
        return items

    async def _wait(self, least: int, timeout: float | None) -> None:
        if len(self._items) >= least:
            return
        self._least, self._waiter = least, anyio.Event()
        try:
            if timeout is None:
                await self._waiter.wait()
            else:
                with anyio.move_on_after(timeout):
                    await self._waiter.wait()
        finally:
            self._waiter = None


class AsyncWorkers(Generic[T]):
    """A bounded number of tasks that call one function with each item, in the order of the items.

    Args:
        limit: How many calls may run at once.
        function: The function. It hands its result on itself, and raises nothing.
    """

    __slots__ = ("_function", "_limit", "_running", "_tasks", "_waiting")

    def __init__(self, limit: int, function: Callable[[T], Coroutine[Any, Any, None]]) -> None:
        self._limit: int = limit
        self._function: Callable[[T], Coroutine[Any, Any, None]] = function
        self._waiting: deque[T] = deque()
        self._running: int = 0
        self._tasks: set[Any] = set()
        """The tasks of asyncio, or the cancel scopes of trio: both have the method ``cancel``."""

    def put(self, item: T) -> None:
        """Call the function with an item, now or when a task is free."""
        self._waiting.append(item)
        if self._running < self._limit:
            self._running += 1
            try:
                task: Any = asyncio.get_running_loop().create_task(self._run())
            except RuntimeError:
                import trio

                trio.lowlevel.spawn_system_task(self._run_in_trio)
            else:
                self._tasks.add(task)  # asyncio itself keeps no reference to a task
                task.add_done_callback(self._tasks.discard)

    def withdraw(self) -> list[T]:
        """Take back the items that no task has begun with."""
        items = list(self._waiting)
        self._waiting.clear()
        return items

    async def aclose(self) -> None:
        """Cancel the calls under way, and wait until they have ended."""
        self._waiting.clear()
        for task in list(self._tasks):
            task.cancel()
        with shield():
            while self._tasks:
                await anyio.sleep(0.001)

    async def _run_in_trio(self) -> None:
        with anyio.CancelScope() as scope:
            self._tasks.add(scope)
            try:
                await self._run()
            finally:
                self._tasks.discard(scope)

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._function(self._waiting.popleft())
        finally:
            self._running -= 1


# Ownership: a socket belongs to the event loop, and to the process, that opened it.

Loop: TypeAlias = tuple[int, Any]


def current_loop() -> Loop:
    """Return the process and the event loop that run this."""
    try:
        return os.getpid(), asyncio.get_running_loop()
    except RuntimeError:
        return os.getpid(), anyio.lowlevel.current_token()


def call_on_loop(loop: Loop, function: Callable[[], None]) -> None:
    """Have an event loop call a function soon. Any thread, and a handler of a signal, may call this."""
    event_loop = loop[1]
    try:
        if isinstance(event_loop, asyncio.AbstractEventLoop):
            event_loop.call_soon_threadsafe(function)
        else:
            token: Any = getattr(event_loop, "native_token", event_loop)
            token.run_sync_soon(function)
    except RuntimeError:  # The loop has ended.
        pass


def close_on_loop(loop: Loop, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Schedule ``close`` on ``loop``, if that still runs.

    The garbage collector may call this in any thread. A forked child closes no socket of its parent.
    """
    process, event_loop = loop

    async def close_safely() -> None:
        try:
            await close()
        except Exception:  # No caller waits for this task, and in trio its exception would end the program.
            pass

    if process != os.getpid():
        return
    try:
        if isinstance(event_loop, asyncio.AbstractEventLoop):
            event_loop.call_soon_threadsafe(lambda: event_loop.create_task(close_safely()))
        else:
            import trio

            token: Any = getattr(event_loop, "native_token", event_loop)
            token.run_sync_soon(trio.lowlevel.spawn_system_task, close_safely)
    except RuntimeError:  # The loop has ended.
        pass


class _Closable(Protocol):
    def aclose(self) -> Coroutine[Any, Any, None]: ...


C = TypeVar("C", bound=_Closable)
_per_loops: WeakSet[AsyncPerLoop[Any]] = WeakSet()
_sweeping = ForkSafeLock()


class AsyncPerLoop(Generic[C]):
    """One value for each event loop of each process.

    A process may run many short event loops, each by ``asyncio.run``. The values of those that have ended are closed
    when any client makes its first call in another loop.
    """

    __slots__ = ("__weakref__", "_values")

    def __init__(self) -> None:
        self._values: dict[Loop, C] = {}

    def get(self, make: Callable[[], C]) -> C:
        """Return the value of the running event loop, made on first use."""
        try:
            return self._values[current_loop()]
        except KeyError:
            pass
        with _sweeping:
            _per_loops.add(self)
            per_loops = list(_per_loops)
        for per_loop in per_loops:
            per_loop._close_ended()
        return self._values.setdefault(current_loop(), make())

    def peek(self) -> C | None:
        """Return the value of the running event loop; None if there is none."""
        return self._values.get(current_loop())

    def values(self) -> list[C]:
        """Return the values of all event loops of this process."""
        return [value for loop, value in list(self._values.items()) if loop[0] == os.getpid()]

    def take(self) -> list[C]:
        """Remove the value of the running event loop; return it in a list, which is empty if there is none."""
        self._close_ended()
        return [value for value in [self._values.pop(current_loop(), None)] if value is not None]

    def _close_ended(self) -> None:
        """Close the values whose event loop has ended."""
        for loop in list(self._values):
            if loop[0] == os.getpid() and _is_closed(loop[1]):
                value = self._values.pop(loop, None)
                if value is not None and isinstance(loop[1], asyncio.AbstractEventLoop):
                    _close_without_loop(value)


def _close_without_loop(value: _Closable) -> None:
    """Close sockets whose event loop has ended. Those of trio close by themselves, as nothing refers to them."""
    closing = value.aclose()
    try:
        closing.send(None)  # A socket closes without waiting.
    except StopIteration:
        pass
    except Exception:  # The garbage collector will close the rest.
        pass
    closing.close()


def _is_closed(event_loop: Any) -> bool:
    if isinstance(event_loop, asyncio.AbstractEventLoop):
        return event_loop.is_closed()
    try:  # Trio has no other way to ask.
        getattr(event_loop, "native_token", event_loop).run_sync_soon(lambda: None)
    except RuntimeError:
        return True
    return False


def add_finalizer(owner: object, pools: AsyncPerLoop[Any]) -> None:
    """Do nothing: only their event loop could close the connections, and it may have ended by then."""


class AsyncFinalizerMixin:
    """No finalizer: an event loop turns an interrupt into a cancellation, and the cancelled task closes the object."""


class AsyncBackgroundCall(Generic[T]):
    """A call that runs in a task of its own, so that a wait for it may end before the call does.

    Args:
        function: The coroutine function to call.
    """

    __slots__ = ("_error", "_function", "_has_ended", "_loop", "_result", "_scope", "_task")

    def __init__(self, function: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._function: Callable[[], Coroutine[Any, Any, T]] = function
        self._loop: Loop = current_loop()
        self._has_ended: anyio.Event = anyio.Event()
        self._scope: anyio.CancelScope = anyio.CancelScope()
        self._result: T
        self._error: BaseException | None = None
        self._task: object  # asyncio itself keeps no reference to a task
        try:
            self._task = asyncio.get_running_loop().create_task(self._run())
        except RuntimeError:
            import trio

            self._task = trio.lowlevel.spawn_system_task(self._run)

    async def _run(self) -> None:
        try:
            with self._scope:
                self._result = await self._function()
        except Exception as exc:
            self._error = exc
        except BaseException as exc:  # The event loop ends.
            self._error = exc
            raise
        finally:
            self._has_ended.set()

    async def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; return whether the call has ended. A cancelled wait cancels the call."""
        try:
            with anyio.move_on_after(timeout):
                await self._has_ended.wait()
        except BaseException:
            await self.cancel()
            raise
        return self._has_ended.is_set()

    def result(self) -> T:
        """Return the result of a call that has ended, or raise its exception."""
        if self._error is not None:
            raise self._error
        return self._result

    async def cancel(self) -> None:
        """Cancel the call, and wait until it has ended."""
        self._scope.cancel()
        with shield():
            await self._has_ended.wait()

    def abandon(self) -> None:
        """Cancel the call soon. The garbage collector may call this in any thread."""
        close_on_loop(self._loop, self.cancel)


# Network


def make_network() -> AsyncNetwork:
    """Return the network for a new connection: asyncio's transports on asyncio, else httpcore's own streams."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from .anyio_stream import AnyioNetwork

        return AnyioNetwork()
    from .asyncio_stream import AsyncioNetwork

    return AsyncioNetwork()


def is_intercepted() -> bool:
    """Return whether a library that mocks HTTP has replaced a method by which httpx sends on event loops."""
    from .interception import of_event_loops

    return of_event_loops.any()
