"""Replies from templates, coloured by the Big Five, the emotion and what is remembered. No language model is asked.

The same seed, personality, user, turn and message give the same words.
"""

from __future__ import annotations

import random
from typing import Any

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")

_OPENINGS: dict[str, dict[bool, list[str]]] = {
    "joy": {
        True: ["Oh, that is wonderful!", "I am so happy for you!", "What lovely news!"],
        False: ["Good.", "Well done.", "That is a result."],
    },
    "gratitude": {
        True: ["That is kind of you to say.", "It means a lot that you tell me."],
        False: ["You are welcome.", "Noted, and thank you."],
    },
    "sadness": {
        True: ["I am sorry, that sounds hard.", "That hurts, and it is all right that it does.", "I am here with you."],
        False: ["That is a loss.", "That is not easy.", "I see."],
    },
    "anger": {
        True: ["I understand why that makes you angry.", "That would upset anybody."],
        False: ["You are angry, and for a reason.", "Let us look at what happened."],
    },
    "fear": {
        True: ["It is all right to be afraid of that.", "Let us breathe for a moment, and then look at it together."],
        False: ["Worry is information. Let us use it.", "What exactly could happen?"],
    },
    "surprise": {
        True: ["Oh! I did not see that coming either.", "What a turn!"],
        False: ["Unexpected.", "That changes things."],
    },
    "curiosity": {
        True: ["What a good question.", "I like that you ask."],
        False: ["A fair question.", "Let us see."],
    },
    "neutral": {
        True: ["It is good to hear from you.", "Hello, I am glad you are here."],
        False: ["Hello.", "Go on."],
    },
}
_IMAGES = [
    "It is a bit like the first light after a long night.",
    "Some things are like rivers: they find their way if you let them.",
    "I picture a door that has just been opened a little.",
]
_ORDER = [
    "First things first: what is the one next step?",
    "Let us take it in order, one point after the other.",
    "Write down the three facts that matter most; the rest follows.",
]
_ENERGY = ["Tell me everything!", "What happens next? I want to hear it!", "Come on, do not stop there!"]
_CALM = ["Take your time.", "We can leave it at that for now.", "There is no hurry."]
_ASIDE = [
    "I do hope it turns out well.",
    "I would be careful, though.",
    "I cannot help thinking of what could go wrong.",
]


def reply(
    message: str,
    *,
    big_five: dict[str, float],
    emotion: dict[str, Any],
    memory: dict[str, Any] | None,
    seed: str,
) -> str:
    """The reply of a personality to a message.

    Args:
        message: What the user said; only its topic is used, when there is one.
        big_five: The five traits, from 0 to 1; 0.5 for what is missing.
        emotion: The state that was inferred.
        memory: What the relationship holds (see memory.py); None without one.
        seed: What the choice of words depends on.
    """
    chance = random.Random(f"{seed}|{message}")

    def high(trait: str) -> bool:
        return big_five.get(trait, 0.5) > 0.5

    parts = [chance.choice(_OPENINGS.get(emotion["primary"], _OPENINGS["neutral"])[high("agreeableness")])]
    if memory is not None:
        parts += _remembered(memory, emotion, chance)
    if high("openness"):
        parts.append(chance.choice(_IMAGES))
    if high("conscientiousness") and emotion["primary"] != "sadness":
        parts.append(chance.choice(_ORDER))
    if high("neuroticism"):
        parts.append(chance.choice(_ASIDE))
    parts.append(chance.choice(_ENERGY if high("extraversion") else _CALM))
    return " ".join(parts)


def _remembered(memory: dict[str, Any], emotion: dict[str, Any], chance: random.Random) -> list[str]:
    said: list[str] = []
    if memory.get("name"):
        said.append(
            f"{memory['name']}, I am glad you are back." if memory["turns"] else f"Nice to meet you, {memory['name']}."
        )
    if memory["topics"]:
        topic = chance.choice(memory["topics"][:3])
        said.append(f"Last time we spoke of {topic}.")
    if memory["emotions"] and memory["emotions"][-1] != emotion["primary"] and memory["emotions"][-1] != "neutral":
        said.append(f"You sound different from last time, when I heard {memory['emotions'][-1]}.")
    return said
