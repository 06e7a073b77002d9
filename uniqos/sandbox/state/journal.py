"""What was asked and answered, for looking at: the last thousand requests, and attempts of one call together."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from .counts import Counts

_MOST = 1000


@dataclass
class Entry:
    """One request. Neither its body nor its key are kept."""

    number: int
    at: str
    method: str
    path: str
    status: int
    ms: float
    request_id: str
    idempotency_key: str | None
    attempt: int
    """Which request with the same Idempotency-Key it is, from 1."""
    replayed: bool
    """Whether the stored answer was given again."""
    turns_billed: int
    """Of all, when it was answered."""
    rule: str | None = None
    """What a rule did to it, in words."""


class Journal:
    """The requests of late, and those who wait for the next one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # requests are noted in one thread, and looked at in others
        self._entries: deque[Entry] = deque(maxlen=_MOST)
        self._attempts = Counts()
        self._listeners: set[asyncio.Queue[Entry]] = set()
        self._count: int = 0

    def attempt(self, key: str | None) -> int:
        """Count a request of a key."""
        return 1 if key is None else self._attempts.add(key)

    def add(self, **fields: Any) -> None:
        """Note a request that was answered."""
        with self._lock:
            self._count += 1
            entry = Entry(number=self._count, **fields)
            self._entries.append(entry)
        for listener in self._listeners:
            if listener.full():  # whoever listens does not read; the newest entries are kept
                listener.get_nowait()
            listener.put_nowait(entry)

    def listen(self) -> asyncio.Queue[Entry]:
        """Return a queue of the requests to come, until ``leave``; it keeps the newest thousand."""
        queue: asyncio.Queue[Entry] = asyncio.Queue(_MOST)
        self._listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[Entry]) -> None:
        """Listen no more."""
        self._listeners.discard(queue)

    def entries(self) -> list[dict[str, Any]]:
        """The requests, newest first."""
        return [asdict(entry) for entry in reversed(self._all())]

    def calls(self) -> list[dict[str, Any]]:
        """The requests by their Idempotency-Key: what was one call of a client."""
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
        """Forget all of it."""
        with self._lock:
            self._entries.clear()
        self._attempts.clear()
