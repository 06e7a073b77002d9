"""The idempotency keys of turns: those that a sandbox got, and those of a server that loses the first answers."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.rawserver import RawServer, reply
from uniqos.sandbox import Sandbox

TURN = b'{"response": "Hi", "usage": {"turns_consumed": 1}}'


def keys_of(sandbox: Sandbox) -> list[str]:
    """Return the idempotency keys of the turns that a sandbox got, in their order."""
    entries = reversed(sandbox.journal.entries())
    return [entry["idempotency_key"] for entry in entries if entry["path"] == "/v1/respond"]


def key_of(request: bytes) -> str:
    """Return the idempotency key of a request."""
    found = re.search(rb"(?i)idempotency-key: (\S+)", request)
    assert found is not None
    return found[1].decode()


def hold(connection: socket.socket) -> None:
    """Send no answer until the client closes the connection."""
    connection.recv(1)


@contextmanager
def turns_after(loss: Callable[[socket.socket], object], losses: int = 1) -> Iterator[tuple[str, list[str]]]:
    """Serve turns, of which the first ones get ``loss`` and no answer; give the address and the keys so far."""
    keys: list[str] = []

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        keys.append(key_of(request))
        if len(keys) <= losses:
            loss(connection)
            connection.close()
        else:
            reply(connection, 200, TURN)

    with RawServer(handle) as server:
        yield server.url, keys
