"""The stream of one turn: its events, typed, in order; never a silent end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from types import TracebackType
from typing import Any

from typing_extensions import Self

from .. import errors
from .._base.http import HttpInfo
from .._network.aio import Loop, close_on_loop, current_loop
from .._policy.unobserved import NOBODY, Unwatched
from .._turn.turn import Turn, words_of
from .._wire.body import MAX_EVENT_BYTES
from .._wire.message import EVENT_STREAM
from .._wire.operation import Request
from ..api.stream_events import (
    RespondStreamEvent,
    StreamEventCompletion,
    StreamEventError,
    StreamEventMetadata,
    StreamEventText,
)
from .reader import AsyncReader
from .requester import AsyncRequester


class AsyncRespondStream:
    """A turn as it is spoken. Iterate it for the events, or ``text_stream`` for the words.

    Nothing is sent before it is opened: by the first iteration, by ``with``, or by ``open()``. Opening checks status
    and content type, retries like any call, and raises there. A stream ends well only with a completion (or the
    API's error event, which ``until_done()`` raises); one that is cut raises NetworkError ``stream_interrupted`` with
    the text so far. It is never resumed: a turn that ran is not asked for, and paid, again.

    The turn is over with its first completion or error event. Events that come after it are given too, until the
    stream ends or a second has gone by. They change neither the text nor how the turn ended: an error event after the
    completion is in ``error`` and is not raised. With an ``http_client`` of yours, only those are given that arrived
    together with the end.

    A stream may have ``max_response_bytes`` as a whole, and 8 MiB for one event. A larger one is
    ``stream_interrupted``, with the text so far.
    """

    _reader: AsyncReader | None = None
    """Reads the response while the stream is open."""
    _loop: Loop
    """Where the stream was opened, and so has to be closed."""

    # Not an async generator: trio warns of each that is left before its end.
    def __init__(self, requester: AsyncRequester, request: Request) -> None:
        self._requester: AsyncRequester = requester
        self._request: Request = request
        self._turn: Turn = Turn(
            request.label, request.on_invalid_response or requester.config.on_invalid_response, requester.drift
        )
        self._watch: Unwatched = NOBODY
        self._is_in_use: bool = False
        self._is_closed: bool = False

    def __del__(self) -> None:
        if self._reader is not None:
            close_on_loop(self._loop, self.aclose)

    @property
    def text(self) -> str:
        """The reply so far."""
        return self._turn.text

    @property
    def metadata(self) -> StreamEventMetadata | None:
        """The first event, once it has arrived."""
        return self._turn.metadata

    @property
    def completion(self) -> StreamEventCompletion | None:
        """The event with which a turn ends well."""
        return self._turn.completion

    @property
    def error(self) -> StreamEventError | None:
        """The first error event: the turn failed with it, or it came after the completion."""
        return self._turn.error

    @property
    def events_emitted(self) -> int:
        """How many events have arrived."""
        return self._turn.emitted

    @property
    def http(self) -> HttpInfo | None:
        """Status, request id, rate limit, headers and retries of the response; None before it is open."""
        return self._turn.http

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The pieces of the reply as they come. An error event raises, as in ``until_done()``."""
        return _AsyncWords(self)

    async def open(self) -> Self:
        """Send the request, if that is still to be done.

        Returns:
            The stream itself.

        Raises:
            APIError: The API refused the turn.
            NetworkError: No answer came.
            ResponseDecodeError: The answer is no event stream.
            ConfigurationError: ``stream_consumed``: it was closed, or failed to open, before. ``stream_in_use``:
                another task or thread reads it.
        """
        if self._turn.http is None:
            if self._is_in_use:
                raise self._used_elsewhere()
            if self._is_closed:
                self._turn.check_end()
            self._is_in_use = True
            try:
                await self._start()
            except BaseException as exc:
                await self._finish(exc)
                raise
            finally:
                self._is_in_use = False
        return self

    async def until_done(self) -> Self:
        """Read to the end; then ``text``, ``metadata`` and ``completion`` are there.

        Returns:
            The stream itself.

        Raises:
            APIError: The turn ended with an error event: the class that its code has over HTTP too.
            NetworkError: ``stream_interrupted``: it broke, or was closed, before its end.
            ResponseValidationError: An event breaks the contract.
        """
        async for _ in self:
            pass
        self._turn.raise_error_event()
        return self

    def frames(self) -> AsyncIterator[bytes]:
        """The events as they came, ready to be sent on by any web framework as ``text/event-stream``.

        An error event that is about this service and not its caller, such as a used-up quota, says no more than that.

        A stream that breaks, or never completes, ends with an event ``error`` instead of an exception: whoever reads
        it on has a status of 200 already. Open the stream before, so that a refusal still is one.

        Returns:
            One server-sent event after the other, name and data to the letter. Its ``aclose()`` closes the stream.
        """
        return _AsyncFrames(self)

    async def aclose(self) -> None:
        """Stop here and give the connection back.

        Raises:
            ConfigurationError: ``stream_in_use``: it is being read at this moment, by another task or thread.
        """
        if self._is_in_use:
            raise self._used_elsewhere()
        self._is_in_use = True
        try:
            await self._finish(None)
        finally:
            self._is_in_use = False

    def __aiter__(self) -> AsyncIterator[RespondStreamEvent]:
        return self

    async def __anext__(self) -> RespondStreamEvent:
        if self._is_in_use:
            raise self._used_elsewhere()
        if self._is_closed:
            self._turn.check_end()  # a stream that broke, or was closed, has no good end however often one asks
            raise StopAsyncIteration
        self._is_in_use = True
        try:
            reader = self._reader or await self._start()
            event = reader.next_received()
            if event is None:
                event = await (reader.read_rest() if self._turn.ended else reader.read_turn())
            if event is not None:
                if self._watch is not NOBODY:
                    self._watch.event()
                return event
        except BaseException as exc:
            error = await self._fail(exc)
            if error is exc:
                raise
            if error is not None:
                raise error from exc
        else:
            await self._finish(None)
        finally:
            self._is_in_use = False
        raise StopAsyncIteration

    def _used_elsewhere(self) -> errors.ConfigurationError:
        return errors.ConfigurationError(
            "this stream is being read by another task or thread: stop it there, by leaving its loop or cancelling",
            code="stream_in_use",
        )

    async def _start(self) -> AsyncReader:
        """Send the request and wait for the beginning of the answer."""
        requester, request = self._requester, self._request
        self._loop = current_loop()
        self._watch = requester.watch(request, streamed=True).__enter__()
        exchange = await requester.open(request, EVENT_STREAM, MAX_EVENT_BYTES, self._watch)
        self._turn.http = exchange.http
        self._reader = AsyncReader(
            exchange,
            self._turn,
            requester.timeout(request),
            requester.config.max_response_bytes,
            requester.connections.has_bounded_reads,
        )
        return self._reader

    async def _fail(self, exc: BaseException) -> BaseException | None:
        """Finish with an exception; return the one to raise for it, or None where the turn was over before."""
        error: BaseException | None = exc
        if self._reader is not None and isinstance(exc, (errors.NetworkError, errors.ResponseDecodeError)):
            if self._turn.ended:
                error = None
                if exc.code != "timeout":
                    self._turn.broken_afterwards = exc.code
            elif exc.code != "stream_interrupted":
                error = self._turn.interrupted(exc.message)
        await self._finish(error)
        return error

    async def _finish(self, exc: BaseException | None) -> None:
        """Give the connection back, and tell the observer how the call ended."""
        self._is_closed = True
        watch, self._watch = self._watch, NOBODY
        reader, self._reader = self._reader, None
        try:
            if reader is not None:
                await reader.exchange.aclose()
        finally:
            if self._turn.broken_afterwards is not None and reader is not None:
                self._requester.config.log.warning(
                    "uniqos: a stream broke after the end of its turn", code=self._turn.broken_afterwards
                )
            if self._turn.ended:
                watch.ended_with(self._turn.failure)
            elif exc is None:
                watch.left()
            watch.__exit__(None if exc is None else type(exc), exc, None)

    # async only: begin
    def __await__(self) -> Generator[Any, Any, Self]:
        return self.open().__await__()

    # async only: end
    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class _AsyncWords:
    """The pieces of a reply, one by one."""

    def __init__(self, stream: AsyncRespondStream) -> None:
        self._stream: AsyncRespondStream = stream

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        turn = self._stream._turn
        async for event in self._stream:
            if isinstance(event, StreamEventText) and not turn.ended:
                return words_of(event)
        turn.raise_error_event()
        raise StopAsyncIteration


class _AsyncFrames:
    """The events of a stream as bytes to be sent on, one by one."""

    def __init__(self, stream: AsyncRespondStream) -> None:
        from .._turn import relay as _relay  # few send a stream on

        self._relay = _relay
        self._stream: AsyncRespondStream = stream
        self._is_closed: bool = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._is_closed:
            raise StopAsyncIteration
        try:
            return self._relay.frame(self._relay.relay_event(await anext(self._stream)))
        except StopAsyncIteration:
            self._is_closed = True
            raise
        except errors.UniqOSError as exc:
            self._is_closed = True
            return self._relay.frame(self._relay.relay_failure(exc))

    async def aclose(self) -> None:
        """Close the stream."""
        self._is_closed = True
        await self._stream.aclose()
