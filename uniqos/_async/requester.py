"""The one place that sends: attempts, waits and limits of a call. What to do is decided by pure functions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from .. import errors
from .._aio import AsyncClock, AsyncPerHome
from .._body import MAX_BODY_BYTES, BodyDecoder, BodyError
from .._config import Config
from .._exchange import ANY, JSON, Endpoint, body_decoder, is_type, network_error, proxied, refusal, wrong_type
from .._http import Deadline, HttpInfo
from .._model import ready, set_http
from .._operation import EMPTY_STATUSES, Body, Operation, R, Request, decode, encode
from .._retry import RetryBudget, delay, may_resend

if TYPE_CHECKING:
    from .._drift import Drift, DriftReport, OnDrift
    from .._file import File

T = TypeVar("T")
_KEPT_OF_A_HUGE_BODY = 64 * 1024


class AsyncConnections:
    """The connections that a client and the clients made from it by ``with_options`` share.

    Without a client of the caller's, each event loop has a pool of its own: sockets belong to their loop.
    """

    def __init__(self, base_url: str, http_client: httpx.AsyncClient | None) -> None:
        self.http_client: httpx.AsyncClient | None = http_client
        self.budget: RetryBudget = RetryBudget()
        self.closed: bool = False
        self.drift_told: dict[OnDrift, set[DriftReport]] = {}
        self._base_url: str = base_url
        self._pools: AsyncPerHome[httpx.AsyncBaseTransport | httpx.AsyncClient] = AsyncPerHome()

    async def send(self, message: httpx.Request) -> httpx.Response:
        """Send one request; the response is open, its body not read."""
        if self.closed or (self.http_client is not None and self.http_client.is_closed):
            raise errors.ConfigurationError("this client is closed; make a new one", code="client_closed")
        sender = self.http_client or self._pools.get(self._make)
        if isinstance(sender, httpx.AsyncClient):
            return await sender.send(message, stream=True, follow_redirects=False)
        return await sender.handle_async_request(message)

    @property
    def bounded(self) -> bool:
        """Whether the deadline bounds each read: only our own pool knows of it."""
        return self.http_client is None and not isinstance(self._pools.get(self._make), httpx.AsyncClient)

    def _make(self) -> httpx.AsyncBaseTransport | httpx.AsyncClient:
        if proxied(self._base_url):  # httpx honours the proxy variables only through a transport of its own
            try:
                return httpx.AsyncClient()
            except (ImportError, ValueError) as exc:
                raise errors.ConfigurationError(f"the proxy of the environment cannot be used: {exc}") from None
        from .pool import AsyncPool  # brings httpcore, which a client that never calls can do without

        return AsyncPool(self._base_url)

    async def aclose(self) -> None:
        """Close what is ours; a client of the caller's stays open."""
        self.closed = True
        for pool in self._pools.take():
            await pool.aclose()


class AsyncExchange:
    """One successful response, its body still to be read."""

    __slots__ = (
        "_deadline",
        "_decoder",
        "_late",
        "_limit",
        "_raw",
        "_received",
        "_request",
        "_response",
        "http",
    )

    def __init__(
        self,
        request: Request,
        response: httpx.Response,
        http: HttpInfo,
        decoder: BodyDecoder,
        deadline: Deadline,
        limit: str,
    ) -> None:
        self.http: HttpInfo = http
        self._request: Request = request
        self._response: httpx.Response = response
        self._decoder: BodyDecoder = decoder
        self._deadline: Deadline = deadline
        self._limit: str = limit
        self._received: int = 0
        self._late: bool = False
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        # Not an async generator of ours: one that is left half read would have to be closed by its own loop.
        self._raw: AsyncIterator[bytes] = aiter(stream)

    async def chunk(self) -> bytes | None:
        """The next decoded bytes, as they arrive; None at the end.

        Raises:
            NetworkError: The body ended too early, or took too long.
            ResponseDecodeError: It is too large, or wrongly compressed.
        """
        raw: bytes | None = None
        try:
            while True:
                raw = b"" if self._decoder.pending else await anext(self._raw, None)
                if raw is None:
                    self._decoder.finish()
                    return None
                self._received += len(raw)
                # A transport of the caller's does not know of the deadline. What was the last chunk is not lost.
                if self._late:
                    raise httpx.ReadTimeout("too slow")
                self._late = self._deadline.clamp(None) == 0
                data = self._decoder.feed(raw)
                if data:
                    return data
        except BodyError as exc:
            raise self.broken(exc.code, str(exc), raw or b"") from None
        except httpx.HTTPError as exc:
            raise network_error(
                self._request, exc, limit=self._limit, response_started=True, received=self._received
            ) from exc

    async def read_what_there_is(self) -> tuple[bytes, bool]:
        """The body of a refusal, and whether it is whole: the status counts even where the body is cut."""
        try:
            return await self.read(), True
        except errors.ResponseDecodeError as exc:
            return exc.body, False
        except errors.NetworkError:
            return b"", False

    async def read(self) -> bytes:
        """The whole decoded body; the connection goes back, whatever happens."""
        chunks: list[bytes] = []
        try:
            while (data := await self.chunk()) is not None:
                chunks.append(data)
        except errors.ResponseDecodeError as exc:
            exc.body = (b"".join(chunks) or exc.body)[:_KEPT_OF_A_HUGE_BODY]
            raise
        finally:
            await self._response.aclose()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def extend(self, seconds: float | None) -> None:
        """Count as new what was read so far: from now on the next event has its own time and size."""
        self._deadline.restart(seconds)
        self._late = False
        self._decoder.reset()

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._response.aclose()

    def broken(self, code: str, reason: str, raw: bytes = b"") -> errors.ResponseDecodeError:
        """The error of a body that is of no use."""
        return errors.ResponseDecodeError(
            f"{self._request.label}: the body of the answer cannot be used: {reason}",
            code=code,
            body=raw[:_KEPT_OF_A_HUGE_BODY],
            content_type=self.http.headers.get("content-type"),
            request_id=self.http.request_id,
            http_status=self.http.status,
        )


class AsyncRequester:
    """Performs operations with one client's settings. Every namespace holds this one object."""

    def __init__(self, config: Config, connections: AsyncConnections, clock: AsyncClock | None = None) -> None:
        self.config: Config = config
        self.connections: AsyncConnections = connections
        self.clock: AsyncClock = clock or AsyncClock()
        self._log = config.log
        self.drift: Drift | None = None
        if config.on_drift is not None:
            from .._drift import Drift  # few want it

            self.drift = Drift(config.on_drift, connections.drift_told.setdefault(config.on_drift, set()), config.log)
        self._endpoint: Endpoint = Endpoint(config.base_url, config.token)

    async def call(self, op: Operation[R], data: Body | None, fields: Mapping[str, Any], *path: str) -> R:
        """Perform one operation: check the arguments, send until it succeeds or may not be repeated, validate."""
        return await self.perform(op, encode(op, data, fields, path))

    async def perform(self, op: Operation[R], request: Request) -> R:
        """The same for a request that is encoded already."""
        exchange, content = await self.send(request, JSON, MAX_BODY_BYTES, _read)
        if not content and op.method != "GET" and not op.returns.model_fields:
            content = b"{}"  # nobody has promised that there is anything to say
        answer = decode(
            op.returns, content, exchange.http, request.on_invalid_response or self.config.on_invalid_response
        )
        if self.drift is not None:
            self.drift.look(op.label, answer)
        return answer

    async def fetch(self, op: Operation[File], options: Mapping[str, Any], *path: str) -> File:
        """Perform an operation that gives a file, whatever its type."""
        from .._file import File  # few want one

        exchange, content = await self.send(encode(op, None, options, path), ANY, MAX_BODY_BYTES, _read)
        if not content:
            raise exchange.broken("empty_response", "there is nothing in it")
        file = ready(File)(content=content, content_type=exchange.http.headers.get("content-type"))
        set_http(file, exchange.http)
        return file

    async def open(self, request: Request, accept: str, limit: int) -> AsyncExchange:
        """Send ``request`` for a body that the caller reads; ``limit`` bounds it in bytes."""
        return await self.send(request, accept, limit, _leave)

    def timeout(self, request: Request) -> float | None:
        """Seconds an attempt may take, and the next event of a stream may let wait; None is no limit."""
        seconds = self.config.timeout if request.timeout is None else request.timeout
        return seconds or None

    async def send(
        self,
        request: Request,
        accept: str,
        limit: int,
        consume: Callable[[AsyncExchange], Coroutine[Any, Any, T]],
    ) -> T:
        """Send ``request`` until it succeeds or may not be repeated; an attempt ends with ``consume``.

        Args:
            request: What to send.
            accept: The type of the answer.
            limit: How many decoded bytes its body may have.
            consume: Does with a success what has to be done before it counts as one, such as reading it.
        """
        started = self.clock.monotonic()
        attempt = 0
        if self._log.debugging:
            # Paths and bodies hold ids, tokens and words of people; what kind of call it is says enough.
            self._log.debug("uniqos: request", call=request.label, bytes=len(request.content or b""))
        while True:
            try:
                result = await consume(await self._attempt(request, accept, limit, started, attempt))
            except errors.UniqOSError as error:
                seconds = self._wait(request, error, attempt, started)
                if seconds is None:
                    raise
            else:
                self.connections.budget.earn()
                return result
            await self.clock.sleep(seconds)
            attempt += 1

    async def _attempt(self, request: Request, accept: str, limit: int, started: float, attempt: int) -> AsyncExchange:
        timeout, left, name = self._bounds(request, started)
        deadline = Deadline(timeout, left)
        message = self._endpoint.message(request, accept, timeout, deadline)
        try:
            response = await self.connections.send(message)
        except httpx.HTTPError as exc:
            raise network_error(request, exc, limit=name) from exc
        headers, status = response.headers, response.status_code
        elapsed = self.clock.monotonic() - started
        http = HttpInfo(status, tuple(headers.raw), attempt, elapsed)
        if self._log.debugging:
            self._log.debug("uniqos: response", status=status, request_id=http.request_id)
        success = 200 <= status < 300
        try:
            decoder = body_decoder(headers, limit)
        except BodyError as exc:
            await response.aclose()
            if not success:
                raise refusal(status, headers, b"", self.clock.time(), complete=False) from None
            raise errors.ResponseDecodeError(
                f"{request.label}: {exc}", http_status=status, request_id=http.request_id
            ) from None
        exchange = AsyncExchange(request, response, http, decoder, deadline, name)
        if success and (is_type(headers, accept) or (status in EMPTY_STATUSES and accept == JSON)):
            return exchange
        if success:
            raise wrong_type(status, headers, await exchange.read(), accept)
        body, complete = await exchange.read_what_there_is()
        raise refusal(status, headers, body, self.clock.time(), complete=complete)

    def _bounds(self, request: Request, started: float) -> tuple[float | None, float | None, str]:
        """Seconds the next attempt may take, seconds left of the whole call, and which of the two is the limit."""
        timeout, left = self.timeout(request), self._left(request, started)
        if left is not None and (timeout is None or left < timeout):
            return left, left, "deadline of the whole call"
        return timeout, left, f"timeout of {timeout:g} s" if timeout else ""

    def _left(self, request: Request, started: float) -> float | None:
        """Seconds that are left of the whole call's deadline; None is no limit."""
        whole = self.config.deadline if request.deadline is None else request.deadline
        return max(0.0, whole - (self.clock.monotonic() - started)) if whole else None

    def _wait(self, request: Request, error: errors.UniqOSError, attempt: int, started: float) -> float | None:
        """Seconds until the next attempt; None where there must not be one."""
        most = self.config.max_retries if request.max_retries is None else request.max_retries
        if attempt >= most or not may_resend(request.resend, error):
            return None
        asked = error.retry_after_seconds if isinstance(error, errors.APIError) else None
        seconds = delay(attempt, asked, self.clock.random())
        left = self._left(request, started)
        if seconds is None or (left is not None and seconds >= left):
            return None
        if not self.connections.budget.spend():
            self._log.warning("uniqos: too many calls fail; not retrying", call=request.label, code=error.code)
            return None
        self._log.warning(
            "uniqos: retrying",
            call=request.label,
            attempt=attempt + 1,
            delay_seconds=round(seconds, 3),
            code=error.code,
        )
        return seconds


async def _read(exchange: AsyncExchange) -> tuple[AsyncExchange, bytes]:
    return exchange, await exchange.read()


async def _leave(exchange: AsyncExchange) -> AsyncExchange:
    return exchange
