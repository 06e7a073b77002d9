"""The HTTP side of a response: status, headers, rate limit, retries."""

# No deferred annotations: typing.get_type_hints would look them up in `uniqos`, the `__module__` of these classes.

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import httpx

_MAX_REQUESTS = 10**12
"""The largest plausible limit of requests a second. Arithmetic with far larger integers would overflow a float."""


class RateLimit(NamedTuple):
    """The rate-limit headers of a response (source: docs)."""

    limit: int
    """The size of the bucket, in requests per second."""
    remaining: int
    """The number of requests left in the bucket."""
    reset: datetime | None
    """The instant at which the bucket is full again; None if the server sent no valid one."""


RateLimit.__module__ = "uniqos"


@dataclass(frozen=True, slots=True)
class HttpInfo:
    """The HTTP side of an answer or an error. It is not part of a model's fields, dumps or equality."""

    __module__ = "uniqos"

    status: int
    """The HTTP status code; 0 if no answer came."""
    raw_headers: tuple[tuple[bytes, bytes], ...] = ()
    """The response headers as they were received, in order."""
    retries: int = 0
    """The number of failed attempts before this one."""
    elapsed: float = 0.0
    """Seconds from the beginning of the call to the head of this answer, or to the error. Waits are included."""
    idempotency_key: str | None = None
    """The ``Idempotency-Key`` of all attempts. Pass it to repeat the call without paying twice."""
    problems: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    """The errors of a salvaged answer, as pydantic reports them (``loc``, ``type``, ``msg``), without the values."""

    @property
    def attempts(self) -> int:
        """The number of attempts, this one included."""
        return self.retries + 1

    @property
    def replayed(self) -> bool:
        """Whether the server answered this idempotency key before, by its ``Idempotent-Replayed`` header.

        Undocumented: the sandbox sends this header, and so do other APIs. Whether uniqOS does is not public.
        """
        return self.headers.get("idempotent-replayed", "").lower() == "true"

    @property
    def headers(self) -> Mapping[str, str]:
        """The response headers, with case-insensitive names. Duplicates that a gateway adds are removed."""
        distinct = {(name.lower(), value): (name, value) for name, value in self.raw_headers}
        return httpx.Headers(list(distinct.values()))

    @property
    def request_id(self) -> str | None:
        """The server's ``X-Request-Id``; None if it sent none. Quote it when you ask for support."""
        return self.headers.get("x-request-id")

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate-limit headers; None if they are missing or invalid."""
        headers = self.headers
        try:
            limit, remaining = (int(headers[name]) for name in ("x-ratelimit-limit", "x-ratelimit-remaining"))
        except (KeyError, ValueError):
            return None
        if max(abs(limit), abs(remaining)) > _MAX_REQUESTS:
            return None
        try:
            reset = datetime.fromisoformat(headers["x-ratelimit-reset"].replace("Z", "+00:00"))
        except (KeyError, ValueError):
            reset = None
        return RateLimit(limit, remaining, reset)
