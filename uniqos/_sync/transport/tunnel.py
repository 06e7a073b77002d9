# Generated from _async/transport/tunnel.py by python -m uniqos._generate. Do not edit.
"""A tunnel through a proxy, which the connections of the pool use in the place of a direct connection."""

from __future__ import annotations

import ssl
from collections.abc import Generator

import httpcore

from ..._network.limits import READ_BYTES, Network
from ..._network.proxy import ProxyAddress, ProxyAuthenticationError
from ..._network.threads import shield
from ..._wire.http1 import ResponseReader, request_head
from .inner_tls import start_tls


class Tunnel:
    """A connector that asks a proxy to connect to the server.

    Args:
        proxy: The address and credentials of the proxy.
        network: The network of the connection, which leads to the proxy.
        tls: The TLS context, for a proxy that speaks TLS itself.
    """

    def __init__(self, proxy: ProxyAddress, network: Network, tls: ssl.SSLContext | None) -> None:
        self._proxy: ProxyAddress = proxy
        self._network: Network = network
        self._tls: ssl.SSLContext | None = tls

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.NetworkStream:
        """Return a stream of bytes to ``host`` through the proxy; see ``Network.connect_tcp``."""
        try:
            connect = self._by_socks if self._proxy.socks else self._by_connect
            stream = connect(host, port, timeout)
        # Each failure is one of connecting: nothing was sent to the API yet, and so the call may be repeated.
        except httpcore.TimeoutException as exc:
            raise httpcore.ConnectTimeout("the proxy did not connect in time") from exc
        except (httpcore.ReadError, httpcore.WriteError, httpcore.ProtocolError) as exc:
            raise httpcore.ConnectError(f"the proxy broke the connection: {exc}") from exc
        self._network.written = False
        return stream

    def _by_connect(self, host: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        proxy = self._proxy.origin.host.decode("ascii")
        stream = self._network.connect_tcp(proxy, self._proxy.origin.port, timeout)
        try:
            if self._proxy.secure:
                assert self._tls is not None
                stream = start_tls(stream, self._network, self._tls, proxy, timeout)
            headers = [(b"Host", target.encode()), *self._proxy.headers]
            stream.write(request_head(b"CONNECT", target.encode(), headers), timeout)
            reader = ResponseReader(b"CONNECT")
            while (answer := reader.read_head(stream.read(READ_BYTES, timeout))) is None:
                pass
            if not 200 <= answer.status_code < 300:
                error = ProxyAuthenticationError if answer.status_code == 407 else httpcore.ProxyError
                raise error(f"{answer.status_code} {answer.reason.decode('ascii', 'replace')}".strip())
            if reader.rest:
                raise httpcore.ProxyError("it sent bytes before the API could answer")
        except BaseException:
            with shield():
                stream.close()
            raise
        return stream

    def _by_socks(self, host: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        from ..._network.socks import handshake  # It needs an extra.

        origin = self._proxy.origin
        steps = handshake(host, port, self._proxy.auth)
        stream = self._network.connect_tcp(origin.host.decode("ascii"), origin.port, timeout)
        try:
            step = next(steps, None)
            while step is not None:
                received = b""
                if isinstance(step, bytes):
                    stream.write(step, timeout)
                else:  # Exactly that many bytes: those that follow come from the server.
                    received = _read_exactly(stream, step, timeout)
                step = _next_step(steps, received)
        except BaseException:
            with shield():
                stream.close()
            raise
        return stream


def _next_step(steps: Generator[bytes | int, bytes, None], received: bytes) -> bytes | int | None:
    """Answer a step of the handshake with the bytes received; return the next step, or None at the end."""
    try:
        return steps.send(received)
    except StopIteration:
        return None


def _read_exactly(stream: httpcore.NetworkStream, size: int, timeout: float | None) -> bytes:
    received = b""
    while len(received) < size:
        part = stream.read(size - len(received), timeout)
        if not part:
            raise httpcore.ReadError("the connection ended")
        received += part
    return received
