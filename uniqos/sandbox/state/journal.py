"""The journal of the last requests and their answers."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from .counts import Counts

_MAX_ENTRIES = 1000


@dataclass
class Entry:
    """One request and its answer, without the body and the credential."""

    number: int
    at: str
    """The time of the answer, by the clock of the sandbox."""
    method: str
    path: str
    status: int
    """The HTTP status of the answer; 0 when the connection was closed before one was sent."""
    ms: float
    """The time until the answer, in milliseconds."""
    request_id: str
    idempotency_key: str | None
    attempt: int
    """The number of this request among those with the same Idempotency-Key, from 1."""
    replayed: bool
    """Whether the answer was the stored one of an earlier request with the same Idempotency-Key."""
    turns_billed: int
    """The number of all turns that were billed so far."""
    rule: str | None = None
    """The rule for faults that was applied, as ``field=value`` pairs."""


class Journal:
    """The last 1,000 requests of a sandbox, and the listeners for the next ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # requests are added in the thread of the server, and read in others
        self._entries: deque[Entry] = deque(maxlen=_MAX_ENTRIES)
        self._attempts = Counts()
        self._listeners: set[asyncio.Queue[Entry]] = set()
        self._count: int = 0

    def attempt(self, key: str | None) -> int:
        """Count a request with the Idempotency-Key ``key``; return its number among those with this key, from 1."""
        return 1 if key is None else self._attempts.add(key)

    def add(self, **fields: Any) -> None:
        """Add a request that was answered.

        Args:
            **fields: The fields of an entry but ``number``.
        """
        with self._lock:
            self._count += 1
            entry = Entry(number=self._count, **fields)
            self._entries.append(entry)
        for listener in self._listeners:
            if listener.full():  # a slow listener loses the oldest entries
                listener.get_nowait()
            listener.put_nowait(entry)

    def listen(self) -> asyncio.Queue[Entry]:
        """Return a queue that gets the requests to come, until ``leave`` is called with it."""
        queue: asyncio.Queue[Entry] = asyncio.Queue(_MAX_ENTRIES)
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[Entry]) -> None:
        """Stop adding requests to ``queue``."""
        self._listeners.discard(queue)

    def entries(self) -> list[dict[str, Any]]:
        """Return the requests, newest first.

        Each one is a dict with ``number``, ``at``, ``method``, ``path``, ``status``, ``ms``, ``request_id``,
        ``idempotency_key``, ``attempt``, ``replayed``, ``turns_billed`` and ``rule``.
        """
        return [asdict(entry) for entry in reversed(self._all())]

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls of clients, oldest first: the requests with the same Idempotency-Key are one call.

        Each one is a dict with ``idempotency_key``, ``attempts`` (a number) and ``statuses`` (one for each attempt).
        A request without a key is a call by itself.
        """
        grouped: dict[str, list[Entry]] = {}
        for entry in self._all():
            grouped.setdefault(entry.idempotency_key or f"(request {entry.number})", []).append(entry)
        return [
            {"idempotency_key": key, "attempts": len(found), "statuses": [entry.status for entry in found]}
            for key, found in grouped.items()
        ]

    def _all(self) -> list[Entry]:
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()
        self._attempts.clear()
