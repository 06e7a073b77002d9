# Generated from _async/namespaces/interactions.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.interactions``: the metadata of past turns."""

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
    """The metadata of past turns. Their text is not kept."""

    __slots__ = ()

    def list(
        self, query: p.InteractionQueryLike | None = None, **filters: Unpack[p.InteractionQueryArgs]
    ) -> m.InteractionPage:
        """List one page of turns, newest first. Only the last 180 days can be queried.

        Args:
            query: The query as one object.
            **filters: The query as keywords: user_id, relationship_id, limit, cursor, ``from_`` (inclusive), ``to``
                (exclusive). The last two are datetimes with a time zone. Also the options of the call.

        Returns:
            The turns in ``data``, and ``next_cursor`` for the next page; None on the last.

        Source: docs; the fields of a turn are undocumented.
        """
        return self._requester.call(ops.LIST, query, filters)

    def iterate(
        self, query: p.InteractionQueryLike | None = None, **filters: Unpack[p.InteractionQueryArgs]
    ) -> Iterator[m.Interaction]:
        """Iterate over all matching turns, newest first.

        Args:
            query: The query as one object.
            **filters: As for ``list``. ``limit`` is the size of one page, and not the total.

        Returns:
            An iterator. It requests each page when it is needed, and stops if a cursor repeats.

        Source: docs.
        """
        return Items(lambda query, filters: self._requester.call(ops.LIST, query, filters), query, filters)

    def get(self, interaction_id: str, **options: Unpack[p.Options]) -> m.Interaction:
        """Return one turn.

        Args:
            interaction_id: The id of the turn, as a RespondResult or a stream's first event names it.

        Returns:
            The turn's metadata; its fields are undocumented.

        Raises:
            NotFoundError: The turn does not exist, or belongs to another account.

        Source: docs.
        """
        return self._requester.call(ops.GET, None, options, interaction_id)

    def aggregates(
        self, query: p.AggregateQueryLike | None = None, **filters: Unpack[p.AggregateQueryArgs]
    ) -> m.InteractionAggregates:
        """Return statistics of turns: their number, latency and emotions.

        Args:
            query: The query as one object.
            **filters: The query as keywords: user_id, relationship_id, ``from_``, ``to``, and ``group_by`` (``day``,
                ``week`` or ``month``; one total without it). Also the options of the call.

        Returns:
            The buckets in ``data``.

        Source: docs; the name of the container is presumed.
        """
        return self._requester.call(ops.AGGREGATES, query, filters)
