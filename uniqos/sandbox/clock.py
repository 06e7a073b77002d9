"""The sandbox's time: the machine's, moved on, or standing still."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .store import instant


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
        """Move on; time that stands still goes on standing still there."""
        if self._frozen_at is not None:
            self._frozen_at += timedelta(seconds=seconds)
        else:
            self._ahead += timedelta(seconds=seconds)

    def freeze(self, at: datetime | None = None) -> None:
        """Stand still, now or at an instant."""
        self._frozen_at = at or self.now()

    def resume(self) -> None:
        """Go on from where it stood still."""
        if self._frozen_at is not None:
            self._ahead = self._frozen_at - datetime.now(timezone.utc)
            self._frozen_at = None
