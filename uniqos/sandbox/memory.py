"""What a relationship remembers: facts taken from the turns, never their text. The shape is the sandbox's own."""

from __future__ import annotations

import re
from typing import Any

from .emotion import FEELINGS

_NAME = re.compile(r"\b(?:my name is|me llamo)\s+([^\W\d_]{2,30})", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON_TEXT = (
    "about again also another back been before being came come could does doing done down each even ever every feel "
    "feeling finally from gave give going good great have having hello here into just keep know last less like little "
    "long look made make many maybe mean more most much must name need never next nice only other over please really "
    "right said same says should since some something soon still such sure take tell than thank thanks that their them "
    "then there these they thing things think this those time today told took very want wants well were what when "
    "where which while will with work would year your yours yourself happy glad sorry scared angry afraid worried "
    "story monday tuesday wednesday thursday friday saturday sunday start"
)
_COMMON = FEELINGS | frozenset(_COMMON_TEXT.split())


def empty() -> dict[str, Any]:
    """The memory of a relationship that has only begun."""
    return {"turns": 0, "name": None, "topics": [], "emotions": [], "moments": []}


def learn(memory: dict[str, Any], message: str, emotion: dict[str, Any], interaction_id: str) -> dict[str, Any]:
    """The memory after one more turn."""
    name = _NAME.search(message)
    topics = [
        w for w in dict.fromkeys(_WORD.findall(message.lower())) if w not in _COMMON and not w.endswith(("ed", "ing"))
    ]
    if name:
        topics = [topic for topic in topics if topic != name[1].lower()]
    moments = memory["moments"]
    if emotion["intensity"] == "high":
        moments = [*moments, {"interaction_id": interaction_id, "emotion": emotion["primary"]}][-20:]
    return {
        "turns": memory["turns"] + 1,
        "name": name[1].capitalize() if name else memory["name"],
        "topics": list(dict.fromkeys([*topics, *memory["topics"]]))[:12],
        "emotions": [*memory["emotions"], emotion["primary"]][-12:],
        "moments": moments,
    }


def summary(memory: dict[str, Any]) -> str | None:
    """The memory in words; None for an empty one."""
    if not memory["turns"]:
        return None
    who = memory["name"] or "The user"
    about = f" about {', '.join(memory['topics'][:3])}" if memory["topics"] else ""
    felt = f", last with {memory['emotions'][-1]}" if memory["emotions"] else ""
    return f"{who} has spoken {memory['turns']} time(s){about}{felt}."
