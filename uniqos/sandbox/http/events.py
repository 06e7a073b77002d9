"""The events of a turn, and the bytes of a stream of them, with the stream fault that was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from ..faults.magic import Magic
from ..refusal import ConnectionDrop
from ..state.store import dumps

Event = tuple[str, dict[str, Any]]
"""The name of an event, and its data."""
_FAULT_MESSAGE = "The stream was asked to fail."
_ENDINGS: dict[str, list[Event]] = {
    "no_completion": [],
    "error_event": [("error", {"code": "internal_error", "message": _FAULT_MESSAGE})],
    "guardrail_block": [
        (
            "error",
            {"code": "guardrail_block", "message": _FAULT_MESSAGE, "guardrail": "sandbox", "category": "on_demand"},
        )
    ],
}
"""By stream fault: the events that come instead of the completion."""


def metadata(interaction_id: str, state: dict[str, Any], memory_report: dict[str, Any]) -> Event:
    """Return the first event of a turn."""
    return "metadata", {
        "interaction_id": interaction_id,
        "inferred_emotional_state": state,
        "memory": memory_report,
    }


def text(delta: str) -> Event:
    """Return the event of one piece of the reply."""
    return "text", {"delta": delta}


def completion(summary_used: str | None, updated: bool, usage: dict[str, Any], latency_ms: int) -> Event:
    """Return the last event of a turn that succeeded."""
    return "completion", {
        "memory": {"summary_used": summary_used, "model_updated": updated},
        "guardrails": {"applied": []},
        "usage": usage,
        "latency_ms": latency_ms,
    }


def error(code: str, message: str) -> Event:
    """Return the last event of a turn that failed after its stream had begun."""
    return "error", {"code": code, "message": message}


async def iterate(events: list[Event]) -> AsyncIterator[Event]:
    """Yield events that are all known already."""
    for event in events:
        yield event


def encode_all(events: list[Event], magic: Magic) -> bytes:
    """Return the bytes of a stream that no fault cuts short."""
    return b"".join(part for number, event in enumerate(events) for part in _encode(number, event, magic))


async def encode_with_pauses(events: AsyncIterator[Event], magic: Magic, pause: float) -> AsyncIterator[bytes]:
    """Yield the writes of a stream, with a pause after each event.

    Raises:
        ConnectionDrop: The fault ``drop_after`` cuts the stream here.
    """
    is_cut = magic.fault in ("drop_after", "stall")
    limit = magic.argument if magic.argument is not None else 2
    number = 0
    async for event in events:
        if is_cut and number == limit:
            break
        for part in _encode(number, event, magic):
            yield part
        await asyncio.sleep(pause)
        number += 1
    if magic.fault == "drop_after":
        raise ConnectionDrop
    if magic.fault == "stall":
        await asyncio.sleep(3600)


def _encode(number: int, event: Event, magic: Magic) -> list[bytes]:
    """Return the writes of one event, changed as the stream fault says."""
    fault, frame, is_completion = magic.fault, _frame(event), event[0] == "completion"
    if fault in _ENDINGS and is_completion:
        return [_frame(other) for other in _ENDINGS[fault]]
    if fault == "malformed_frame" and number == 1:
        return [frame, b'event: text\ndata: {"type":"text","delta":"cut\n\n']
    if fault == "unknown_event" and number == 1:
        return [frame, _frame(("mood", {"value": 1}))]
    if fault == "huge_event" and number == 1:
        mebibytes = magic.argument if magic.argument is not None else 4
        return [frame, _frame(text("x" * (mebibytes * 2**20)))]
    if fault == "guardrail" and is_completion:
        modulation = {"applied": ["sandbox"], "modulation_summary": "Softened."}
        return [_frame(("guardrail_modulation", modulation)), frame]
    if fault == "done" and is_completion:
        return [frame, b"data: [DONE]\n\n"]
    if fault == "ping":
        return [b": ping\n\n", b"event: ping\ndata:\n\n", frame]
    if fault == "bom" and number == 0:
        return [b"\xef\xbb\xbf" + frame]
    if fault == "crlf_split":
        *lines, last = frame.split(b"\n")
        return [lines[0] + b"\r", *[b"\n" + line + b"\r" for line in lines[1:]], b"\n" + last]
    return [frame]


def _frame(event: Event) -> bytes:
    name, data = event
    return f"event: {name}\ndata: {dumps({'type': name, **data})}\n\n".encode()
