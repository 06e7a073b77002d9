"""Counters by key, in bounded memory."""

from __future__ import annotations

import hashlib
import threading

_MAX_KEYS = 10_000


class Counts:
    """Counters by key. When there are too many keys, the least recently counted one is forgotten.

    Args:
        max_keys: The number of keys that are remembered.
    """

    def __init__(self, max_keys: int = _MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._lock = threading.Lock()
        self._counts: dict[bytes, int] = {}

    def add(self, key: str) -> int:
        """Add 1 to the counter of a key, and return its value."""
        # A key may be a long message, so only its hash is kept.
        digest = hashlib.sha256(key.encode(errors="surrogatepass")).digest()
        with self._lock:
            count = self._counts.pop(digest, 0) + 1
            self._counts[digest] = count
            if len(self._counts) > self._max_keys:
                del self._counts[next(iter(self._counts))]
        return count

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._counts.clear()
