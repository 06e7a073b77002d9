"""HTTP requests as httpx sends them, and the content types of responses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import httpx
from pydantic_core import from_json

from .._base.deadline import Deadline
from .._base.secret import SecretBytes
from .._version import __version__
from .body import ACCEPT_ENCODING, BodyDecoder, BodyError
from .operation import Request
from .options import HeaderPair, merge_headers
from .urls import parsed_url

JSON = "application/json"
EVENT_STREAM = "text/event-stream"
ANY = "*/*"


class Endpoint:
    """The base URL of a client, and the headers of all its requests."""

    def __init__(self, base_url: str, token: str, headers: Sequence[HeaderPair] = ()) -> None:
        parts = urlsplit(base_url)
        self.base_url: str = base_url
        common: list[HeaderPair] = [
            (b"Host", parts.netloc.encode()),
            (b"Accept-Encoding", ACCEPT_ENCODING),
            (b"User-Agent", f"uniqos-python/{__version__}".encode()),
            (b"X-Uniqos-Sdk", f"uniqos/{__version__}".encode()),
            (b"Authorization", SecretBytes(b"Bearer " + token.encode())),
        ]
        self._common: list[HeaderPair] = merge_headers(common, headers)
        self._replaceable: frozenset[bytes] = frozenset({b"user-agent", *(name.lower() for name, _ in headers)})
        """The names of headers that a call may replace, in lower case."""

    def message(self, request: Request, accept: str, timeout: float | None, deadline: Deadline) -> httpx.Request:
        """Return the HTTP request of one attempt.

        Args:
            request: The encoded call.
            accept: The ``Accept`` header.
            timeout: The limit, in seconds, for connecting and for each read or write; None for no limit.
            deadline: The instant at which the whole attempt must have ended.
        """
        headers = [*self._common, (b"Accept", accept.encode())]
        content = request.content
        if content is not None:
            headers.append((b"Content-Type", b"application/json"))
            headers.append((b"Content-Length", str(len(content)).encode()))
        elif request.method != "GET":
            headers.append((b"Content-Length", b"0"))
        replaced = {name.lower() for name, _ in request.headers} & self._replaceable
        if replaced:
            headers = [pair for pair in headers if pair[0].lower() not in replaced]
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
    """The body of a request.

    httpx's own stream is an async generator. If a request fails before its body was read, that generator stays
    suspended.
    """

    def __init__(self, content: bytes) -> None:
        self._content: bytes = content

    def __iter__(self) -> Iterator[bytes]:
        return iter((self._content,))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Once(self._content)


class _Once:
    """An async iterator over one piece of content."""

    def __init__(self, content: bytes) -> None:
        self._remaining: list[bytes] = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._remaining:
            raise StopAsyncIteration
        return self._remaining.pop()


def content_of(response: httpx.Response) -> Content:
    """Return the body of a response that a hook of the caller's has read, and httpx has decoded.

    Raises:
        BodyError: The hook read the body as a stream, so that httpx did not keep it.
    """
    try:
        return Content(response.content)
    except httpx.ResponseNotRead:
        raise BodyError(
            "undecodable_response",
            "a hook or auth of the http_client has consumed the answer as a stream: let it call response.read() or "
            "aread() instead, which keep the body",
        ) from None


def is_type(headers: Mapping[str, str], wanted: str) -> bool:
    """Return whether a response has the content type ``wanted``.

    ``application/...+json`` and a missing type count as JSON. A gateway may add a second ``Content-Type``: then one of
    the two must fit.
    """
    if wanted == ANY:
        return True
    names = [value.partition(";")[0].strip().lower() for value in headers.get("content-type", "").split(",")]
    return wanted in names or (wanted == JSON and any(not name or name.endswith("+json") for name in names))


def is_whole_json(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a body is a complete JSON object or list."""
    if not is_type(headers, JSON) or not body:
        return False
    try:
        return isinstance(from_json(body.removeprefix(b"\xef\xbb\xbf")), (dict, list))
    except ValueError:
        return False


def body_decoder(response: httpx.Response, limit: int) -> BodyDecoder:
    """Return the decoder for the body of a response. A body that a hook has read needs none: httpx has decoded it."""
    return BodyDecoder(None if response.is_stream_consumed else response.headers.get("content-encoding"), limit)
