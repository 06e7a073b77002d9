# Generated from _async/reader.py by python -m uniqos._generate. Do not edit.
"""The reader of an open event stream: its turn, and then the events that follow the end of the turn."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from .. import errors
from .._turn.frames import Frames
from .._turn.turn import Turn
from ..api.stream_events import RespondStreamEvent
from .exchange import Exchange

_SECONDS_FOR_THE_REST = 1.0
"""How long a stream is read after the end of its turn."""


class Reader:
    """Reads the events of one response.

    Args:
        exchange: The response.
        turn: Takes the events.
        timeout: Seconds to wait for each event of the turn; None is no limit.
        max_bytes: How many decoded bytes the whole stream may have.
        waits_for_the_rest: Whether to wait for more events after the end of the turn. If not, only those that have
            arrived already are read.
    """

    __slots__ = (
        "_frames",
        "_is_in_rest",
        "_max_bytes",
        "_received",
        "_size",
        "_timeout",
        "_turn",
        "_waits_for_the_rest",
        "exchange",
    )

    def __init__(
        self, exchange: Exchange, turn: Turn, timeout: float | None, max_bytes: int, waits_for_the_rest: bool
    ) -> None:
        self.exchange: Exchange = exchange
        self._turn: Turn = turn
        self._timeout: float | None = timeout
        self._max_bytes: int = max_bytes
        self._waits_for_the_rest: bool = waits_for_the_rest
        self._frames: Frames = Frames()
        self._received: Iterator[RespondStreamEvent | None] = iter(())
        """The events of the last chunk. None among them is an opportunity to let the event loop work."""
        self._size: int = 0
        self._is_in_rest: bool = False

    def next_received(self) -> RespondStreamEvent | None:
        """Return the next event that was received already; None if there is none, or if other tasks should run."""
        while monotonic() < self.exchange.work_until:
            for event in self._received:
                if event is not None:
                    return event
                break  # Many lines were read without an event. The clock says whether to go on.
            else:
                return None
        return None

    def take_received(self) -> list[RespondStreamEvent]:
        """Return the events that were received already, up to the instant at which other tasks should run.

        The error of an event that breaks the contract is raised by the next read, after the events before it.
        """
        events: list[RespondStreamEvent] = []
        try:
            while (event := self.next_received()) is not None:
                events.append(event)
        except errors.ResponseValidationError as exc:
            self._received = _fail_with(exc)
        return events

    def read_turn(self) -> RespondStreamEvent:
        """Wait for the next event of the turn, after ``next_received()`` gave none.

        Its time begins here: the time that the caller took for the event before does not count.

        Raises:
            NetworkError: The stream ends before its turn, or the event takes too long.
            ResponseDecodeError: The stream is too large, or wrongly compressed.
            ResponseValidationError: The event breaks the contract.
        """
        self.exchange.restart_limits(self._timeout)
        event = None
        while event is None:
            if monotonic() >= self.exchange.work_until:
                self.exchange.checkpoint()
            elif not self._receive():
                raise self._turn.interrupted("it ended without a completion")
            event = self.next_received()
        return event

    def read_rest(self) -> RespondStreamEvent | None:
        """Wait for the next event after the end of the turn, after ``next_received()`` gave none.

        Returns:
            The event; None at the end of the stream.

        Raises:
            NetworkError: The stream broke, or the time for the rest is over.
            ResponseDecodeError: The stream is too large, or wrongly compressed.
        """
        if not self._is_in_rest:
            self._is_in_rest = True
            self.exchange.restart_limits(_SECONDS_FOR_THE_REST)
        event = None
        while event is None:
            if monotonic() >= self.exchange.work_until:
                self.exchange.checkpoint()
            elif not (self._waits_for_the_rest or self.exchange.pending) or not self._receive():
                return None
            event = self.next_received()
        return event

    def _receive(self) -> bool:
        """Wait for the next chunk; return False at the end of the stream."""
        left = self._max_bytes - self._size
        if left < 0:  # The events within the limit were given.
            raise self.exchange.decode_error(
                "response_too_large", f"more than {self._max_bytes} bytes (max_response_bytes)"
            )
        data = self.exchange.read_chunk()
        if data is None:
            return False
        self._size += len(data)
        self._received = self._turn.events(self._frames.feed(data[:left]))
        return True


def _fail_with(error: errors.ResponseValidationError) -> Iterator[RespondStreamEvent | None]:
    """Return an iterator that raises the error instead of its first event."""
    raise error
    yield None
