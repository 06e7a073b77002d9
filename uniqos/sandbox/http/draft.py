"""The data that pass between the two runs of a turn whose words a language model makes: see ``llm.py``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..faults.magic import Magic


@dataclass(frozen=True)
class Draft:
    """A turn up to the point where it needs the words of its reply."""

    prompt: str
    """The system prompt for the language model."""
    magic: Magic
    state: dict[str, Any]
    """The emotional state that was inferred."""
    memory_report: dict[str, Any]
    """The memory as the answer reports it. A stream has sent this before the second run."""
    is_streamed: bool
    started: float
    """When the first run began, by ``time.perf_counter``."""


@dataclass
class Words:
    """The words of the reply to a draft, in the pieces in which they came."""

    draft: Draft
    pieces: list[str] = field(default_factory=list[str])
    interaction_id: str | None = None
    """The id that a stream has sent already; None where the turn still has to take one."""


class WordsNeeded(Exception):
    """Ends the first run of a turn, so that the language model can be asked outside of the transaction."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft: Draft = draft
