"""Replies from templates, which depend on the Big Five, the emotion and the memory.

The same seed, personality, user, turn and message give the same words. The parts of a reply, in this order, with what
each depends on: an opening (emotion, agreeableness), a memory (memory), the topic (message), an image (openness), a
first step (conscientiousness), a doubt (neuroticism), an end (emotion, extraversion). The mapping is the sandbox's own.
"""

from __future__ import annotations

import random
import re
from typing import Any

from .memory import topics

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")

# By emotion: the openings of agreeable personalities, and of the others.
_OPENINGS: dict[str, tuple[list[str], list[str]]] = {
    "joy": (
        ["Oh, that is wonderful!", "I am so happy for you!", "What lovely news!", "That makes me smile."],
        ["Good.", "Well done.", "That is a result.", "Earned, I hope."],
    ),
    "gratitude": (
        ["That is kind of you to say.", "It means a lot that you tell me.", "I am glad I could be there."],
        ["You are welcome.", "Noted, and thank you.", "No need, but thanks."],
    ),
    "sadness": (
        ["I am sorry, that sounds hard.", "That hurts, and it is all right that it does.", "I am here with you."],
        ["That is a loss.", "That is not easy.", "It is what it is, and it is heavy."],
    ),
    "anger": (
        ["I understand why that makes you angry.", "That would upset anybody.", "No wonder you are fuming."],
        ["You are angry, and for a reason.", "Then let us look at what happened.", "Anger is fine. Aim it well."],
    ),
    "fear": (
        ["It is all right to be afraid of that.", "Let us breathe for a moment, and then look at it together."],
        ["Worry is information. Let us use it.", "What exactly could happen?", "Fear exaggerates. Name the facts."],
    ),
    "surprise": (
        ["Oh! I did not see that coming either.", "What a turn!", "Really? I had to read that twice."],
        ["Unexpected.", "That changes things.", "Well. That is new."],
    ),
    "curiosity": (
        ["What a good question.", "I like that you ask.", "Let us find out together."],
        ["A fair question.", "Let us see.", "You could look that up, but all right."],
    ),
    "greeting": (
        ["Hello, I am glad you are here.", "It is good to hear from you.", "Hi there, lovely to see you."],
        ["Hello.", "You are here. Good.", "Hi. What is it?"],
    ),
    "neutral": (
        ["I am listening.", "Thank you for telling me.", "I see what you mean."],
        ["Go on.", "Understood.", "All right."],
    ),
}
_TOPICS = {
    True: [
        "So this is about {0}.",
        "I keep thinking of what you say about {0}.",
        "I want to hear more of {0}.",
    ],
    False: ["So: {0}.", "{1}, then.", "You mention {0}."],
}
_IMAGES = {
    True: ["It is like the first warm day after a long winter.", "I picture a kite that has found its wind."],
    False: [
        "Some nights are long, and yet each of them has ended.",
        "It is like fog: one sees only the next few steps.",
    ],
    None: ["Some things are like rivers: they find their way if you let them.", "I picture a door that stands ajar."],
}
_ORDER = [
    "First things first: what is the one next step?",
    "Let us take it in order, one point after the other.",
    "Write down the three facts that matter most; the rest follows.",
]
_DOUBTS = [
    "I do hope it turns out well.",
    "I would be careful, though.",
    "I cannot help thinking of what could go wrong.",
]
# By whether the emotion is pleasant: the ends of outgoing personalities, and of the others.
_ENDS: dict[bool | None, tuple[list[str], list[str]]] = {
    True: (
        ["Tell me everything!", "What happens next? I want to hear it!", "We have to celebrate that!"],
        ["Enjoy it.", "Keep that feeling for a while.", "That was worth waiting for."],
    ),
    False: (
        ["Talk to me: what weighs most?", "What would help you right now? Say it!", "You are not alone in this!"],
        ["Take your time.", "There is no hurry.", "We can just sit with it for now."],
    ),
    None: (
        ["Tell me more!", "And then? Go on!", "What is on your mind today?"],
        ["Take your time.", "I am in no hurry.", "Say more, if you like."],
    ),
}
_GREETING = re.compile(r"\s*(?:hello|hi|hey|good (?:morning|evening)|hola|buenos días)\b", re.IGNORECASE)
_PLEASANT = {"joy": True, "gratitude": True, "sadness": False, "anger": False, "fear": False}


def reply(
    message: str,
    *,
    big_five: dict[str, float],
    emotion: dict[str, Any],
    memory: dict[str, Any] | None,
    seed: str,
) -> str:
    """Return the reply of a personality to a message.

    Args:
        message: The message. The reply uses only its topic, if it has one.
        big_five: The five traits, from 0 to 1; 0.5 for a missing one.
        emotion: The emotional state that was inferred.
        memory: The memory of the relationship before this turn; None without a relationship.
        seed: The seed of the choice of words.
    """
    chance = random.Random(f"{seed}|{message}")

    def high(trait: str) -> bool:
        return big_five.get(trait, 0.5) > 0.5

    primary = emotion["primary"]
    greets = primary == "neutral" and _GREETING.match(message) is not None
    openings = _OPENINGS["greeting" if greets else primary if primary in _OPENINGS else "neutral"]
    pleasant = _PLEASANT.get(primary)
    about = topics(message)
    parts = [chance.choice(openings[0 if high("agreeableness") else 1])]
    if memory is not None and memory["turns"]:
        parts += _memory_sentences(memory, primary, about, greets, chance)
    if about:
        topic = next(iter(about.values()))
        parts.append(chance.choice(_TOPICS[high("agreeableness")]).format(topic, topic[0].upper() + topic[1:]))
    if high("openness"):
        parts.append(chance.choice(_IMAGES[pleasant]))
    if high("conscientiousness") and primary in ("anger", "fear", "curiosity", "neutral") and not greets:
        parts.append(chance.choice(_ORDER))
    if high("neuroticism"):
        parts.append(chance.choice(_DOUBTS))
    parts.append(chance.choice(_ENDS[pleasant][0 if high("extraversion") else 1]))
    return " ".join(parts)


def _memory_sentences(
    memory: dict[str, Any], primary: str, about: dict[str, str], greets: bool, chance: random.Random
) -> list[str]:
    """Return the sentences about earlier turns: the name, their topics, the emotion."""
    name, held, last = memory["name"], memory["topics"], memory["emotions"][-1]
    sentences: list[str] = []
    if name and greets:
        sentences.append(f"Welcome back, {name}.")
    again = [topic for topic in about if topic in held]
    older = [topic for topic in held[:3] if topic not in about]
    if again:
        sentences.append(
            f"You have told me about {about[again[0]]} before{f', {name}' if name and not greets else ''}."
        )
    elif older:
        opening = f"{name}, last" if name and not greets else "Last"
        sentences.append(f"{opening} time we spoke of {memory['phrases'][chance.choice(older)]}.")
    if last != primary and _PLEASANT.get(last) is not None and not (primary == "neutral" and greets and older):
        sentences.append(f"Before, I heard {last}; now you sound {_SOUNDS.get(primary, 'different')}.")
    return sentences


_SOUNDS = {
    "joy": "happy",
    "gratitude": "thankful",
    "sadness": "sad",
    "anger": "angry",
    "fear": "worried",
    "surprise": "surprised",
    "neutral": "calmer",
}
