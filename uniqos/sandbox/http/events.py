"""A turn told in events, with the faults that were asked for. An event is its name and what it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from ..faults.magic import Magic
from ..refusal import Dropped
from ..state.store import dumps

Event = tuple[str, dict[str, Any]]
_FAILED = "The stream was asked to fail."
_INSTEAD: dict[str, list[Event]] = {
    "no_completion": [],
    "error_event": [("error", {"code": "internal_error", "message": _FAILED})],
    "guardrail_block": [
        ("error", {"code": "guardrail_block", "message": _FAILED, "guardrail": "sandbox", "category": "on_demand"})
    ],
}
"""What comes instead of the completion."""


def metadata(interaction_id: str, state: dict[str, Any], consulted: dict[str, Any]) -> Event:
    """The first event."""
    return "metadata", {
        "interaction_id": interaction_id,
        "inferred_emotional_state": state,
        "memory": consulted,
    }


def text(delta: str) -> Event:
    """A piece of the reply."""
    return "text", {"delta": delta}


def completion(summary_used: str | None, updated: bool, usage: dict[str, Any], latency_ms: int) -> Event:
    """The last event."""
    return "completion", {
        "memory": {"summary_used": summary_used, "model_updated": updated},
        "guardrails": {"applied": []},
        "usage": usage,
        "latency_ms": latency_ms,
    }


def error(code: str, message: str) -> Event:
    """The last event of a turn that failed on its way."""
    return "error", {"code": code, "message": message}


async def at_once(events: list[Event]) -> AsyncIterator[Event]:
    """Events that are all there already."""
    for event in events:
        yield event


def whole(events: list[Event], magic: Magic) -> bytes:
    """All that is written of a stream which nobody breaks off."""
    return b"".join(part for number, event in enumerate(events) for part in _written(number, event, magic))


async def paced(events: AsyncIterator[Event], magic: Magic, pause: float) -> AsyncIterator[bytes]:
    """What is written, one write after the other, with a pause after each event.

    Raises:
        Dropped: The connection was to break here.
    """
    breaks = magic.fault in ("drop_after", "stall")
    most = magic.argument if magic.argument is not None else 2
    number = 0
    async for event in events:
        if breaks and number == most:
            break
        for part in _written(number, event, magic):
            yield part
        await asyncio.sleep(pause)
        number += 1
    if magic.fault == "drop_after":
        raise Dropped
    if magic.fault == "stall":
        await asyncio.sleep(3600)


def _written(number: int, event: Event, magic: Magic) -> list[bytes]:
    """The writes that an event becomes."""
    fault, frame, ends = magic.fault, _frame(event), event[0] == "completion"
    if fault in _INSTEAD and ends:
        return [_frame(other) for other in _INSTEAD[fault]]
    if fault == "malformed_frame" and number == 1:
        return [frame, b'event: text\ndata: {"type":"text","delta":"cut\n\n']
    if fault == "unknown_event" and number == 1:
        return [frame, _frame(("mood", {"value": 1}))]
    if fault == "huge_event" and number == 1:
        mebibytes = magic.argument if magic.argument is not None else 4
        return [frame, _frame(text("x" * (mebibytes * 2**20)))]
    if fault == "guardrail" and ends:
        modulation = {"applied": ["sandbox"], "modulation_summary": "Softened."}
        return [_frame(("guardrail_modulation", modulation)), frame]
    if fault == "done" and ends:
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
