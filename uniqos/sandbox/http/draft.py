"""The first run of a turn that needs a language model: what the model is asked, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..faults.magic import Magic
from . import events


@dataclass(eq=False)
class Draft(Exception):
    """Ends the first run of a turn: what the model is asked, and what the second run must find unchanged."""

    prompt: str
    magic: Magic
    state: dict[str, Any]
    consulted: dict[str, Any]
    stream: bool
    started: float
    interaction_id: str | None = None
    pieces: list[str] = field(default_factory=list[str])
    """The words, as they came."""
    completion: events.Event | None = None
    """The last event, once the second run has been kept."""
