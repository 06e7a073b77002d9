"""Turns: the emotion is read, memory consulted, a reply made, the turn counted. Then perhaps told in events.

The modulator pack, the answers of infer-state and recall-memory, and the bodies they take are the sandbox's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from . import end_users, relationships
from . import memory as memories
from .call import Answer, Call, Dropped, EventStream
from .emotion import infer
from .magic import Magic, check_id, read
from .refusal import Refusal
from .store import dumps
from .usage import count_turn, permit
from .voice import reply

LLM = {"llm_provider": "sandbox", "llm_model": "templates"}


def respond(call: Call, personality: dict[str, Any]) -> Answer | EventStream:
    """One turn with a personality that exists."""
    started = time.perf_counter()
    fields = call.fields()
    magic = read(fields["message"])
    call.settings.errors.check(magic, call.key or fields["message"])
    if fields.get("llm_override") is not None:
        raise Refusal("not_implemented", "llm_override is not available yet.")
    if personality["status"] == "archived" or personality["review_status"] not in ("not_submitted", "approved"):
        state = "archived" if personality["status"] == "archived" else personality["review_status"]
        raise Refusal("conflict", f"{personality['id']} cannot be invoked: it is {state}.")
    mode, user_id = fields.get("mode") or personality["default_mode"], fields.get("user_id")
    if mode == "stateful" and not user_id:
        raise Refusal("validation_error", "A stateful turn needs a user_id.", details=[{"field": "user_id"}])
    permit(call)
    state = infer(magic.text)
    relationship = None
    if user_id:
        end_users.refuse_deleted(call, user_id)
    if user_id and mode == "stateful":
        end_users.ensure(call, user_id)
        relationship = relationships.meet(call, user_id, personality["id"])
    if fields.get("return_format") == "modulator_pack":
        return Answer(_pack(personality, state, relationship))
    before = relationship["memory"] if relationship else None
    text = _words(call, personality, magic.text, state, before, user_id)
    interaction_id = call.store.new_id("int")
    if relationship:
        after = memories.learn(relationship["memory"], magic.text, state, interaction_id)
        relationships.remember(call, relationship, after)
        end_users.learn(call, relationship["user_id"], magic.text, state)
    latency_ms = max(1, round((time.perf_counter() - started) * 1000))
    call.store.run(
        "insert into interactions (id, organization_id, user_id, relationship_id, personality_id, mode, streamed,"
        " created_at, latency_ms, primary_emotion) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        interaction_id,
        call.caller.organization_id,
        user_id,
        relationship["id"] if relationship else None,
        personality["id"],
        mode,
        bool(fields.get("stream")),
        call.now,
        latency_ms,
        state["primary"],
    )
    call.store.count("turns_billed")
    count_turn(call, relationship["id"] if relationship else None)
    consulted = {
        "consulted": bool(before and before["turns"]),
        "summary_used": memories.summary(before) if before else None,
        "significant_moments_referenced": len(before["moments"]) if before else 0,
    }
    usage = {"turns_consumed": 1, "active_relationship_counted": relationship is not None, **LLM}
    updated = relationship is not None
    if fields.get("stream"):
        events = _events(interaction_id, state, consulted, text, usage, updated, latency_ms)
        return _stream(events, magic, call.settings.pause)
    return Answer(
        {
            "response": text,
            "inferred_emotional_state": state,
            "interaction_id": interaction_id,
            "memory": {**consulted, "model_updated": updated},
            "guardrails": {"applied": []},
            "usage": usage,
            "latency_ms": latency_ms,
        }
    )


def dry_run(call: Call, personality: dict[str, Any]) -> dict[str, Any]:
    """A turn that leaves nothing behind and costs nothing."""
    message = _message(call)
    magic = read(message)
    call.settings.errors.check(magic, call.key or message)
    state = infer(magic.text)
    text = _words(call, personality, magic.text, state, None, None)
    return {"response": text, "inferred_emotional_state": state, "usage": {"turns_consumed": 0}}


def infer_state(call: Call) -> Answer:
    """Takes ``message``; answers with the state alone."""
    message = _message(call)
    magic = read(message)
    call.settings.errors.check(magic, call.key or message)
    return Answer({"inferred_emotional_state": infer(magic.text)})


def recall_memory(call: Call) -> Answer:
    """Takes ``user_id`` and ``personality_id``, and a ``query`` whose words choose among the topics."""
    fields = call.fields()
    user_id, personality_id = fields.get("user_id"), fields.get("personality_id")
    if not isinstance(user_id, str) or not isinstance(personality_id, str):
        raise Refusal(
            "validation_error", "The sandbox needs user_id and personality_id.", details=[{"field": "user_id"}]
        )
    check_id(personality_id)
    relationship = relationships.find(call, user_id, personality_id)
    held = relationship["memory"] if relationship else memories.empty()
    query = str(fields.get("query") or "").lower().split()
    topics = [t for t in held["topics"] if not query or t in query]
    return Answer({"summary": memories.summary(held), "topics": topics, "significant_moments": held["moments"]})


def _message(call: Call) -> str:
    message = call.fields().get("message")
    if not isinstance(message, str) or not message:
        raise Refusal("validation_error", "The sandbox needs a message.", details=[{"field": "message"}])
    return message


def _words(
    call: Call,
    personality: dict[str, Any],
    message: str,
    state: dict[str, Any],
    memory: dict[str, Any] | None,
    user_id: str | None,
) -> str:
    turn = memory["turns"] if memory else 0
    seed = f"{call.settings.seed}|{personality['id']}|{user_id}|{turn}"
    return reply(message, big_five=personality["big_five"], emotion=state, memory=memory, seed=seed)


def _pack(personality: dict[str, Any], state: dict[str, Any], relationship: dict[str, Any] | None) -> dict[str, Any]:
    leaning = ", ".join(f"{trait} {value:g}" for trait, value in personality["big_five"].items())
    return {
        "system_prompt": f"You are {personality['name']}. Big Five from 0 to 1: {leaning}.",
        "inferred_emotional_state": state,
        "memory_summary": memories.summary(relationship["memory"]) if relationship else None,
        "usage": {"turns_consumed": 0},
    }


def _events(
    interaction_id: str,
    state: dict[str, Any],
    consulted: dict[str, Any],
    text: str,
    usage: dict[str, Any],
    updated: bool,
    latency_ms: int,
) -> list[tuple[str, dict[str, Any]]]:
    words = text.split(" ")
    pieces = [word if word is words[-1] and n == len(words) - 1 else f"{word} " for n, word in enumerate(words)]
    metadata = {"interaction_id": interaction_id, "inferred_emotional_state": state, "memory": consulted}
    completion: dict[str, Any] = {
        "memory": {"summary_used": consulted["summary_used"], "model_updated": updated},
        "guardrails": {"applied": []},
        "usage": usage,
        "latency_ms": latency_ms,
    }
    return [("metadata", metadata), *[("text", {"delta": piece}) for piece in pieces], ("completion", completion)]


def _stream(events: list[tuple[str, dict[str, Any]]], magic: Magic, pause: float) -> EventStream:
    frames = [_frame(name, {"type": name, **data}) for name, data in events]
    fault = magic.fault
    if fault == "malformed_frame":
        frames.insert(2, b'event: text\ndata: {"type":"text","delta":"cut\n\n')
    elif fault == "unknown_event":
        frames.insert(2, _frame("mood", {"type": "mood", "value": 1}))
    elif fault == "no_completion":
        del frames[-1]
    elif fault in ("error_event", "guardrail_block"):
        code = "internal_error" if fault == "error_event" else "guardrail_block"
        error = {"type": "error", "code": code, "message": "The stream was asked to fail."}
        blocked = {"guardrail": "sandbox", "category": "on_demand"} if fault == "guardrail_block" else {}
        frames[-1] = _frame("error", {**error, **blocked})
    elif fault == "guardrail":
        modulation = {"type": "guardrail_modulation", "applied": ["sandbox"], "modulation_summary": "Softened."}
        frames.insert(-1, _frame("guardrail_modulation", modulation))
    elif fault == "done":
        frames.append(b"data: [DONE]\n\n")
    elif fault == "ping":
        frames = [part for frame in frames for part in (b": ping\n\n", b"event: ping\ndata:\n\n", frame)]
    cut = (2 if magic.argument is None else magic.argument) if fault in ("drop_after", "stall") else len(frames)

    async def paced() -> AsyncIterator[bytes]:
        for frame in frames[:cut]:
            yield frame
            await asyncio.sleep(pause)
        if fault == "drop_after":
            raise Dropped
        if fault == "stall":
            await asyncio.sleep(3600)

    return EventStream(b"".join(frames), paced)


def _frame(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {dumps(data)}\n\n".encode()
