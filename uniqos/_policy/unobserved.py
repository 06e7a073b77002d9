"""The call without an observer, which does nothing, and the switch that makes all clients observe their calls."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._base.http import HttpInfo
    from ..errors import UniqOSError
    from .telemetry import Telemetry


class UnobservedCall:
    """One call without an observer. Its methods do nothing, so that they cost next to nothing."""

    __slots__ = ()

    @property
    def call_id(self) -> int:
        """The number of the call in the events of observers; 0 without an observer."""
        return 0

    def attempt(self, number: int) -> None: ...

    def retrying(self, attempt: int, delay: float, error: UniqOSError) -> None: ...

    def note_answer(self, http: HttpInfo) -> None: ...

    def event(self) -> None: ...

    def note_early_close(self) -> None: ...

    def note_outcome(self, code: str | None) -> None: ...

    def __enter__(self) -> UnobservedCall:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


UNOBSERVED = UnobservedCall()


class Instrumented:
    """The telemetry of each client without the option ``telemetry``; None for no telemetry."""

    settings: Telemetry | None = None
