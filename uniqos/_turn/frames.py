"""A decoder of server-sent events: from the bytes of a stream to names and data. ``events.py`` makes models of them.

Almost every event has the same two lines, which one regular expression reads. All other lines are read one by one, as
the HTML standard says. httpx-sse reads each event line by line, which would double the cost of an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINES_AT_ONCE = 1000
"""How many lines without an event are read before the caller may let other tasks run."""
_USUAL_EVENT = re.compile("event: ([^\n]+)\ndata: ([^\n]+)\n\n")
_COMMENTS = re.compile(f"(?::[^\n]*\n|\n){{1,{_LINES_AT_ONCE}}}")


class Frames:
    """The decoder of one stream. It takes the bytes in chunks, which may be cut anywhere."""

    __slots__ = ("_data", "_follows_return", "_is_at_start", "_line", "_name")

    def __init__(self) -> None:
        self._is_at_start: bool = True
        self._follows_return: bool = False
        # Incomplete lines and data are kept in buffers: a list of short pieces would take many times the memory.
        self._line: bytearray = bytearray()
        self._name: str = ""
        self._data: bytearray = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[str, str] | None]:
        """Return an iterator over the names and data of the events that end in ``data``.

        An event without a name is called ``message``. Events without data are left out. After many lines without an
        event, the iterator yields None, so that the caller can let other tasks run. Read it to its end before the
        next call.
        """
        if self._follows_return and data:
            data = data.removeprefix(b"\n")  # The \r before it has ended the line already.
            self._follows_return = False
        if b"\r" in data:
            self._follows_return = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = data.rfind(b"\n") + 1
        if not end:
            self._line += data
            return iter(())
        lines = data[:end]
        if self._line:
            lines = bytes(self._line) + lines
            self._line.clear()
        if end < len(data):
            self._line += data[end:]
        text = lines.decode("utf-8", "replace")  # The standard allows no other encoding.
        if self._is_at_start:
            self._is_at_start = False
            text = text.removeprefix("\ufeff")  # A byte order mark is not part of the first line.
        return self._read(text)

    def _read(self, text: str) -> Iterator[tuple[str, str] | None]:
        """Yield the events of complete lines, and None after many lines without one."""
        at = lines = 0
        size = len(text)
        while at < size:
            if not (self._name or self._data):
                while at < size and (usual := _USUAL_EVENT.match(text, at)):
                    at = usual.end()
                    yield usual.groups()  # type: ignore[misc]
                if at == size:
                    return
                if comments := _COMMENTS.match(text, at):
                    at = comments.end()
                    yield None
                    continue
            end = text.index("\n", at)
            event = self._read_line(text[at:end])
            at = end + 1
            lines += 1
            if event is not None or lines % _LINES_AT_ONCE == 0:
                yield event

    def _read_line(self, line: str) -> tuple[str, str] | None:
        """Read one line; return the event if it is complete."""
        if not line:
            name, data = self._name or "message", self._data.decode()
            self._name = ""
            self._data.clear()
            return (name, data[:-1]) if len(data) > 1 else None
        field, _, value = line.partition(":")
        if field == "data":
            self._data += f"{value.removeprefix(' ')}\n".encode()
        elif field == "event":
            self._name = value.removeprefix(" ")
        return None
