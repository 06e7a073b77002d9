"""The one place that sends: attempts, waits and limits of a call. What to do is decided by pure functions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from .. import errors
from .._base.deadline import Deadline
from .._base.http import HttpInfo
from .._base.response import build_model, set_http
from .._network.aio import AsyncClock
from .._policy.options import Config
from .._policy.retry import delay, may_resend
from .._policy.unobserved import UNOBSERVED, UnobservedCall
from .._wire.body import BodyError
from .._wire.decode import EMPTY_STATUSES, decode
from .._wire.encode import encode
from .._wire.failures import FAILURES, held_back, network_error, refusal, wrong_type
from .._wire.message import ANY, JSON, Endpoint, body_decoder, is_type
from .._wire.operation import Body, Operation, R, Request
from .connections import AsyncConnections
from .exchange import AsyncExchange, close, read_encoded

if TYPE_CHECKING:
    from .._policy.drift import Drift
    from .._policy.pace import Pace
    from .._wire.file import File

T = TypeVar("T")
_TAKEN = frozenset({400, 402, 403, 404, 409, 422})
"""By these the API refuses what was asked, and not how often."""


class AsyncRequester:
    """Performs operations with one client's settings. Every namespace holds this one object."""

    def __init__(self, config: Config, connections: AsyncConnections, clock: AsyncClock | None = None) -> None:
        self.config: Config = config
        self.connections: AsyncConnections = connections
        self.clock: AsyncClock = clock or AsyncClock()
        self._log = config.log
        self.drift: Drift | None = None
        if config.on_drift is not None:
            from .._policy.drift import Drift  # few want it

            self.drift = Drift(config.on_drift, connections.drift_told.setdefault(config.on_drift, set()), config.log)
        self._endpoint: Endpoint = Endpoint(config.base_url, config.token)

    async def call(self, op: Operation[R], data: Body | None, fields: Mapping[str, Any], *path: str) -> R:
        """Perform one operation: check the arguments, send until it succeeds or may not be repeated, validate."""
        return await self.perform(op, encode(op, data, fields, path))

    async def perform(self, op: Operation[R], request: Request) -> R:
        """The same for a request that is encoded already."""
        with self.watch(request) as watch:
            exchange, content = await self.send(request, JSON, self.config.max_response_bytes, _read, watch)
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
        from .._wire.file import File  # few want one

        request = encode(op, None, options, path)
        with self.watch(request) as watch:
            exchange, content = await self.send(request, ANY, self.config.max_response_bytes, _read, watch)
            if not content:
                raise exchange.broken("empty_response", "there is nothing in it")
        file = build_model(File)(content=content, content_type=exchange.http.headers.get("content-type"))
        set_http(file, exchange.http)
        return file

    async def open(self, request: Request, accept: str, limit: int, watch: UnobservedCall) -> AsyncExchange:
        """Send ``request`` for a body that the caller reads; ``limit`` bounds it in bytes."""
        return await self.send(request, accept, limit, _leave, watch)

    async def warm_up(self) -> None:
        """Open one connection, by a request that asks for nothing."""
        try:
            await self.send(
                Request("HEAD", "/", "HEAD /", None, [], "safe"), ANY, self.config.max_response_bytes, _read, UNOBSERVED
            )
        except (errors.APIError, errors.ResponseDecodeError):
            pass  # whatever it says, somebody is there

    def watch(self, request: Request, *, streamed: bool = False) -> UnobservedCall:
        """Tells the observer of a call, within ``with``."""
        if self.config.observer is None:
            return UNOBSERVED
        from .._policy.observer import ObservedCall

        return ObservedCall(self.config.observer, request.label, streamed, self.clock.monotonic, self._log)

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
        watch: UnobservedCall,
    ) -> T:
        """Send ``request`` until it succeeds or may not be repeated; an attempt ends with ``consume``.

        Args:
            request: What to send.
            accept: The type of the answer.
            limit: How many decoded bytes its body may have.
            consume: Does with a success what has to be done before it counts as one, such as reading it.
            watch: Is told of the attempts.
        """
        started = self.clock.monotonic()
        attempt = 0
        if self._log.debugging:
            # Paths and bodies hold ids, tokens and words of people; what kind of call it is says enough.
            self._log.debug("uniqos: request", call=request.label, bytes=len(request.content or b""))
        pause, reached = 0.0, False
        before: errors.UniqOSError | None = None
        while True:
            began = None
            try:
                if attempt or self.connections.paces:
                    await self._hold(request, started, pause)
                watch.attempt(attempt + 1)
                began = self.clock.monotonic()
                exchange = await self._attempt(request, accept, limit, started, attempt)
                watch.answered(exchange.http)
                result = await consume(exchange)
            except errors.UniqOSError as error:
                if error.http_status in _TAKEN:
                    self._accepted()
                if error.http is None and isinstance(error, (errors.NetworkError, errors.ResponseDecodeError)):
                    elapsed = self._since(started)
                    retries = attempt if began is not None else max(0, attempt - 1)  # a call held back made no attempt
                    error.http = HttpInfo(0, (), retries, elapsed, request.idempotency_key)
                seconds = None if began is None else self._wait(request, error, attempt, started, began)
                if reached and isinstance(error, errors.NetworkError):
                    error.sent = True  # not by the last attempt, but by one before it
                if seconds is None:
                    if before is not None and isinstance(error, errors.ConfigurationError):
                        raise before from error  # the client was closed: that alone would say that nothing was sent
                    raise
                before = error
                before.__traceback__ = before.__cause__ = before.__context__ = None  # they hold this frame
                reached = reached or not isinstance(error, errors.NetworkError) or error.sent
                pause = seconds
                watch.retrying(attempt + 1, pause, error)
            else:
                self.connections.budget.earn()
                self._accepted()
                return result
            attempt += 1

    async def _hold(self, request: Request, started: float, seconds: float) -> None:
        """Wait for ``seconds``, and then until it is this call's turn, while the API refuses what comes too fast."""
        pace = self.connections.paces.get(self.config.token)
        if seconds > 0:  # before a turn is reserved: one so far ahead would hold up all who could go before it
            await self._sleep(seconds, pace)
        now = self.clock.monotonic()
        if pace is None or pace.is_over(now):
            return
        while True:
            left, cuts = self._left(request, started), pace.cuts
            at = pace.reserve(now, None if left is None else now + left)
            if at is None:
                raise held_back(request)
            if at > now:
                await self._sleep(at - now, pace)
            if pace.cuts == cuts:
                return
            now = self.clock.monotonic()

    async def _sleep(self, seconds: float, pace: Pace | None) -> None:
        """Wait, and tell the pace of it: a frozen clock would not."""
        until = self.clock.monotonic() + seconds
        await self.clock.sleep(seconds)
        if pace is not None:
            pace.slept(until, self.clock.monotonic())

    def _since(self, started: float) -> float:
        """Return the seconds since ``started``: 0 at least, for a clock can be set back."""
        return max(0.0, self.clock.monotonic() - started)

    async def _attempt(self, request: Request, accept: str, limit: int, started: float, attempt: int) -> AsyncExchange:
        timeout, left, name = self._bounds(request, started)
        deadline = Deadline(timeout, left)
        message = self._endpoint.message(request, accept, timeout, deadline)
        try:
            if left == 0:  # a caller's client would take that for no limit
                raise httpx.ConnectTimeout("no time left")
            response = await self.connections.send(message)
        except FAILURES as exc:
            raise network_error(request, exc, limit=name, peer=self.connections.peer) from exc
        headers, status = response.headers, response.status_code
        elapsed = self._since(started)
        http = HttpInfo(status, tuple(headers.raw), attempt, elapsed, request.idempotency_key)
        if self._log.debugging:
            self._log.debug("uniqos: response", status=status, request_id=http.request_id)
        success = 200 <= status < 300
        try:
            decoder = body_decoder(response, limit)
            exchange = AsyncExchange(request, response, http, decoder, deadline, name)
            if success and (is_type(headers, accept) or (status in EMPTY_STATUSES and accept == JSON)):
                return exchange
            if success:
                raise wrong_type(status, http.headers, await exchange.read(), accept)
            body, complete = await exchange.read_what_there_is()
            forwarded = self.connections.forwarded
            raise refusal(status, http.headers, body, self.clock.time(), complete=complete, forwarded=forwarded)
        except BodyError as exc:
            body = await read_encoded(response, limit)
            error: errors.UniqOSError = errors.ResponseDecodeError(
                f"{request.label}: {exc}",
                code=exc.code,
                body=body,
                content_type=http.headers.get("content-type"),
                http_status=status,
                request_id=http.request_id,
            )
            if not success:
                error = refusal(status, http.headers, b"", self.clock.time(), complete=False)
            error.http = http
            raise error from None
        except errors.UniqOSError as error:
            error.http = http
            raise
        except BaseException:  # an interrupt, where nobody else knows of the response
            await close(response)
            raise

    def _bounds(self, request: Request, started: float) -> tuple[float | None, float | None, str]:
        """Seconds the next attempt may take, seconds left of the whole call, and which of the two is the limit."""
        timeout, left = self.timeout(request), self._left(request, started)
        if left is not None and (timeout is None or left < timeout):
            whole = self.config.deadline if request.deadline is None else request.deadline
            return left, left, f"deadline of {whole:g} s for the whole call"
        return timeout, left, f"timeout of {timeout:g} s" if timeout else ""

    def _left(self, request: Request, started: float) -> float | None:
        """Seconds that are left of the whole call's deadline; None is no limit."""
        whole = self.config.deadline if request.deadline is None else request.deadline
        return max(0.0, whole - self._since(started)) if whole else None

    def _wait(
        self, request: Request, error: errors.UniqOSError, attempt: int, started: float, began: float
    ) -> float | None:
        """Seconds until the next attempt; None where there must not be one."""
        most = self.config.max_retries if request.max_retries is None else request.max_retries
        if most == 0 or not may_resend(request.resend, error):
            return None
        asked = error.retry_after_seconds if isinstance(error, errors.APIError) else None
        seconds = delay(attempt, asked, self.clock.random())
        if seconds is None:
            return None
        budget = self.connections.budget
        if isinstance(error, errors.RateLimitError):
            budget = self._slow_down(error, began, seconds).budget
        now, left = self.clock.monotonic(), self._left(request, started)
        if left is not None:
            pace = self.connections.paces.get(self.config.token)
            if pace is not None:
                pace.note(now)
            if (pace.free_from(now + seconds) - now if pace else seconds) >= left:
                return None
        if attempt >= most:
            return None
        if not budget.spend():
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

    def _slow_down(self, error: errors.RateLimitError, began: float, seconds: float) -> Pace:
        """Let all calls of this credential wait for ``seconds``, and then come one by one."""
        from .._policy.pace import Pace  # most are never refused

        now, paces, token = self.clock.monotonic(), self.connections.paces, self.config.token
        for other, pace in list(paces.items()):
            if pace.is_over(now):
                paces.pop(other, None)
        pace = paces.setdefault(token, Pace(now))
        rate = error.http.rate_limit if error.http else None
        pace.refused(now, began, seconds, rate.limit if rate else None)
        return pace

    def _accepted(self) -> None:
        """An attempt was not refused for coming too fast."""
        pace = self.connections.paces.get(self.config.token)
        if pace is not None:
            pace.accepted(self.clock.monotonic())


async def _read(exchange: AsyncExchange) -> tuple[AsyncExchange, bytes]:
    return exchange, await exchange.read()


async def _leave(exchange: AsyncExchange) -> AsyncExchange:
    return exchange
