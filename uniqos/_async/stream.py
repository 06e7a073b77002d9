"""The stream of one turn, which gives its typed events in order and never ends silently."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from .. import errors
from .._base.http import HttpInfo
from .._network.aio import AsyncBackgroundCall, Loop, close_on_loop, current_loop
from .._policy.unobserved import UNOBSERVED, UnobservedCall
from .._turn.turn import Turn, words_of
from .._wire.body import MAX_EVENT_BYTES
from .._wire.message import EVENT_STREAM
from .._wire.operation import Request
from .._wire.options import seconds
from ..api.stream_events import (
    RespondStreamEvent,
    StreamEventCompletion,
    StreamEventError,
    StreamEventMetadata,
    StreamEventText,
)
from .reader import AsyncReader
from .requester import AsyncRequester

if TYPE_CHECKING:
    from .._turn.relay import RelayedEvent


class AsyncRespondStream:
    """A streamed turn. Iterate it for the events, or ``text_stream`` for the pieces of the reply.

    The request is sent when the stream is opened: by the first iteration, by a ``with`` block (``async with``), or by
    ``open()``. Opening checks status and content type, retries like any call, and raises what a call would raise.

    A stream ends well only with a completion. It may also end with an error event of the API, which ``until_done()``
    raises. A stream that is cut off raises NetworkError ``stream_interrupted`` with the text so far. It is never
    resumed, since the turn would run, and be billed, twice.

    The turn ends with its first completion or error event. Events after that are given too, until the stream ends or a
    second has passed. They change neither the text nor the outcome: an error event after the completion is in
    ``error`` and is not raised. With your own ``http_client``, only events that arrived together with the end
    are given.

    A stream may hold ``max_response_bytes`` as a whole, and 8 MiB in one event. A larger one raises
    ``stream_interrupted`` with the text so far.
    """

    __module__ = "uniqos"

    # An object and no async generator: trio warns of each generator that is abandoned before its end.
    def __init__(self, requester: AsyncRequester, request: Request) -> None:
        self._reader: AsyncReader | None = None
        """Reads the response while the stream is open."""
        self._loop: Loop
        """The event loop that opened the stream, and so has to close it."""
        self._requester: AsyncRequester = requester
        self._request: Request = request
        self._turn: Turn = Turn(
            request.label, request.on_invalid_response or requester.config.on_invalid_response, requester.drift
        )
        self._watch: UnobservedCall = UNOBSERVED
        self._is_in_use: bool = False
        self._is_closed: bool = False

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is not None:  # A copy that failed has no attributes yet.
            close_on_loop(self._loop, self.aclose)

    @property
    def text(self) -> str:
        """The reply so far."""
        return self._turn.text

    @property
    def metadata(self) -> StreamEventMetadata | None:
        """The metadata event, which comes first; None before it has arrived."""
        return self._turn.metadata

    @property
    def completion(self) -> StreamEventCompletion | None:
        """The completion event, with which a turn ends well; None before it has arrived."""
        return self._turn.completion

    @property
    def error(self) -> StreamEventError | None:
        """The first error event: it ended the turn, or came after the completion. None if there was none."""
        return self._turn.error

    @property
    def events_emitted(self) -> int:
        """How many events have arrived."""
        return self._turn.emitted

    @property
    def http(self) -> HttpInfo | None:
        """Status, request id, rate limit, headers and retries of the response; None before the stream is open."""
        return self._turn.http

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """An iterator over the pieces of the reply as they arrive. An error event raises, as in ``until_done()``."""
        return _AsyncWords(self)

    async def open(self) -> Self:
        """Send the request, unless the stream is open already.

        Returns:
            The stream itself.

        Raises:
            APIError: The API refused the turn.
            NetworkError: No answer arrived.
            ResponseDecodeError: The answer is not an event stream.
            ConfigurationError: ``stream_consumed``: the stream was closed, or has failed to open, before.
                ``stream_in_use``: another task or thread is reading it.
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
        """Read the stream to its end, so that ``text``, ``metadata`` and ``completion`` are complete.

        Returns:
            The stream itself.

        Raises:
            APIError: The turn ended with an error event. Its code chooses the class, as for an HTTP error.
            NetworkError: ``stream_interrupted``: the stream broke, or was closed, before its end.
            ResponseValidationError: An event breaks the contract.
        """
        async for _ in self:
            pass
        self._turn.raise_error_event()
        return self

    def received(self) -> list[RespondStreamEvent]:
        """Return the further events that have arrived already, without waiting for more.

        The API often sends several events at once. After the first of them, this gives the others, so that a service
        can send all of them on by one write. The next iteration goes on after them, and raises the error of an event
        among them that breaks the contract.

        Returns:
            The events in order; an empty list if none is there, or if the stream is not open.

        Raises:
            ConfigurationError: ``stream_in_use``: another task or thread is reading the stream.
        """
        if self._is_in_use:
            raise self._used_elsewhere()
        events = [] if self._reader is None else self._reader.take_received()
        if self._watch is not UNOBSERVED:
            for _ in events:
                self._watch.event()
        return events

    def frames(self, *, ping: float | None = None) -> AsyncIterator[bytes]:
        """Return the events as bytes that any web framework can send on as ``text/event-stream``.

        An error event that concerns this service and not its caller, such as an exhausted quota, is replaced by one
        without details.

        A stream that breaks, or never completes, ends with an ``error`` event instead of an exception, since the
        caller has received status 200 already. Open the stream first, so that a refusal by the API still raises.

        Args:
            ping: After so many seconds without an event, a comment is given, so that no proxy closes the connection
                to your caller. Each event is then read in the background. None or 0 is never.

        Returns:
            An iterator over the server-sent events, each with the name and data of the API. Its ``aclose()`` closes
            the stream.

        Raises:
            RequestValidationError: ``ping`` is no number of seconds.
        """
        frames = _AsyncFrames(self)
        return _AsyncPingedFrames(frames, ping) if ping is not None and seconds("ping", ping) else frames

    async def aclose(self) -> None:
        """Stop reading and give the connection back.

        Raises:
            ConfigurationError: ``stream_in_use``: another task or thread is reading the stream.
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
            self._turn.check_end()  # A stream that broke, or was closed early, raises each time.
            raise StopAsyncIteration
        self._is_in_use = True
        try:
            reader = self._reader or await self._start()
            event = reader.next_received()
            if event is None:
                event = await (reader.read_rest() if self._turn.ended else reader.read_turn())
            if event is not None:
                if self._watch is not UNOBSERVED:
                    self._watch.event()
                return event
        except BaseException as exc:
            error = await self._fail(exc)
            last = self._turn.end_by_break(error) if isinstance(error, errors.UniqOSError) else None
            if last is not None:
                return last
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
            "another task or thread is reading this stream: leave its loop there, or cancel it, before using it here",
            code="stream_in_use",
        )

    async def _start(self) -> AsyncReader:
        """Send the request and wait for the head of the answer."""
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
        """Finish with an exception; return the error to raise, or None if the turn had ended before."""
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
        watch, self._watch = self._watch, UNOBSERVED
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
                watch.note_outcome(self._turn.failure)
            elif exc is None:
                watch.note_early_close()
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
    """An iterator over the pieces of a reply."""

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
    """An iterator over the events of a stream, as bytes to send on."""

    def __init__(self, stream: AsyncRespondStream) -> None:
        from .._turn import relay as _relay  # Few callers send a stream on.

        self._relay = _relay
        self.ping: bytes = _relay.PING
        self._stream: AsyncRespondStream = stream
        self._is_closed: bool = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._is_closed:
            raise StopAsyncIteration
        try:
            return self._frame(self._relay.relay_event(await anext(self._stream)))
        except StopAsyncIteration:
            self._is_closed = True
            raise
        except errors.UniqOSError as exc:
            self._is_closed = True
            return self._frame(self._relay.relay_failure(exc))

    def _frame(self, event: RelayedEvent) -> bytes:
        if event.hidden is not None:
            self._relay.report_hidden(event, self._stream._turn, self._stream._requester.config.log)
        return self._relay.frame(event)

    async def aclose(self) -> None:
        """Close the stream."""
        self._is_closed = True
        await self._stream.aclose()


class _AsyncPingedFrames:
    """An iterator over frames, and over comments while no frame comes.

    The frames are an object of their own: the background call holds them, and must not hold this iterator, whose
    finalizer ends the call.
    """

    def __init__(self, frames: _AsyncFrames, ping: float) -> None:
        self._frames: _AsyncFrames = frames
        self._ping: float = ping
        self._reading: AsyncBackgroundCall[bytes] | None = None
        """The read of the next frame."""

    def __del__(self) -> None:
        if self._reading is not None:
            self._reading.abandon()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._reading is None:
            self._reading = AsyncBackgroundCall(self._frames.__anext__)
        if not await self._reading.wait(self._ping):
            return self._frames.ping
        reading, self._reading = self._reading, None
        return reading.result()

    async def aclose(self) -> None:
        """Close the stream."""
        reading, self._reading = self._reading, None
        if reading is not None:
            await reading.cancel()
        await self._frames.aclose()
