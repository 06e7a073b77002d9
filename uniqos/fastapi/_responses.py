"""Responses that send turns on as the API sent them."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from time import monotonic
from typing import ParamSpec

import anyio
from starlette.background import BackgroundTask
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .. import errors
from .._async.stream import AsyncRespondStream
from .._base.model import Model
from .._turn.relay import PING, frame
from ._callers import rate_limit_headers_of, run_while_connected
from ._errors import mask_errors
from ._streams import EventReader

P = ParamSpec("P")


class TurnResponse(Response):
    """The events of a turn as ``text/event-stream``, for FastAPI, Starlette and what is made of it.

    It sends the same bytes as `sse` in a route with ``response_class=EventSourceResponse``, and costs less. All events
    that arrived together are sent together. When the browser leaves, the stream to the API is closed.

    A stream that is not open yet is opened before the response begins, so that a refusal keeps its status.

    Args:
        stream: The stream of the turn, such as ``client.respond(turn, stream=True)``. It is closed at the end.
        status_code: The status of the response.
        headers: Further headers of the response.
        background: Runs after the response.
        ping: After so many seconds without an event, a comment is sent, so that no proxy closes the connection. 0 is
            never.
        rate_limit_headers: Whether the response has the API's ``X-RateLimit-*`` headers.

    Raises:
        ConfigurationError: ``ping`` is negative, or no number of seconds.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        stream: AsyncRespondStream,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        background: BackgroundTask | None = None,
        *,
        ping: float = 15,
        rate_limit_headers: bool = False,
    ) -> None:
        if isinstance(ping, bool) or not isinstance(ping, (int, float)) or not 0 <= ping < float("inf"):
            raise errors.ConfigurationError(f"ping must be a number of seconds, 0 or more, got {ping!r}")
        self._stream: AsyncRespondStream = stream
        self._ping: float = ping
        self._has_rate_limit: bool = rate_limit_headers
        self.status_code = status_code
        self.background = background
        # X-Accel-Buffering: nginx would else collect the events before it sends them.
        self.init_headers({"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        mask_errors(self._stream, HTTPConnection(scope))
        try:
            sending = _Sending(self, self._stream, self._ping, send)
            await run_while_connected(receive, sending.run, sending.send_pings if self._ping else None)
        finally:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()
        if self.background is not None:
            await self.background()

    def add_rate_limit(self) -> None:
        """Add the headers that are known only when the stream is open."""
        if self._has_rate_limit:
            self.headers.update(rate_limit_headers_of(self._stream.http))


class _Sending:
    """The sending of one response: its events, and pings in a task beside them."""

    def __init__(self, response: TurnResponse, stream: AsyncRespondStream, ping: float, send: Send) -> None:
        self._response: TurnResponse = response
        self._stream: AsyncRespondStream = stream
        self._ping: float = ping
        self._send: Send = send
        self._is_sending: bool = False
        self._sent_at: float = 0.0
        self._has_begun: anyio.Event = anyio.Event()
        self._ping_sent: anyio.Event | None = None
        """Set when the ping that is being sent has been sent: ASGI servers need not take two messages at once."""

    async def run(self) -> None:
        await self._stream.open()
        self._response.add_rate_limit()
        response = self._response
        try:
            await self._send(
                {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
            )
            self._has_begun.set()
            reader = EventReader(self._stream)
            while events := await reader.read():
                await self._send_body(b"".join(map(frame, events)))
            await self._send_body(b"", more_body=False)
        except OSError:  # ASGI since 2.4: the browser has left.
            pass

    async def _send_body(self, body: bytes, *, more_body: bool = True) -> None:
        self._is_sending = True
        if self._ping_sent is not None:
            await self._ping_sent.wait()
        await self._send({"type": "http.response.body", "body": body, "more_body": more_body})
        self._sent_at = monotonic()
        self._is_sending = False

    async def send_pings(self) -> None:
        """Send a comment whenever no event was sent for some seconds."""
        await self._has_begun.wait()
        self._sent_at = monotonic()
        try:
            while True:
                await anyio.sleep(max(self._sent_at + self._ping - monotonic(), 0))
                if self._is_sending:
                    self._sent_at = monotonic()
                if monotonic() - self._sent_at >= self._ping:
                    await self._send_ping()
        except OSError:  # The browser has left: the next event ends the response.
            pass

    async def _send_ping(self) -> None:
        self._ping_sent = sent = anyio.Event()
        try:
            await self._send({"type": "http.response.body", "body": PING, "more_body": True})
        finally:
            self._ping_sent = None
            sent.set()
        self._sent_at = monotonic()


class AnswerResponse(Response):
    """An answer of the API as the JSON that the API sent.

    An answer that was changed is sent with its changes.

    Args:
        answer: The answer.
        status_code: The status of the response.
        headers: Further headers of the response.
        background: Runs after the response.
        rate_limit_headers: Whether the response has the API's ``X-RateLimit-*`` headers.
    """

    media_type = "application/json"

    def __init__(
        self,
        answer: Model,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        background: BackgroundTask | None = None,
        *,
        rate_limit_headers: bool = False,
    ) -> None:
        if rate_limit_headers:
            headers = {**rate_limit_headers_of(answer.http), **(headers or {})}
        super().__init__(answer.model_dump_json(), status_code, headers, background=background)


def answers(route: Callable[P, Awaitable[Model]]) -> Callable[P, Awaitable[AnswerResponse]]:
    """Make a route send its answer on by `AnswerResponse`, without FastAPI's second validation and serialization.

    The OpenAPI document shows the model that the route returns. Write it below the decorator of FastAPI.

    Args:
        route: A function that returns an answer of the API.

    Returns:
        The function for FastAPI's decorator.
    """

    @wraps(route)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> AnswerResponse:
        return AnswerResponse(await route(*args, **kwargs))

    return answered
