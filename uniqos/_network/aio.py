"""What an event loop does its own way; ``_threads.py`` holds the same for threads. Both by hand: all else is generated.

Only this file, and asyncio's network in ``_asyncio_network.py``, know asyncio and anyio.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from functools import update_wrapper
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
from typing_extensions import TypeVarTuple, Unpack

from .threads import BaseClock

if TYPE_CHECKING:
    from .limits import AsyncNetwork

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
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
    """Schedule ``close`` on the event loop of ``where``, if that loop still runs.

    For objects that are collected as garbage, which may happen in any thread. A forked child closes no socket of its
    parent.
    """
    process, loop = where

    async def close_it() -> None:
        try:
            await close()
        except Exception:  # no caller waits for this task, and in trio its exception would end the program
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


def close_when_forgotten(owner: object, pools: AsyncPerHome[Any]) -> None:
    """Do nothing: only their event loop could close the connections, and it may not run any more."""


def _is_closed(loop: Any) -> bool:
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    try:  # trio tells in no other way
        getattr(loop, "native_token", loop).run_sync_soon(lambda: None)
    except RuntimeError:
        return True
    return False


def make_network() -> AsyncNetwork:
    """Return the network for a new connection: asyncio's transports where asyncio runs, else httpcore's own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from .anyio_stream import AnyioNetwork

        return AnyioNetwork()
    from .asyncio_stream import AsyncioNetwork

    return AsyncioNetwork()


def is_intercepted() -> bool:
    """Return whether a library that mocks HTTP has replaced the way httpx sends on event loops."""
    from .interception import of_event_loops

    return of_event_loops.any()


async def blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call what may block, such as the writing of a file, in a thread of its own."""
    return await anyio.to_thread.run_sync(function, *arguments)


def coroutine_function(function: F) -> F:
    """Mark a plain function that returns a coroutine, so that frameworks treat it as a coroutine function."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    method: Any = _CoroutineMethod(function)
    return method  # type: ignore[no-any-return]


class _CoroutineMethod:
    """A function of Python 3.10 and 3.11, where ``inspect.iscoroutinefunction`` knows no mark, but a flag of the code.

    A stand-in shows the function's own code with that flag, and passes for a function otherwise. The code that runs
    stays as it is: with the flag Python 3.10 would make a coroutine of each call, streams too.
    """

    __class__ = FunctionType  # type: ignore[assignment]  # for isinstance alone

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        code: CodeType = function.__code__
        self.__code__ = code.replace(co_flags=code.co_flags | inspect.CO_COROUTINE)
        self._function = function

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self._function)

    def __reduce__(self) -> str:
        return self.__qualname__  # type: ignore[no-any-return]
