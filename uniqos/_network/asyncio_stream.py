"""The network for asyncio, directly on its transports: anyio would add a third to the cost of a call."""

from __future__ import annotations

import asyncio
import errno
import math
from typing import Any, cast

import anyio
import httpcore

from .limits import AsyncNetwork
from .sockets import is_address, is_readable, keep_alive

_REFUSED_CODES = (f"Errno {errno.ECONNREFUSED}", "WinError 1225", "WinError 10061")
_HIGH_WATER, _LOW_WATER = 256 * 1024, 64 * 1024
"""Back-pressure: reading pauses above the first number of unread bytes, and resumes below the second."""


class _Stream(httpcore.AsyncNetworkStream, asyncio.Protocol):
    """A connection that keeps the received bytes in a list until they are read."""

    def __init__(self, loop: asyncio.AbstractEventLoop, network: AsyncioNetwork) -> None:
        self._loop = loop
        self._network = network
        self._transport: asyncio.Transport | None = None
        self._received: list[bytes] = []
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._read_until: float = 0.0
        """When the present read ends without data, on the clock of the event loop."""
        self._timer: asyncio.TimerHandle | None = None
        self._writer: asyncio.Future[None] | None = None
        self._paused = False

    # The protocol, which asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._size += len(data)
        if self._reader is not None:
            _wake(self._reader)
        if self._size > _HIGH_WATER and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)

    def pause_writing(self) -> None:
        self._writer = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writer is not None:
            _wake(self._writer)
            self._writer = None

    def _end(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = self._error or exc
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for waiting in (self._reader, self._writer):
            if waiting is not None:
                _wake(waiting)

    # The stream, which the connection calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._received and not self._ended:
            await self._wait_for_data(self._network.left(timeout, httpcore.ReadTimeout))
        if not self._received:
            if self._error is not None:
                raise httpcore.ReadError(str(self._error)) from self._error
            return b""
        data = self._received[0] if len(self._received) == 1 else b"".join(self._received)
        self._received.clear()
        if len(data) > max_bytes:
            self._received.append(data[max_bytes:])
            data = data[:max_bytes]
        self._size -= len(data)
        if self._paused and self._size < _LOW_WATER and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def _wait_for_data(self, timeout: float | None) -> None:
        reader = self._reader = self._loop.create_future()
        if timeout is not None:
            self._limit_read(timeout)
        else:
            self._read_until = math.inf
        try:
            await reader
        finally:
            self._reader = None

    def _limit_read(self, timeout: float) -> None:
        """End the present read after ``timeout`` seconds.

        One timer serves all reads: it is set again when it fires, and not for each read. With a timer for each read,
        timers took 3 % of the CPU of a service that sends events on. asyncio.wait_for() would cost still more.
        """
        self._read_until = self._loop.time() + timeout
        if self._timer is not None:
            if self._timer.when() <= self._read_until:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._read_until, self._check_time)

    def _check_time(self) -> None:
        self._timer = None
        if self._reader is None or self._reader.done() or self._read_until == math.inf:
            return
        if self._loop.time() >= self._read_until:
            self._reader.set_exception(httpcore.ReadTimeout("the answer took too long"))
        else:
            self._timer = self._loop.call_at(self._read_until, self._check_time)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        left = self._network.left_to_write(timeout)
        if self._transport is None or self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed") from self._error
        self._transport.write(buffer)
        if self._writer is not None:
            try:
                with anyio.fail_after(left):
                    await asyncio.shield(self._writer)
            except TimeoutError as exc:
                raise httpcore.WriteTimeout("the server does not read the request") from exc
            if self._error is not None:
                raise httpcore.WriteError(str(self._error)) from self._error

    async def aclose(self) -> None:
        if self._transport is None:
            return
        try:
            # Not close(), which waits until all bytes are sent, and until the server ends TLS.
            self._transport.abort()
        except RuntimeError:
            # The event loop has ended. The transport of asyncio refers to itself (Python 3.10 to 3.14), so that it
            # would keep the socket open until the garbage collector finds it.
            open_socket = self._transport.get_extra_info("socket")
            getattr(open_socket, "_sock", open_socket).close()

    def get_extra_info(self, info: str) -> Any:
        if self._transport is None:
            return None
        if info == "is_readable":  # For an idle connection: whether it ended or received unexpected bytes.
            is_known = self._ended or bool(self._received) or self._transport.is_closing()
            # The socket may be readable before the event loop calls this protocol.
            return is_known or is_readable(self._transport.get_extra_info("socket"))
        if info == "client_addr":
            return self._transport.get_extra_info("sockname")
        if info == "server_addr":
            return self._transport.get_extra_info("peername")
        if info == "socket":
            return self._transport.get_extra_info("socket")
        return None


class AsyncioNetwork(AsyncNetwork):
    """The network of one connection, on the transports of asyncio."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        left = self.left(timeout, httpcore.ConnectTimeout)
        more: dict[str, Any] = {}
        # Other loops, such as that of uvloop, may lack this argument.
        if not is_address(host) and isinstance(loop, asyncio.BaseEventLoop):
            more["happy_eyeballs_delay"] = 0.25
        try:
            # Not asyncio.wait_for: before Python 3.12 it can lose a cancellation, and the request would still be sent.
            with anyio.fail_after(left):
                transport, stream = await loop.create_connection(lambda: _Stream(loop, self), host, port, **more)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout("the connection took too long") from exc
        except OSError as exc:
            # The errors of several addresses become one OSError whose text alone names them: asyncio's
            # create_connection does so in Python 3.10 to 3.14, except with all_errors=True, which is new in 3.12.
            refused = isinstance(exc, ConnectionRefusedError) or any(
                f"[{number}]" in str(exc) for number in _REFUSED_CODES
            )
            raise httpcore.ConnectError(str(exc)) from (ConnectionRefusedError(str(exc)) if refused else exc)
        keep_alive(transport.get_extra_info("socket"))
        return stream


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
