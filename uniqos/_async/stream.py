"""The stream of one turn: its events, typed, in order; never a silent end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from types import TracebackType
from typing import Any

from typing_extensions import Self

from .. import errors
from .._body import MAX_EVENT_BYTES
from .._exchange import EVENT_STREAM
from .._frames import Frames
from .._http import HttpInfo
from .._operation import Request
from .._sse import DONE
from .._turn import Turn, words_of
from ..api.stream_events import (
    RespondStreamEvent,
    StreamEventCompletion,
    StreamEventError,
    StreamEventMetadata,
    StreamEventText,
)
from .requester import AsyncRequester

_SECONDS_FOR_THE_REST = 1.0


async def _read(
    requester: AsyncRequester, request: Request, turn: Turn
) -> AsyncGenerator[RespondStreamEvent | None, None]:
    """The events; before them None once it is open, so that from then on dropping this frees the connection.

    It knows the turn and not the stream object, so the two make no cycle and the object is freed at once.
    """
    idle = requester.timeout(request)
    with requester.watch(request, streamed=True) as watch:
        exchange = await requester.open(request, EVENT_STREAM, MAX_EVENT_BYTES, watch)
        turn.http = exchange.http
        frames, late = Frames(), False
        try:
            yield None
            exchange.extend(idle)
            while (data := await exchange.chunk()) is not None:
                heard, over = False, turn.ended
                for name, text in frames.feed(data):
                    if not text or text == DONE:
                        continue
                    heard = True
                    if not turn.ended:
                        event = turn.take(name, text)
                        watch.event()
                        yield event
                    elif not late:  # nothing counts any more; it is read so that the connection can serve again
                        requester.config.log.warning("uniqos: ignoring what comes after the end", event=name[:50])
                        late = True
                if turn.ended and not requester.connections.bounded:
                    break  # nobody would end the wait for the rest
                if heard and not over:
                    exchange.extend(_SECONDS_FOR_THE_REST if turn.ended else idle)
            if not turn.ended:
                raise turn.interrupted("it ended without a completion")
        except (errors.NetworkError, errors.ResponseDecodeError) as exc:
            if exc.code == "stream_interrupted":
                raise
            if not turn.ended:
                raise turn.interrupted(exc.message) from exc
        finally:
            if turn.ended:
                watch.ended_with(turn.failure)
            await exchange.aclose()


class AsyncRespondStream:
    """A turn as it is spoken. Iterate it for the events, or ``text_stream`` for the words.

    Nothing is sent before it is opened: by the first iteration, by ``with``, or by ``open()``. Opening checks status
    and content type, retries like any call, and raises there. A stream ends well only with a completion (or the
    API's error event, which ``until_done()`` raises); one that is cut raises NetworkError ``stream_interrupted`` with
    the text so far. It is never resumed: a turn that ran is not asked for, and paid, again.
    """

    def __init__(self, requester: AsyncRequester, request: Request) -> None:
        self._turn: Turn = Turn(
            request.label, request.on_invalid_response or requester.config.on_invalid_response, requester.drift
        )
        self._events: AsyncGenerator[RespondStreamEvent | None, None] = _read(requester, request, self._turn)

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
        """The last event of a stream that ended well."""
        return self._turn.completion

    @property
    def error(self) -> StreamEventError | None:
        """The last event of a stream that the API ended with an error."""
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
            try:
                await anext(self._events)
            except StopAsyncIteration:
                self._turn.check_end()
            except (RuntimeError, ValueError) as exc:
                self._refuse_another_reader(exc)
                raise
        return self

    async def until_done(self) -> Self:
        """Read to the end; then ``text``, ``metadata`` and ``completion`` are there.

        Returns:
            The stream itself.

        Raises:
            APIError: The stream ended with an error event: the class that its code has over HTTP too.
            NetworkError: ``stream_interrupted``: it broke, or was closed, before its end.
            ResponseValidationError: An event breaks the contract.
        """
        async for _ in self:
            pass
        self._turn.raise_error_event()
        return self

    async def frames(self) -> AsyncIterator[bytes]:
        """The events as they came, ready to be sent on by any web framework as ``text/event-stream``.

        An error event that is about this service and not its caller, such as a used-up quota, says no more than that.

        A stream that breaks, or never completes, ends with an event ``error`` instead of an exception: whoever reads
        it on has a status of 200 already. Open the stream before, so that a refusal still is one.

        Yields:
            One server-sent event after the other, name and data to the letter.
        """
        from .._relay import frame, relay_event, relay_failure  # few send a stream on

        try:
            async for event in self:
                yield frame(relay_event(event))
        except errors.UniqOSError as exc:
            yield frame(relay_failure(exc))
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Stop here and give the connection back.

        Raises:
            ConfigurationError: ``stream_in_use``: it is being read at this moment, by another task or thread.
        """
        try:
            await self._events.aclose()
        except (RuntimeError, ValueError) as exc:
            self._refuse_another_reader(exc)
            raise

    def __aiter__(self) -> AsyncIterator[RespondStreamEvent]:
        return self

    async def __anext__(self) -> RespondStreamEvent:
        try:
            event = await anext(self._events)
        except StopAsyncIteration:
            self._turn.check_end()  # the end of what broke, or was closed, is no good end, however often one asks
            raise
        except (RuntimeError, ValueError) as exc:
            self._refuse_another_reader(exc)
            raise
        if event is None:  # it has only just been opened
            return await anext(self)
        return event

    def _refuse_another_reader(self, exc: Exception) -> None:
        """Say it clearly where Python only says that a generator is running."""
        if str(exc).endswith(("already executing", "already running")):
            raise errors.ConfigurationError(
                "this stream is being read by another task or thread: stop it there, by leaving its loop or cancelling",
                code="stream_in_use",
            ) from None

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
    """The text of a stream's events; an object for the same reason as above."""

    def __init__(self, stream: AsyncRespondStream) -> None:
        self._stream: AsyncRespondStream = stream

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        async for event in self._stream:
            if isinstance(event, StreamEventText):
                return words_of(event)
        self._stream._turn.raise_error_event()
        raise StopAsyncIteration
