"""Server-sent events out of the bytes of a stream, as name and data. What an event means is decided in ``_sse.py``.

Almost every event has the same two lines: one regular expression reads those. All other lines are read one by one, by
the letter of the HTML standard. httpx-sse would read each event that way, which costs as much as all else that is done
with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINES_AT_ONCE = 1000
_USUAL = re.compile("event: ([^\n]+)\ndata: ([^\n]+)\n\n")
_COMMENTS = re.compile(f"(?::[^\n]*\n|\n){{1,{_LINES_AT_ONCE}}}")


class Frames:
    """The decoder of one stream. It is fed with the bytes as they come, cut anywhere."""

    __slots__ = ("_after_return", "_beginning", "_data", "_line", "_name")

    def __init__(self) -> None:
        self._beginning: bool = True
        self._after_return: bool = False
        # What is not complete is kept in one buffer each: a list of short pieces would take many times the memory.
        self._line: bytearray = bytearray()
        self._name: str = ""
        self._data: bytearray = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[str, str] | None]:
        """Give name and data of the events that end in ``data``; an event without a name is called ``message``.

        Read the iterator to its end before the next call. Events without data are left out. After many lines without
        an event there is None instead, so that the caller can do something else.
        """
        if self._after_return and data:
            data = data.removeprefix(b"\n")  # the \r before it has ended the line already
            self._after_return = False
        if b"\r" in data:
            self._after_return = data.endswith(b"\r")
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
        text = lines.decode("utf-8", "replace")  # event streams are UTF-8 whatever their header says
        if self._beginning:
            self._beginning = False
            text = text.removeprefix("\ufeff")  # a byte order mark is not part of the first line
        return self._read(text)

    def _read(self, text: str) -> Iterator[tuple[str, str] | None]:
        """Yield the events that end in whole lines, and None now and then."""
        at = lines = 0
        size = len(text)
        while at < size:
            if not (self._name or self._data):
                while at < size and (usual := _USUAL.match(text, at)):
                    at = usual.end()
                    yield usual.groups()  # type: ignore[misc]
                if at == size:
                    return
                if comments := _COMMENTS.match(text, at):
                    at = comments.end()
                    yield None
                    continue
            end = text.index("\n", at)
            event = self._take(text[at:end])
            at = end + 1
            lines += 1
            if event is not None or lines % _LINES_AT_ONCE == 0:
                yield event

    def _take(self, line: str) -> tuple[str, str] | None:
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
