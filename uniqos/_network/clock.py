"""The time and chance that a client decides by, without the sleeping: see ``aio`` and ``threads`` for that."""

from __future__ import annotations

import random
import time


class BaseClock:
    """A source of time and random numbers. A test may replace it."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary instant, on a clock that is never set back."""
        return time.monotonic()

    def time(self) -> float:
        """Return Unix time in seconds."""
        return time.time()

    def random(self) -> float:
        """Return a random number in [0, 1)."""
        return random.random()
