"""The sandbox's time: the machine's, moved on, or standing still."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from ...errors import ConfigurationError
from .store import instant

_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2000, 3000))


class Clock:
    """Tells the time that everything in the sandbox goes by."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        """This instant."""
        return self._frozen_at or datetime.now(timezone.utc) + self._ahead

    def text(self) -> str:
        """This instant, as the API writes it."""
        return instant(self.now())

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen_at is not None

    def reset(self) -> None:
        """Go by the machine again."""
        self._ahead, self._frozen_at = timedelta(), None

    def advance(self, seconds: float) -> None:
        """Move on; time that stands still goes on standing still there.

        Raises:
            ConfigurationError: ``seconds`` is no number, negative, or leads beyond the year 2999.
        """
        if not isinstance(seconds, int | float):
            raise ConfigurationError(f"the sandbox's clock goes forward by seconds, not by a {type(seconds).__name__}")
        # Compared before it is added: an enormous or no number cannot be.
        if not 0 <= seconds <= (_LAST - self.now()).total_seconds():
            raise ConfigurationError("the sandbox's clock goes forward, up to the year 2999")
        if self._frozen_at is not None:
            self._frozen_at += timedelta(seconds=seconds)
        else:
            self._ahead += timedelta(seconds=seconds)

    def freeze(self, at: datetime | None = None) -> None:
        """Stand still, now or at an instant with a time zone.

        Raises:
            ConfigurationError: That instant is not from 2000 to 2999, or has no time zone.
        """
        if at is not None and (at.tzinfo is None or not _FIRST <= at < _LAST):
            raise ConfigurationError("the sandbox's clock stands at an instant with a time zone, from 2000 to 2999")
        self._frozen_at = at or self.now()

    def resume(self) -> None:
        """Go on from where it stood still."""
        if self._frozen_at is not None:
            self._ahead = self._frozen_at - datetime.now(timezone.utc)
            self._frozen_at = None
