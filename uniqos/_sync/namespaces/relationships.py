# Generated from _async/namespaces/relationships.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.relationships``: the relationships between end users and personalities."""

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
        """Return the consolidated memory of a relationship: a summary, significant moments, metrics.

        Args:
            relationship_id: The id of the relationship.

        Returns:
            The memory.

        Raises:
            NotFoundError: The relationship does not exist.

        Source: docs; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_GET, None, options, relationship_id)

    def regenerate_summary(self, relationship_id: str, **options: Unpack[p.Options]) -> m.RegeneratedSummary:
        """Regenerate the summary of a relationship. The API allows this once an hour.

        Args:
            relationship_id: The id of the relationship.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The relationship does not exist.
            RateLimitError: The summary was regenerated within the last hour. This error is not retried.

        Source: docs; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_REGENERATE_SUMMARY, None, options, relationship_id)

    def delete(self, relationship_id: str, **options: Unpack[p.Options]) -> m.DeletedMemory:
        """Delete the consolidated memory of a relationship. The relationship itself stays.

        Args:
            relationship_id: The id of the relationship.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The relationship does not exist.

        Source: docs; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MEMORY_DELETE, None, options, relationship_id)


class Relationships(Namespace):
    """The relationships between end users and personalities."""

    __slots__ = ("__dict__",)

    @namespace
    def memory(self) -> type[RelationshipMemory]:
        """The consolidated memory of a relationship."""
        return RelationshipMemory

    def list(
        self, query: p.RelationshipQueryLike | None = None, **filters: Unpack[p.RelationshipQueryArgs]
    ) -> m.RelationshipPage:
        """List one page of relationships.

        Args:
            query: The query as one object.
            **filters: The query as keywords (user_id, personality_id, limit, cursor), and the options of the call.

        Returns:
            The relationships in ``data``, and ``next_cursor`` for the next page; None on the last.

        Source: docs; pages and the fields of a relationship are undocumented.
        """
        return self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.RelationshipQueryLike | None = None, **filters: Unpack[p.RelationshipQueryArgs]
    ) -> Iterator[m.Relationship]:
        """Iterate over all matching relationships.

        Args:
            query: The query as one object.
            **filters: As for ``list``. ``limit`` is the size of one page, and not the total.

        Returns:
            An iterator. It requests each page when it is needed, and stops if a cursor repeats.

        Source: undocumented; pages are presumed, as for interactions.
        """
        return Items(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    def get(self, relationship_id: str, **options: Unpack[p.Options]) -> m.Relationship:
        """Return one relationship.

        Args:
            relationship_id: The id of the relationship.

        Returns:
            The relationship.

        Raises:
            NotFoundError: The relationship does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.GET, None, options, relationship_id)

    def delete(
        self,
        relationship_id: str,
        body: p.RelationshipDeleteLike | None = None,
        **fields: Unpack[p.RelationshipDeleteArgs],
    ) -> m.DeletionReceipt:
        """Delete a relationship, or only its memory. Deleting twice is no error.

        Args:
            relationship_id: The id of the relationship.
            body: The body as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            A receipt. ``deletions.wait`` waits for the erasure, which takes up to 24 hours.

        Raises:
            NotFoundError: The relationship does not exist.

        Source: docs and official SDK.
        """
        keywords = fields if body is not None else without_none(fields)
        return self._requester.call(ops.DELETE, body, keywords, relationship_id)
