"""``client.interactions``: the metadata of past turns, never their text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema

from .._base.model import DEFER_BUILD, Model, RequestModel
from .._wire.operation import Operation


def _instant(value: Any) -> Any:
    # Pydantic would take a number for seconds since 1970, and a date for an instant without a time zone.
    if not isinstance(value, (str, datetime)):
        raise PydanticCustomError("instant_type", "an instant is a datetime with a time zone, or such a text")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "an instant needs a time zone, e.g. datetime.now(timezone.utc)")
    return value


# Pydantic has no schema for the class that freezegun puts in the place of datetime, and a model may be built
# while the time is frozen.
AnyDatetime = Annotated[datetime, GetPydanticSchema(lambda *_: core_schema.datetime_schema())]
Instant = Annotated[str | AnyDatetime, BeforeValidator(_instant)]


class InteractionFilter(RequestModel, source="docs"):
    """Conditions that a turn must meet, all of them (source: docs)."""

    user_id: str | None = None
    """Only turns of this end user."""
    relationship_id: str | None = None
    """Only turns of this relationship."""
    from_: Instant | None = Field(default=None, validation_alias="from", serialization_alias="from")
    """Earliest instant, inclusive: a datetime with a time zone, or ISO-8601 text. It is sent in UTC."""
    to: Instant | None = None
    """Latest instant, exclusive."""


class InteractionQuery(InteractionFilter, defer_build=DEFER_BUILD, source="docs"):
    """Query of ``interactions.list`` (source: docs). Only the last 180 days can be asked for."""

    limit: int | None = None
    """Turns per page; the largest value is undocumented."""
    cursor: str | None = None
    """``next_cursor`` of the page before."""


class AggregateQuery(InteractionFilter, defer_build=DEFER_BUILD, source="docs"):
    """Query of ``interactions.aggregates`` (source: docs)."""

    group_by: Literal["day", "week", "month"] | None = None
    """Period of a bucket in UTC; without it, one grand total."""


class Interaction(Model):
    """The metadata of one turn, never its text (fields: undocumented)."""


class InteractionPage(Model, source="docs"):
    """One page of turns, newest first (source: docs)."""

    data: list[Interaction]
    next_cursor: str | None
    """Cursor of the next page; None on the last page."""


class InteractionBucket(Model, source="docs"):
    """The turns of one period (source: docs)."""

    period_start: AnyDatetime | None
    """Start of the period in UTC; None in the grand total."""
    total_turns: int
    """Turns of any status."""
    avg_latency_ms: float | None = None
    unique_personalities_count: int
    primary_emotion_distribution: dict[str, int] | Any
    """Number of turns by primary emotion (that it is a map is presumed)."""


class InteractionAggregates(Model, source="docs"):
    """Answer of ``interactions.aggregates`` (source: docs; the key ``data`` is presumed)."""

    data: list[InteractionBucket] | None = None


LIST: Final = Operation("GET", "/v1/interactions", InteractionPage, query=InteractionQuery)
GET: Final = Operation("GET", "/v1/interactions/{interaction_id}", Interaction, reserved=frozenset({"aggregates"}))
AGGREGATES: Final = Operation("GET", "/v1/interactions/aggregates", InteractionAggregates, query=AggregateQuery)
