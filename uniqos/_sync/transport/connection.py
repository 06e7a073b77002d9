# Generated from _async/transport/connection.py by python -m uniqos._generate. Do not edit.
"""An HTTP/1.1 connection, which serves again only if its last exchange was complete on both sides."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from ..._network.limits import READ_BYTES, Network
from ..._network.proxy import ProxyAddress
from ..._network.threads import make_network
from ..._wire.failures import UncertainEnd
from ..._wire.http1 import ResponseReader, request_head
from .inner_tls import start_tls
from .tunnel import Tunnel

KEEPALIVE_SECONDS = 30.0
"""How long an idle connection is kept."""
_JOIN_BYTES = 64 * 1024
"""A shorter part of a body is sent in one write with the head before it, and so in one packet."""


class Connection:
    """A connection, opened by its first request.

    Args:
        origin: Scheme, host and port of the server.
        tls: The TLS context, for https.
        proxy: A proxy that tunnels to the origin.
    """

    __slots__ = ("_address", "_proxy", "_reader", "_stream", "_timeout", "_tls", "_wrote_all", "idle_since", "network")

    def __init__(self, origin: httpcore.Origin, tls: ssl.SSLContext | None, proxy: ProxyAddress | None) -> None:
        self.network: Network = make_network()
        """Opens the socket and bounds each step. The pool sets its deadline for each request."""
        self.idle_since: float = 0.0
        """When the connection became idle, on the monotonic clock."""
        self._address: httpcore.Origin = origin
        self._tls: ssl.SSLContext | None = tls
        self._proxy: ProxyAddress | None = proxy
        self._stream: httpcore.NetworkStream | None = None
        self._reader: ResponseReader | None = None
        self._timeout: float | None = None
        self._wrote_all: bool = False

    def send(
        self, request: httpx.Request, target: bytes, more_headers: Iterable[tuple[bytes, bytes]]
    ) -> ResponseReader:
        """Send a request; return the reader of its response, which has read the head.

        Args:
            request: The request; its extension ``timeout`` bounds each step, in seconds.
            target: The target of the request line.
            more_headers: Headers besides those of the request.

        Raises:
            httpcore.NetworkError: The connection failed.
            httpcore.TimeoutException: A step took too long.
            httpcore.ProtocolError: The request or the response is not HTTP/1.1.
        """
        timeout: dict[str, Any] = request.extensions.get("timeout", {})
        method = request.method.encode()
        head = request_head(method, target, [*request.headers.raw, *more_headers])
        if self._stream is None:
            self._stream = self._connect(timeout.get("connect"))
        stream, reader = self._stream, ResponseReader(method)
        self._reader, self._timeout, self._wrote_all = reader, timeout.get("read"), False
        try:
            assert isinstance(request.stream, Iterable)
            for part in request.stream:
                if len(part) < _JOIN_BYTES:
                    part = head + part
                else:
                    stream.write(head, timeout.get("write"))
                stream.write(part, timeout.get("write"))
                head = b""
            if head:
                stream.write(head, timeout.get("write"))
            self._wrote_all = True
        except httpcore.WriteError:
            pass  # The server may have refused, and answered, before it read everything.
        while True:
            if reader.read_head(stream.read(READ_BYTES, self._timeout)) is not None:
                return reader

    def read_part(self, reader: ResponseReader) -> bytes:
        """Return the next bytes of the body that ``reader`` reads; no bytes at its end.

        Raises:
            httpcore.NetworkError: The connection failed.
            httpcore.ReadTimeout: The bytes took too long.
            httpcore.RemoteProtocolError: The body is cut off or malformed.
            UncertainEnd: Only the end of the connection ends the body, and TLS was cut off.
        """
        stream = self._stream
        assert stream is not None
        part = reader.read_rest()
        while not part and not reader.ended:
            part = reader.read_body(stream.read(READ_BYTES, self._timeout))
        if not part and reader.ends_with_connection and self.network.was_cut:
            raise UncertainEnd("the connection was cut off, so that the body may be incomplete")
        return part

    @property
    def can_serve_again(self) -> bool:
        """Whether the last request and response were exchanged completely, and no byte followed the response."""
        return self._wrote_all and self._reader is not None and self._reader.can_serve_again

    @property
    def is_expired(self) -> bool:
        """Whether an idle connection is too old. A negative age, after the clock jumped, counts as too old."""
        return not 0 <= time.monotonic() - self.idle_since <= KEEPALIVE_SECONDS

    @property
    def is_alive(self) -> bool:
        """Whether an idle connection can be used: it is not expired, and the server has neither sent bytes nor left."""
        return self._stream is not None and not self.is_expired and not self._stream.get_extra_info("is_readable")

    def close(self) -> None:
        """Close the connection at any time, even during a request."""
        self._wrote_all = False
        if self._stream is not None:
            self._stream.close()

    def _connect(self, timeout: float | None) -> httpcore.NetworkStream:
        """Open a stream to the server, through the proxy if there is one, and start TLS."""
        connector = self.network if self._proxy is None else Tunnel(self._proxy, self.network, self._tls)
        host = self._address.host.decode("ascii")
        stream = connector.connect_tcp(host, self._address.port, timeout)
        if self._address.scheme != b"https":
            return stream
        assert self._tls is not None
        self._tls.set_alpn_protocols(["http/1.1"])
        return start_tls(stream, self.network, self._tls, host, timeout)
