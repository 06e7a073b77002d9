"""The instant at which an exchange must have ended."""

from __future__ import annotations

from time import monotonic


class Deadline:
    """The monotonic instant at which an exchange must have ended; a stream moves it with every event.

    The HTTP client bounds each read by itself, so a server that sends one byte a second would never
    time out. The connection pool asks this object before each read, which bounds their sum.
    """

    __slots__ = ("at", "last")

    def __init__(self, seconds: float | None = None, whole: float | None = None) -> None:
        self.last: float | None = None if whole is None else monotonic() + whole
        self.at: float | None = None
        self.restart(seconds)

    def restart(self, seconds: float | None) -> None:
        """Begin again: ``seconds`` from now, None for no limit, but never beyond the whole call's end."""
        at = None if seconds is None else monotonic() + seconds
        self.at = self.last if at is None or (self.last is not None and self.last < at) else at

    def clamp(self, timeout: float | None) -> float | None:
        """The shorter of ``timeout`` and the time left, in seconds (never below 0); None is no limit."""
        at = self.at
        if at is None:
            return timeout
        left = at - monotonic()
        if left < 0:
            left = 0.0
        return left if timeout is None or left < timeout else timeout
