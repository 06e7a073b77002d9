# Generated from _async/namespaces/interactions.py by python -m uniqos._generate. Do not edit.
"""``client.interactions``: what is kept of past turns. Never their text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import interactions as ops
from .base import Namespace
from .pages import Items

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class Interactions(Namespace):
    """What is kept of past turns: structured metadata, never their text."""

    __slots__ = ()

    def list(
        self, query: p.InteractionQueryLike | None = None, **filters: Unpack[p.InteractionQueryArgs]
    ) -> m.InteractionPage:
        """One page of turns, newest first; only the last 180 days can be asked for.

        Args:
            query: The filters as one object.
            **filters: The same as keywords (user_id, relationship_id, ``from_`` inclusive and ``to`` exclusive as
                datetimes with a time zone, limit, cursor), and the options of every call.

        Returns:
            The turns in ``data``, and ``next_cursor`` for the page after it; None on the last.

        Raises:
            UniqOSError: As for every call.

        Source: docs; the fields of a turn are undocumented.
        """
        return self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.InteractionQueryLike | None = None, **filters: Unpack[p.InteractionQueryArgs]
    ) -> Iterator[m.Interaction]:
        """All turns that match, newest first; a page is asked for when the one before it is used up.

        Args:
            query: The filters as one object.
            **filters: As for ``list``; ``limit`` is the size of a page, not of the whole.

        Returns:
            An iterator that asks nothing before its first item; it ends where a cursor repeats itself.

        Raises:
            UniqOSError: As for every call.

        Source: docs.
        """
        return Items(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    def get(self, interaction_id: str, **options: Unpack[p.Options]) -> m.Interaction:
        """One turn.

        Args:
            interaction_id: Its id, as a RespondResult or a stream's first event names it.
            **options: The options of every call.

        Returns:
            The turn's metadata; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id, or it is another account's.
            UniqOSError: As for every call.

        Source: docs.
        """
        return self._requester.call(ops.GET, None, options, interaction_id)

    def aggregates(
        self, query: p.AggregateQueryLike | None = None, **filters: Unpack[p.AggregateQueryArgs]
    ) -> m.InteractionAggregates:
        """Turns in numbers: how many, how fast, with which emotions.

        Args:
            query: The filters as one object.
            **filters: The same as keywords: user_id, relationship_id, ``from_`` and ``to``, and ``group_by``
                (day, week or month; without it one grand total); and the options of every call.

        Returns:
            The buckets in ``data``.

        Raises:
            UniqOSError: As for every call.

        Source: docs; the name of the container is presumed.
        """
        return self._requester.call(ops.AGGREGATES, query, filters)
