# Generated from _async/transport/pool.py by python -m uniqos._generate. Do not edit.
"""Our own pool of connections to one host: the last one given back is the first one taken.

httpx's own pool looks at every connection for every request, and opens new ones where it need not. This one is a list,
so it costs the same whatever is in flight. It also knows the deadline of the whole exchange, where httpx bounds each
read by itself: a server that drips would never time out. A connection comes back only if nothing is unread on it.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Iterator

import httpcore
import httpx

from ..._base.deadline import Deadline
from ..._network.certificates import ssl_context
from ..._network.proxy import ProxyAddress
from ..._network.threads import FinalizerMixin, Limiter, shield
from ..._policy.config import DEFAULT_MAX_CONNECTIONS
from ..._wire.failures import forget_locals
from ..._wire.http1 import ResponseReader
from .connection import Connection

_NO_DEADLINE = Deadline()
_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    getattr(httpcore, error.__name__): error
    for error in (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.LocalProtocolError,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.RemoteProtocolError,
        httpx.WriteError,
        httpx.WriteTimeout,
    )
}
_KINDS = tuple(_ERRORS)


class _Lease:
    """The right of one request to a place in the pool, and to the connection that it was given."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: Connection | None = None


class _Body(httpx.SyncByteStream, FinalizerMixin):
    """A response's body; closing it gives the connection back. An object, not a generator: see stream.py."""

    _lease: _Lease | None = None

    def __init__(self, reader: ResponseReader, lease: _Lease, pool: Pool) -> None:
        self._reader: ResponseReader = reader
        self._pool: Pool = pool
        self._lease = lease

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        lease = self._lease
        if lease is None or lease.connection is None:
            raise httpx.StreamClosed
        try:
            part = lease.connection.read_part(self._reader)
        except _KINDS as exc:
            raise _mapped(exc) from exc
        if not part:
            raise StopIteration
        return part

    def close(self) -> None:
        lease = None
        try:
            lease, self._lease = self._lease, None
            if lease is not None:
                with shield():
                    self._pool.give_back(lease)
        except BaseException:  # interrupted halfway, a connection still in use could look idle
            with shield():
                if lease is not None:
                    self._pool.drop(lease)
            raise


class Pool(httpx.BaseTransport):
    """Connections to one host, made when they are needed and kept while they are good.

    Args:
        base_url: Where they lead to.
        max_connections: How many may be busy at once; more requests wait for the pool timeout.
        verify: Whose certificates are trusted: see ``ssl_context``.
        proxy: URL of a proxy to go through.
    """

    def __init__(
        self,
        base_url: str,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
        verify: ssl.SSLContext | str | None = None,
        proxy: str | None = None,
    ) -> None:
        url = httpx.URL(base_url)
        self._origin: httpcore.Origin = httpcore.Origin(
            url.raw_scheme, url.raw_host, url.port or (443 if url.scheme == "https" else 80)
        )
        self._tunnel: ProxyAddress | None = None
        self._prefix: bytes = b""
        self._headers: list[tuple[bytes, bytes]] = []
        address = None if proxy is None else ProxyAddress(proxy)
        if address is not None and (address.socks or url.scheme == "https"):
            self._tunnel = address
        elif address is not None:  # it is asked for the whole address, and passes the request on
            self._prefix = b"http://" + url.netloc
            self._origin, self._headers = address.origin, address.headers
        self._verify: ssl.SSLContext | str | None = verify
        self._max_connections: int = max_connections
        self._limiter: Limiter = Limiter(max_connections)
        # Adding to, and taking from, these is atomic in threads too.
        self._free: deque[Connection] = deque()
        self._busy: set[_Lease] = set()
        self._closed: bool = False

    @property
    def busy(self) -> int:
        """How many connections are at work."""
        return len(self._busy)

    @property
    def idle(self) -> int:
        """How many connections wait for work."""
        return len(self._free)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the response is open, its body not read.

        Raises:
            httpx.TransportError: As httpx's own transport.
        """
        deadline = request.extensions.get("uniqos_deadline", _NO_DEADLINE)
        timeout = request.extensions.get("timeout", {}).get("pool")
        if not self._limiter.acquire(deadline.clamp(timeout)):
            raise httpx.PoolTimeout(f"all of them are busy, and max_connections={self._max_connections}")
        lease = _Lease()
        self._busy.add(lease)
        try:
            connection = lease.connection = self._take()
            connection.network.deadline = deadline
            connection.network.written = False
            reader = connection.send(request, self._prefix + request.url.raw_path, self._headers)
            head = reader.head
            assert head is not None
            return httpx.Response(
                head.status_code,
                headers=head.headers.raw_items(),
                stream=_Body(reader, lease, self),
                extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
            )
        except BaseException as exc:
            with shield():
                self.drop(lease)
            forget_locals(exc)
            if isinstance(exc, _KINDS):
                raise _mapped(exc) from exc
            raise

    def give_back(self, lease: _Lease) -> None:
        """End a lease: keep a connection that can serve again, close any other."""
        connection = lease.connection
        if self._closed or connection is None or not connection.can_serve_again:
            self.drop(lease)
            return
        connection.idle_since = time.monotonic()
        try:
            self._busy.remove(lease)
        except KeyError:  # it has ended before
            return
        try:
            self._free.append(connection)
            if len(self._free) > 1:
                self._close_expired()
        finally:
            self._limiter.release()
        if self._closed:  # meanwhile, by another thread, which may not have seen this one
            self.close()

    def drop(self, lease: _Lease) -> None:
        """End a lease: close its connection, which cannot serve again; its place is free."""
        try:
            self._busy.remove(lease)
        except KeyError:  # it has ended before
            return
        try:
            if lease.connection is not None:
                lease.connection.close()
        finally:
            self._limiter.release()

    def close(self) -> None:
        """Close the idle connections now and the busy ones when they are given back."""
        self._closed = True
        while True:
            try:
                connection = self._free.popleft()
            except IndexError:
                return
            connection.close()

    def _take(self) -> Connection:
        while True:
            try:
                connection = self._free.pop()
            except IndexError:
                break
            if connection.is_alive:
                return connection
            connection.close()
        tls = ssl_context(self._verify) if self._origin.scheme == b"https" else None
        return Connection(self._origin, tls, self._tunnel)

    def _close_expired(self) -> None:
        """Close the oldest idle connection if its time is over: one for each call keeps up with any number.

        The caller keeps its place at the gate until this one is closed: it counts for the one just given back.
        """
        try:
            # Until it is removed, another thread may take it: nothing but its time may be read.
            oldest = self._free[0]
            if not oldest.is_expired:
                return
            self._free.remove(oldest)
        except (IndexError, ValueError):  # another thread was faster, and has it
            return
        if oldest.is_expired:
            oldest.close()
        else:  # another thread had it meanwhile
            self._free.append(oldest)


def _mapped(exc: BaseException) -> httpx.TransportError:
    """Httpcore's error as httpx's."""
    return next(error for kind, error in _ERRORS.items() if isinstance(exc, kind))(str(exc))
