"""A guess at the emotion of a message: a lexicon for how pleasant it is, a word list of our own for what it is.

The real engine's vocabulary, ranges and words of intensity are not public: these are the sandbox's own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

_WORDS: dict[str, str] = {
    "joy": "happy glad joy joyful delighted great wonderful awesome excited yay won love lovely fantastic proud "
    "celebrate hired promoted engaged feliz contento alegre",
    "gratitude": "thank thanks thankful grateful appreciate gracias",
    "sadness": "sad miss missing lonely alone cry crying lost loss grief died death heartbroken down hopeless triste "
    "solo",
    "anger": "angry furious hate annoyed annoying unfair mad rage stupid outrageous enfadado odio",
    "fear": "afraid scared fear worried worry anxious nervous panic terrified dread miedo nervioso",
    "surprise": "wow surprised unexpected suddenly unbelievable incredible shocked sorpresa",
    "curiosity": "curious wonder wondering how why what explain tell learn",
}
_AROUSAL = {"joy": 0.7, "gratitude": 0.5, "sadness": 0.3, "anger": 0.85, "fear": 0.8, "surprise": 0.9, "curiosity": 0.5}
_CATEGORY: dict[str, str] = {word: name for name, words in _WORDS.items() for word in words.split()}
FEELINGS = frozenset(_CATEGORY)
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    return SentimentIntensityAnalyzer()


def infer(message: str) -> dict[str, Any]:
    """The emotional state of a message: valence from -1 to 1, arousal and confidence from 0 to 1."""
    valence = float(_lexicon().polarity_scores(message)["compound"])
    counts: dict[str, int] = {}
    for word in _WORD.findall(message.lower()):
        name = _CATEGORY.get(word)
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    # A word says what it is, the lexicon whether that can be: "not happy at all" is no joy.
    pleasant = {"joy", "gratitude"}
    fitting = {n: c for n, c in counts.items() if not (n in pleasant and valence < -0.2)}
    ranked = sorted(fitting, key=lambda name: (-fitting[name], name == "curiosity", name))
    if not ranked:
        ranked = ["joy"] if valence > 0.4 else ["sadness"] if valence < -0.4 else ["neutral"]
    primary = ranked[0]
    excitement = min(0.3, 0.1 * message.count("!")) + (0.15 if message.isupper() and len(message) > 3 else 0)
    arousal = min(1.0, _AROUSAL.get(primary, 0.2) + excitement)
    strength = max(abs(valence), arousal if primary != "neutral" else 0)
    return {
        "primary": primary,
        "confidence": round(min(0.95, 0.5 + 0.1 * counts.get(primary, 0) + 0.3 * abs(valence)), 2),
        "secondary": ranked[1:3],
        "intensity": "high" if strength > 0.75 else "medium" if strength > 0.35 else "low",
        "valence": round(valence, 3),
        "arousal": round(arousal, 2),
    }
