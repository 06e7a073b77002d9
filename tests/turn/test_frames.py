"""The framing of streams: bytes, cut anywhere, to events, compared with httpx-sse."""

from __future__ import annotations

import tracemalloc

import httpx
import pytest
from httpx_sse import EventSource

from uniqos._turn.frames import Frames

USUAL = 'event: text\ndata: {"delta": "Hé"}\n\n'


def read(*pieces: bytes) -> list[tuple[str, str]]:
    frames = Frames()
    return [event for piece in pieces for event in events(frames, piece)]


def events(frames: Frames, data: bytes) -> list[tuple[str, str]]:
    return [event for event in frames.feed(data) if event is not None]


def read_with_httpx_sse(content: bytes) -> list[tuple[str, str]]:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=content)
    return [(event.event, event.data) for event in EventSource(response).iter_sse() if event.data]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        USUAL,
        USUAL * 3,
        USUAL + "event: text\ndata: cut",
        USUAL + "event: text\ndata: cut\n",
        USUAL.replace("\n", "\r\n") * 2,
        USUAL.replace("\n", "\r") * 2,
        USUAL.replace("\n\n", "\n\r\n") + USUAL.replace("\n\n", "\r\r\n"),
        "data: one\ndata: two\n\n" + USUAL,
        "event: text\ndata: one\ndata: two\n\n",
        "event: text\ndata: one\nevent: other\n\n",
        "event: text\nid: 3\ndata: one\n\n" + USUAL,
        "id: 3\n\n" + USUAL,
        "retry: 10\n\n" + USUAL,
        ": ping\n\n" + USUAL + ": ping\n" + USUAL,
        "event:text\ndata:{}\n\n",
        "event:  two spaces\ndata:  two spaces\n\n",
        "event: \ndata: nameless\n\n",
        "event: text\ndata: \n\n" + USUAL,
        "event: text\ndata\n\n" + USUAL,
        "event: text\n\n" + USUAL,
        "\n\n\n" + USUAL + "\n\n" + USUAL,
        "event: a\x0bb\ndata: c\u2028d\x85e\x0c\n\n",
        "nonsense\n\n" + USUAL,
        "event: text\nnonsense: x\ndata: y\n\n",
    ],
    ids=repr,
)
def test_the_events_are_those_of_httpx_sse_however_the_bytes_are_cut(text: str) -> None:
    content = text.encode()
    expected = read_with_httpx_sse(content)
    for size in (1, 2, 3, 7, len(content) + 1):
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        assert read(*pieces) == expected
    for at in range(len(content)):
        assert read(content[:at], content[at:]) == expected


def test_an_event_is_given_with_its_last_byte() -> None:
    for end in (b"\n\n", b"\r\r", b"\r\n\r", b"\n\r"):
        frames = Frames()
        assert events(frames, b"event: text\ndata: x" + end[:-1]) == []
        assert events(frames, end[-1:]) == [("text", "x")]
        assert events(frames, b"\n") == []
        assert events(frames, b"event: text\ndata: y\n\n") == [("text", "y")]


def test_a_byte_order_mark_is_no_text_and_what_is_no_utf_8_is_replaced() -> None:
    assert read(b"\xef\xbb", b"\xbfevent: text\ndata: x\n\n") == [("text", "x")]
    assert read(b"\xef\xbb\xbf\n\xef\xbb\xbfdata: x\n\n" + b"data: y\n\n") == [("message", "y")]
    assert read(b"event: text\ndata: \xff\n\n") == [("text", "\ufffd")]
    assert read(b"event: text\ndata: \xe2\x82", b"\n\n") == [("text", "\ufffd")]


def test_nothing_is_kept_of_what_was_given() -> None:
    frames = Frames()
    for _ in range(100):
        events(frames, USUAL.encode() + b": ping\n\n")
        events(frames, b"data: x\ndata: y\n\n")
    assert (frames._line, frames._name, frames._data) == (b"", "", b"")


@pytest.mark.parametrize(
    "unit", [b"\n", b":\n\n", b": ping\n", b"event: x\n\n", b"data:\n\n", b"id\n", b"\r", b":\r\r", b"retry: 1\r\n\r\n"]
)
def test_many_lines_without_an_event_are_read_in_small_parts(unit: bytes) -> None:
    count = 64 * 1024 // len(unit)
    found = list(Frames().feed(unit * count))
    assert set(found) == {None}
    assert len(found) >= count * len(unit.replace(b"\r\n", b"\n")) / 30_000


@pytest.mark.parametrize(
    "unit", [b"x", b"data: x", b"data: x\n", b"data\n", b"event: x\n", b": x", "data: é".encode()], ids=repr
)
def test_what_is_not_complete_takes_little_more_memory_than_its_bytes(unit: bytes) -> None:
    frames, count = Frames(), 200_000 // len(unit)
    tracemalloc.start()
    try:
        for _ in range(count):
            for found in frames.feed(unit):
                assert found is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 700_000
