"""A guess at the emotion of a message: a lexicon for how pleasant it is, a word list of our own for what it is.

The real engine's vocabulary, ranges and words of intensity are not public: these are the sandbox's own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_WORDS: dict[str, str] = {
    "joy": "happy happier glad joy joyful delighted great wonderful awesome excited exciting yay hooray won love "
    "lovely loved fantastic proud celebrate celebrating hired promoted promotion engaged passed amazing relieved "
    "cheerful thrilled feliz contento contenta alegre encanta genial",
    "gratitude": "thank thanks thankful grateful appreciate appreciated gracias agradecido agradecida",
    "sadness": "sad sadly miss missing lonely alone cry crying cried lost loss grief died dead death heartbroken empty "
    "hopeless unhappy depressed disappointed funeral triste llorar extraño",
    "anger": "angry furious hate hates annoyed annoying unfair mad rage stupid outrageous lied betrayed hell enfadado "
    "enfadada furioso furiosa odio rabia",
    "fear": "afraid scared scary fear worried worry worries anxious nervous panic terrified dread stressed stress "
    "miedo nervioso nerviosa preocupado preocupada",
    "surprise": "wow surprised surprise unexpected unexpectedly suddenly unbelievable incredible shocked astonished "
    "sorpresa increíble",
}
_ASKING = "curious wonder wondering how why what when where which who explain tell qué cómo"
_QUESTION_WORDS = frozenset(_ASKING.split())
_AROUSAL = {"joy": 0.7, "gratitude": 0.5, "sadness": 0.3, "anger": 0.85, "fear": 0.8, "surprise": 0.9, "curiosity": 0.5}
# For what the lexicon, which is English, says nothing about.
_VALENCE = {"joy": 0.5, "gratitude": 0.5, "sadness": -0.5, "anger": -0.6, "fear": -0.5}
_CATEGORY: dict[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
_NEGATIONS = frozenset({"not", "no", "never", "hardly", "without", "nunca"})
_ASTONISHMENT = re.compile(r"\b(?:can(?:no|')t|couldn't|no puedo) (?:believe|creer)\b")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
EMOTIONS = (*_WORDS, "curiosity", "neutral")
"""All that ``infer`` can name."""
FEELINGS = frozenset(_CATEGORY) | _QUESTION_WORDS


_MAX_LETTERS = 2000
"""How much of a message the lexicon reads: its time grows with the square of the length where "but" comes often."""


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    return SentimentIntensityAnalyzer()


def infer(message: str, asked: str | None = None) -> dict[str, Any]:
    """The emotional state of a message: valence from -1 to 1, arousal and confidence from 0 to 1.

    Args:
        message: What was said.
        asked: One of ``EMOTIONS``, to be the primary one whatever was said.
    """
    # "I can't believe we won" denies nothing; said so, neither the lexicon nor the list below takes it for a no.
    plain = _ASTONISHMENT.sub("wow", message.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower())
    counts = _counts(plain, "?" in message)
    # Capitals and exclamation marks are the lexicon's business, so it sees the message as it is where it can.
    valence = float(_lexicon().polarity_scores((plain if "wow" in plain else message)[:_MAX_LETTERS])["compound"])
    ranked = sorted(counts, key=lambda name: (-counts[name], name == "curiosity", name))
    if not ranked or (ranked == ["curiosity"] and abs(valence) > 0.4):
        ranked = ["joy"] if valence > 0.4 else ["sadness"] if valence < -0.4 else ["neutral"]
    if asked is not None and asked != ranked[0]:
        ranked, valence = [asked, *[name for name in ranked if name not in (asked, "neutral")]], 0.0
    primary = ranked[0]
    if valence == 0:
        valence = _VALENCE.get(primary, 0.0)
    excitement = min(0.3, 0.1 * message.count("!")) + (0.15 if message.isupper() and len(message) > 3 else 0)
    arousal = min(1.0, _AROUSAL.get(primary, 0.2) + excitement)
    strength = max(abs(valence), arousal if primary not in ("neutral", "curiosity") else 0)
    return {
        "primary": primary,
        "confidence": round(min(0.95, 0.5 + 0.1 * counts.get(primary, 0) + 0.3 * abs(valence)), 2),
        "secondary": ranked[1:3],
        "intensity": "high" if strength > 0.75 else "medium" if strength > 0.35 else "low",
        "valence": round(valence, 3),
        "arousal": round(arousal, 2),
    }


def _counts(plain: str, asks: bool) -> dict[str, int]:
    """How often each category was named; a word after a negation does not count."""
    counts: dict[str, int] = {}
    words = _WORD.findall(plain)
    for index, word in enumerate(words):
        name = _CATEGORY.get(word) or ("curiosity" if asks and word in _QUESTION_WORDS else None)
        before = words[max(0, index - 2) : index]
        if name and not any(near in _NEGATIONS or near.endswith("n't") for near in before):
            counts[name] = counts.get(name, 0) + 1
    return counts
