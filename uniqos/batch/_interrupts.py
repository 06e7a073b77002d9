"""The handling of Ctrl-C during a batch: the first one drains, the second one aborts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["Interrupts"]


class Interrupts:
    """A handler of SIGINT for the time of one run.

    Args:
        stop: Is called at the first interrupt. The handler that was there before gets the second one.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop: Callable[[], None] = stop
        self._before: Any = None

    def install(self) -> None:
        """Take over the interrupts. Only the main thread can; a program that ignores them goes on to do so."""
        if self._before is not None or threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGINT)
        if callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._handle)

    def restore(self) -> None:
        """Give the interrupts back to the handler that was there before."""
        before, self._before = self._before, None
        # Equality, since each access to a method makes another object. A handler that came later stays.
        if before is not None and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.restore()
        self._stop()
