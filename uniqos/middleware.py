"""Middleware: functions around each attempt of a call, for headers, caches, tests and traces.

A middleware gets the `Attempt` and ``next``, which sends it. It returns the answer of ``next``, or an `Answer` of its
own. The first of the list is the outermost:

```python
from uniqos import UniqOS
from uniqos.middleware import Answer, Attempt, Next


def name_release(attempt: Attempt, next: Next) -> Answer:
    answer = next(attempt.with_headers({"X-Release": "2026-11"}))
    print(f"{attempt.operation}, attempt {attempt.number}: {answer.status} after {answer.elapsed:.3f} s")
    return answer


known: dict[str, Answer] = {}


def keep_personalities(attempt: Attempt, next: Next) -> Answer:
    if attempt.operation != "GET /v1/personalities/{personality_id}":
        return next(attempt)
    if attempt.path not in known:
        answer = next(attempt)
        if answer.status != 200:
            return answer
        known[attempt.path] = Answer(200, content=answer.read())
    return known[attempt.path]


client = UniqOS(middleware=[name_release, keep_personalities])
print(client.respond(personality_id="pers_...", message="Hello!").response)
```

With an asynchronous client, a middleware is a coroutine function: ``async def name_release(attempt, next)`` with
``await next(...)`` and ``await answer.read()``. Its types are `AsyncMiddleware`, `AsyncNext` and `AsyncReceivedAnswer`.

- The chain runs inside the retry loop: once for each attempt, after the waits before it. A status such as 429 is an
  answer here. ``next`` raises `NetworkError` if no answer came.
- A middleware sees the operation, the path and the body, so handle those as you handle messages. It sees no API key
  and no ``Authorization`` header. It sees the ``Idempotency-Key``, which is no secret, and cannot change it.
- Its answer is validated like an answer of the API.
- ``next`` may be called again in the same attempt only if a second request has no second effect. That is a GET, a
  DELETE, or a call with an Idempotency-Key, such as a turn. While a turn may be running, it is not sent again: neither
  beside another call of ``next``, nor after one that timed out or was cancelled.
- ``timeout`` and ``deadline`` include the time before ``next``: if it is over by then, nothing is sent. An answer that
  has arrived is never given up for a slow middleware.
- An exception of a middleware that is no `UniqOSError`, or an answer that is none, raises `MiddlewareError`. Its
  ``sent`` says whether the request was sent before. After that, no error of a middleware is retried.
- For a stream, the chain sees the head of the answer. `ReceivedAnswer.copy_to` gives the body as it is read.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import httpx

from ._wire.message import Content
from ._wire.options import CALL_CHECKS
from .errors import ConfigurationError, UniqOSError

__all__ = [
    "Answer",
    "AsyncMiddleware",
    "AsyncNext",
    "AsyncReceivedAnswer",
    "Attempt",
    "Copy",
    "Middleware",
    "Next",
    "ReceivedAnswer",
]

_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that describe the encoded body, and so are wrong for a decoded one."""


Copy = Callable[[bytes | None], None]
"""Receives each piece of a body, and None after the last one."""


class Attempt:
    """One attempt of a call, before it is sent. It does not change: ``with_headers`` returns another one.

    ``next`` takes over the headers only. The other attributes show the call, and a change of them has no effect.

    Attributes:
        call_id: The number of the call, as in the events of an `Observer`; 0 if no observer watches it.
        operation: Method and path of the operation, with the names of its parameters: ``POST /v1/respond``.
        number: The number of the attempt, from 1.
        streamed: Whether the answer will be a stream of events.
        method: The HTTP method.
        path: The path with its ids and its query: ``/v1/personalities/pers_1``.
        content: The body as JSON; None without one.
        idempotency_key: The ``Idempotency-Key`` of all attempts of the call; None without one.
        headers: The further headers: those of the call's ``headers=``, and those of the middleware before.
    """

    __slots__ = (
        "call_id",
        "content",
        "headers",
        "idempotency_key",
        "method",
        "number",
        "operation",
        "path",
        "streamed",
    )

    def __init__(
        self,
        operation: str,
        *,
        call_id: int = 0,
        number: int = 1,
        streamed: bool = False,
        method: str = "GET",
        path: str = "/",
        content: bytes | None = None,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.call_id: int = call_id
        self.operation: str = operation
        self.number: int = number
        self.streamed: bool = streamed
        self.method: str = method
        self.path: str = path
        self.content: bytes | None = content
        self.idempotency_key: str | None = idempotency_key
        self.headers: httpx.Headers = httpx.Headers(headers)

    def with_headers(self, headers: Mapping[str, str]) -> Attempt:
        """Return the same attempt with further request headers, which replace those of the same names.

        Args:
            headers: Names and values of visible ASCII text.

        Returns:
            The other attempt, for ``next``.

        Raises:
            RequestValidationError: A header cannot be sent, or is the SDK's own, such as ``Authorization``.

        Source: this SDK.
        """
        CALL_CHECKS["headers"]("headers", headers)
        other = Attempt(**{name: getattr(self, name) for name in self.__slots__})
        other.headers = httpx.Headers({**self.headers, **{name.lower(): value for name, value in headers.items()}})
        return other

    def __repr__(self) -> str:
        return f"<Attempt {self.number} of {self.operation}>"  # The path and the body hold ids and people's words.


class Answer:
    """The answer to an attempt: one of your own, or one that ``next`` returned.

    Args:
        status: The HTTP status.
        json: The body as a JSON value. Give it or ``content``.
        content: The body as bytes, not compressed. For a stream, these are server-sent events.
        headers: The response headers. Without a ``Content-Type``, the body counts as JSON, or as a stream where the
            call asks for one. Headers of a compressed body, such as ``Content-Encoding``, are left out.

    Attributes:
        status: The HTTP status.
        headers: The response headers, with case-insensitive names.
        elapsed: Seconds from the call of ``next`` to the head of the answer; 0 for an answer of your own.

    Raises:
        ConfigurationError: A value is wrong, or ``json`` and ``content`` are both given.
    """

    def __init__(
        self,
        status: int = 200,
        *,
        json: object = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ConfigurationError(f"the status of an Answer must be a number from 200 to 599, got {status!r}")
        if not isinstance(content, bytes) or (json is not None and content):
            raise ConfigurationError("an Answer takes json=, or content= as bytes, and not both")
        self.status: int = status
        self.elapsed: float = 0.0
        self.headers: httpx.Headers = _without_encoding(headers or {})
        self._content: bytes | None = content if json is None else _encode(json)

    @property
    def request_id(self) -> str | None:
        """The server's ``X-Request-Id``; None without one."""
        value: str | None = self.headers.get("x-request-id")
        return value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status}>"


class _Received(Answer):
    """An answer of ``next``, as a synchronous and an asynchronous client have it."""

    def __init__(self, response: httpx.Response, elapsed: float) -> None:
        self.status: int = response.status_code
        self.headers: httpx.Headers = response.headers.copy()
        self.elapsed: float = elapsed
        self._content: bytes | None = None  # Until it is read.
        self._response: httpx.Response = response
        self._copies: list[Copy] = []
        self._error: UniqOSError | None = None
        """The reason why the body could not be read."""

    def _keep(self, content: bytes) -> None:
        """Keep the decoded body, and let it stand in the place of the encoded one."""
        self._content = content
        headers = _without_encoding(self._response.headers)
        self._response = httpx.Response(self.status, headers=headers, stream=Content(content))

    def copy_to(self, receive: Copy) -> None:
        """Let a function receive the decoded body, piece by piece, as the SDK reads it.

        Args:
            receive: Called with each piece, and with None after the last one. None does not come if the body breaks,
                or is not read to its end. It must not block; an exception that it raises is logged.

        Source: this SDK.
        """
        self._copies.append(receive)


class ReceivedAnswer(_Received):
    """The answer that ``next`` of a synchronous client returned."""

    def __init__(self, response: httpx.Response, elapsed: float, read: Callable[[], bytes]) -> None:
        super().__init__(response, elapsed)
        self._read: Callable[[], bytes] = read

    def read(self) -> bytes:
        """Return the whole decoded body. The SDK can still read it afterwards.

        Raises:
            NetworkError: The body broke, or took too long.
            ResponseDecodeError: The body is too large, or wrongly compressed.
            ConfigurationError: The answer is a stream of events, which has to arrive piece by piece.

        Source: this SDK.
        """
        return self._read()


class AsyncReceivedAnswer(_Received):
    """The answer that ``next`` of an asynchronous client returned."""

    def __init__(self, response: httpx.Response, elapsed: float, read: Callable[[], Awaitable[bytes]]) -> None:
        super().__init__(response, elapsed)
        self._read: Callable[[], Awaitable[bytes]] = read

    async def read(self) -> bytes:
        """Return the whole decoded body. The SDK can still read it afterwards.

        Raises:
            NetworkError: The body broke, or took too long.
            ResponseDecodeError: The body is too large, or wrongly compressed.
            ConfigurationError: The answer is a stream of events, which has to arrive piece by piece.

        Source: this SDK.
        """
        return await self._read()


class Next(Protocol):
    """Sends an attempt, through the middleware that follow."""

    def __call__(self, attempt: Attempt, /) -> ReceivedAnswer:
        """Return the answer. Raises NetworkError if none came."""
        ...


class AsyncNext(Protocol):
    """Sends an attempt, through the middleware that follow."""

    async def __call__(self, attempt: Attempt, /) -> AsyncReceivedAnswer:
        """Return the answer. Raises NetworkError if none came."""
        ...


Middleware = Callable[[Attempt, Next], Answer]
"""A middleware of `UniqOS`."""
AsyncMiddleware = Callable[[Attempt, AsyncNext], Awaitable[Answer]]
"""A middleware of `AsyncUniqOS`."""


def _encode(value: object) -> bytes:
    """Return a value as JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as exc:
        raise ConfigurationError(f"the json of an Answer must be a JSON value: {type(exc).__name__}") from None


def _without_encoding(headers: Mapping[str, str]) -> httpx.Headers:
    """Return the headers for a decoded body."""
    try:
        pairs = httpx.Headers(headers).multi_items()
    except (TypeError, ValueError, AttributeError):
        raise ConfigurationError("the headers of an Answer must be a mapping of texts") from None
    return httpx.Headers([(name, value) for name, value in pairs if name not in _OF_THE_WIRE])
