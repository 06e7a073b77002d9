"""The words for topics and emotions, in versions. The lists and their shapes are the sandbox's own.

The emotions of the newest version are those that emotion.py infers; the topics sort the words of a psychological model.
"""

from __future__ import annotations

from typing import Any

from ..http.call import Answer, Handler
from ..persona.emotion import EMOTIONS
from ..refusal import Refusal

# By topic: its Spanish name, and the words it is recognised by.
TOPICS: dict[str, tuple[str, str]] = {
    "work": ("trabajo", "work job boss office career colleague colleagues project meeting interview trabajo jefe jefa"),
    "family": ("familia", "family mother father mum mom dad parents sister brother son daughter madre padre familia"),
    "friendship": ("amistad", "friend friends friendship party amigo amiga amigos amigas"),
    "love": ("amor", "partner wife husband girlfriend boyfriend wedding marriage divorce novio novia boda pareja"),
    "health": ("salud", "health doctor hospital sleep illness pain therapy diet salud médico dolor sueño"),
    "money": ("dinero", "money rent salary debt debts loan savings bills dinero alquiler sueldo deuda"),
    "home": ("hogar", "home house apartment flat landlord garden neighbour neighbor kitchen casa piso casero jardín"),
    "study": ("estudios", "exam exams school university study studies teacher thesis course examen escuela clase"),
    "pets": ("mascotas", "dog cat puppy kitten horse pet pets perro gato"),
    "leisure": ("ocio", "music book books film movie guitar game hiking travel holiday football música viaje libro"),
    "other": ("otros", ""),
}
TOPIC_OF: dict[str, str] = {word: name for name, (_, words) in TOPICS.items() for word in words.split()}
EMOTION_LABELS: dict[str, str] = {
    "joy": "alegría",
    "gratitude": "gratitud",
    "sadness": "tristeza",
    "anger": "enfado",
    "fear": "miedo",
    "surprise": "sorpresa",
    "curiosity": "curiosidad",
    "neutral": "neutro",
}
_RELEASED = {"v1": "2026-01-15", "v2": "2026-05-01"}
_CURRENT = "v2"
# What the second version added to the first.
_ADDED: dict[str, list[str]] = {"topics": ["pets", "leisure"], "emotions": ["gratitude", "curiosity"]}


def _terms(of: str, version: str) -> list[dict[str, Any]]:
    spanish = {name: TOPICS[name][0] for name in TOPICS} if of == "topics" else {n: EMOTION_LABELS[n] for n in EMOTIONS}
    left_out = _ADDED[of] if version == "v1" else []
    return [{"name": name, "labels": {"en": name, "es": spanish[name]}} for name in spanish if name not in left_out]


def _vocabulary(of: str, version: str) -> Answer:
    if version not in _RELEASED:
        raise Refusal("not_found", f"There is no version {version}; there are {', '.join(_RELEASED)}.")
    return Answer({"version": version, "released_at": f"{_RELEASED[version]}T00:00:00.000Z", of: _terms(of, version)})


def _changelog(of: str) -> Answer:
    first = [term["name"] for term in _terms(of, "v1")]
    changes = {"v2": {"added": _ADDED[of], "removed": []}, "v1": {"added": first, "removed": []}}
    return Answer(
        {
            "current": _CURRENT,
            "data": [
                {"version": version, "released_at": f"{_RELEASED[version]}T00:00:00.000Z", **change}
                for version, change in changes.items()
            ],
        }
    )


HANDLERS: dict[str, Handler] = {
    "vocabularies.topics.current": lambda call: _vocabulary("topics", _CURRENT),
    "vocabularies.topics.version": lambda call: _vocabulary("topics", call.path["version"]),
    "vocabularies.topics.changelog": lambda call: _changelog("topics"),
    "vocabularies.emotions.current": lambda call: _vocabulary("emotions", _CURRENT),
    "vocabularies.emotions.version": lambda call: _vocabulary("emotions", call.path["version"]),
    "vocabularies.emotions.changelog": lambda call: _changelog("emotions"),
}
