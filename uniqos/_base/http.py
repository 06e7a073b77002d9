"""What is known of one HTTP exchange, and how long it may still take. Plain data, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import httpx

_MOST_REQUESTS = 10**12
"""A second; no float holds what some numbers with more digits say."""


class RateLimit(NamedTuple):
    """The rate-limit headers of a response (source: docs)."""

    limit: int
    """Requests per second that the bucket allows."""
    remaining: int
    """Tokens left in the bucket."""
    reset: datetime | None
    """When the bucket is full again."""


@dataclass(frozen=True, slots=True)
class HttpInfo:
    """The HTTP side of an answer or an error: never part of a model's fields, dumps or equality."""

    status: int
    """HTTP status code; 0 where no answer came."""
    raw_headers: tuple[tuple[bytes, bytes], ...] = ()
    """The response headers as they came, in order."""
    retries: int = 0
    """How many attempts failed before this one."""
    elapsed: float = 0.0
    """Seconds from the call to the beginning of this answer, or to the error where none came, waits included."""
    idempotency_key: str | None = None
    """The ``Idempotency-Key`` of all attempts: with it the same call can be made again and is not paid twice."""
    problems: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    """What did not fit the model, where an invalid answer was salvaged; inputs are left out."""

    @property
    def attempts(self) -> int:
        """How many attempts were made, this one included."""
        return self.retries + 1

    @property
    def replayed(self) -> bool:
        """Whether the server says, by ``Idempotent-Replayed``, that it had answered this key before.

        Undocumented: the sandbox does so, and other APIs; whether uniqOS does is not public.
        """
        return self.headers.get("idempotent-replayed", "").lower() == "true"

    @property
    def headers(self) -> Mapping[str, str]:
        """All response headers; names are case-insensitive. One that a gateway has sent twice is there once."""
        distinct = {(name.lower(), value): (name, value) for name, value in self.raw_headers}
        return httpx.Headers(list(distinct.values()))

    @property
    def request_id(self) -> str | None:
        """The server's ``X-Request-Id``: quote it when asking for support."""
        return self.headers.get("x-request-id")

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate-limit headers, or None where the server sent none (or nonsense)."""
        headers = self.headers
        try:
            limit, remaining = (int(headers[name]) for name in ("x-ratelimit-limit", "x-ratelimit-remaining"))
        except (KeyError, ValueError):
            return None
        if max(abs(limit), abs(remaining)) > _MOST_REQUESTS:
            return None
        try:
            reset = datetime.fromisoformat(headers["x-ratelimit-reset"].replace("Z", "+00:00"))
        except (KeyError, ValueError):
            reset = None
        return RateLimit(limit, remaining, reset)
