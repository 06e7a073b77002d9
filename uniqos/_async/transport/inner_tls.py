"""TLS over any stream of bytes, also over TLS to a proxy.

httpcore's streams, and asyncio's transports, cannot tell a cut connection from one that TLS closed properly. This one
can: a body that ends with its connection may be half of it otherwise.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpcore

from ..._network.aio import shield
from ..._network.limits import CAN_START_TLS, READ_BYTES, Limits

_T = TypeVar("_T")


async def start_tls(
    stream: httpcore.AsyncNetworkStream,
    limits: Limits,
    ssl_context: ssl.SSLContext,
    server_hostname: str,
    timeout: float | None,
) -> httpcore.AsyncNetworkStream:
    """Begin TLS on a stream, which may be TLS to a proxy already.

    Args:
        stream: Where to begin it. It is closed if that fails.
        limits: Those of its connection.
        ssl_context: The certificates to trust.
        server_hostname: The name that the other side's certificate must be for.
        timeout: Seconds that each step may take.

    Raises:
        httpcore.ConnectError: The other side does not speak TLS, or its certificate is not trusted.
        httpcore.ConnectTimeout: It took too long.
    """
    # A plain socket of a thread does it by itself, which is faster.
    way = stream if stream.get_extra_info(CAN_START_TLS) else AsyncTlsStream(stream, limits)
    return await way.start_tls(ssl_context, server_hostname, timeout)


class AsyncTlsStream(httpcore.AsyncNetworkStream):
    """A stream on which TLS is to begin, by ``start_tls``.

    Args:
        outer: The stream below, which keeps the deadline.
        limits: Those of the connection.
    """

    def __init__(self, outer: httpcore.AsyncNetworkStream, limits: Limits) -> None:
        self._outer: httpcore.AsyncNetworkStream = outer
        self._limits: Limits = limits
        self._incoming: ssl.MemoryBIO = ssl.MemoryBIO()
        self._outgoing: ssl.MemoryBIO = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            tls = ssl_context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
            await self._do(tls.do_handshake, timeout)
        except BaseException as exc:
            with shield():
                await self.aclose()
            if isinstance(exc, httpcore.TimeoutException):
                raise httpcore.ConnectTimeout("no TLS in time") from exc
            if isinstance(exc, (ssl.SSLError, ValueError, httpcore.NetworkError)):
                raise httpcore.ConnectError(str(exc)) from exc
            raise
        self._tls = tls
        self._limits.written = False
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        tls = self._tls
        assert tls is not None
        try:
            return await self._do(partial(tls.read, max_bytes), timeout, reads=True)
        except ssl.SSLEOFError:
            self._limits.was_cut = True
            return b""
        except ssl.SSLError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        tls = self._tls
        assert tls is not None
        try:
            while buffer:
                buffer = buffer[await self._do(partial(tls.write, buffer), timeout) :]
        except ssl.SSLError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    async def aclose(self) -> None:
        await self._outer.aclose()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._tls
        if info == "is_readable" and (self._incoming.pending or (self._tls is not None and self._tls.pending())):
            return True
        return self._outer.get_extra_info(info)

    async def _do(self, step: Callable[[], _T], timeout: float | None, *, reads: bool = False) -> _T:
        """Do a step that may need bytes from the other side, and send the bytes that it makes.

        Where the step ``reads``, its result counts even if nothing can be sent any more.
        """
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._send(timeout)
                data = await self._outer.read(READ_BYTES, timeout)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                try:
                    await self._send(timeout)  # the alert that tells the other side why
                except (httpcore.NetworkError, httpcore.TimeoutException):
                    pass
                raise
            else:
                try:
                    await self._send(timeout)
                except (httpcore.NetworkError, httpcore.TimeoutException):
                    if not reads:
                        raise
                return result

    async def _send(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            await self._outer.write(self._outgoing.read(), timeout)
