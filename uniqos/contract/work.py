"""The bounds of a comparison: how much may be looked at, and recursion without Python's own stack."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from ..errors import ConfigurationError

# Enough for the largest documents that are in use. Spending it all takes a few seconds and some hundred MiB.
_MOST_STEPS = 2_000_000
_LONGEST_PLACE = 200

R = TypeVar("R")
Task = Generator[Any, Any, R]
"""A recursive computation: it yields each task whose result it needs, and is sent that result."""


class Work:
    """The steps that are left, and the place of the documents that they are spent on."""

    def __init__(self) -> None:
        self.place: str = ""
        self._left: int = _MOST_STEPS

    def spend(self, steps: int) -> None:
        """Take steps from the budget: one for each item that is looked at.

        Raises:
            ConfigurationError: ``document_too_large``: no steps are left.
        """
        self._left -= steps
        if self._left < 0:
            raise ConfigurationError(
                "the documents are too large, or their schemas refer to each other in too many ways, to be compared; "
                f"given up at {shortened(self.place)}",
                code="document_too_large",
            )

    def refused(self, reason: str) -> ConfigurationError:
        """Return the error for a part of a document that cannot be used, with its place."""
        return ConfigurationError(f"{reason} (met at {shortened(self.place)})" if self.place else reason)


def run(task: Task[R]) -> R:
    """Run a task and the tasks that it yields; schemas may be nested deeper than Python's stack."""
    stack: list[Task[Any]] = [task]
    result: Any = None
    while stack:
        try:
            inner = stack[-1].send(result)
        except StopIteration as done:
            stack.pop()
            result = done.value
        else:
            stack.append(inner)
            result = None
    return result  # type: ignore[no-any-return]


def shortened(text: str) -> str:
    """Return a text of the document for an error: its beginning and its end where it is long."""
    half = _LONGEST_PLACE // 2
    return text if len(text) <= _LONGEST_PLACE else f"{text[:half]} ... {text[-half:]}"
