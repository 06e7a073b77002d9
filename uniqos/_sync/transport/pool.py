# Generated from _async/transport/pool.py by python -m uniqos._generate. Do not edit.
"""A connection pool for one host: the connection that was given back last is taken first.

The pool of httpx looks at every connection for every request, and opens connections that it does not need. This pool
is a stack: a request costs the same however many are in flight. It also bounds a whole exchange by a deadline. httpx
bounds each read by itself, so that a server which sends a byte now and then would never time out.
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
from ..._policy.options import DEFAULT_MAX_CONNECTIONS
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
    """A place in the pool that one request holds, with the connection that serves it."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: Connection | None = None


class _Body(httpx.SyncByteStream, FinalizerMixin):
    """The body of a response, whose end gives the connection back.

    An object and no async generator: trio warns of each generator that is abandoned before its end.
    """

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
            raise _to_httpx(exc) from exc
        if not part:
            raise StopIteration
        return part

    def close(self) -> None:
        lease = None
        try:
            lease, self._lease = self._lease, None
            if lease is not None:
                self._pool.give_back(lease)
        except BaseException:  # After an interrupt halfway, a connection in use could look idle.
            with shield():
                if lease is not None:
                    self._pool.drop(lease)
            raise


class Pool(httpx.BaseTransport):
    """A pool of connections to one host, as a transport of httpx.

    Args:
        base_url: Scheme, host and port of the server.
        max_connections: How many connections may be busy at once. A further request waits for the pool timeout.
        verify: The certificates to trust: see ``ssl_context``.
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
        elif address is not None:  # The proxy forwards plain HTTP. Its request line names the whole URL.
            self._prefix = b"http://" + url.netloc
            self._origin, self._headers = address.origin, address.headers
        self._verify: ssl.SSLContext | str | None = verify
        self._max_connections: int = max_connections
        self._limiter: Limiter = Limiter(max_connections)
        # Each operation on these two is atomic in threads too.
        self._idle: deque[Connection] = deque()
        self._busy: set[_Lease] = set()
        self._closed: bool = False
        self.last_answer: float | None = None
        """The instant of the monotonic clock at which the head of an answer last arrived; None before the first."""

    @property
    def busy(self) -> int:
        """How many connections serve a request."""
        return len(self._busy)

    @property
    def idle(self) -> int:
        """How many connections are idle."""
        return len(self._idle)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return its response, whose body is not read yet.

        Raises:
            httpx.TransportError: As the transport of httpx does.
        """
        deadline = request.extensions.get("uniqos_deadline", _NO_DEADLINE)
        timeout = request.extensions.get("timeout", {}).get("pool")
        if not self._limiter.acquire(deadline.clamp(timeout)):
            raise httpx.PoolTimeout(f"all are busy (max_connections={self._max_connections})")
        lease = _Lease()
        self._busy.add(lease)
        try:
            connection = lease.connection = self._take()
            connection.network.deadline = deadline
            connection.network.written = False
            reader = connection.send(request, self._prefix + request.url.raw_path, self._headers)
            head = reader.head
            assert head is not None
            self.last_answer = time.monotonic()
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
                raise _to_httpx(exc) from exc
            raise

    def give_back(self, lease: _Lease) -> None:
        """End a lease: keep a connection that can serve again, close any other. A cancellation waits for that.

        Only what may wait is shielded: keeping a connection waits for nothing, and a shield would take longer than it.
        """
        connection = lease.connection
        if self._closed or connection is None or not connection.can_serve_again:
            with shield():
                self.drop(lease)
            return
        connection.idle_since = time.monotonic()
        try:
            self._busy.remove(lease)
        except KeyError:  # The lease has ended already.
            return
        try:
            self._idle.append(connection)
            if len(self._idle) > 1:
                self._close_expired()
        finally:
            self._limiter.release()
        if self._closed:  # Another thread closed the pool meanwhile, and may not have seen this connection.
            with shield():
                self.close()

    def drop(self, lease: _Lease) -> None:
        """End a lease: close its connection, which cannot serve again, and free its place."""
        try:
            self._busy.remove(lease)
        except KeyError:  # The lease has ended already.
            return
        try:
            if lease.connection is not None:
                lease.connection.close()
        finally:
            self._limiter.release()

    def close(self) -> None:
        """Close the idle connections now, and each busy one when it is given back."""
        self._closed = True
        while True:
            try:
                connection = self._idle.popleft()
            except IndexError:
                return
            connection.close()

    def _take(self) -> Connection:
        """Return the idle connection that was used last and is still alive, or a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if connection.is_alive:
                return connection
            connection.close()
        tls = ssl_context(self._verify) if self._origin.scheme == b"https" else None
        return Connection(self._origin, tls, self._tunnel)

    def _close_expired(self) -> None:
        """Close the oldest idle connection if it is expired. One check is enough, since each call adds one at most.

        The caller holds its place of the limiter until then, so that no more connections are open than allowed.
        """
        try:
            # Another thread may take the connection until it is removed. Only its age may be read before.
            oldest = self._idle[0]
            if not oldest.is_expired:
                return
            self._idle.remove(oldest)
        except (IndexError, ValueError):  # Another thread took it first.
            return
        if oldest.is_expired:
            with shield():
                oldest.close()
        else:  # Another thread used it meanwhile.
            self._idle.append(oldest)


def _to_httpx(exc: BaseException) -> httpx.TransportError:
    """Return the error of httpcore as that of httpx."""
    return next(error for kind, error in _ERRORS.items() if isinstance(exc, kind))(str(exc))
