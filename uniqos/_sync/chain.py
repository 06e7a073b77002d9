# Generated from _async/chain.py by python -m uniqos._generate. Do not edit.
"""The chain of middleware around one attempt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from inspect import iscoroutine, iscoroutinefunction
from threading import Lock
from time import monotonic

import httpx

from .. import errors
from .._base.deadline import Deadline
from .._policy.logging import LeveledLogger
from .._wire.message import ANY, EVENT_STREAM, JSON, Content
from .._wire.operation import Request
from .._wire.options import CALL_CHECKS
from ..middleware import Answer, Attempt, Copy, Middleware, ReceivedAnswer
from .exchange import Exchange, close

_NONE_SENT = "; the request was not sent"


class Chain:
    """The chain of middleware around one attempt, which sends the request at its end.

    Args:
        middleware: The functions, the outermost first.
        request: The request of the call.
        deadline: The instant at which the attempt must have ended.
        accept: The media type that the answer must have.
        send: Sends the request once.
        open: Returns the exchange of a response, to read its body.
        log: The log of the client.
    """

    def __init__(
        self,
        middleware: tuple[Middleware, ...],
        request: Request,
        deadline: Deadline,
        accept: str,
        send: Callable[[Request], httpx.Response],
        open: Callable[[httpx.Response], Exchange],
        log: LeveledLogger,
    ) -> None:
        self._middleware: tuple[Middleware, ...] = middleware
        self._request: Request = request
        self._deadline: Deadline = deadline
        self._accept: str = accept
        self._send: Callable[[Request], httpx.Response] = send
        self._open: Callable[[httpx.Response], Exchange] = open
        self._log: LeveledLogger = log
        self._sending: Lock = Lock()  # A middleware may call next() in several threads.
        self._is_sent: bool = False
        """Whether a request of this attempt has reached the server, or may have."""
        self._under_way: int = 0
        """How many requests of this attempt have no outcome: each is being sent, or was cancelled."""
        self._is_over: bool = False
        self._timed_out: bool = False
        self.is_final: bool = False
        """Whether a middleware chose the outcome after the request was sent: a retry could then be a second turn."""
        self._arrivals: list[ReceivedAnswer] = []
        """The answers of the server."""
        self._arrived_at: float = 0.0
        self._received: list[ReceivedAnswer] = []
        self._errors: list[errors.UniqOSError] = []
        """The errors of the exchange itself, which a middleware may pass on."""
        self._copies: list[Copy] = []

    def run(self, number: int, call_id: int) -> httpx.Response:
        """Run the chain for the attempt of this number; return its answer, whose body is not read yet."""
        request, answer = self._request, None
        attempt = Attempt(
            request.label,
            call_id=call_id,
            number=number,
            streamed=self._accept == EVENT_STREAM,
            method=request.method,
            path=request.path,
            content=request.content,
            idempotency_key=request.idempotency_key,
        )
        attempt.headers = httpx.Headers([pair for pair in request.headers if pair[0] != b"Idempotency-Key"])
        try:
            answer = self._pass_on(0, attempt)
            self._copies = answer._copies
            if self._arrivals:  # The middleware's time after the answer does not count, so that no answer is lost.
                self._deadline.extend(monotonic() - self._arrived_at)
            self.is_final = self.is_sent and answer not in self._arrivals
            return answer._response
        except errors.UniqOSError as error:
            self.is_final = self.is_sent and not any(error is own for own in self._errors)
            raise
        finally:
            self._is_over = True
            for received in self._received:
                if received is not answer:
                    close(received._response)

    def _pass_on(self, index: int, attempt: Attempt) -> ReceivedAnswer:
        """Let the middleware at ``index`` answer the attempt; after the last one, send it."""
        if not isinstance(attempt, Attempt):
            raise self._failure(f"next() takes the Attempt, got {type(attempt).__name__}")
        if self._is_over:
            raise self._failure("next() was called after the end of its attempt: call it within the middleware")
        if index == len(self._middleware):
            return self._deliver(attempt)
        middleware = self._middleware[index]
        name = getattr(middleware, "__qualname__", type(middleware).__qualname__)
        try:
            pending = middleware(attempt, partial(self._pass_on, index + 1))
            answer = pending
        except errors.UniqOSError:
            raise
        except Exception as exc:
            raise self._failure(f"the middleware {name} raised {type(exc).__name__}") from exc
        return self._readable(answer, name)

    @property
    def is_sent(self) -> bool:
        """Whether a request of this attempt may have reached the server."""
        return self._is_sent or self._under_way > 0

    def _readable(self, answer: Answer, name: str) -> ReceivedAnswer:
        """Return the answer of a middleware as one that can be read, or raise the reason why it is none."""
        if iscoroutine(answer):
            answer.close()
            raise self._failure(f"the middleware {name} of a synchronous client must be a plain function")
        if not isinstance(answer, Answer):
            raise self._failure(
                f"the middleware {name} returned {type(answer).__name__}: it must return the answer of next(), or an "
                "Answer"
            )
        if isinstance(answer, ReceivedAnswer) and any(answer is received for received in self._received):
            if answer._error is not None:
                raise answer._error
            return answer
        if answer._content is None:
            raise self._failure(
                f"the middleware {name} returned the answer of an earlier attempt, which is gone: keep "
                "Answer(answer.status, content=answer.read()) instead"
            )
        if not self.is_sent:
            self._check_time()
        headers = answer.headers.copy()
        if "content-type" not in headers:
            headers["content-type"] = JSON if self._accept == ANY else self._accept
        return self._add(httpx.Response(answer.status, headers=headers, stream=Content(answer._content)), 0.0)

    def _deliver(self, attempt: Attempt) -> ReceivedAnswer:
        """Send the request with the headers of ``attempt``."""
        if attempt.headers:  # They may have been changed in place, or made by hand.
            CALL_CHECKS["headers"]("headers", attempt.headers)
        with self._sending:
            self._check_resend()
            self._check_time()
            self._under_way += 1
        request = self._request
        own = [pair for pair in request.headers if pair[0] == b"Idempotency-Key"]
        started = time.perf_counter()
        try:
            response = self._send(replace(request, headers=own + attempt.headers.raw))
        except errors.UniqOSError as error:
            if isinstance(error, errors.NetworkError) and error.sent:
                self._is_sent = True
                self._timed_out = self._timed_out or error.code == "timeout"
            self._errors.append(error)
            self._end_request()
            raise
        self._is_sent = True
        self._end_request()
        received = self._add(response, time.perf_counter() - started)
        self._arrivals.append(received)
        self._arrived_at = monotonic()
        if self._is_over:  # The middleware has not waited for this answer.
            close(response)
            raise self._failure("the attempt ended before this answer: wait for next() within the middleware")
        return received

    def _end_request(self) -> None:
        """Count a request whose outcome is known."""
        with self._sending:
            self._under_way -= 1

    def _add(self, response: httpx.Response, elapsed: float) -> ReceivedAnswer:
        """Return a response as an answer that can be read."""
        received = ReceivedAnswer(response, elapsed, lambda: self._read(received))
        self._received.append(received)
        return received

    def _read(self, received: ReceivedAnswer) -> bytes:
        """Read the whole body of an answer, and keep it for the call."""
        if received._content is not None:
            return received._content
        if self._accept == EVENT_STREAM and received._response.is_success:
            raise errors.ConfigurationError("a stream of events cannot be read as a whole: use copy_to() instead")
        if self._is_over:
            raise errors.ConfigurationError("the attempt of this answer is over: read it within the middleware")
        try:
            content = self._open(received._response).read()
        except errors.UniqOSError as error:
            self._errors.append(error)
            received._error = error
            raise
        received._keep(content)
        return content

    def _check_resend(self) -> None:
        """Refuse a second request that could have a second effect, or be billed."""
        if not self.is_sent:
            return
        request = self._request
        if request.resend != "safe" and request.idempotency_key is None:
            raise self._failure("next() was called again for a request without an Idempotency-Key, which may have run")
        if request.resend == "billed" and (self._timed_out or self._under_way):
            raise self._failure("next() was called again for a turn that may still be running: wait for its answer")

    def _check_time(self) -> None:
        """Refuse to go on when the middleware has taken the time of the attempt."""
        at = self._deadline.at
        if at is not None and monotonic() >= at:
            error = errors.NetworkError(
                f"{self._request.label}: the middleware took the whole time of the attempt (timeout or deadline)",
                code="timeout",
                details={"response_started": False, "bytes_received": 0, "limit": "middleware"},
                sent=self.is_sent,
            )
            self._errors.append(error)
            raise error

    def _failure(self, reason: str) -> errors.MiddlewareError:
        text = f"{self._request.label}: {reason}{'' if self.is_sent else _NONE_SENT}"
        return errors.MiddlewareError(text, sent=self.is_sent)

    # The copies of the body

    @property
    def exchange(self) -> Callable[..., Exchange]:
        """The kind of the exchange for the answer: one that copies the body, where a middleware asks for copies."""
        return partial(CopiedExchange, self._copies, self._log) if self._copies else Exchange


def check_middleware(middleware: tuple[object, ...]) -> None:
    """Refuse a coroutine function for a synchronous client.

    The opposite is found by the first call: a plain function may return a coroutine.

    Raises:
        ConfigurationError: A middleware is a coroutine function.
    """
    is_async_client = iscoroutinefunction(Chain.run)
    for each in middleware:
        is_async = iscoroutinefunction(each) or iscoroutinefunction(getattr(each, "__call__", None))  # noqa: B004
        if is_async and not is_async_client:
            name = getattr(each, "__qualname__", type(each).__qualname__)
            raise errors.ConfigurationError(f"the middleware {name} of a synchronous client must be a plain function")


class CopiedExchange(Exchange):
    """An exchange whose body also goes to functions of middleware."""

    __slots__ = ("_copies", "_log")

    def __init__(self, copies: list[Copy], log: LeveledLogger, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._copies: list[Copy] = copies
        self._log: LeveledLogger = log

    def read_chunk(self) -> bytes | None:
        data = super().read_chunk()
        for receive in self._copies:
            try:
                receive(data)
            except Exception as exc:  # A failing copy must not lose a paid answer.
                self._log.warning("uniqos: a middleware's copy_to() function failed", error=type(exc).__name__)
        return data
