# Generated from _async/transport/tunnel.py by python -m uniqos._generate. Do not edit.
"""A way through a proxy for the pool's connections, so that these are as many, and as bounded, as without one."""

from __future__ import annotations

import ssl
from collections.abc import Generator

import httpcore

from ..._network.limits import READ_BYTES, Network
from ..._network.proxy import ProxyAddress
from ..._network.threads import shield
from ..._wire.http1 import ResponseReader, request_head
from .inner_tls import start_tls


class Tunnel:
    """Connects by asking a proxy to.

    Args:
        proxy: Where it is, and what it asks for.
        network: How to get there.
        tls: What certificates of its own it may have.
    """

    def __init__(self, proxy: ProxyAddress, network: Network, tls: ssl.SSLContext | None) -> None:
        self._proxy: ProxyAddress = proxy
        self._network: Network = network
        self._tls: ssl.SSLContext | None = tls

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.NetworkStream:
        try:
            lead = self._by_socks if self._proxy.socks else self._by_connect
            stream = lead(host, port, timeout)
        # Whatever goes wrong up to here: nothing was sent to the API.
        except httpcore.TimeoutException as exc:
            raise httpcore.ConnectTimeout("the proxy did not lead there in time") from exc
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
                raise httpcore.ProxyError(f"{answer.status_code} {answer.reason.decode('ascii', 'replace')}".strip())
            if reader.rest:
                raise httpcore.ProxyError("it sent bytes of its own before the API could answer")
        except BaseException:
            with shield():
                stream.close()
            raise
        return stream

    def _by_socks(self, host: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        from ..._network.socks import handshake  # an extra

        origin = self._proxy.origin
        talk = handshake(host, port, self._proxy.auth)
        stream = self._network.connect_tcp(origin.host.decode("ascii"), origin.port, timeout)
        try:
            step = next(talk, None)
            while step is not None:
                received = b""
                if isinstance(step, bytes):
                    stream.write(step, timeout)
                else:  # no more than that: what follows is not the proxy's
                    received = _exactly(stream, step, timeout)
                step = _after(talk, received)
        except BaseException:
            with shield():
                stream.close()
            raise
        return stream


def _after(talk: Generator[bytes | int, bytes, None], received: bytes) -> bytes | int | None:
    """The next step; None at the end."""
    try:
        return talk.send(received)
    except StopIteration:
        return None


def _exactly(stream: httpcore.NetworkStream, size: int, timeout: float | None) -> bytes:
    received = b""
    while len(received) < size:
        part = stream.read(size - len(received), timeout)
        if not part:
            raise httpcore.ReadError("it ended")
        received += part
    return received
