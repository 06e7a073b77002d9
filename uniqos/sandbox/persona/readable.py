"""The psychological model as text, in English or Spanish. Words of the end user are not translated."""

from __future__ import annotations

from typing import Any

from .vocabulary import TOPICS

# By trait: the words for a high value, and for a low one.
_TRAITS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "openness": ("curious and open to new things", "fond of what is familiar"),
        "conscientiousness": ("organised", "spontaneous rather than organised"),
        "extraversion": ("outgoing", "reserved"),
        "agreeableness": ("considerate", "direct, sometimes harsh"),
        "neuroticism": ("easily worried", "calm"),
    },
    "es": {
        "openness": ("abierta a lo nuevo", "apegada a lo conocido"),
        "conscientiousness": ("organizada", "más espontánea que organizada"),
        "extraversion": ("extrovertida", "reservada"),
        "agreeableness": ("considerada", "directa, a veces dura"),
        "neuroticism": ("propensa a preocuparse", "tranquila"),
    },
}
_TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "nothing": "Nothing has been learned of this person yet.",
        "turns": "This is what {0} turn(s) suggest.",
        "traits": "The person seems {0}.",
        "no_traits": "No trait stands out yet.",
        "style": "The messages are {0} and their tone is {1}; most are written in {2}.",
        "asks": "They often ask something.",
        "topics": "Recurring topics: {0}.",
        "likes": "Likes: {0}.",
        "dislikes": "Dislikes: {0}.",
        "prefers": "Prefers: {0}.",
        "short": "short",
        "medium": "of medium length",
        "long": "long",
        "polite": "polite",
        "casual": "casual",
        "plain": "plain",
        "en": "English",
        "es": "Spanish",
        "and": "and",
    },
    "es": {
        "nothing": "Todavía no se ha aprendido nada de esta persona.",
        "turns": "Esto es lo que sugieren {0} turno(s).",
        "traits": "La persona parece {0}.",
        "no_traits": "Todavía no destaca ningún rasgo.",
        "style": "Los mensajes son {0} y su tono es {1}; la mayoría están escritos en {2}.",
        "asks": "A menudo pregunta algo.",
        "topics": "Temas recurrentes: {0}.",
        "likes": "Le gusta: {0}.",
        "dislikes": "No le gusta: {0}.",
        "prefers": "Prefiere: {0}.",
        "short": "breves",
        "medium": "de longitud media",
        "long": "largos",
        "polite": "cortés",
        "casual": "informal",
        "plain": "neutro",
        "en": "inglés",
        "es": "español",
        "and": "y",
    },
}


def in_words(model: dict[str, Any], language: str) -> str:
    """Return the text for a model as ``psychology.view`` gives it."""
    texts = _TEXTS[language]
    style = model["communication_style"]
    if style is None:
        return texts["nothing"]
    strong = [
        words[0] if model["traits"][trait]["value"] > 0.5 else words[1]
        for trait, words in _TRAITS[language].items()
        if not 0.4 < model["traits"][trait]["value"] < 0.6
    ]
    *first, last = strong or [""]
    traits = f"{', '.join(first)} {texts['and']} {last}" if first else last
    sentences = [texts["turns"].format(model["turns_observed"])]
    sentences.append(texts["traits"].format(traits) if strong else texts["no_traits"])
    sentences.append(texts["style"].format(texts[style["length"]], texts[style["tone"]], texts[style["language"]]))
    if style["question_share"] > 0.4:
        sentences.append(texts["asks"])
    if model["recurring_topics"]:
        sentences.append(
            texts["topics"].format(", ".join(_topic(entry, language) for entry in model["recurring_topics"]))
        )
    for kind in ("likes", "dislikes", "prefers"):
        subjects = [entry["subject"] for entry in model["stated_preferences"] if entry["kind"] == kind]
        if subjects:
            sentences.append(texts[kind].format(", ".join(subjects)))
    return " ".join(sentences)


def _topic(entry: dict[str, Any], language: str) -> str:
    name = TOPICS[entry["topic"]][0] if language == "es" else entry["topic"]
    return f"{entry['word']} ({name})"
