"""The memory of a relationship: facts from its turns, and never their text. The shape is the sandbox's own."""

from __future__ import annotations

import re
from typing import Any

from .emotion import FEELINGS

_NAME = re.compile(r"\b(?:my name is|call me|me llamo)\s+([^\W\d_]{2,30})", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_OWNERS = {
    **dict.fromkeys(("my", "our", "mi", "mis", "nuestro", "nuestra"), "your"),
    **dict.fromkeys(("his", "her", "their", "the", "this", "that", "these", "those", "su", "el", "la", "los"), "the"),
}
_COMMON_TEXT = (
    "about again ago also another anymore anything back been because before being best better big bit came chance come "
    "could couldn day days does doing done down each even ever every everything feel feeling few finally first friday "
    "from gave give going good got great had has have hello help helped her here him his into its just keep know last "
    "less like little long look lot made make many maybe mean monday month months more morning most much must name "
    "need needs never new next nice night not nothing now old one only other out over own past please really right "
    "said same saturday says should since some something soon sorry start started still story such sunday sure take "
    "tell than that their them then there these they thing things think this those thursday time today told tomorrow "
    "too took tuesday very want wants was way wednesday week weeks well went were what when where which while who "
    "whole will with without work would year years yes yesterday yet you young your yours yourself would hola muy "
    "hoy mañana quiero pero para como todo"
)
_COMMON = FEELINGS | frozenset(_COMMON_TEXT.split())


def empty() -> dict[str, Any]:
    """Return the memory of a new relationship."""
    return {"turns": 0, "name": None, "topics": [], "phrases": {}, "emotions": [], "moments": []}


def topics(message: str) -> dict[str, str]:
    """Return the topics of a message, each with the phrase for it in a reply.

    First come words with an owner ("my landlord", which becomes "your landlord"), and then other long words.
    """
    owned: dict[str, str] = {}
    others: dict[str, str] = {}
    owner: str | None = None
    for word in _WORD.findall(message.lower()):
        if word in _OWNERS:
            owner = _OWNERS[word]
        elif word in _COMMON:
            pass  # as "new" in "my new zeppelin": the word with this owner comes later
        elif owner is not None and len(word) > 2:
            owned.setdefault(word, f"{owner} {word}")
            owner = None
        else:
            if len(word) > 4 and not word.endswith(("ed", "ing", "ly")):
                others.setdefault(word, word)
            owner = None
    name = _NAME.search(message)
    found = {**others, **owned}
    return {word: found[word] for word in [*owned, *others] if not name or word != name[1].lower()}


def learn(memory: dict[str, Any], message: str, emotion: dict[str, Any], interaction_id: str) -> dict[str, Any]:
    """Return the memory after one more turn."""
    name = _NAME.search(message)
    found = topics(message)
    kept = list(dict.fromkeys([*list(found)[:3], *memory["topics"]]))[:12]
    phrases = {**memory["phrases"], **found}
    moments = memory["moments"]
    if emotion["intensity"] == "high":
        moments = [*moments, {"interaction_id": interaction_id, "emotion": emotion["primary"]}][-20:]
    return {
        "turns": memory["turns"] + 1,
        "name": name[1].capitalize() if name else memory["name"],
        "topics": kept,
        "phrases": {topic: phrases[topic] for topic in kept},
        "emotions": [*memory["emotions"], emotion["primary"]][-12:],
        "moments": moments,
    }


def summary(memory: dict[str, Any]) -> str | None:
    """Return the memory as a sentence; None for an empty one."""
    if not memory["turns"]:
        return None
    who = memory["name"] or "The user"
    about = f" about {', '.join(memory['topics'][:3])}" if memory["topics"] else ""
    felt = f", last with {memory['emotions'][-1]}" if memory["emotions"] else ""
    return f"{who} has spoken {memory['turns']} time(s){about}{felt}."
