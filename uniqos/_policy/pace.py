"""How fast the calls of one credential may begin, once the API has said that they come too fast. Pure: no I/O."""

from __future__ import annotations

from math import inf

from .._base.fork import ForkSafeLock
from .retry import RetryBudget

_FIRST_RATE = 10.0
_LEAST_RATE = 0.5
_OF_THE_LIMIT = 0.95
_CUT = 0.7
_SMOOTHING = 0.01
_TOLERATED = 0.06
"""So many refusals of one are no reason to go slower: there are some that no pace prevents."""
_SEARCHING, _FOUND = 2.0, 1.05
"""By how much the rate grows in a second: until it is refused for the first time, and from then on."""
_LEAST_GROWTH = 1.0
"""And at least by so much, or a rate that fell low would stay there for minutes."""
_BURST_OF_REFUSALS = 100.0
_QUIET_SECONDS = 10.0
_LATE_SECONDS = 1.0
"""So much older than another thread's may be the time that a thread read before it was held up."""
_EARLY_SECONDS = 0.05
"""So much too early may a sleep end."""

_lock = ForkSafeLock()
"""Guards all paces."""


class Pace:
    """Lets the attempts of all workers begin one after the other, at a rate that is found by refusals.

    A crowd that only waits, each for itself, comes back as a crowd and is refused again. Here all wait until the API
    wants to hear of anybody, and then go one by one: at the rate that it names, else at one that grows until it
    refuses again, and then falls, as TCP does it. A refusal counts once for all that was on its way at that time, and
    as long as few are refused the rate stays.

    Args:
        now: Monotonic time in seconds, as in all methods.
    """

    def __init__(self, now: float) -> None:
        # A crowd that begins at once is refused at once, and is no failing service: it has a budget of its own.
        self.budget: RetryBudget = RetryBudget(_BURST_OF_REFUSALS)
        self.rate: float = _FIRST_RATE
        self._most: float = inf
        self._next: float = now
        self._resumes_at: float = now
        self._refused_at: float = now
        self._cut_at: float | None = None
        self.cuts: int = 0
        """How often the rate was cut: a turn that was reserved before is to be reserved anew."""
        self._growth: float = _SEARCHING
        self._counted_from: float = now
        self._answers: int = 0
        self._refusals: float = 0.0
        self._latest: float = now

    def note(self, now: float) -> None:
        """Note the present time; if the clock was set back, move all noted instants back with it.

        A test that freezes the clock sets it back by decades when it ends. What was noted before would then lie
        decades ahead, and every call would wait for it.
        """
        with _lock:
            self._note(now)

    def slept(self, until: float, now: float) -> None:
        """Note the end of a sleep. A clock that shows less than the sleep took was frozen, or was set back meanwhile.

        Args:
            until: The instant that the sleep was to end at.
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

    def refused(self, now: float, began: float, wait: float, limit: float | None) -> None:
        """An attempt was refused for coming too fast.

        Args:
            now: The present.
            began: When the attempt was sent.
            wait: Seconds in which nobody should come back.
            limit: Requests per second that the API names; None where it names none.
        """
        with _lock:
            self._note(now)
            self._refusals += (1.0 - self._refusals) * _SMOOTHING
            self._next = max(self._next, now + wait)
            self._resumes_at = max(self._resumes_at, now + wait)
            self._refused_at = now
            if limit is not None and limit > 0:
                self._most = limit * _OF_THE_LIMIT
            if self._cut_at is None:
                self.rate = _FIRST_RATE if self._most == inf else self._most
            elif began <= self._cut_at:
                return  # it was on its way when the last refusal counted
            elif self._refusals > _TOLERATED:
                self.rate = max(_LEAST_RATE, self.rate * _CUT)
                self._growth = _FOUND
            self._cut_at = now
            self._next = self._resumes_at  # whoever waits already asks anew, for a turn that is less close to the next
            self.cuts += 1

    def accepted(self, now: float) -> None:
        """An attempt was not refused: it may go a little faster."""
        with _lock:
            self._note(now)
            self.budget.earn()
            self._answers += 1
            self._refusals -= self._refusals * _SMOOTHING
            seconds = now - self._counted_from
            if seconds >= 1.0:
                # Only where the rate is made use of: else it would grow without proof that it can be done.
                if self._answers >= self.rate * seconds / 2:
                    self.rate = min(self._most, max(self.rate * self._growth, self.rate + _LEAST_GROWTH))
                self._counted_from, self._answers = now, 0

    def reserve(self, earliest: float, latest: float | None) -> float | None:
        """Reserve the instant at which an attempt may begin, which no other attempt gets.

        Args:
            earliest: Not before then; the present, or later.
            latest: Not after then; None is no limit.

        Returns:
            The instant; None where it would be too late, and then nothing is reserved.
        """
        with _lock:
            if earliest < self._latest:
                self._note(earliest)
            at = max(earliest, self._next)
            if latest is not None and at > latest:
                return None
            self._next = at + 1.0 / self.rate
            return at

    def free_from(self, earliest: float) -> float:
        """The first instant from ``earliest`` on that nobody has reserved."""
        return max(earliest, self._next)

    def is_over(self, now: float) -> bool:
        """Whether nobody queues any more, and the last refusal is long ago."""
        return now > self._next + 1.0 and now - self._refused_at > _QUIET_SECONDS
