"""The middleware that notes each attempt of a call for its span."""

from __future__ import annotations

from opentelemetry import context

from ..middleware import Answer, AsyncNext, Attempt, Next
from ._recorder import Recorder


class Tracing:
    """The middleware of a synchronous client.

    Args:
        recorder: Makes the spans.
        address: The base URL of the client.
    """

    __slots__ = ("_address", "_recorder")

    def __init__(self, recorder: Recorder, address: str) -> None:
        self._recorder: Recorder = recorder
        self._address: str = address

    def __call__(self, attempt: Attempt, next: Next) -> Answer:
        call, attempt = self._recorder.begin_attempt(attempt, self._address)
        if call is None:
            return next(attempt)
        token = self._recorder.enter(call)
        try:
            answer = next(attempt)
        finally:
            context.detach(token)
        self._recorder.answer_received(call, attempt, answer)
        return answer


class AsyncTracing:
    """The middleware of an asynchronous client, as ``Tracing``."""

    __slots__ = ("_address", "_recorder")

    def __init__(self, recorder: Recorder, address: str) -> None:
        self._recorder: Recorder = recorder
        self._address: str = address

    async def __call__(self, attempt: Attempt, next: AsyncNext) -> Answer:
        call, attempt = self._recorder.begin_attempt(attempt, self._address)
        if call is None:
            return await next(attempt)
        token = self._recorder.enter(call)
        try:
            answer = await next(attempt)
        finally:
            context.detach(token)
        self._recorder.answer_received(call, attempt, answer)
        return answer
