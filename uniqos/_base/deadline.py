"""The instant at which an exchange must have ended."""

from __future__ import annotations

from time import monotonic


class Deadline:
    """The monotonic instant at which an exchange must have ended. A stream moves it with every event.

    httpx limits the time of each single read, so a server that sends one byte a second would never time out. The
    connection pool shortens each read by this deadline, which limits their sum.

    Args:
        seconds: Seconds from now; None for no limit.
        whole: Seconds that the whole call may take; None for no limit.
    """

    __slots__ = ("at", "last")

    def __init__(self, seconds: float | None = None, whole: float | None = None) -> None:
        self.last: float | None = None if whole is None else monotonic() + whole
        self.at: float | None = None
        self.restart(seconds)

    def restart(self, seconds: float | None) -> None:
        """Move the deadline to ``seconds`` from now, but never beyond the end of the whole call."""
        at = None if seconds is None else monotonic() + seconds
        self.at = self.last if at is None or (self.last is not None and self.last < at) else at

    def extend(self, seconds: float) -> None:
        """Move the deadline, and the end of the whole call, by time that does not count."""
        self.at = None if self.at is None else self.at + seconds
        self.last = None if self.last is None else self.last + seconds

    def clamp(self, timeout: float | None) -> float | None:
        """Return the smaller of ``timeout`` and the time left, in seconds; None for no limit."""
        at = self.at
        if at is None:
            return timeout
        left = at - monotonic()
        if left < 0:
            left = 0.0
        return left if timeout is None or left < timeout else timeout
