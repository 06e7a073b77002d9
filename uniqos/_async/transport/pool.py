"""A connection pool for one host: the connection that was given back last is taken first.

The pool of httpx looks at every connection for every request, and opens connections that it does not need. This pool
is a stack: a request costs the same however many are in flight. It also bounds a whole exchange by a deadline. httpx
bounds each read by itself, so that a server which sends a byte now and then would never time out.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncIterator

import httpcore
import httpx

from ..._base.deadline import Deadline
from ..._network.aio import AsyncFinalizerMixin, AsyncLimiter, shield
from ..._network.certificates import ssl_context
from ..._network.proxy import ProxyAddress
from ..._policy.options import DEFAULT_MAX_CONNECTIONS
from ..._wire.failures import forget_locals
from ..._wire.http1 import ResponseReader
from .connection import AsyncConnection

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


class _AsyncLease:
    """A place in the pool that one request holds, with the connection that serves it."""

    __slots__ = ("connection",)

    def __init__(self) -> None:
        self.connection: AsyncConnection | None = None


class _AsyncBody(httpx.AsyncByteStream, AsyncFinalizerMixin):
    """The body of a response, whose end gives the connection back.

    An object and no async generator: trio warns of each generator that is abandoned before its end.
    """

    _lease: _AsyncLease | None = None

    def __init__(self, reader: ResponseReader, lease: _AsyncLease, pool: AsyncPool) -> None:
        self._reader: ResponseReader = reader
        self._pool: AsyncPool = pool
        self._lease = lease

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        lease = self._lease
        if lease is None or lease.connection is None:
            raise httpx.StreamClosed
        try:
            part = await lease.connection.read_part(self._reader)
        except _KINDS as exc:
            raise _to_httpx(exc) from exc
        if not part:
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        lease = None
        try:
            lease, self._lease = self._lease, None
            if lease is not None:
                await self._pool.give_back(lease)
        except BaseException:  # After an interrupt halfway, a connection in use could look idle.
            with shield():
                if lease is not None:
                    await self._pool.drop(lease)
            raise


class AsyncPool(httpx.AsyncBaseTransport):
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
        self._limiter: AsyncLimiter = AsyncLimiter(max_connections)
        # Each operation on these two is atomic in threads too.
        self._idle: deque[AsyncConnection] = deque()
        self._busy: set[_AsyncLease] = set()
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

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return its response, whose body is not read yet.

        Raises:
            httpx.TransportError: As the transport of httpx does.
        """
        deadline = request.extensions.get("uniqos_deadline", _NO_DEADLINE)
        timeout = request.extensions.get("timeout", {}).get("pool")
        if not await self._limiter.acquire(deadline.clamp(timeout)):
            raise httpx.PoolTimeout(f"all are busy (max_connections={self._max_connections})")
        lease = _AsyncLease()
        self._busy.add(lease)
        try:
            connection = lease.connection = await self._take()
            connection.network.deadline = deadline
            connection.network.written = False
            reader = await connection.send(request, self._prefix + request.url.raw_path, self._headers)
            head = reader.head
            assert head is not None
            self.last_answer = time.monotonic()
            return httpx.Response(
                head.status_code,
                headers=head.headers.raw_items(),
                stream=_AsyncBody(reader, lease, self),
                extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason},
            )
        except BaseException as exc:
            with shield():
                await self.drop(lease)
            forget_locals(exc)
            if isinstance(exc, _KINDS):
                raise _to_httpx(exc) from exc
            raise

    async def give_back(self, lease: _AsyncLease) -> None:
        """End a lease: keep a connection that can serve again, close any other. A cancellation waits for that.

        Only what may wait is shielded: keeping a connection waits for nothing, and a shield would take longer than it.
        """
        connection = lease.connection
        if self._closed or connection is None or not connection.can_serve_again:
            with shield():
                await self.drop(lease)
            return
        connection.idle_since = time.monotonic()
        try:
            self._busy.remove(lease)
        except KeyError:  # The lease has ended already.
            return
        try:
            self._idle.append(connection)
            if len(self._idle) > 1:
                await self._close_expired()
        finally:
            self._limiter.release()
        if self._closed:  # Another thread closed the pool meanwhile, and may not have seen this connection.
            with shield():
                await self.aclose()

    async def drop(self, lease: _AsyncLease) -> None:
        """End a lease: close its connection, which cannot serve again, and free its place."""
        try:
            self._busy.remove(lease)
        except KeyError:  # The lease has ended already.
            return
        try:
            if lease.connection is not None:
                await lease.connection.aclose()
        finally:
            self._limiter.release()

    async def aclose(self) -> None:
        """Close the idle connections now, and each busy one when it is given back."""
        self._closed = True
        while True:
            try:
                connection = self._idle.popleft()
            except IndexError:
                return
            await connection.aclose()

    async def _take(self) -> AsyncConnection:
        """Return the idle connection that was used last and is still alive, or a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if connection.is_alive:
                return connection
            await connection.aclose()
        tls = ssl_context(self._verify) if self._origin.scheme == b"https" else None
        return AsyncConnection(self._origin, tls, self._tunnel)

    async def _close_expired(self) -> None:
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
                await oldest.aclose()
        else:  # Another thread used it meanwhile.
            self._idle.append(oldest)


def _to_httpx(exc: BaseException) -> httpx.TransportError:
    """Return the error of httpcore as that of httpx."""
    return next(error for kind, error in _ERRORS.items() if isinstance(exc, kind))(str(exc))
