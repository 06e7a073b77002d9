"""``client.vocabularies``: the versioned words for topics and emotions."""

from __future__ import annotations

from typing import Final

from .._base.model import Model
from .._wire.operation import Operation


class TopicVocabulary(Model):
    """One version of the topics (fields: undocumented)."""


class TopicChangelog(Model):
    """The changes between the versions of the topics (fields: undocumented)."""


class EmotionVocabulary(Model):
    """One version of the emotions (fields: undocumented)."""


class EmotionChangelog(Model):
    """The changes between the versions of the emotions (fields: undocumented)."""


TOPICS_CURRENT: Final = Operation("GET", "/v1/vocabularies/topics", TopicVocabulary)
TOPICS_VERSION: Final = Operation(
    "GET", "/v1/vocabularies/topics/{version}", TopicVocabulary, reserved=frozenset({"changelog"})
)
TOPICS_CHANGELOG: Final = Operation("GET", "/v1/vocabularies/topics/changelog", TopicChangelog)
EMOTIONS_CURRENT: Final = Operation("GET", "/v1/vocabularies/emotions", EmotionVocabulary)
EMOTIONS_VERSION: Final = Operation(
    "GET", "/v1/vocabularies/emotions/{version}", EmotionVocabulary, reserved=frozenset({"changelog"})
)
EMOTIONS_CHANGELOG: Final = Operation("GET", "/v1/vocabularies/emotions/changelog", EmotionChangelog)
