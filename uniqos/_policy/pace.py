"""The rate limiter of one credential, in force after a rate limit error. Pure: no I/O."""

from __future__ import annotations

from math import inf

from .._base.fork import ForkSafeLock
from .retry import RetryBudget

_FIRST_RATE = 10.0
_MIN_RATE = 0.5
_SHARE_OF_LIMIT = 0.95
_CUT_FACTOR = 0.7
_SMOOTHING = 0.01
_TOLERABLE_REFUSALS = 0.06
"""The share of refused attempts that does not lower the rate: no rate prevents all refusals."""
_SEARCH_GROWTH, _STEADY_GROWTH = 2.0, 1.05
"""Factors by which the rate grows each second, before and after its first cut."""
_MIN_GROWTH = 1.0
"""The least growth in a second: without it, a low rate would stay low for minutes."""
_BUDGET_TOKENS = 100.0
_QUIET_SECONDS = 10.0
_LATE_SECONDS = 1.0
"""How far a noted time may lie in the past: a thread may be suspended between reading the clock and noting the time."""
_EARLY_SECONDS = 0.05
"""How many seconds too early a sleep may end."""

_lock = ForkSafeLock()
"""Guards all rate limiters."""


class Pace:
    """A rate limiter that finds its rate by refusals: additive increase, multiplicative decrease (AIMD), as in TCP.

    Workers that each waited alone would come back together and be refused again. Here the attempts of all workers
    begin one after the other, after the wait that the API asked for. If the API names a rate, they keep just below it.
    Otherwise the rate grows until the API refuses again, and then falls. Refusals of attempts that were under way at
    a cut do not cut the rate again. A small share of refusals does not lower the rate.

    Args:
        now: Monotonic time in seconds, as in all methods.
    """

    def __init__(self, now: float) -> None:
        # A burst of calls is refused while the service is healthy, so its retries must not empty the client's budget.
        self.budget: RetryBudget = RetryBudget(_BUDGET_TOKENS)
        self.rate: float = _FIRST_RATE
        self._most: float = inf
        self._next: float = now
        self._resumes_at: float = now
        self._refused_at: float = now
        self._cut_at: float | None = None
        self.cuts: int = 0
        """How often the rate was cut. Each cut voids the reservations made before it."""
        self._growth: float = _SEARCH_GROWTH
        self._counted_from: float = now
        self._answers: int = 0
        self._refusals: float = 0.0
        self._latest: float = now

    def note_time(self, now: float) -> None:
        """Note the present time. If the clock was set back, move all noted instants back with it.

        A test that unfreezes a clock may set it back by decades. If the noted instants stayed, every call would wait
        for decades.
        """
        with _lock:
            self._note(now)

    def note_sleep(self, until: float, now: float) -> None:
        """Note the end of a sleep. If the clock shows less time than the sleep took, it was frozen or set back.

        Args:
            until: The instant at which the sleep was planned to end.
            now: The present.
        """
        with _lock:
            if now < until - _EARLY_SECONDS:
                self._set_back(until - now)
                self._latest = now
            self._note(now)

    def _note(self, now: float) -> None:
        if now < self._latest - _LATE_SECONDS:
            self._set_back(self._latest - now)
            self._latest = now
        else:
            self._latest = max(self._latest, now)

    def _set_back(self, seconds: float) -> None:
        self._next -= seconds
        self._resumes_at -= seconds
        self._refused_at -= seconds
        self._counted_from -= seconds
        if self._cut_at is not None:
            self._cut_at -= seconds

    def note_refusal(self, now: float, began: float, wait: float, limit: float | None) -> None:
        """Note that the API refused an attempt for its rate.

        Args:
            now: The present.
            began: The instant at which the attempt was sent.
            wait: Seconds in which no attempt should be sent.
            limit: Requests per second that the API allows; None if it does not say.
        """
        with _lock:
            self._note(now)
            self._refusals += (1.0 - self._refusals) * _SMOOTHING
            self._next = max(self._next, now + wait)
            self._resumes_at = max(self._resumes_at, now + wait)
            self._refused_at = now
            if limit is not None and limit > 0:
                self._most = limit * _SHARE_OF_LIMIT
            if self._cut_at is None:
                self.rate = _FIRST_RATE if self._most == inf else self._most
            elif began <= self._cut_at:
                return  # The attempt was under way at the last cut, which was made for all attempts of that time.
            elif self._refusals > _TOLERABLE_REFUSALS:
                self.rate = max(_MIN_RATE, self.rate * _CUT_FACTOR)
                self._growth = _STEADY_GROWTH
            self._cut_at = now
            self._next = self._resumes_at  # All waiting attempts reserve again, at the new rate.
            self.cuts += 1

    def note_acceptance(self, now: float) -> None:
        """Note that the API accepted the rate of an attempt, which may let the rate grow."""
        with _lock:
            self._note(now)
            self.budget.earn()
            self._answers += 1
            self._refusals -= self._refusals * _SMOOTHING
            seconds = now - self._counted_from
            if seconds >= 1.0:
                # An unused rate must not grow, since the API has not accepted that many calls.
                if self._answers >= self.rate * seconds / 2:
                    self.rate = min(self._most, max(self.rate * self._growth, self.rate + _MIN_GROWTH))
                self._counted_from, self._answers = now, 0

    def reserve(self, earliest: float, latest: float | None) -> float | None:
        """Reserve the instant at which one attempt may begin.

        Args:
            earliest: The earliest instant: the present, or later.
            latest: The latest instant; None is no limit.

        Returns:
            The instant; None if it would be after ``latest``, and then nothing is reserved.
        """
        with _lock:
            if earliest < self._latest:
                self._note(earliest)
            at = max(earliest, self._next)
            if latest is not None and at > latest:
                return None
            self._next = at + 1.0 / self.rate
            return at

    def first_free(self, earliest: float) -> float:
        """Return the first instant from ``earliest`` on that is not reserved."""
        return max(earliest, self._next)

    def is_over(self, now: float) -> bool:
        """Return whether no attempt waits any more and the last refusal is long ago."""
        return now > self._next + 1.0 and now - self._refused_at > _QUIET_SECONDS
