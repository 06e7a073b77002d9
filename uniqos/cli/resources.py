"""The commands of the API's operations, which the operation table alone describes."""

from __future__ import annotations

from typing import Any


def lines(words: tuple[str, ...]) -> dict[str, str]:
    """Return the help line of each command in a group of resources, by its name."""
    return {}


def command(words: tuple[str, ...]) -> Any:
    """Build the command or group of some words; None if no operation is called so."""
    return None
