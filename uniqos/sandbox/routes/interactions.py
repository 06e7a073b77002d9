"""The handlers of interactions, which are the stored turns without their text.

Chosen by the sandbox: the fields of an interaction. Interactions can be listed for 180 days by the sandbox's clock.
After that they no longer name their end user, and count only in the aggregates that name no end user.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pydantic

from ...api.interactions import AggregateQuery, InteractionFilter, InteractionQuery
from ..faults.magic import check_id
from ..http.call import Answer, Call, Handler
from ..http.paging import limit_of, number_of, page
from ..refusal import Refusal
from ..state.store import instant
from .deletions import RETENTION

_INSTANT: pydantic.TypeAdapter[datetime] = pydantic.TypeAdapter(pydantic.AwareDatetime)


def _where(call: Call, query: InteractionFilter) -> tuple[str, list[Any]]:
    conditions: list[tuple[str, Any]] = [
        ("organization_id = ?", call.caller.organization_id),
        ("user_id = ?", query.user_id),
        ("relationship_id = ?", query.relationship_id),
    ]
    for name, sql, when in (("from", "created_at >= ?", query.from_), ("to", "created_at < ?", query.to)):
        try:
            conditions.append((sql, instant(_INSTANT.validate_python(when)) if when else None))
        except (OverflowError, pydantic.ValidationError):
            raise Refusal(
                "validation_error",
                f"{name} must be an instant with a time zone: 2026-07-01T00:00:00Z.",
                details=[{"field": name}],
            ) from None
    used = [(sql, value) for sql, value in conditions if value is not None]
    return " and ".join(sql for sql, _ in used), [value for _, value in used]


def of_user(call: Call, user_id: str) -> list[dict[str, Any]]:
    """Return the interactions that still name an end user, newest first."""
    sql = "select * from interactions where organization_id = ? and user_id = ? order by number desc"
    return [_view(row) for row in call.store.all(sql, call.caller.organization_id, user_id)]


def _oldest(call: Call) -> str:
    return instant(call.settings.clock.now() - RETENTION)


def _list(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, InteractionQuery)
    limit = limit_of(query.limit)
    where, values = _where(call, query)
    where, values = f"{where} and created_at >= ?", [*values, _oldest(call)]
    if query.cursor:
        where, values = f"{where} and number < ?", [*values, number_of(query.cursor)]
    sql = f"select * from interactions where {where} order by number desc limit ?"
    rows = call.store.all(sql, *values, limit + 1)
    on_page, next_cursor = page(rows, limit)
    return Answer({"data": [_view(row) for row in on_page], "next_cursor": next_cursor})


def _get(call: Call) -> Answer:
    identifier = call.path["interaction_id"]
    check_id(identifier)
    sql = "select * from interactions where id = ? and organization_id = ? and created_at >= ?"
    row = call.store.one(sql, identifier, call.caller.organization_id, _oldest(call))
    if row is None:
        raise Refusal("not_found", f"There is no interaction {identifier}.")
    return Answer(_view(row))


def _aggregates(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, AggregateQuery)
    where, values = _where(call, query)
    buckets: dict[str | None, list[dict[str, Any]]] = {}
    for row in call.store.all(f"select * from interactions where {where} order by number", *values):
        buckets.setdefault(_period(row["created_at"], query.group_by), []).append(row)
    if query.group_by is None:
        buckets = {None: buckets.get(None, [])}
    return Answer({"data": [_bucket(period, rows) for period, rows in buckets.items()]})


def _bucket(period: str | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "period_start": period,
        "total_turns": len(rows),
        "avg_latency_ms": sum(row["latency_ms"] for row in rows) / len(rows) if rows else None,
        "unique_personalities_count": len({row["personality_id"] for row in rows}),
        "primary_emotion_distribution": dict(Counter(row["primary_emotion"] for row in rows)),
    }


def _period(created_at: str, group_by: str | None) -> str | None:
    if group_by is None:
        return None
    start = datetime.fromisoformat(created_at.replace("Z", "+00:00")).replace(hour=0, minute=0, second=0, microsecond=0)
    if group_by == "week":
        start -= timedelta(days=start.weekday())
    elif group_by == "month":
        start = start.replace(day=1)
    return instant(start)


def _view(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("number", "id", "organization_id", "streamed")}
    return {"interaction_id": row["id"], "status": "completed", "streamed": bool(row["streamed"]), **shown}


HANDLERS: dict[str, Handler] = {
    "interactions.list": _list,
    "interactions.get": _get,
    "interactions.aggregates": _aggregates,
}
