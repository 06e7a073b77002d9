"""HTTP/1.1 messages as bytes: the heads of requests, the heads and bodies of responses. Nothing here does I/O.

h11 parses the head of a response and refuses protocol errors. Bodies are parsed here: h11 takes longer for one chunk
of a stream than pydantic takes to validate the event in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import h11
import httpcore

_MAX_HEAD_BYTES = 100 * 1024
_MAX_CHUNK_LINE_BYTES = 8 * 1024
_MAX_TRAILER_BYTES = 16 * 1024
_MAX_INTERIM_RESPONSES = 100
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_TARGET = re.compile(rb"[\x21-\x7e]+")


def request_head(method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the bytes of a request up to its body.

    Args:
        method: The HTTP method, e.g. ``POST``.
        target: The request target: path and query, or ``host:port`` for CONNECT.
        headers: Names and values, in order.

    Raises:
        httpcore.LocalProtocolError: The target or a header holds a forbidden character, e.g. a line break.
    """
    lines = [b"%s %s HTTP/1.1" % (method, target)]
    lines += [b"%s: %s" % header for header in headers]
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1 or b"\0" in head:
        raise httpcore.LocalProtocolError("a header holds a line break or a null character")
    if not _TARGET.fullmatch(target):
        raise httpcore.LocalProtocolError("the request target holds a space or a character outside ASCII")
    return head


class ResponseReader:
    """The parser of one response. Every response gets a new parser, so that their bytes can never mix.

    Args:
        method: The method of the request, which decides whether the response has a body.
    """

    __slots__ = ("_body", "_h11", "_interim", "_method", "ended", "head", "keep_alive", "rest")

    def __init__(self, method: bytes) -> None:
        self._method: bytes = method
        self._h11: h11.Connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._h11.send(_request_event(method))
        self._interim: int = 0
        self._body: _Sized | _Chunked | _UntilClosed | None = None
        self.head: h11.Response | None = None
        """The head of the response; None until it is complete."""
        self.keep_alive: bool = False
        """Whether the server allows another request on the connection."""
        self.ended: bool = False
        """Whether the whole response was read."""
        self.rest: bytes = b""
        """Bytes received but not returned yet: the beginning of the body, or bytes after its end."""

    def read_head(self, data: bytes) -> h11.Response | None:
        """Take received bytes; return the head once it is complete, and None before.

        Args:
            data: The received bytes; empty if the server has closed the connection.

        Raises:
            httpcore.RemoteProtocolError: The bytes are not HTTP/1.1, or the server has closed the connection.
        """
        if not data:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        try:
            self._h11.receive_data(data)
            while not isinstance(event := self._h11.next_event(), h11.Response):
                if not isinstance(event, h11.InformationalResponse):
                    return None
                self._interim += 1
                if self._interim > _MAX_INTERIM_RESPONSES:
                    raise httpcore.RemoteProtocolError(
                        f"the server sent more than {_MAX_INTERIM_RESPONSES} interim responses"
                    )
            self._choose_body(event)
        # h11 before 0.16 accepts a Content-Length of thousands of digits; int() raises ValueError.
        except (h11.RemoteProtocolError, ValueError) as exc:
            raise httpcore.RemoteProtocolError(str(exc)) from exc
        self.rest = self._h11.trailing_data[0]
        self.head = event
        return event

    def read_body(self, data: bytes) -> bytes:
        """Take received bytes; return those that belong to the body.

        Args:
            data: The received bytes; empty if the server has closed the connection.

        Raises:
            httpcore.RemoteProtocolError: The body is incomplete, or its chunks are malformed.
        """
        body = self._body
        assert body is not None
        if not data:
            body.end()
        part = body.take(data)
        if body.ended:
            self.ended = True
            self.rest = body.rest
        return part

    def read_rest(self) -> bytes:
        """Return the part of the body that was received together with the head."""
        if self.ended or not self.rest:
            return b""
        data, self.rest = self.rest, b""
        return self.read_body(data)

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body has neither a length nor chunks, and ends only with the connection."""
        return isinstance(self._body, _UntilClosed)

    @property
    def can_serve_again(self) -> bool:
        """Whether the connection can be reused: the response is complete, and no bytes follow it."""
        return self.ended and self.keep_alive and not self.rest

    def _choose_body(self, head: h11.Response) -> None:
        """Choose the parser of the body, by RFC 9112, section 6.3. h11 has validated the headers."""
        length, chunked, closes = b"", False, head.http_version != b"1.1"
        for name, value in head.headers:
            if name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"connection":
                closes = closes or b"close" in [token.strip().lower() for token in value.split(b",")]
        status = head.status_code
        if self._method == b"HEAD" or status in (204, 304) or (self._method == b"CONNECT" and 200 <= status < 300):
            self.ended = True
            # A faulty server may still send the body that its 204 announces, so the connection is not reused. A 304 is
            # an error, since no request here is conditional.
            announced = chunked or length not in (b"", b"0")
            self.keep_alive = not closes and not (announced and status == 204) and status != 304
        elif chunked:
            self._body = _Chunked()
            # A length beside chunks is a sign of response smuggling, so the connection is not reused.
            self.keep_alive = not closes and not length
        elif length:
            self._body = _Sized(int(length))
            self.ended = self._body.ended
            self.keep_alive = not closes
        else:
            self._body = _UntilClosed()


class _Sized:
    """A body with a ``Content-Length``."""

    __slots__ = ("_length", "_missing", "ended", "rest")

    def __init__(self, length: int) -> None:
        self._length: int = length
        self._missing: int = length
        self.ended: bool = not length
        self.rest: bytes = b""

    def take(self, data: bytes) -> bytes:
        if len(data) < self._missing:
            self._missing -= len(data)
            return data
        part, self.rest = data[: self._missing], data[self._missing :]
        self._missing, self.ended = 0, True
        return part

    def end(self) -> None:
        raise httpcore.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {self._length - self._missing} bytes, expected {self._length})"
        )


class _UntilClosed:
    """A body that ends when the server closes the connection."""

    __slots__ = ("ended", "rest")

    def __init__(self) -> None:
        self.ended: bool = False
        self.rest: bytes = b""

    def take(self, data: bytes) -> bytes:
        return data

    def end(self) -> None:
        self.ended = True


class _Chunked:
    """A chunked body, by RFC 9112, section 7.1. Chunk extensions and trailers are ignored."""

    __slots__ = ("_in_trailer", "_line", "_missing", "_trailer_bytes", "ended", "rest")

    def __init__(self) -> None:
        self._missing: int = 0
        """The number of bytes that the current chunk still lacks, its line end included."""
        self._line: bytes = b""
        """The beginning of an incomplete line."""
        self._in_trailer: bool = False
        self._trailer_bytes: int = 0
        self.ended: bool = False
        self.rest: bytes = b""

    def take(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        data, self._line = self._line + data, b""
        at, size = 0, len(data)
        while at < size:
            if self._missing:
                at = self._take_chunk(data, at, parts)
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._line = data[at:]
                break
            line = data[at:end]
            at = end + 2
            if not self._in_trailer:
                self._begin_chunk(line)
            elif line:
                self._count_trailer(len(line))
            else:
                self.ended, self.rest = True, data[at:]
                break
        if len(self._line) > _MAX_CHUNK_LINE_BYTES:
            raise httpcore.RemoteProtocolError("a line of the chunked body is too long")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take_chunk(self, data: bytes, at: int, parts: list[bytes]) -> int:
        """Append the bytes of the current chunk, which begin at ``at``, to ``parts``; return where they end."""
        content = self._missing - 2
        if content > 0:
            part = data[at : at + content]
            parts.append(part)
            self._missing -= len(part)
            at += len(part)
        if self._missing <= 2:
            line_end = data[at : at + self._missing]
            if line_end != b"\r\n"[2 - self._missing :][: len(line_end)]:
                raise httpcore.RemoteProtocolError("a chunk is longer than its length says")
            self._missing -= len(line_end)
            at += len(line_end)
        return at

    def _begin_chunk(self, line: bytes) -> None:
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise httpcore.RemoteProtocolError("illegal chunk header")
        length = int(found[1], 16)
        self._in_trailer = not length
        self._missing = length + 2 if length else 0

    def _count_trailer(self, size: int) -> None:
        self._trailer_bytes += size
        if self._trailer_bytes > _MAX_TRAILER_BYTES:
            raise httpcore.RemoteProtocolError("the trailer of the chunked body is too long")

    def end(self) -> None:
        raise httpcore.RemoteProtocolError(
            "peer closed connection without sending complete message body (incomplete chunked read)"
        )


@lru_cache(maxsize=16)
def _request_event(method: bytes) -> h11.Request:
    """Return the h11 event of a request. By the method, h11 knows whether the response has a body."""
    return h11.Request(method=method, target=b"*", headers=[(b"Host", b"")])
