"""The clock of the sandbox, which can be moved forward and frozen."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ...errors import ConfigurationError
from .store import instant

_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2000, 3000))


class Clock:
    """The clock of a sandbox. It runs with the machine's clock, until it is moved forward or frozen."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return self._frozen_at or datetime.now(timezone.utc) + self._ahead

    def text(self) -> str:
        """Return the current instant as the API writes it: ``2026-07-01T00:00:00.000Z``."""
        return instant(self.now())

    @property
    def frozen(self) -> bool:
        """Whether the clock is frozen."""
        return self._frozen_at is not None

    def reset(self) -> None:
        """Go back to the machine's time."""
        self._ahead, self._frozen_at = timedelta(), None

    def advance(self, seconds: float) -> None:
        """Move the clock forward. A frozen clock stays frozen at the new instant.

        Args:
            seconds: The number of seconds, 0 or more.

        Raises:
            ConfigurationError: ``seconds`` is not a number, is negative, or leads beyond the year 2999.
        """
        if not isinstance(seconds, int | float):
            raise ConfigurationError(f"seconds must be a number, got {type(seconds).__name__}")
        # The limit is compared before the addition, since timedelta takes neither enormous numbers nor NaN.
        if not 0 <= seconds <= (_LAST - self.now()).total_seconds():
            raise ConfigurationError(
                f"seconds must be 0 or more, and lead to the year 2999 at the latest, got {seconds!r}: the clock only "
                "goes forward"
            )
        if self._frozen_at is not None:
            self._frozen_at += timedelta(seconds=seconds)
        else:
            self._ahead += timedelta(seconds=seconds)

    def freeze(self, at: datetime | None = None) -> None:
        """Stop the clock.

        Args:
            at: The instant at which it stops, with a time zone; default: now.

        Raises:
            ConfigurationError: The instant is not in the years from 2000 to 2999, or has no time zone.
        """
        if at is not None and (at.tzinfo is None or not _FIRST <= at < _LAST):
            raise ConfigurationError(
                f"the sandbox's clock can be frozen at a datetime with a time zone, from 2000 to 2999, got {at!r}"
            )
        self._frozen_at = at or self.now()

    def resume(self) -> None:
        """Let a frozen clock run again, from the instant at which it was frozen."""
        if self._frozen_at is not None:
            self._ahead = self._frozen_at - datetime.now(timezone.utc)
            self._frozen_at = None
