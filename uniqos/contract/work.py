"""Bounds of a comparison: a budget of steps, and recursion without Python's call stack."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from ..errors import ConfigurationError

# Enough for the largest published documents. The whole budget takes a few seconds and some hundred MiB.
_MAX_STEPS = 2_000_000
_MAX_PLACE_CHARS = 200

R = TypeVar("R")
Task = Generator[Any, Any, R]
"""A recursive computation, which yields each task whose result it needs and is sent that result."""


class Work:
    """Budget of steps that one comparison may take, and the place in the documents where it is."""

    def __init__(self) -> None:
        self.place: str = ""
        self._left: int = _MAX_STEPS

    def spend(self, steps: int) -> None:
        """Take steps from the budget, one for each item that is read.

        Raises:
            ConfigurationError: The budget is spent (``document_too_large``).
        """
        self._left -= steps
        if self._left < 0:
            raise ConfigurationError(
                "the documents are too large, or their schemas refer to each other in too many ways, to be compared; "
                f"given up at {shorten(self.place)}",
                code="document_too_large",
            )

    def error(self, reason: str) -> ConfigurationError:
        """Return the error of a part of a document that cannot be used, with its place."""
        return ConfigurationError(f"{reason} (met at {shorten(self.place)})" if self.place else reason)


def run(task: Task[R]) -> R:
    """Run a task and the tasks that it yields. Schemas may be nested deeper than Python's call stack."""
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


def shorten(text: str) -> str:
    """Return a text of the document for an error message, with its middle left out if it is long."""
    half = _MAX_PLACE_CHARS // 2
    return text if len(text) <= _MAX_PLACE_CHARS else f"{text[:half]} ... {text[-half:]}"
