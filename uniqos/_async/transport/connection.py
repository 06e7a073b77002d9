"""One HTTP/1.1 connection: sends a request, reads its response, and knows for certain whether it can serve again."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterable, Iterable
from typing import Any

import httpcore
import httpx

from ..._network.aio import make_network
from ..._network.limits import READ_BYTES, AsyncNetwork
from ..._network.proxy import ProxyAddress
from ..._wire.failures import UncertainEnd
from ..._wire.http1 import ResponseReader, request_head
from .inner_tls import start_tls
from .tunnel import AsyncTunnel

KEEPALIVE_SECONDS = 30.0
"""How long an idle connection is kept."""
_JOIN_BYTES = 64 * 1024
"""A shorter part of a body is sent in one write with the head before it, and so in one packet."""


class AsyncConnection:
    """A connection that is opened by its first request.

    Args:
        origin: Scheme, host and port it leads to.
        tls: The TLS context of https.
        proxy: A proxy that tunnels to the origin.
    """

    __slots__ = ("_address", "_proxy", "_reader", "_stream", "_timeout", "_tls", "_wrote_all", "idle_since", "network")

    def __init__(self, origin: httpcore.Origin, tls: ssl.SSLContext | None, proxy: ProxyAddress | None) -> None:
        self.network: AsyncNetwork = make_network()
        """Its deadline bounds each step; the pool sets it for each request."""
        self.idle_since: float = 0.0
        """When it was given back, on the monotonic clock."""
        self._address: httpcore.Origin = origin
        self._tls: ssl.SSLContext | None = tls
        self._proxy: ProxyAddress | None = proxy
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._reader: ResponseReader | None = None
        self._timeout: float | None = None
        self._wrote_all: bool = False

    async def send(
        self, request: httpx.Request, target: bytes, more_headers: Iterable[tuple[bytes, bytes]]
    ) -> ResponseReader:
        """Send a request; return the reader of its response, whose head has come.

        Args:
            request: The request; its extension ``timeout`` bounds each step, in seconds.
            target: What the request line asks for.
            more_headers: Headers besides those of the request.

        Raises:
            httpcore.NetworkError: The connection failed.
            httpcore.TimeoutException: A step took too long.
            httpcore.ProtocolError: What was sent, or received, is no HTTP/1.1.
        """
        timeout: dict[str, Any] = request.extensions.get("timeout", {})
        method = request.method.encode()
        head = request_head(method, target, [*request.headers.raw, *more_headers])
        if self._stream is None:
            self._stream = await self._connect(timeout.get("connect"))
        stream, reader = self._stream, ResponseReader(method)
        self._reader, self._timeout, self._wrote_all = reader, timeout.get("read"), False
        try:
            assert isinstance(request.stream, AsyncIterable)
            async for part in request.stream:
                if len(part) < _JOIN_BYTES:  # one write, and so one packet
                    part = head + part
                else:
                    await stream.write(head, timeout.get("write"))
                await stream.write(part, timeout.get("write"))
                head = b""
            if head:
                await stream.write(head, timeout.get("write"))
            self._wrote_all = True
        except httpcore.WriteError:
            pass  # The server may have refused, and answered, before it read everything.
        while True:
            if reader.read_head(await stream.read(READ_BYTES, self._timeout)) is not None:
                return reader

    async def read_part(self, reader: ResponseReader) -> bytes:
        """Return the next bytes of the body of ``reader``; none at its end.

        Raises:
            httpcore.NetworkError: The connection failed.
            httpcore.ReadTimeout: They took too long.
            httpcore.RemoteProtocolError: The body is cut off or malformed.
            UncertainEnd: TLS was cut where the end of the connection ends the body.
        """
        stream = self._stream
        assert stream is not None
        part = reader.read_rest()
        while not part and not reader.ended:
            part = reader.read_body(await stream.read(READ_BYTES, self._timeout))
        if not part and reader.ends_with_connection and self.network.was_cut:
            raise UncertainEnd("the connection was cut, and so nobody knows whether the body is whole")
        return part

    @property
    def can_serve_again(self) -> bool:
        """Whether request and response were exchanged whole, and no byte came behind the response."""
        return self._wrote_all and self._reader is not None and self._reader.can_serve_again

    @property
    def is_expired(self) -> bool:
        """Whether an idle connection has waited for too long. A negative age, after the clock jumped, counts too."""
        return not 0 <= time.monotonic() - self.idle_since <= KEEPALIVE_SECONDS

    @property
    def is_alive(self) -> bool:
        """Whether an idle connection is still good: the server sent nothing meanwhile, not even the end."""
        return self._stream is not None and not self.is_expired and not self._stream.get_extra_info("is_readable")

    async def aclose(self) -> None:
        """Close the connection, also in the middle of a request."""
        self._wrote_all = False
        if self._stream is not None:
            await self._stream.aclose()

    async def _connect(self, timeout: float | None) -> httpcore.AsyncNetworkStream:
        """Open it, by way of the proxy if there is one, and begin TLS."""
        way = self.network if self._proxy is None else AsyncTunnel(self._proxy, self.network, self._tls)
        host = self._address.host.decode("ascii")
        stream = await way.connect_tcp(host, self._address.port, timeout)
        if self._address.scheme != b"https":
            return stream
        assert self._tls is not None
        self._tls.set_alpn_protocols(["http/1.1"])
        return await start_tls(stream, self.network, self._tls, host, timeout)
