"""The display of a conversation: answers on standard output, everything else on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ..._base.safe import safe_text
from ...api.engine import EmotionalState
from .. import output
from ..charts import can_show_blocks, line_over_time
from ..outline import outline
from .conversation import Conversation, Exchange

_MAX_WORD = 40
_MAX_LINE = 30
"""The most turns that the line over time shows after each answer."""


class Screen:
    """The display of a conversation.

    Args:
        as_json: Whether each turn is one line of JSON on standard output, without its text before.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        # Emotion and answer share a line only if both streams are the same terminal.
        self._is_beside: bool = not as_json and all(
            stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr)
        )
        self._has_open_line: bool = False

    def show_emotion(self, state: EmotionalState | None) -> None:
        """Show the emotion before the answer, on the same line."""
        if self._is_beside and state is not None and state.primary:
            output.write(f"({emotion_words(state)}) ")
            self._has_open_line = True

    def show_text(self, piece: str) -> None:
        """Show a piece of the answer."""
        if not self._as_json and piece:
            output.write(piece)
            self._has_open_line = not piece.endswith("\n")

    def end_line(self) -> None:
        """End the line of an answer that may have stopped anywhere."""
        if self._has_open_line:
            self._has_open_line = False
            output.write("\n")

    def show_end(self, exchange: Exchange, conversation: Conversation) -> None:
        """Show what a complete answer was, after it."""
        if self._as_json:
            output.write_json(exchange.record())
            return
        self.end_line()
        parts = [] if self._is_beside or exchange.state is None else [emotion_words(exchange.state)]
        drawn = emotion_line(conversation.valences, _MAX_LINE)
        parts += [f"valence {drawn}"] if drawn else []
        parts += [f"{exchange.latency_ms} ms"] if exchange.latency_ms is not None else []
        parts += [exchange.interaction_id] if exchange.interaction_id else []
        turns = exchange.turns_consumed
        parts += [f"{turns} turn{'' if turns == 1 else 's'}"] if turns is not None else ["cost not stated"]
        output.note(" | ".join(parts))

    def show_failure(self, exchange: Exchange, can_retry: bool) -> None:
        """Show what a turn without a complete answer may have cost, and how to ask for it again.

        Args:
            exchange: The turn.
            can_retry: Whether the conversation goes on, so that ``/retry`` can be typed.
        """
        self.end_line()
        if self._as_json:
            output.write_json(exchange.record())
        if exchange.cost == "not billed":
            output.note("this turn is not billed" + ("; /retry sends it again" if can_retry else ""))
            return
        how = "/retry" if can_retry else "uniqos respond --idempotency-key KEY, or /retry with the same --transcript,"
        output.note(
            f"this turn may have run and been billed, with the idempotency key {exchange.idempotency_key}; {how} asks "
            "for it again with this key, so that it is not billed twice",
            "yellow",
        )

    def show_data(self, title: str, value: Any) -> None:
        """Show an answer of a command: as an outline on a terminal, else as one line of JSON."""
        if self._as_json or not sys.stdout.isatty():
            output.write_json({"type": title, title: value})
            return
        output.write("\n".join([f"{title}:", *outline(value, "  ")]) + "\n")

    def show_bill(self, exchanges: Sequence[Exchange]) -> None:
        """Show what the turns of the conversation have cost."""
        if not exchanges:
            return
        stated = sum(exchange.turns_consumed or 0 for exchange in exchanges if exchange.status == "completed")
        unstated = sum(exchange.status == "completed" and exchange.turns_consumed is None for exchange in exchanges)
        uncertain = [exchange for exchange in exchanges if exchange.cost == "perhaps billed"]
        parts = [f"turns consumed: {stated}"]
        parts += [f"answered without a stated cost: {unstated}"] if unstated else []
        keys = ", ".join(exchange.idempotency_key for exchange in uncertain)
        parts += [f"perhaps billed without an answer: {len(uncertain)} (idempotency key {keys})"] if uncertain else []
        output.note("; ".join(parts))


def emotion_words(state: EmotionalState) -> str:
    """Return an emotion in a few words, e.g. ``joy 0.90, high``."""
    words = safe_text(state.primary or "no emotion", _MAX_WORD)
    words += f" {state.confidence:.2f}" if state.confidence is not None else ""
    return words + (f", {safe_text(state.intensity, _MAX_WORD)}" if state.intensity else "")


def emotion_line(valences: Sequence[float | None], width: int) -> str:
    """Return the valence of the latest turns as a line for standard error; empty without any valence."""
    if all(valence is None for valence in valences):
        return ""
    return line_over_time(valences, width=width, blocks=can_show_blocks(getattr(sys.stderr, "encoding", None)))
