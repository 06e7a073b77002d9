# Generated from _async/namespaces/relationships.py by python -m uniqos._generate. Do not edit.
"""``client.relationships``: an end user and a personality, and what they remember of each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ..._wire.encode import without_none
from ...api import relationships as ops
from .base import Namespace, namespace
from .pages import Items

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class RelationshipMemory(Namespace):
    """The consolidated memory of a relationship."""

    __slots__ = ()

    def get(self, relationship_id: str, **options: Unpack[p.Options]) -> m.RelationshipMemory:
        """A relationship's consolidated memory: a summary, significant moments, metrics.

        Args:
            relationship_id: Id of the relationship.
            **options: The options of every call.

        Returns:
            The memory; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_GET, None, options, relationship_id)

    def regenerate_summary(self, relationship_id: str, **options: Unpack[p.Options]) -> m.RegeneratedSummary:
        """Write a relationship's summary anew; possible once an hour.

        Args:
            relationship_id: Id of the relationship.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            RateLimitError: It was done within the last hour. This one is not repeated by itself.
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_REGENERATE_SUMMARY, None, options, relationship_id)

    def delete(self, relationship_id: str, **options: Unpack[p.Options]) -> m.DeletedMemory:
        """Delete a relationship's consolidated memory; the relationship stays.

        Args:
            relationship_id: Id of the relationship.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs; the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_DELETE, None, options, relationship_id)


class Relationships(Namespace):
    """An end user and a personality that have met."""

    __slots__ = ("__dict__",)

    @namespace
    def memory(self) -> type[RelationshipMemory]:
        """The consolidated memory of a relationship."""
        return RelationshipMemory

    def list(
        self, query: p.RelationshipQueryLike | None = None, **filters: Unpack[p.RelationshipQueryArgs]
    ) -> m.RelationshipPage:
        """One page of relationships.

        Args:
            query: The filters as one object.
            **filters: The same as keywords (user_id, personality_id, limit, cursor), and the options of every call.

        Returns:
            The relationships in ``data``, and ``next_cursor`` for the page after it; None on the last.

        Raises:
            UniqOSError: As for every call.

        Source: docs; pages and the fields of a relationship are undocumented.
        """
        return self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.RelationshipQueryLike | None = None, **filters: Unpack[p.RelationshipQueryArgs]
    ) -> Iterator[m.Relationship]:
        """All relationships that match; a page is asked for when the one before it is used up.

        Args:
            query: The filters as one object.
            **filters: As for ``list``; ``limit`` is the size of a page, not of the whole.

        Returns:
            An iterator that asks nothing before its first item; it ends where a cursor repeats itself.

        Raises:
            UniqOSError: As for every call.

        Source: undocumented: that there are pages is presumed, as for interactions.
        """
        return Items(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    def get(self, relationship_id: str, **options: Unpack[p.Options]) -> m.Relationship:
        """One relationship.

        Args:
            relationship_id: Id of the relationship.
            **options: The options of every call.

        Returns:
            The relationship; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return self._requester.call(ops.GET, None, options, relationship_id)

    def delete(
        self,
        relationship_id: str,
        body: p.RelationshipDeleteLike | None = None,
        **fields: Unpack[p.RelationshipDeleteArgs],
    ) -> m.DeletionReceipt:
        """Delete a relationship, or its memory alone. Deleting twice is no error.

        Args:
            relationship_id: Id of the relationship.
            body: The choices below as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            A receipt: ``deletions.wait`` tells when the data are erased, within 24 hours.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: docs and official SDK.
        """
        given = fields if body is not None else without_none(fields)
        return self._requester.call(ops.DELETE, body, given, relationship_id)
