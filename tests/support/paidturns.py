"""A server that answers turns, and knows how often each of them was paid for."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.support.rawserver import body, header, reply


class PaidTurns:
    """A handler of ``RawServer`` that answers turns and counts their keys."""

    def __init__(self) -> None:
        self.keys: dict[str, set[str]] = defaultdict(set)
        """The idempotency keys by message: each key is one turn that is paid for."""
        self.order: list[str] = []
        self.before: Callable[[int], None] = lambda number: None
        """Is called with the number of each request, before it is answered."""
        self.refusal: dict[str, Any] | None = None
        """The status and the error of every answer; None for turns."""
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, request: bytes, number: int) -> None:
        message = json.loads(body(request))["message"]
        self.before(number)
        if self.refusal is not None:
            reply(connection, self.refusal["status"], json.dumps({"error": self.refusal}).encode())
            return
        with self._lock:
            self.keys[message].add(header(request, "Idempotency-Key") or "")
            self.order.append(message)
        self.answer(connection, message)

    def answer(self, connection: socket.socket, message: str) -> None:
        """Answer a turn."""
        state = {"primary": "joy" if "good" in message else "sadness"}
        reply(connection, 200, json.dumps({"response": f"Re: {message}", "inferred_emotional_state": state}).encode())

    def assert_paid_once(self, count: int) -> None:
        """Check that a number of turns was paid for, each of them once."""
        assert len(self.keys) == count
        assert {len(keys) for keys in self.keys.values()} == {1}
