"""The reason a row cannot be sent: a path, a code and a sentence, and never the value."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Problem"]


@dataclass(frozen=True)
class Problem:
    """One reason why a row is refused before any request.

    Attributes:
        path: The field the reason is about (``"message"``, ``"text[3]"``), or ``""`` for the whole row.
        code: A short word of the kind of fault (``"missing"``, ``"string_type"``, ``"duplicate_id"``).
        reason: A sentence for people: the fault and its remedy. It never holds the value itself.
    """

    path: str
    code: str
    reason: str
