"""Turns: the emotion is read, memory consulted, a reply made, the turn counted. Then perhaps told in events.

The modulator pack, the answers of infer-state and recall-memory, and the bodies they take are the sandbox's own.
"""

from __future__ import annotations

import time
from typing import Any

from ..faults.magic import Magic, check_id, read
from ..http import events
from ..http.call import Answer, Call, EventStream
from ..http.draft import Draft
from ..persona import memory as memories
from ..persona.emotion import infer
from ..persona.voice import reply
from ..refusal import Refusal
from . import end_users, relationships
from .billing.usage import count_turn, permit

TEMPLATES = {"llm_provider": "sandbox", "llm_model": "templates"}


def respond(call: Call, personality: dict[str, Any]) -> Answer | EventStream:
    """One turn with a personality that exists."""
    started = call.draft.started if call.draft else time.perf_counter()
    fields = call.fields()
    magic = _read(call, fields["message"])
    if fields.get("llm_override") is not None:
        raise Refusal("not_implemented", "llm_override is not available yet.")
    if personality["status"] == "archived" or personality["review_status"] not in ("not_submitted", "approved"):
        state = "archived" if personality["status"] == "archived" else personality["review_status"]
        raise Refusal("conflict", f"{personality['id']} cannot be invoked: it is {state}.")
    mode, user_id = fields.get("mode") or personality["default_mode"], fields.get("user_id")
    if mode == "stateful" and not user_id:
        raise Refusal("validation_error", "A stateful turn needs a user_id.", details=[{"field": "user_id"}])
    permit(call)
    state = infer(magic.text, magic.emotion)
    relationship = None
    if user_id:
        end_users.refuse_deleted(call, user_id)
    if user_id and mode == "stateful":
        end_users.ensure(call, user_id)
        relationship = relationships.meet(call, user_id, personality["id"])
    if fields.get("return_format") == "modulator_pack":
        return Answer(_pack(personality, state, relationship))
    before = relationship["memory"] if relationship else None
    call.store.count("turns_billed")
    count_turn(call, relationship["id"] if relationship else None)
    draft = call.draft or Draft(
        _prompt(personality, state, before), magic, state, _consulted(before), bool(fields.get("stream")), started
    )
    pieces = _pieces(call, draft, personality, before, user_id)
    interaction_id = draft.interaction_id or call.store.new_id("int")
    if relationship:
        after = memories.learn(relationship["memory"], magic.text, state, interaction_id)
        relationships.remember(call, relationship, after)
        end_users.learn(call, relationship["user_id"], magic.text, state)
    latency_ms = max(1, round((time.perf_counter() - started) * 1000))
    call.store.run(
        "insert into interactions (id, organization_id, user_id, relationship_id, personality_id, mode, streamed,"
        " created_at, latency_ms, primary_emotion, valence, arousal) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        state["valence"],
        state["arousal"],
    )
    names = call.settings.llm.names if call.settings.llm else TEMPLATES
    usage = {"turns_consumed": 1, "active_relationship_counted": relationship is not None, **names}
    updated = relationship is not None
    if draft.stream:
        draft.completion = events.completion(draft.consulted["summary_used"], updated, usage, latency_ms)
        first = events.metadata(interaction_id, state, draft.consulted)
        told = [first, *map(events.text, pieces), draft.completion]
        pause = call.settings.pause
        return EventStream(events.whole(told, magic), lambda: events.paced(events.at_once(told), magic, pause))
    return Answer(
        {
            "response": "".join(pieces),
            "inferred_emotional_state": state,
            "interaction_id": interaction_id,
            "memory": {**draft.consulted, "model_updated": updated},
            "guardrails": {"applied": []},
            "usage": usage,
            "latency_ms": latency_ms,
        }
    )


def dry_run(call: Call, personality: dict[str, Any]) -> dict[str, Any]:
    """A turn that leaves nothing behind and costs nothing."""
    magic = _read(call, _message(call))
    state = infer(magic.text, magic.emotion)
    draft = call.draft or Draft(
        _prompt(personality, state, None), magic, state, _consulted(None), False, time.perf_counter()
    )
    words = "".join(_pieces(call, draft, personality, None, None))
    return {"response": words, "inferred_emotional_state": state, "usage": {"turns_consumed": 0}}


def infer_state(call: Call) -> Answer:
    """Takes ``message``; answers with the state alone."""
    magic = _read(call, _message(call))
    return Answer({"inferred_emotional_state": infer(magic.text, magic.emotion)})


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


def _read(call: Call, message: str) -> Magic:
    magic = read(message, call.marks)
    call.settings.errors.check(magic, call.counted_by(message))
    return magic


def _consulted(memory: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "consulted": bool(memory and memory["turns"]),
        "summary_used": memories.summary(memory) if memory else None,
        "significant_moments_referenced": len(memory["moments"]) if memory else 0,
    }


def _pieces(
    call: Call, draft: Draft, personality: dict[str, Any], memory: dict[str, Any] | None, user_id: str | None
) -> list[str]:
    """The words of the reply; raises the draft where the language model is still to be asked for them."""
    if call.settings.llm is not None:
        if call.draft is None:
            raise draft
        return draft.pieces
    turn = memory["turns"] if memory else 0
    seed = f"{call.settings.seed}|{personality['id']}|{user_id}|{turn}"
    text = reply(draft.magic.text, big_five=personality["big_five"], emotion=draft.state, memory=memory, seed=seed)
    *words, last = text.split(" ")
    return [*(f"{word} " for word in words), last]


def _described(personality: dict[str, Any]) -> str:
    leaning = ", ".join(f"{trait} {value:g}" for trait, value in personality["big_five"].items())
    return f"You are {personality['name']}. Big Five from 0 to 1: {leaning}."


def _prompt(personality: dict[str, Any], state: dict[str, Any], memory: dict[str, Any] | None) -> str:
    felt = f"The user's emotion is {state['primary']}, of {state['intensity']} intensity."
    summary = memories.summary(memory) if memory else None
    known = f"What you remember of the user: {summary}" if summary else "You remember nothing of the user."
    return f"{_described(personality)} {felt} {known} Answer in character, in a few sentences."


def _pack(personality: dict[str, Any], state: dict[str, Any], relationship: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "system_prompt": _described(personality),
        "inferred_emotional_state": state,
        "memory_summary": memories.summary(relationship["memory"]) if relationship else None,
        "usage": {"turns_consumed": 0},
    }
