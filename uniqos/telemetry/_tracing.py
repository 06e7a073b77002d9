"""The middleware that notes each attempt of a call for its span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context

from .._policy.logging import LeveledLogger
from ..middleware import Answer, AsyncNext, Attempt, Next
from ._recorder import Call, Recorder


class _Notes:
    """The part of the middleware that a synchronous and an asynchronous client share.

    An exception of the tracer, such as one of a sampler or a span processor, is logged and loses no answer.

    Args:
        recorder: Makes the spans.
        address: The base URL of the client.
        log: The log of the client.
    """

    __slots__ = ("_address", "_log", "_recorder")

    def __init__(self, recorder: Recorder, address: str, log: LeveledLogger) -> None:
        self._recorder: Recorder = recorder
        self._address: str = address
        self._log: LeveledLogger = log

    def _begin(self, attempt: Attempt) -> tuple[Call | None, Attempt]:
        with self._log_errors():
            return self._recorder.begin_attempt(attempt, self._address)
        return None, attempt

    def _end(self, call: Call, attempt: Attempt, answer: Answer) -> Answer:
        with self._log_errors():
            self._recorder.answer_received(call, attempt, answer)
        return answer

    @contextmanager
    def _log_errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:
            self._log.warning("uniqos: telemetry failed", error=type(exc).__name__)


class Tracing(_Notes):
    """The middleware of a synchronous client."""

    __slots__ = ()

    def __call__(self, attempt: Attempt, next: Next) -> Answer:
        call, attempt = self._begin(attempt)
        if call is None:
            return next(attempt)
        token = self._recorder.enter(call)
        try:
            answer = next(attempt)
        finally:
            context.detach(token)
        return self._end(call, attempt, answer)


class AsyncTracing(_Notes):
    """The middleware of an asynchronous client, as ``Tracing``."""

    __slots__ = ()

    async def __call__(self, attempt: Attempt, next: AsyncNext) -> Answer:
        call, attempt = self._begin(attempt)
        if call is None:
            return await next(attempt)
        token = self._recorder.enter(call)
        try:
            answer = await next(attempt)
        finally:
            context.detach(token)
        return self._end(call, attempt, answer)
