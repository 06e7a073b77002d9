"""A way through a proxy for the pool's connections, so that these are as many, and as bounded, as without one."""

from __future__ import annotations

import ssl
from collections.abc import Generator

import httpcore

from ..._network.aio import shield
from ..._network.limits import READ_BYTES, AsyncNetwork
from ..._network.proxy import ProxyAddress
from ..._wire.http1 import ResponseReader, request_head
from .inner_tls import start_tls


class AsyncTunnel:
    """Connects by asking a proxy to.

    Args:
        proxy: Where it is, and what it asks for.
        network: How to get there.
        tls: What certificates of its own it may have.
    """

    def __init__(self, proxy: ProxyAddress, network: AsyncNetwork, tls: ssl.SSLContext | None) -> None:
        self._proxy: ProxyAddress = proxy
        self._network: AsyncNetwork = network
        self._tls: ssl.SSLContext | None = tls

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        try:
            lead = self._by_socks if self._proxy.socks else self._by_connect
            stream = await lead(host, port, timeout)
        # Whatever goes wrong up to here: nothing was sent to the API.
        except httpcore.TimeoutException as exc:
            raise httpcore.ConnectTimeout("the proxy did not lead there in time") from exc
        except (httpcore.ReadError, httpcore.WriteError, httpcore.ProtocolError) as exc:
            raise httpcore.ConnectError(f"the proxy broke the connection: {exc}") from exc
        self._network.written = False
        return stream

    async def _by_connect(self, host: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        proxy = self._proxy.origin.host.decode("ascii")
        stream = await self._network.connect_tcp(proxy, self._proxy.origin.port, timeout)
        try:
            if self._proxy.secure:
                assert self._tls is not None
                stream = await start_tls(stream, self._network, self._tls, proxy, timeout)
            headers = [(b"Host", target.encode()), *self._proxy.headers]
            await stream.write(request_head(b"CONNECT", target.encode(), headers), timeout)
            reader = ResponseReader(b"CONNECT")
            while (answer := reader.read_head(await stream.read(READ_BYTES, timeout))) is None:
                pass
            if not 200 <= answer.status_code < 300:
                raise httpcore.ProxyError(f"{answer.status_code} {answer.reason.decode('ascii', 'replace')}".strip())
            if reader.rest:
                raise httpcore.ProxyError("it sent bytes of its own before the API could answer")
        except BaseException:
            with shield():
                await stream.aclose()
            raise
        return stream

    async def _by_socks(self, host: str, port: int, timeout: float | None) -> httpcore.AsyncNetworkStream:
        from ..._network.socks import handshake  # an extra

        origin = self._proxy.origin
        talk = handshake(host, port, self._proxy.auth)
        stream = await self._network.connect_tcp(origin.host.decode("ascii"), origin.port, timeout)
        try:
            step = next(talk, None)
            while step is not None:
                received = b""
                if isinstance(step, bytes):
                    await stream.write(step, timeout)
                else:  # no more than that: what follows is not the proxy's
                    received = await _exactly(stream, step, timeout)
                step = _after(talk, received)
        except BaseException:
            with shield():
                await stream.aclose()
            raise
        return stream


def _after(talk: Generator[bytes | int, bytes, None], received: bytes) -> bytes | int | None:
    """The next step; None at the end."""
    try:
        return talk.send(received)
    except StopIteration:
        return None


async def _exactly(stream: httpcore.AsyncNetworkStream, size: int, timeout: float | None) -> bytes:
    received = b""
    while len(received) < size:
        part = await stream.read(size - len(received), timeout)
        if not part:
            raise httpcore.ReadError("it ended")
        received += part
    return received
