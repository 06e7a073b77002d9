# Generated from _async/attempts.py by python -m uniqos._generate. Do not edit.
"""The attempts of one call: the first one and its retries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import httpx

from .. import errors
from .._base.deadline import Deadline
from .._base.http import HttpInfo
from .._network.threads import Clock
from .._policy.effect import attempt_may_have_run
from .._policy.logging import LeveledLogger
from .._policy.options import Config
from .._policy.retry import Plan, RetryBudget, plan_by_error, plan_within_limits
from .._policy.unobserved import UnobservedCall
from .._wire.body import BodyError
from .._wire.decode import EMPTY_STATUSES
from .._wire.failures import FAILURES, held_back, network_error, refusal, wrong_type
from .._wire.message import JSON, Endpoint, body_decoder, is_type
from .._wire.operation import Request
from .._wire.options import settings_of
from .connections import Connections
from .exchange import Exchange, close, read_encoded

if TYPE_CHECKING:
    from .._policy.pace import Pace
    from ..middleware import Middleware
    from .chain import Chain

T = TypeVar("T")
_NOT_RATE_LIMITED = frozenset({400, 402, 403, 404, 409, 422})
"""Statuses that refuse the content of a request, and so show that the rate of the calls was accepted."""


class Attempts:
    """The attempts of one call.

    A failed attempt is followed by a plan. First, the error decides whether the request may be sent again, and after
    how long. A rate limit error then slows down all calls of the credential. Last, the limits of the call and of the
    client may forbid the retry.

    Args:
        config: The settings of the client.
        connections: The connections, with the retry budget and the rate limiters.
        clock: The clock of the client.
        endpoint: The server, and the headers of every request.
        log: The log of the client.
        request: The request of the call.
        watch: The observer's view of the call.
        middleware: The functions around each attempt, the outermost first.
    """

    # Class attributes as defaults: a call without a retry sets only the first.
    _sent_at: float | None = None
    """When the present attempt was sent; None while the call waits to send it."""
    _retries: int = 0
    """How many attempts have failed."""
    _pause: float = 0.0
    """Seconds to wait before the present attempt."""
    _was_sent: bool = False
    """Whether a failed attempt may have reached the server."""
    _may_have_run: bool = False
    """Whether the server may have run a failed attempt."""
    _last_error: errors.UniqOSError | None = None
    """The error of the attempt before the present one."""
    _chain: Chain | None = None
    """The middleware around the present attempt; None without any."""

    def __init__(
        self,
        config: Config,
        connections: Connections,
        clock: Clock,
        endpoint: Endpoint,
        log: LeveledLogger,
        request: Request,
        watch: UnobservedCall,
        middleware: tuple[Middleware, ...] = (),
    ) -> None:
        self._config: Config = config
        self._connections: Connections = connections
        self._clock: Clock = clock
        self._endpoint: Endpoint = endpoint
        self._log: LeveledLogger = log
        self._request: Request = request
        self._watch: UnobservedCall = watch
        self._middleware: tuple[Middleware, ...] = middleware
        self._started: float = clock.monotonic()

    def use_key(self, config: Config, endpoint: Endpoint) -> None:
        """Use the settings and the endpoint of another key. The time that it took to get counts to the call."""
        self._config = config
        self._endpoint = endpoint

    def run(self, accept: str, limit: int, consume: Callable[[Exchange], T]) -> T:
        """Send the request until an attempt succeeds, or until none may follow.

        Args:
            accept: The media type that the answer must have.
            limit: How many decoded bytes its body may have.
            consume: Finishes an attempt, such as by reading the body. If it fails, the attempt has failed.
        """
        if self._log.debugging:
            # No path and no body: they hold ids, tokens and people's words.
            self._log.debug("uniqos: request", call=self._request.label, bytes=len(self._request.content or b""))
        while True:
            try:
                if self._retries or self._connections.paces:
                    self._wait_for_slot()
                result = consume(self._send(accept, limit))
            except errors.UniqOSError as error:
                self._add_http(error)
                if error.http_status in _NOT_RATE_LIMITED:
                    self._note_acceptance()
                plan = self._plan(error)
                error._follows_attempt_that_may_have_run = self._may_have_run
                if self._was_sent and isinstance(error, (errors.NetworkError, errors.MiddlewareError)):
                    error.sent = True  # This attempt may not have been sent, but an earlier one was.
                if plan.seconds is None:
                    self._give_up(error, plan)
                    raise
                self._prepare_resend(error, plan.seconds)
            else:
                self._connections.budget.earn()
                if self._connections.paces:
                    self._note_acceptance()
                return result

    # One attempt

    def _send(self, accept: str, limit: int) -> Exchange:
        """Send the request once. Return the exchange of a success, whose body is not read yet."""
        self._watch.attempt(self._retries + 1)
        self._sent_at = self._clock.monotonic()
        request = self._request
        timeout, left, limit_name = self._limits()
        deadline = Deadline(timeout, left)
        try:
            if left == 0:  # The caller's http_client would treat a timeout of 0 as no limit.
                raise httpx.ConnectTimeout("no time left")
            if self._middleware:
                response = self._send_through_middleware(accept, limit, timeout, deadline, limit_name)
            else:
                response = self._connections.send(self._endpoint.message(request, accept, timeout, deadline))
        except FAILURES as exc:
            raise network_error(request, exc, limit=limit_name, peer=self._connections.peer) from exc
        http = HttpInfo(
            response.status_code, tuple(response.headers.raw), self._retries, self._elapsed(), request.idempotency_key
        )
        if self._log.debugging:
            self._log.debug("uniqos: response", status=http.status, request_id=http.request_id)
        try:
            try:
                decoder = body_decoder(response, limit)
                kind = Exchange if self._chain is None else self._chain.exchange
                exchange = kind(request, response, http, decoder, deadline, limit_name)
            except BodyError as exc:
                raise self._undecodable(http, exc, read_encoded(response, limit)) from None
            if not (200 <= http.status < 300):
                raise self._refusal(http, *exchange.read_available())
            if not is_type(response.headers, accept) and not (http.status in EMPTY_STATUSES and accept == JSON):
                raise wrong_type(http.status, http.headers, exchange.read(), accept)
        except errors.UniqOSError as error:
            error.http = http
            raise
        except BaseException:  # A cancellation or an interrupt: no other code can close the response yet.
            close(response)
            raise
        self._watch.note_answer(http)
        return exchange

    def _send_through_middleware(
        self, accept: str, limit: int, timeout: float | None, deadline: Deadline, limit_name: str
    ) -> httpx.Response:
        """Let the middleware send the request, or answer it."""
        from .chain import Chain  # Most clients have no middleware.

        def send(request: Request) -> httpx.Response:
            try:
                return self._connections.send(self._endpoint.message(request, accept, timeout, deadline))
            except FAILURES as exc:
                raise network_error(request, exc, limit=limit_name, peer=self._connections.peer) from exc

        def open(response: httpx.Response) -> Exchange:
            key = self._request.idempotency_key
            http = HttpInfo(response.status_code, tuple(response.headers.raw), self._retries, self._elapsed(), key)
            try:
                decoder = body_decoder(response, limit)
            except BodyError as exc:
                raise self._undecodable(http, exc, b"") from None
            return Exchange(self._request, response, http, decoder, deadline, limit_name)

        self._chain = Chain(self._middleware, self._request, deadline, accept, send, open, self._log)
        return self._chain.run(self._retries + 1, self._watch.call_id)

    def _refusal(self, http: HttpInfo, body: bytes, complete: bool) -> errors.UniqOSError:
        """Return the error of an answer that is not a success."""
        forwarded = self._connections.forwarded
        return refusal(http.status, http.headers, body, self._clock.time(), complete=complete, forwarded=forwarded)

    def _undecodable(self, http: HttpInfo, reason: BodyError, body: bytes) -> errors.UniqOSError:
        """Return the error of an answer whose body cannot be decoded."""
        if not (200 <= http.status < 300):
            return self._refusal(http, b"", False)
        return errors.ResponseDecodeError(
            f"{self._request.label}: {reason}",
            code=reason.code,
            body=body,
            content_type=http.headers.get("content-type"),
            http_status=http.status,
            request_id=http.request_id,
        )

    # What follows a failed attempt

    def _add_http(self, error: errors.UniqOSError) -> None:
        """Add the number of retries and the duration of the call to an error that has no answer."""
        kinds = (errors.NetworkError, errors.ResponseDecodeError, errors.MiddlewareError)
        if error.http is None and isinstance(error, kinds):
            # While the call waits, its present attempt is not sent, and so is no retry yet.
            retries = self._retries if self._sent_at is not None else max(0, self._retries - 1)
            error.http = HttpInfo(0, (), retries, self._elapsed(), self._request.idempotency_key)

    def _plan(self, error: errors.UniqOSError) -> Plan:
        """Plan the step after a failed attempt, and slow the credential down after a rate limit error."""
        if self._sent_at is None:
            return Plan(None, "it would begin after the deadline")
        if self._chain is not None and self._chain.is_final:
            return Plan(None, "a middleware chose it")
        settings = settings_of(self._request, self._config)
        plan = plan_by_error(self._request.resend, error, self._retries, settings, self._clock.random())
        if plan.seconds is None:
            return plan
        if isinstance(error, errors.RateLimitError):
            self._slow_down(error, self._sent_at, plan.seconds)
        now, left, pace = self._clock.monotonic(), self._left(), self._pace()
        if pace is not None and left is not None:
            pace.note_time(now)
        return plan_within_limits(
            plan,
            retries=self._retries,
            settings=settings,
            starts_in=plan.seconds if pace is None else pace.first_free(now + plan.seconds) - now,
            left=left,
            tokens=self._budget(error).tokens,
        )

    def _give_up(self, error: errors.UniqOSError, plan: Plan) -> None:
        """Log an empty retry budget. Raise the earlier error instead, if the client was closed between two attempts."""
        if plan.reason == "the retry budget is empty":
            self._log.warning("uniqos: too many calls fail; not retrying", call=self._request.label, code=error.code)
        if self._last_error is not None and isinstance(error, errors.ConfigurationError):
            # The code client_closed would tell the caller that nothing was sent.
            raise self._last_error from error

    def _prepare_resend(self, error: errors.UniqOSError, seconds: float) -> None:
        """Spend a retry on the next attempt, which begins after ``seconds``."""
        self._budget(error).spend()
        self._was_sent = self._was_sent or not isinstance(error, errors.NetworkError) or error.sent
        self._may_have_run = self._may_have_run or attempt_may_have_run(error)
        self._retries += 1
        self._sent_at = None
        self._pause = seconds
        self._last_error = error
        error.__traceback__ = error.__cause__ = error.__context__ = None  # They hold the frames of the failed attempt.
        self._log.warning(
            "uniqos: retrying",
            call=self._request.label,
            attempt=self._retries,
            delay_seconds=round(seconds, 3),
            code=error.code,
        )
        self._watch.retrying(self._retries, seconds, error)

    # The rate limiter of the credential, which exists for some time after a rate limit error

    def _wait_for_slot(self) -> None:
        """Wait for the pause before this attempt, and then for its slot in the queue of the credential."""
        pace, clock = self._pace(), self._clock
        if self._pause > 0:
            # The slot is reserved after the pause: a slot far ahead would delay calls that could start before it.
            self._sleep(self._pause, pace)
        now = clock.monotonic()
        if pace is None or pace.is_over(now):
            return
        while True:
            left, cuts = self._left(), pace.cuts
            at = pace.reserve(now, None if left is None else now + left)
            if at is None:
                raise held_back(self._request)
            if at > now:
                self._sleep(at - now, pace)
            if pace.cuts == cuts:
                return
            now = clock.monotonic()  # The rate was cut during the sleep, so the slot no longer counts.

    def _sleep(self, seconds: float, pace: Pace | None) -> None:
        """Sleep, and give the rate limiter the planned end, by which it notices a clock that was set back."""
        until = self._clock.monotonic() + seconds
        self._clock.sleep(seconds)
        if pace is not None:
            pace.note_sleep(until, self._clock.monotonic())

    def _pace(self) -> Pace | None:
        """Return the rate limiter of the credential; None if it has none."""
        return self._connections.paces.get(self._config.token)

    def _slow_down(self, error: errors.RateLimitError, sent_at: float, seconds: float) -> None:
        """Let all calls of this credential wait for ``seconds``, and then start one by one."""
        from .._policy.pace import Pace  # Most clients never need it.

        now, paces = self._clock.monotonic(), self._connections.paces
        for token, pace in list(paces.items()):
            if pace.is_over(now):
                paces.pop(token, None)
        rate = error.http.rate_limit if error.http else None
        pace = paces.setdefault(self._config.token, Pace(now))
        limit = rate.limit if rate else None
        pace.note_refusal(now, sent_at, seconds, None if limit is None else limit * self._connections.rate_share)

    def _note_acceptance(self) -> None:
        """Tell the rate limiter that the API accepted the rate of the calls."""
        pace = self._pace()
        is_own_answer = self._chain is not None and not self._chain.is_sent
        if pace is not None and not is_own_answer:
            pace.note_acceptance(self._clock.monotonic())

    def _budget(self, error: errors.UniqOSError) -> RetryBudget:
        """Return the retry budget for ``error``: the rate limiter's for a rate limit error, else the client's."""
        pace = self._pace() if isinstance(error, errors.RateLimitError) else None
        return self._connections.budget if pace is None else pace.budget

    # Time

    @property
    def _deadline(self) -> float:
        """Seconds that the whole call may take; 0 is no limit."""
        return (self._config.deadline if self._request.deadline is None else self._request.deadline) or 0.0

    def _elapsed(self) -> float:
        """Return the seconds since the call began. Never below 0: a clock may be set back."""
        return max(0.0, self._clock.monotonic() - self._started)

    def _left(self) -> float | None:
        """Return the seconds that are left of the deadline of the whole call; None is no limit."""
        deadline = self._deadline
        return max(0.0, deadline - self._elapsed()) if deadline else None

    def _limits(self) -> tuple[float | None, float | None, str]:
        """Return the seconds for this attempt, the seconds left for the call, and the name of the shorter limit."""
        timeout, left = timeout_of(self._request, self._config), self._left()
        if left is not None and (timeout is None or left < timeout):
            return left, left, f"deadline of {self._deadline:g} s for the whole call"
        return timeout, left, f"timeout of {timeout:g} s" if timeout else ""


def timeout_of(request: Request, config: Config) -> float | None:
    """Return the seconds that an attempt, or the wait for an event of a stream, may take; None is no limit."""
    return (config.timeout if request.timeout is None else request.timeout) or None
