"""From the bytes of a stream to its events, cut anywhere; httpx-sse is the judge of what they are."""

from __future__ import annotations

import httpx
import pytest
from httpx_sse import EventSource

from uniqos._frames import Frames

USUAL = 'event: text\ndata: {"delta": "Hé"}\n\n'


def read(*pieces: bytes) -> list[tuple[str, str]]:
    frames = Frames()
    return [event for piece in pieces for event in frames.feed(piece)]


def judged(content: bytes) -> list[tuple[str, str]]:
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
    expected = judged(content)
    for size in (1, 2, 3, 7, len(content) + 1):
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        assert [event for event in read(*pieces) if event[1]] == expected
    for at in range(len(content)):
        assert [event for event in read(content[:at], content[at:]) if event[1]] == expected


def test_an_event_is_given_with_its_last_byte() -> None:
    for end in (b"\n\n", b"\r\r", b"\r\n\r", b"\n\r"):
        frames = Frames()
        assert frames.feed(b"event: text\ndata: x" + end[:-1]) == []
        assert frames.feed(end[-1:]) == [("text", "x")]
        assert frames.feed(b"\n") == []
        assert frames.feed(b"event: text\ndata: y\n\n") == [("text", "y")]


def test_a_byte_order_mark_is_no_text_and_what_is_no_utf_8_is_replaced() -> None:
    assert read(b"\xef\xbb", b"\xbfevent: text\ndata: x\n\n") == [("text", "x")]
    assert read(b"event: text\ndata: \xff\n\n") == [("text", "\ufffd")]


def test_nothing_is_kept_of_what_was_given() -> None:
    frames = Frames()
    for _ in range(100):
        frames.feed(USUAL.encode() + b": ping\n\n")
    assert frames._parts == []
