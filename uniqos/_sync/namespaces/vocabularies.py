# Generated from _async/namespaces/vocabularies.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.vocabularies``: the vocabularies of topics and emotions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import vocabularies as ops
from .base import Namespace, namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class TopicVocabularies(Namespace):
    """The vocabulary of topics."""

    __slots__ = ()

    def current(self, **options: Unpack[p.Options]) -> m.TopicVocabulary:
        """Return the current version of the topic vocabulary.

        Returns:
            The vocabulary.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_CURRENT, None, options)

    def version(self, version: str, **options: Unpack[p.Options]) -> m.TopicVocabulary:
        """Return one version of the topic vocabulary.

        Args:
            version: Name of the version, e.g. ``v2``.

        Returns:
            The vocabulary.

        Raises:
            NotFoundError: The version does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_VERSION, None, options, version)

    def changelog(self, **options: Unpack[p.Options]) -> m.TopicChangelog:
        """Return the changes of the topic vocabulary from version to version.

        Returns:
            The changes.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_CHANGELOG, None, options)


class EmotionVocabularies(Namespace):
    """The vocabulary of emotions."""

    __slots__ = ()

    def current(self, **options: Unpack[p.Options]) -> m.EmotionVocabulary:
        """Return the current version of the emotion vocabulary.

        Returns:
            The vocabulary.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_CURRENT, None, options)

    def version(self, version: str, **options: Unpack[p.Options]) -> m.EmotionVocabulary:
        """Return one version of the emotion vocabulary.

        Args:
            version: Name of the version, e.g. ``v2``.

        Returns:
            The vocabulary.

        Raises:
            NotFoundError: The version does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_VERSION, None, options, version)

    def changelog(self, **options: Unpack[p.Options]) -> m.EmotionChangelog:
        """Return the changes of the emotion vocabulary from version to version.

        Returns:
            The changes.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_CHANGELOG, None, options)


class Vocabularies(Namespace):
    """The vocabularies of topics and emotions."""

    __slots__ = ("__dict__",)

    @namespace
    def topics(self) -> type[TopicVocabularies]:
        """The vocabulary of topics."""
        return TopicVocabularies

    @namespace
    def emotions(self) -> type[EmotionVocabularies]:
        """The vocabulary of emotions."""
        return EmotionVocabularies
