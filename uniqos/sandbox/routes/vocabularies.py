"""The handlers of the vocabularies of topics and emotions. The lists and their shapes are the sandbox's own.

The emotions of the newest version are those that the sandbox infers. The topics are those of psychological models.
"""

from __future__ import annotations

from typing import Any

from ..http.call import Answer, Handler
from ..persona.emotion import EMOTIONS
from ..persona.vocabulary import EMOTION_LABELS, TOPICS
from ..refusal import Refusal

_RELEASED = {"v1": "2026-01-15", "v2": "2026-05-01"}
_CURRENT = "v2"
# The terms that the second version added.
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
