"""The pure parts of an exchange: which headers go out, what an answer means, which error a failure is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from urllib.parse import urlsplit

import httpx
from pydantic_core import from_json

from .._base.deadline import Deadline
from .._base.secret import SecretBytes
from .._version import __version__
from .body import ACCEPT_ENCODING, BodyDecoder, BodyError
from .operation import Request
from .urls import parsed_url

JSON = "application/json"
EVENT_STREAM = "text/event-stream"
ANY = "*/*"


class Endpoint:
    """Where a client sends to, and the headers of every request."""

    def __init__(self, base_url: str, token: str) -> None:
        parts = urlsplit(base_url)
        self.base_url: str = base_url
        self._common: list[tuple[bytes, bytes]] = [
            (b"Host", parts.netloc.encode()),
            (b"Accept-Encoding", ACCEPT_ENCODING),
            (b"User-Agent", f"uniqos-python/{__version__}".encode()),
            (b"X-Uniqos-Sdk", f"uniqos/{__version__}".encode()),
            (b"Authorization", SecretBytes(b"Bearer " + token.encode())),
        ]

    def message(self, request: Request, accept: str, timeout: float | None, deadline: Deadline) -> httpx.Request:
        """The HTTP request of one attempt; ``timeout`` in seconds bounds each read, ``deadline`` the whole of it."""
        headers = [*self._common, (b"Accept", accept.encode())]
        content = request.content
        if content is not None:
            headers.append((b"Content-Type", b"application/json"))
            headers.append((b"Content-Length", str(len(content)).encode()))
        elif request.method != "GET":
            headers.append((b"Content-Length", b"0"))
        if any(name.lower() == b"user-agent" for name, _ in request.headers):
            headers = [pair for pair in headers if pair[0] != b"User-Agent"]
        return httpx.Request(
            request.method,
            parsed_url(self.base_url + request.path),
            headers=headers + request.headers,
            stream=Content(content or b""),
            extensions={
                "timeout": {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout},
                "uniqos_deadline": deadline,
            },
        )


class Content(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request's body. Not httpx's own, whose async generator is left half read when a request fails."""

    def __init__(self, content: bytes) -> None:
        self._content: bytes = content

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._content,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._content)


class _Once:
    def __init__(self, content: bytes) -> None:
        self._left: list[bytes] = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


def content_of(response: httpx.Response) -> Content:
    """The body of a response that a hook of the caller's has read, and httpx decoded.

    Raises:
        BodyError: It was read piece by piece, and is gone.
    """
    try:
        return Content(response.content)
    except httpx.ResponseNotRead:
        raise BodyError(
            "undecodable_response",
            "a hook or auth of the http_client has read the answer piece by piece, and so nobody else can: call "
            "response.read() or aread() there, which keeps it",
        ) from None


def is_type(headers: Mapping[str, str], wanted: str) -> bool:
    """Return whether a response is of the type ``wanted``; JSON may also be ``application/...+json``, or no type.

    A gateway may add a second ``Content-Type``: then one of them has to fit.
    """
    if wanted == ANY:
        return True
    names = [value.partition(";")[0].strip().lower() for value in headers.get("content-type", "").split(",")]
    return wanted in names or (wanted == JSON and any(not name or name.endswith("+json") for name in names))


def is_whole_json(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a body is JSON, and whole: half of an object or a list is none."""
    if not is_type(headers, JSON) or not body:
        return False
    try:
        return isinstance(from_json(body.removeprefix(b"\xef\xbb\xbf")), (dict, list))
    except ValueError:
        return False


def body_decoder(response: httpx.Response, limit: int) -> BodyDecoder:
    """The decoder for a response's body, if httpx has not decoded it already."""
    return BodyDecoder(None if response.is_stream_consumed else response.headers.get("content-encoding"), limit)
