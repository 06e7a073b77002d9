"""Facts of a turn's answer for its span, read from the bytes of the answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from pydantic_core import from_json

from .._base.safe import safe_id, safe_text
from .._turn.frames import Frames

_MOST_PIECES = 4
"""How many pieces are kept of the beginning and of the end of a stream whose text is not asked for."""
_MOST_OF_A_NAME = 100


class AnswerCopy:
    """A copy of the body of an answer. Of a stream it has the beginning and the end, unless its text is asked for.

    Args:
        streamed: Whether the answer is a stream of events.
        whole: Whether the text is asked for.
    """

    def __init__(self, streamed: bool, whole: bool) -> None:
        self._streamed: bool = streamed
        self._first: list[bytes] = []
        self._last: deque[bytes] = deque(maxlen=None if whole or not streamed else _MOST_PIECES)

    def __call__(self, piece: bytes | None) -> None:
        """Take a piece of the body."""
        if piece is not None:
            kept = self._first if len(self._first) < _MOST_PIECES else self._last
            kept.append(piece)

    def turn(self) -> Mapping[str, Any]:
        """Return the fields of the turn as a mapping; an empty one for an answer that is no JSON object."""
        if self._streamed:
            return self._of_events()
        return _object(b"".join(chain(self._first, self._last)))

    def _of_events(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        text: list[str] = []
        for name, data in self._events():
            fields = _object(data)
            kind = fields.get("type") if name == "message" else name
            if kind == "text":
                text.append(str(fields.get("delta", "")))
            elif kind in ("metadata", "completion"):
                found.update(fields)
        return found | {"response": "".join(text)}

    def _events(self) -> Iterator[tuple[str, str]]:
        is_complete = self._last.maxlen is None or len(self._last) < self._last.maxlen
        parts = [[*self._first, *self._last]] if is_complete else [self._first, self._last]
        for part in parts:
            frames = Frames()
            for piece in part:
                for frame in frames.feed(piece):
                    if frame is not None:
                        yield frame


def _object(data: str | bytes) -> Mapping[str, Any]:
    try:
        value = from_json(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def fields_of(content: bytes | None) -> Mapping[str, Any]:
    """Return the fields of a request's body."""
    return _object(content) if content else {}


def id_of(value: object) -> str | None:
    """Return an id; None for a value that does not look like one."""
    return safe_id(value) if isinstance(value, str) else None


def name_of(value: object) -> str | None:
    """Return a short text such as the name of a model; None for another value."""
    return safe_text(value, _MOST_OF_A_NAME) if isinstance(value, str) and value else None
