# Generated from _async/namespaces/vocabularies.py by python -m uniqos._generate. Do not edit.
"""``client.vocabularies``: the words that topics and emotions are named by, in versions."""

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
    """The words that topics are named by."""

    __slots__ = ()

    def current(self, **options: Unpack[p.Options]) -> m.TopicVocabulary:
        """The version in force.

        Args:
            **options: The options of every call.

        Returns:
            The vocabulary; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_CURRENT, None, options)

    def version(self, version: str, **options: Unpack[p.Options]) -> m.TopicVocabulary:
        """One version.

        Args:
            version: Name of the version, e.g. ``v2``.
            **options: The options of every call.

        Returns:
            The vocabulary; its fields are undocumented.

        Raises:
            NotFoundError: There is no such version.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_VERSION, None, options, version)

    def changelog(self, **options: Unpack[p.Options]) -> m.TopicChangelog:
        """What changed from version to version.

        Args:
            **options: The options of every call.

        Returns:
            The changes; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.TOPICS_CHANGELOG, None, options)


class EmotionVocabularies(Namespace):
    """The words that emotions are named by."""

    __slots__ = ()

    def current(self, **options: Unpack[p.Options]) -> m.EmotionVocabulary:
        """The version in force.

        Args:
            **options: The options of every call.

        Returns:
            The vocabulary; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_CURRENT, None, options)

    def version(self, version: str, **options: Unpack[p.Options]) -> m.EmotionVocabulary:
        """One version.

        Args:
            version: Name of the version, e.g. ``v2``.
            **options: The options of every call.

        Returns:
            The vocabulary; its fields are undocumented.

        Raises:
            NotFoundError: There is no such version.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_VERSION, None, options, version)

    def changelog(self, **options: Unpack[p.Options]) -> m.EmotionChangelog:
        """What changed from version to version.

        Args:
            **options: The options of every call.

        Returns:
            The changes; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.EMOTIONS_CHANGELOG, None, options)


class Vocabularies(Namespace):
    """The words that topics and emotions are named by."""

    __slots__ = ("__dict__",)

    @namespace
    def topics(self) -> type[TopicVocabularies]:
        """The words that topics are named by."""
        return TopicVocabularies

    @namespace
    def emotions(self) -> type[EmotionVocabularies]:
        """The words that emotions are named by."""
        return EmotionVocabularies
