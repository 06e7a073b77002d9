# Generated from _async/transport/inner_tls.py by python -m uniqos._generate. Do not edit.
"""TLS over any stream of bytes, such as a stream that is TLS to a proxy already.

The streams of httpcore and the transports of asyncio do not tell whether a connection was cut off or closed properly by
TLS. The stream here does: a body that only the end of its connection ends may be incomplete otherwise.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import httpcore

from ..._network.limits import CAN_START_TLS, READ_BYTES, Limits
from ..._network.threads import shield

_T = TypeVar("_T")


def start_tls(
    stream: httpcore.NetworkStream,
    limits: Limits,
    ssl_context: ssl.SSLContext,
    server_hostname: str,
    timeout: float | None,
) -> httpcore.NetworkStream:
    """Start TLS on a stream, which may be TLS to a proxy already.

    Args:
        stream: The stream below. It is closed if TLS fails.
        limits: The limits of the connection.
        ssl_context: The certificates to trust.
        server_hostname: The name that the certificate of the server must hold.
        timeout: Seconds that each step may take.

    Raises:
        httpcore.ConnectError: The server does not speak TLS, or its certificate is not trusted.
        httpcore.ConnectTimeout: The handshake took too long.
    """
    # The plain socket of a thread starts TLS by itself, which is faster.
    starter = stream if stream.get_extra_info(CAN_START_TLS) else TlsStream(stream, limits)
    return starter.start_tls(ssl_context, server_hostname, timeout)


class TlsStream(httpcore.NetworkStream):
    """A stream that speaks TLS once ``start_tls`` has been called.

    Args:
        outer: The stream below, which bounds each step by the deadline.
        limits: The limits of the connection.
    """

    def __init__(self, outer: httpcore.NetworkStream, limits: Limits) -> None:
        self._outer: httpcore.NetworkStream = outer
        self._limits: Limits = limits
        self._incoming: ssl.MemoryBIO = ssl.MemoryBIO()
        self._outgoing: ssl.MemoryBIO = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            tls = ssl_context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
            self._run(tls.do_handshake, timeout)
        except BaseException as exc:
            with shield():
                self.close()
            if isinstance(exc, httpcore.TimeoutException):
                raise httpcore.ConnectTimeout("the TLS handshake took too long") from exc
            if isinstance(exc, (ssl.SSLError, ValueError, httpcore.NetworkError)):
                raise httpcore.ConnectError(str(exc)) from exc
            raise
        self._tls = tls
        self._limits.written = False
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        tls = self._tls
        assert tls is not None
        try:
            return self._run(partial(tls.read, max_bytes), timeout, reads=True)
        except ssl.SSLEOFError:
            self._limits.was_cut = True
            return b""
        except ssl.SSLError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        tls = self._tls
        assert tls is not None
        try:
            while buffer:
                buffer = buffer[self._run(partial(tls.write, buffer), timeout) :]
        except ssl.SSLError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        self._outer.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._tls
        if info == "is_readable" and (self._incoming.pending or (self._tls is not None and self._tls.pending())):
            return True
        return self._outer.get_extra_info(info)

    def _run(self, step: Callable[[], _T], timeout: float | None, *, reads: bool = False) -> _T:
        """Run a step of the TLS engine: receive the bytes that it needs, and send the bytes that it produces.

        The result of a step that ``reads`` counts even if its bytes can no longer be sent.
        """
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._send(timeout)
                data = self._outer.read(READ_BYTES, timeout)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                try:
                    self._send(timeout)  # The alert tells the server why.
                except (httpcore.NetworkError, httpcore.TimeoutException):
                    pass
                raise
            else:
                try:
                    self._send(timeout)
                except (httpcore.NetworkError, httpcore.TimeoutException):
                    if not reads:
                        raise
                return result

    def _send(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            self._outer.write(self._outgoing.read(), timeout)
