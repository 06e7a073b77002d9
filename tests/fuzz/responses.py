"""A response of HTTP/1.1 in any bytes: it is read as h11 reads it, and what is behind it is no part of it."""

from __future__ import annotations

from typing import NamedTuple

import h11
import httpcore

from uniqos._wire.http1 import ResponseReader

_METHODS = (b"GET", b"HEAD", b"POST", b"DELETE")


class Read(NamedTuple):
    """What a reader makes of a connection's bytes."""

    status: int
    body: bytes
    rest: bytes
    can_serve_again: bool


def read(parts: list[bytes], method: bytes = b"POST") -> Read:
    """Read a response whose bytes come in these parts; the connection ends after them."""
    reader = ResponseReader(method)
    left = iter(parts)
    while (head := reader.read_head(next(left, b""))) is None:
        pass
    body = reader.read_rest()
    while not reader.ended:
        body += reader.read_body(next(left, b""))
    rest = reader.rest + b"".join(left)
    return Read(head.status_code, body, rest, reader.can_serve_again and not rest)


def by_h11(data: bytes, method: bytes) -> tuple[int, bytes, bytes] | None:
    """Status, body and rest as h11 reads them; None for an error."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    connection.receive_data(b"")
    status, body = 0, b""
    try:
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None
    return status, body, connection.trailing_data[0]


def check_response(data: bytes, method: bytes, sizes: list[int]) -> None:
    """Assert that bytes in parts of these sizes, again and again, are read as h11 reads them."""
    parts, at, number = [], 0, 0
    while at < len(data):
        size = sizes[number % len(sizes)]
        parts.append(data[at : at + size])
        at, number = at + size, number + 1
    expected = by_h11(data, method)
    try:
        found = read(parts, method)
    except httpcore.RemoteProtocolError:
        assert expected is None
        return
    assert (found.status, found.body, found.rest) == expected
    assert not (found.rest and found.can_serve_again)


def responses(data: bytes) -> None:
    """The first byte chooses the method, the second how large the parts are; the rest is what the server sends."""
    if len(data) < 2:
        return
    check_response(data[2:], _METHODS[data[0] % len(_METHODS)], [data[1] % 32 + 1, data[1] // 32 + 1])
