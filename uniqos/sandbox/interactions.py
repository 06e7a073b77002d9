"""What is kept of turns: never their text. The fields of one interaction are the sandbox's own."""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pydantic

from ..api.interactions import AggregateQuery, InteractionFilter, InteractionQuery
from .call import Answer, Call, Handler
from .magic import check_id
from .refusal import Refusal
from .store import instant

_INSTANT: pydantic.TypeAdapter[datetime] = pydantic.TypeAdapter(pydantic.AwareDatetime)
_DEFAULT_LIMIT, _MOST = 20, 100


def _where(query: InteractionFilter) -> tuple[str, list[Any]]:
    conditions: list[tuple[str, Any]] = [("user_id = ?", query.user_id), ("relationship_id = ?", query.relationship_id)]
    for name, sql, when in (("from", "created_at >= ?", query.from_), ("to", "created_at < ?", query.to)):
        try:
            conditions.append((sql, instant(_INSTANT.validate_python(when)) if when else None))
        except (OverflowError, pydantic.ValidationError):
            raise Refusal("validation_error", f"{name} is no instant of UTC.", details=[{"field": name}]) from None
    used = [(sql, value) for sql, value in conditions if value is not None]
    return " and ".join(["1", *[sql for sql, _ in used]]), [value for _, value in used]


def _list(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, InteractionQuery)
    limit = _DEFAULT_LIMIT if query.limit is None else query.limit
    if not 1 <= limit <= _MOST:
        raise Refusal("validation_error", f"limit is from 1 to {_MOST}.", details=[{"field": "limit"}])
    where, values = _where(query)
    if query.cursor:
        where, values = f"{where} and number < ?", [*values, _number(query.cursor)]
    sql = f"select * from interactions where {where} order by number desc limit ?"
    rows = call.store.all(sql, *values, limit + 1)
    more = len(rows) > limit
    data = [_shown(row) for row in rows[:limit]]
    return Answer({"data": data, "next_cursor": _cursor(rows[limit - 1]["number"]) if more else None})


def _get(call: Call) -> Answer:
    identifier = call.path["interaction_id"]
    check_id(identifier)
    row = call.store.one("select * from interactions where id = ?", identifier)
    if row is None:
        raise Refusal("not_found", f"There is no interaction {identifier}.")
    return Answer(_shown(row))


def _aggregates(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, AggregateQuery)
    where, values = _where(query)
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


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if name not in ("number", "id", "streamed")}
    return {"interaction_id": row["id"], "status": "completed", "streamed": bool(row["streamed"]), **shown}


def _cursor(number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([number]).encode()).decode()


def _number(cursor: str) -> int:
    try:
        (number,) = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(number, int) and 0 <= number < 2**63:
            return number
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise Refusal("validation_error", "This cursor is not one of ours.", details=[{"field": "cursor"}])


HANDLERS: dict[str, Handler] = {
    "interactions.list": _list,
    "interactions.get": _get,
    "interactions.aggregates": _aggregates,
}
