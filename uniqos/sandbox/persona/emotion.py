"""The emotional state of a message: the valence comes from a lexicon, and the emotions from a list of words.

The vocabulary, the ranges and the words of intensity are the sandbox's own; the real engine's are not public.
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
# The valence of messages that the lexicon, which is English, does not know.
_VALENCE = {"joy": 0.5, "gratitude": 0.5, "sadness": -0.5, "anger": -0.6, "fear": -0.5}
_CATEGORY: dict[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
_NEGATIONS = frozenset({"not", "no", "never", "hardly", "without", "nunca"})
_ASTONISHMENT = re.compile(r"\b(?:can(?:no|')t|couldn't|no puedo) (?:believe|creer)\b")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
EMOTIONS = (*_WORDS, "curiosity", "neutral")
"""All emotions that ``infer`` can give."""
FEELINGS = frozenset(_CATEGORY) | _QUESTION_WORDS


_MAX_LETTERS = 2000
"""The number of characters that the lexicon reads. Its time grows with the square of the number of "but" in a text."""


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    return SentimentIntensityAnalyzer()


def infer(message: str, primary: str | None = None) -> dict[str, Any]:
    """Return the emotional state of a message: valence from -1 to 1, arousal and confidence from 0 to 1.

    Args:
        message: The message.
        primary: One of ``EMOTIONS``, to be the primary emotion of every message.
    """
    # "I can't believe we won" is no negation. With the word "wow" instead, neither the lexicon nor the list sees one.
    plain = _ASTONISHMENT.sub("wow", message.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower())
    counts = _counts(plain, "?" in message)
    # The lexicon weighs capitals and exclamation marks, so it reads the original message where nothing was replaced.
    valence = float(_lexicon().polarity_scores((plain if "wow" in plain else message)[:_MAX_LETTERS])["compound"])
    ranked = sorted(counts, key=lambda name: (-counts[name], name == "curiosity", name))
    if not ranked or (ranked == ["curiosity"] and abs(valence) > 0.4):
        ranked = ["joy"] if valence > 0.4 else ["sadness"] if valence < -0.4 else ["neutral"]
    if primary is not None and primary != ranked[0]:
        ranked, valence = [primary, *[name for name in ranked if name not in (primary, "neutral")]], 0.0
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


def _counts(plain: str, is_question: bool) -> dict[str, int]:
    """Return how often the words name each emotion. A word after a negation does not count."""
    counts: dict[str, int] = {}
    words = _WORD.findall(plain)
    for index, word in enumerate(words):
        name = _CATEGORY.get(word) or ("curiosity" if is_question and word in _QUESTION_WORDS else None)
        before = words[max(0, index - 2) : index]
        if name and not any(near in _NEGATIONS or near.endswith("n't") for near in before):
            counts[name] = counts.get(name, 0) + 1
    return counts
