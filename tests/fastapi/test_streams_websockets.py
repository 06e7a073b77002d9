"""Tests of turns over WebSockets: their messages, errors, and browsers that leave."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.rawserver import Handler, rst

pytest.importorskip("fastapi.sse", reason="this FastAPI has no server-sent events")
pytest.importorskip("wsproto", reason="uvicorn serves WebSockets with wsproto or websockets")

import wsproto
from fastapi import FastAPI, WebSocket
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Request, TextMessage

from tests.fastapi.test_fastapi import (
    FIRST,
    KEY,
    LAST,
    NEW,
    ODD,
    TEXT,
    TURN,
    Backend,
    Leaving,
    backend,
    refuses,
    sends,
)
from tests.fastapi.test_streams_responses import failing, wait_for, wait_until_idle
from uniqos.fastapi import Client, send_turn


def add(app: FastAPI) -> None:
    async def chat(websocket: WebSocket, client: Any) -> None:
        await websocket.accept()
        waiting: list[str | bytes] = []
        while True:
            text = waiting.pop(0) if waiting else await websocket.receive_text()
            waiting += await send_turn(websocket, client.respond(json.loads(text), stream=True))

    chat.__annotations__ = {"websocket": WebSocket, "client": Client}
    app.websocket("/ws")(chat)


class Browser:
    """A WebSocket of a browser."""

    def __init__(self, service: Backend) -> None:
        host, port = service.url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), 10)
        self.protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self.events = self._events()
        self.send(Request(host=host, target="/ws"))
        assert isinstance(next(self.events), AcceptConnection)

    def send(self, event: Any) -> None:
        self.socket.sendall(self.protocol.send(event))

    def ask(self) -> None:
        self.send(TextMessage(json.dumps(TURN)))

    def _events(self) -> Iterator[Any]:
        while True:
            data = self.socket.recv(65536)
            assert data, "the server has closed the connection"
            self.protocol.receive_data(data)
            yield from self.protocol.events()

    def read(self) -> tuple[str, Any]:
        """Return name and data of the next event."""
        text = ""
        for event in self.events:
            assert isinstance(event, TextMessage)
            text += event.data
            if event.message_finished:
                break
        message = json.loads(text)
        assert message.keys() == {"event", "data"}
        return message["event"], message["data"]

    def read_turn(self) -> list[tuple[str, Any]]:
        events = [self.read()]
        while events[-1][0] not in ("completion", "error"):
            events.append(self.read())
        return events


@contextmanager
def browsing(upstream: Handler) -> Iterator[tuple[Backend, Browser]]:
    with backend(upstream, add) as service:
        browser = Browser(service)
        try:
            yield service, browser
        finally:
            browser.socket.close()


def data_of(part: bytes) -> Any:
    return json.loads(part.partition(b"data: ")[2])


def test_each_event_is_a_message_and_the_socket_stays_open_for_the_next_turn() -> None:
    with browsing(sends(FIRST, TEXT, NEW, *ODD, TEXT, LAST)) as (service, browser):
        for _ in range(2):
            browser.ask()
            events = browser.read_turn()
            assert [name for name, _ in events] == [
                "metadata", "text", "heartbeat", "beat", "beat", "beat", "text", "completion",
            ]  # fmt: skip
            assert events[0] == ("metadata", data_of(FIRST))
            assert events[2][1] == data_of(NEW)
            assert [data for name, data in events if name == "beat"] == [None, "ü", "still here"]
        wait_until_idle(service)


def test_a_turn_that_is_asked_for_during_another_is_answered_next() -> None:
    with browsing(sends(FIRST, LAST)) as (_, browser):
        for _ in range(3):
            browser.ask()
        assert [name for _ in range(3) for name, _ in browser.read_turn()] == ["metadata", "completion"] * 3


@pytest.mark.parametrize(
    ("upstream", "code"),
    [
        (sends(FIRST, TEXT, end=False), "stream_interrupted"),
        (sends(FIRST, failing("quota_exhausted")), "service_unavailable"),
        (refuses(401, "authentication_error"), "service_unavailable"),
        (refuses(400, "guardrail_blocked"), "guardrail_blocked"),
        (lambda connection, request, number: rst(connection), "upstream_error"),
    ],
)
def test_a_turn_that_fails_ends_with_an_error_message(
    upstream: Handler, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "uniqos"), browsing(upstream) as (service, browser):
        browser.ask()
        name, data = browser.read_turn()[-1]
        wait_until_idle(service)
    assert (name, data["code"]) == ("error", code)
    assert KEY not in json.dumps(data) or code == "guardrail_blocked"
    assert bool([one for one in caplog.records if one.name == "uniqos"]) is (code != "guardrail_blocked")


@pytest.mark.parametrize("close", ["frame", "socket"])
def test_a_browser_that_closes_the_socket_closes_upstream(close: str) -> None:
    upstream = Leaving(silent=True)
    with browsing(upstream) as (service, browser):
        browser.ask()
        browser.read()
        if close == "frame":
            browser.send(CloseConnection(code=1000))
        else:
            browser.socket.close()
        assert upstream.left.wait(10)
        wait_until_idle(service)


def test_a_browser_that_closes_before_the_answer_closes_upstream() -> None:
    left = threading.Event()

    def silent(connection: socket.socket, request: bytes, number: int) -> None:
        connection.settimeout(10)
        assert connection.recv(100) == b""
        left.set()

    with browsing(silent) as (service, browser):
        browser.ask()
        wait_for(lambda: bool(service.upstream.requests))
        browser.send(BytesMessage(b"meanwhile"))
        browser.send(CloseConnection(code=1000))
        assert left.wait(5)
        wait_until_idle(service)
