"""Counters by key that do not grow for ever."""

from __future__ import annotations

import hashlib
import threading

_MOST = 10_000


class Counts:
    """How often each key came. The keys that were not seen for longest are forgotten.

    Args:
        most: How many keys are remembered.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._counts: dict[bytes, int] = {}

    def add(self, key: str) -> int:
        """Count a key once more, and return how often it has come."""
        # A key may be a whole message, and what is kept of it is small.
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
        with self._lock:
            count = self._counts.pop(digest, 0) + 1
            self._counts[digest] = count
            if len(self._counts) > self._most:
                del self._counts[next(iter(self._counts))]
        return count

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._counts.clear()
