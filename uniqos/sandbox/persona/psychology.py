"""The psychological model of an end user: counts and single words from the turns, and never their text.

Word lists, arithmetic and shapes are the sandbox's own. A trait goes from 0 to 1, and begins at 0.5 with confidence 0.
"""

from __future__ import annotations

import re
from typing import Any

from .memory import topics
from .vocabulary import TOPIC_OF
from .voice import TRAITS

# By trait: words that speak for it, words against it, emotions that speak for it, and emotions against it.
_SIGNS: dict[str, tuple[str, str, str, str]] = {
    "openness": (
        "imagine idea ideas art poem poetry dream explore creative novel museum imaginar arte poesía explorar",
        "boring routine usual traditional practical rutina aburrido",
        "curiosity surprise",
        "",
    ),
    "conscientiousness": (
        "plan plans planned list organised organized deadline prepare prepared schedule goal goals finished "
        "planear lista objetivo preparado",
        "forgot late lazy mess chaos procrastinate unprepared olvidé tarde perezoso desorden",
        "",
        "",
    ),
    "extraversion": (
        "party parties friends people together team dancing crowd fiesta amigos gente juntos",
        "alone quiet shy silence silent solo sola silencio tímido tímida",
        "",
        "",
    ),
    "agreeableness": (
        "please sorry help kind care thanks thank forgive gracias ayudar perdón",
        "stupid idiot hate revenge useless odio idiota venganza",
        "gratitude",
        "anger",
    ),
    "neuroticism": (
        "worry worried anxious nervous panic stressed afraid preocupado preocupada nervioso nerviosa",
        "calm relaxed serene peaceful tranquilo tranquila",
        "fear sadness anger",
        "joy gratitude",
    ),
}
_WORDS: dict[str, str] = {
    "polite": "please thank thanks kindly appreciate gracias disculpe perdone",
    "casual": "hey lol yeah yep nope gonna wanna kinda dude omg haha jaja tío guay",
    "spanish": "el la los las que de y en es muy mi un una por con para estoy soy gusta gustan encanta",
    "english": "the and is my i to of in it you for with am are was that this but have",
    # Words before the thing that is liked, words that end its name, and words that name no thing.
    "before": "a an the my our some to when how very really more el la los las un una mi mis mucho",
    "end": "i yo and but or because when that if with without in on at for from than so to as too about before after "
    "while y o pero porque cuando que si con sin en de para por",
    "no_subject": "you it him her them this that these those what how me us eso esto lo te",
}
_SETS = {trait: [frozenset(words.split()) for words in signs] for trait, signs in _SIGNS.items()}
_OF = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_TASTE = re.compile(
    r"\b(?:i (?:really |just |also |truly )?(?P<en>love|like|enjoy|adore|prefer|hate|dislike|don't like|do not like"
    r"|can't stand|cannot stand)|(?P<es>no me gustan?|me gustan?|me encantan?|odio|detesto|prefiero))"
    r"(?=\s+(?P<what>[^.,;:!?\n]+))"
)
_AGAINST = ("hate", "dislike", "don't", "do not", "can", "no me", "odio", "detesto")
_MAX_TOPICS, _MAX_PREFERENCES, _RECURRING = 60, 12, 2


def empty() -> dict[str, Any]:
    """Return the model of an end user without a turn."""
    counts = dict.fromkeys(("turns", "words", "questions", "exclamations", "polite", "casual", "spanish"), 0)
    return {**counts, "evidence": {trait: [0, 0] for trait in TRAITS}, "topics": {}, "preferences": {}}


def learn(model: dict[str, Any], message: str, emotion: dict[str, Any]) -> dict[str, Any]:
    """Return the model after one more message."""
    plain = message.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    words = _WORD.findall(plain)
    distinct = frozenset(words)
    seen = {
        "turns": 1,
        "words": len(words),
        "questions": "?" in message,
        "exclamations": "!" in message,
        "polite": bool(distinct & _OF["polite"]),
        "casual": bool(distinct & _OF["casual"]),
        "spanish": sum(word in _OF["spanish"] for word in words) > sum(word in _OF["english"] for word in words),
    }
    evidence = dict[str, list[int]]()
    for trait, (high, low, high_emotions, low_emotions) in _SETS.items():
        speaks_for = bool(distinct & high) or emotion["primary"] in high_emotions
        against = bool(distinct & low) or emotion["primary"] in low_emotions
        total, count = model["evidence"][trait]
        evidence[trait] = [total + speaks_for, count + speaks_for + against]
    mentioned = {word: model["topics"].get(word, 0) + 1 for word in list(topics(message))[:5]}
    counted = {**mentioned, **{word: n for word, n in model["topics"].items() if word not in mentioned}}
    tastes = _tastes(plain)
    preferences = {**{what: kind for what, kind in model["preferences"].items() if what not in tastes}, **tastes}
    return {
        **{name: model[name] + int(step) for name, step in seen.items()},
        "evidence": evidence,
        "topics": dict(sorted(counted.items(), key=lambda topic: -topic[1])[:_MAX_TOPICS]),
        "preferences": dict(list(preferences.items())[-_MAX_PREFERENCES:]),
    }


def _tastes(plain: str) -> dict[str, str]:
    """Return the things that are liked, disliked or preferred, each in at most three words."""
    found: dict[str, str] = {}
    for match in _TASTE.finditer(plain):
        verb = match["en"] or match["es"]
        subject: list[str] = []
        for word in _WORD.findall(match["what"]):
            if not subject and word in _OF["before"]:
                continue
            if word in _OF["end"] | _OF["no_subject"] or len(subject) == 3:
                break
            subject.append(word)
        if subject:
            prefers = verb in ("prefer", "prefiero")
            found[" ".join(subject)] = "prefers" if prefers else "dislikes" if verb.startswith(_AGAINST) else "likes"
    return found


def view(model: dict[str, Any]) -> dict[str, Any]:
    """Return the model as the API shows it."""
    turns = model["turns"]
    return {
        "turns_observed": turns,
        "traits": {
            trait: {"value": round((1 + total) / (2 + count), 2), "confidence": round(count / (4 + count), 2)}
            for trait, (total, count) in model["evidence"].items()
        },
        "communication_style": _style(model) if turns else None,
        "recurring_topics": [
            {"topic": TOPIC_OF.get(word, "other"), "word": word, "turns": count}
            for word, count in model["topics"].items()
            if count >= _RECURRING
        ],
        "stated_preferences": [{"kind": kind, "subject": what} for what, kind in model["preferences"].items()],
    }


def _style(model: dict[str, Any]) -> dict[str, Any]:
    turns = model["turns"]
    average = model["words"] / turns
    polite, casual = model["polite"] / turns, model["casual"] / turns
    return {
        "average_words": round(average, 1),
        "length": "short" if average < 8 else "medium" if average < 25 else "long",
        "question_share": round(model["questions"] / turns, 2),
        "exclamation_share": round(model["exclamations"] / turns, 2),
        "tone": "polite" if polite > max(casual, 0.2) else "casual" if casual > 0.2 else "plain",
        "language": "es" if model["spanish"] * 2 > turns else "en",
    }
