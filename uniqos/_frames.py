"""The bytes of an event stream as (name, data) of each event. Pure; what an event means is ``_sse.py``'s business.

httpx-sse reads line by line, which costs as much as all else that is done with an event. Almost every event has the
same two lines, and those are cut out in one go here; whatever looks otherwise is left to httpx-sse.
"""

from __future__ import annotations

import codecs

import httpx
from httpx_sse import EventSource

from ._exchange import EVENT_STREAM


class Frames:
    """Takes a stream piece by piece and gives the events that it completes."""

    __slots__ = ("_after_return", "_decoder", "_parts")

    def __init__(self) -> None:
        # The format is UTF-8 whatever the header says, and a BOM is not text.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._parts: list[str] = []  # of the event that is not complete; joined once, so that its size does not matter
        self._after_return: bool = False

    def feed(self, data: bytes) -> list[tuple[str, str]]:
        """The events that end in ``data``; one without a name is called ``message``."""
        text = self._decoder.decode(data)
        if self._after_return and text:
            text = text.removeprefix("\n")  # the line has ended with the \r before it
            self._after_return = False
        if "\r" in text:
            self._after_return = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if "\n\n" not in text and not (text.startswith("\n") and self._parts and self._parts[-1].endswith("\n")):
            if text:
                self._parts.append(text)
            return []
        *blocks, rest = "".join([*self._parts, text]).split("\n\n")
        self._parts = [rest] if rest else []
        events: list[tuple[str, str]] = []
        for block in blocks:
            head, separator, data_line = block.partition("\ndata: ")
            if separator and head.startswith("event: ") and "\n" not in head and "\n" not in data_line:
                events.append((head[7:] or "message", data_line))
            elif block:
                events += _read(block)
        return events


def _read(block: str) -> list[tuple[str, str]]:
    content = f"{block}\n\n".encode()
    response = httpx.Response(200, headers={"content-type": EVENT_STREAM}, content=content)
    return [(event.event, event.data) for event in EventSource(response).iter_sse()]
