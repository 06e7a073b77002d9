"""The emotion of a result, for histograms."""

from __future__ import annotations

from collections.abc import Mapping

from ._outcomes import Done

__all__ = ["emotion_of"]


def emotion_of(result: object) -> str | None:
    """Return the primary emotion that an answer found in its message; None if it names none."""
    if not isinstance(result, Done):
        return None
    answer = result.answer
    state: object = answer.get("inferred_emotional_state", answer)
    primary = state.get("primary") if isinstance(state, Mapping) else None
    return primary if isinstance(primary, str) and primary else None
