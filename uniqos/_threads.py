"""What a thread does its own way; ``_aio.py`` holds the same for event loops. Both by hand: all else is generated."""

from __future__ import annotations

import os
import random
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

import httpx
from typing_extensions import TypeVarTuple, Unpack

from .errors import ConfigurationError

if TYPE_CHECKING:
    from httpcore import SOCKET_OPTION, NetworkStream

    from ._sync.network import Network

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


@lru_cache(maxsize=8)
def ssl_context(verify: ssl.SSLContext | str | None = None) -> ssl.SSLContext:
    """One TLS context for all that trust the same: making it is nearly all of what a client costs.

    Args:
        verify: A context as it is, the path of a file or folder of certificates, or None for those that httpx trusts.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    try:
        if verify is None:
            named = os.environ.get("SSL_CERT_FILE")
            if named and not os.path.exists(
                named
            ):  # some versions of httpx would say nothing, and trust the usual ones
                raise FileNotFoundError(named)
            return httpx.create_ssl_context()
        folder = os.path.isdir(verify)
        return ssl.create_default_context(cafile=None if folder else verify, capath=verify if folder else None)
    except OSError as exc:
        where = "SSL_CERT_FILE or SSL_CERT_DIR of the environment" if verify is None else f"verify={verify!r}"
        raise ConfigurationError(f"{where} holds no certificates that can be read: {exc}") from None


def connect(
    host: str,
    port: int,
    left: Callable[[], float | None],
    local_address: str | None,
    socket_options: Iterable[SOCKET_OPTION] | None,
) -> NetworkStream:
    """Connect to the first address of ``host`` that answers; each but the last may take half of what time is left."""
    import socket

    import httpcore

    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise httpcore.ConnectError(str(exc)) from exc
    for number, (family, _, _, _, address) in enumerate(found, 1):
        numeric = str(address[0])
        if family == socket.AF_INET6 and len(address) == 4 and address[3]:
            numeric = f"{numeric}%{address[3]}"
        seconds = left()
        if seconds is not None and number < len(found):
            seconds /= 2
        try:
            return httpcore.SyncBackend().connect_tcp(numeric, port, seconds, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            if number == len(found):
                raise
    raise httpcore.ConnectError(f"{host} has no address")


def make_network() -> Network:
    """The network for a new connection."""
    from ._sync.network import Network

    return Network()


def blocking(function: Callable[[Unpack[Ts]], T], *arguments: Unpack[Ts]) -> T:
    """Call what may block; here that is no matter."""
    return function(*arguments)
