"""The handlers of the engine: turns, dry runs, inferred states and recalled memories.

Chosen by the sandbox: the fields of the modulator pack, of the answer of ``recall_memory``, and of the bodies of
``infer_state``, ``recall_memory`` and ``dry_run``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ..faults.magic import Magic, check_id, read
from ..http import events
from ..http.call import Answer, Call, EventStream
from ..http.draft import Draft, Words, WordsNeeded
from ..persona import memory as memories
from ..persona.emotion import infer
from ..persona.voice import reply
from ..refusal import Refusal
from . import end_users, relationships
from .billing.usage import count_turn, permit

_TEMPLATE_NAMES = {"llm_provider": "sandbox", "llm_model": "templates"}


@dataclass(frozen=True)
class _Turn:
    """An accepted turn, with the emotional state that was inferred from its message."""

    call: Call
    personality: dict[str, Any]
    magic: Magic
    state: dict[str, Any]
    started: float
    mode: str = "stateless"
    user_id: str | None = None
    relationship: dict[str, Any] | None = None
    is_streamed: bool = False

    @property
    def memory(self) -> dict[str, Any] | None:
        """The memory before this turn; None without a relationship."""
        return self.relationship["memory"] if self.relationship else None


def respond(call: Call, personality: dict[str, Any]) -> Answer | EventStream:
    """Answer one turn with a personality that exists."""
    started = call.words.draft.started if call.words else time.perf_counter()
    fields = call.fields()
    magic = _read_marks(call, fields["message"])
    mode, user_id = fields.get("mode") or personality["default_mode"], fields.get("user_id")
    _check_allowed(call, personality, fields, mode)
    state = infer(magic.text, magic.emotion)
    relationship = _enter_relationship(call, personality, mode, user_id)
    is_streamed = bool(fields.get("stream"))
    turn = _Turn(call, personality, magic, state, started, mode, user_id, relationship, is_streamed)
    if fields.get("return_format") == "modulator_pack":
        return Answer(_modulator_pack(turn))
    _bill(turn)
    words = _take_words(turn)
    interaction_id = words.interaction_id or call.store.new_id("int")
    _remember(turn, interaction_id)
    latency_ms = max(1, round((time.perf_counter() - started) * 1000))
    _record(turn, interaction_id, latency_ms)
    return _answer(turn, words, interaction_id, latency_ms)


def dry_run(call: Call, personality: dict[str, Any]) -> dict[str, Any]:
    """Answer a turn that is neither stored nor billed."""
    magic = _read_marks(call, _message(call))
    state = infer(magic.text, magic.emotion)
    words = _take_words(_Turn(call, personality, magic, state, time.perf_counter()))
    return {"response": "".join(words.pieces), "inferred_emotional_state": state, "usage": {"turns_consumed": 0}}


def infer_state(call: Call) -> Answer:
    """Answer with the emotional state of ``message``."""
    magic = _read_marks(call, _message(call))
    return Answer({"inferred_emotional_state": infer(magic.text, magic.emotion)})


def recall_memory(call: Call) -> Answer:
    """Answer with the memory that a personality has of an end user, and with the topics that ``query`` names."""
    fields = call.fields()
    user_id, personality_id = fields.get("user_id"), fields.get("personality_id")
    if not isinstance(user_id, str) or not isinstance(personality_id, str):
        raise Refusal("validation_error", "user_id and personality_id must be strings.", details=[{"field": "user_id"}])
    check_id(personality_id)
    relationship = relationships.find(call, user_id, personality_id)
    memory = relationship["memory"] if relationship else memories.empty()
    query = str(fields.get("query") or "").lower().split()
    topics = [topic for topic in memory["topics"] if not query or topic in query]
    return Answer({"summary": memories.summary(memory), "topics": topics, "significant_moments": memory["moments"]})


def _message(call: Call) -> str:
    message = call.fields().get("message")
    if not isinstance(message, str) or not message:
        raise Refusal("validation_error", "message must be a string, and not empty.", details=[{"field": "message"}])
    return message


def _read_marks(call: Call, message: str) -> Magic:
    """Return the marks of the message and the header; raise the error that they ask for."""
    magic = read(message, call.header_marks)
    call.settings.errors.check(magic, call.error_key(message))
    return magic


def _check_allowed(call: Call, personality: dict[str, Any], fields: dict[str, Any], mode: str) -> None:
    """Refuse a turn that may not run.

    Raises:
        Refusal: ``not_implemented``, ``conflict``, ``validation_error`` or ``payment_required``.
    """
    if fields.get("llm_override") is not None:
        raise Refusal("not_implemented", "llm_override is not available yet.")
    if personality["status"] == "archived" or personality["review_status"] not in ("not_submitted", "approved"):
        state = "archived" if personality["status"] == "archived" else personality["review_status"]
        raise Refusal("conflict", f"{personality['id']} cannot be invoked: it is {state}.")
    if mode == "stateful" and not fields.get("user_id"):
        raise Refusal("validation_error", "A stateful turn needs a user_id.", details=[{"field": "user_id"}])
    permit(call)


def _enter_relationship(
    call: Call, personality: dict[str, Any], mode: str, user_id: str | None
) -> dict[str, Any] | None:
    """Return the relationship of a stateful turn, creating it and the end user at the first turn.

    Raises:
        Refusal: ``conflict``: the end user or the relationship is being deleted.
    """
    if not user_id:
        return None
    end_users.refuse_deleted(call, user_id)
    if mode != "stateful":
        return None
    end_users.ensure(call, user_id)
    return relationships.meet(call, user_id, personality["id"])


def _bill(turn: _Turn) -> None:
    """Bill the turn.

    Raises:
        Refusal: ``quota_exhausted``.
    """
    turn.call.store.count("turns_billed")
    count_turn(turn.call, turn.relationship["id"] if turn.relationship else None)


def _take_words(turn: _Turn) -> Words:
    """Return the words of the reply.

    Raises:
        WordsNeeded: The language model has to be asked for them.
    """
    if turn.call.words is not None:
        return turn.call.words
    prompt = _prompt(turn.personality, turn.state, turn.memory)
    draft = Draft(prompt, turn.magic, turn.state, _memory_report(turn.memory), turn.is_streamed, turn.started)
    if turn.call.settings.llm is not None:
        raise WordsNeeded(draft)
    return Words(draft, _template_pieces(turn))


def _template_pieces(turn: _Turn) -> list[str]:
    """Return the reply from templates, cut after each space."""
    personality, memory = turn.personality, turn.memory
    number = memory["turns"] if memory else 0
    seed = f"{turn.call.settings.seed}|{personality['id']}|{turn.user_id}|{number}"
    text = reply(turn.magic.text, big_five=personality["big_five"], emotion=turn.state, memory=memory, seed=seed)
    *words, last = text.split(" ")
    return [*(f"{word} " for word in words), last]


def _remember(turn: _Turn, interaction_id: str) -> None:
    """Update the memory and the psychological model after a stateful turn."""
    if turn.relationship is None:
        return
    after = memories.learn(turn.relationship["memory"], turn.magic.text, turn.state, interaction_id)
    relationships.remember(turn.call, turn.relationship, after)
    end_users.learn(turn.call, turn.relationship["user_id"], turn.magic.text, turn.state)


def _record(turn: _Turn, interaction_id: str, latency_ms: int) -> None:
    """Store the interaction, without its text."""
    turn.call.store.run(
        "insert into interactions (id, organization_id, user_id, relationship_id, personality_id, mode, streamed,"
        " created_at, latency_ms, primary_emotion, valence, arousal) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        interaction_id,
        turn.call.caller.organization_id,
        turn.user_id,
        turn.relationship["id"] if turn.relationship else None,
        turn.personality["id"],
        turn.mode,
        turn.is_streamed,
        turn.call.now,
        latency_ms,
        turn.state["primary"],
        turn.state["valence"],
        turn.state["arousal"],
    )


def _answer(turn: _Turn, words: Words, interaction_id: str, latency_ms: int) -> Answer | EventStream:
    """Return the answer, or the stream of its events."""
    settings, memory_report = turn.call.settings, words.draft.memory_report
    is_updated = turn.relationship is not None
    names = settings.llm.names if settings.llm else _TEMPLATE_NAMES
    usage = {"turns_consumed": 1, "active_relationship_counted": is_updated, **names}
    if turn.is_streamed:
        completion = events.completion(memory_report["summary_used"], is_updated, usage, latency_ms)
        metadata = events.metadata(interaction_id, turn.state, memory_report)
        all_events = [metadata, *map(events.text, words.pieces), completion]
        return EventStream(
            events.encode_all(all_events, turn.magic),
            lambda: events.encode_with_pauses(events.iterate(all_events), turn.magic, settings.pause),
            completion,
        )
    return Answer(
        {
            "response": "".join(words.pieces),
            "inferred_emotional_state": turn.state,
            "interaction_id": interaction_id,
            "memory": {**memory_report, "model_updated": is_updated},
            "guardrails": {"applied": []},
            "usage": usage,
            "latency_ms": latency_ms,
        }
    )


def _memory_report(memory: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "consulted": bool(memory and memory["turns"]),
        "summary_used": memories.summary(memory) if memory else None,
        "significant_moments_referenced": len(memory["moments"]) if memory else 0,
    }


def _description(personality: dict[str, Any]) -> str:
    big_five = ", ".join(f"{trait} {value:g}" for trait, value in personality["big_five"].items())
    return f"You are {personality['name']}. Big Five from 0 to 1: {big_five}."


def _prompt(personality: dict[str, Any], state: dict[str, Any], memory: dict[str, Any] | None) -> str:
    emotion = f"The user's emotion is {state['primary']}, of {state['intensity']} intensity."
    summary = memories.summary(memory) if memory else None
    known = f"What you remember of the user: {summary}" if summary else "You remember nothing of the user."
    return f"{_description(personality)} {emotion} {known} Answer in character, in a few sentences."


def _modulator_pack(turn: _Turn) -> dict[str, Any]:
    return {
        "system_prompt": _description(turn.personality),
        "inferred_emotional_state": turn.state,
        "memory_summary": memories.summary(turn.memory) if turn.memory else None,
        "usage": {"turns_consumed": 0},
    }
