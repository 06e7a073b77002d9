"""The handlers of relationships and their memory.

Chosen by the sandbox: all fields. Turns with a relationship under deletion are a ``conflict`` until it is erased. The
next turn then creates a new one.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from ...api.relationships import RelationshipQuery
from ..http.call import Answer, Call, Handler
from ..http.paging import limit_of, number_of, page
from ..persona import memory as memories
from ..refusal import Refusal
from ..state.store import dumps
from .deletions import PENDING, request_deletion

_BETWEEN_SUMMARIES = timedelta(hours=1)
_OF = "select rowid as number, * from relationships where organization_id = ?"


def find(call: Call, user_id: str, personality_id: str) -> dict[str, Any] | None:
    """Return the relationship of an end user with a personality, or None."""
    of_both = f"{_OF} and user_id = ? and personality_id = ?"
    row = call.store.one(of_both, call.caller.organization_id, user_id, personality_id)
    return _read(row) if row is not None else None


def user_of(call: Call) -> str | None:
    """Return the id of the end user that a request is about, or None."""
    user_id = call.path.get("user_id") or call.fields().get("user_id")
    row = call.store.one(f"{_OF} and id = ?", call.caller.organization_id, call.path.get("relationship_id"))
    return row["user_id"] if row is not None else user_id if isinstance(user_id, str) else None


def meet(call: Call, user_id: str, personality_id: str) -> dict[str, Any]:
    """Return the relationship of an end user with a personality, which is created if it does not exist.

    Raises:
        Refusal: ``conflict``: the relationship is being deleted.
    """
    found = find(call, user_id, personality_id)
    if found is None:
        call.store.run(
            "insert into relationships (id, organization_id, user_id, personality_id, status, created_at, memory)"
            " values (?, ?, ?, ?, 'active', ?, ?)",
            call.store.new_id("rel"),
            call.caller.organization_id,
            user_id,
            personality_id,
            call.now,
            dumps(memories.empty()),
        )
        found = find(call, user_id, personality_id)
        assert found is not None
    return _check_not_deleted(found)


def remember(call: Call, relationship: dict[str, Any], memory: dict[str, Any]) -> None:
    """Store the memory after a turn."""
    sql = "update relationships set memory = ?, last_turn_at = ?, summary_at = ? where id = ?"
    call.store.run(sql, dumps(memory), call.now, call.now, relationship["id"])


def of_user(call: Call, user_id: str) -> list[dict[str, Any]]:
    """Return all relationships of an end user, newest first."""
    rows = call.store.all(f"{_OF} and user_id = ? order by number desc", call.caller.organization_id, user_id)
    return [_read(row) for row in rows]


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a relationship as the API shows it."""
    names = ("id", "user_id", "personality_id", "status", "created_at", "last_turn_at")
    return {**{name: row[name] for name in names}, "turns": row["memory"]["turns"]}


def memory_view(row: dict[str, Any]) -> dict[str, Any]:
    """Return the consolidated memory as the API shows it."""
    memory = row["memory"]
    return {
        "relationship_id": row["id"],
        "summary": memories.summary(memory),
        "summary_updated_at": row["summary_at"] if memory["turns"] else None,
        "significant_moments": memory["moments"],
        "metrics": {
            "turns": memory["turns"],
            "topics": memory["topics"],
            "recent_emotions": dict(Counter(memory["emotions"])),
            "last_emotion": memory["emotions"][-1] if memory["emotions"] else None,
        },
    }


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "memory": json.loads(row["memory"])}


def _check_not_deleted(found: dict[str, Any]) -> dict[str, Any]:
    if found["status"] == PENDING:
        raise Refusal("conflict", f"The relationship {found['id']} is being deleted.")
    return found


def _existing(call: Call) -> dict[str, Any]:
    identifier = call.path["relationship_id"]
    row = call.store.one(f"{_OF} and id = ?", call.caller.organization_id, identifier)
    if row is None:
        raise Refusal("not_found", f"There is no relationship {identifier}.")
    return _read(row)


def _list(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, RelationshipQuery)
    limit = limit_of(query.limit)
    sql, values = _OF, list[Any]([call.caller.organization_id])
    for condition, value in (
        ("user_id = ?", query.user_id),
        ("personality_id = ?", query.personality_id),
        ("number < ?", number_of(query.cursor) if query.cursor else None),
    ):
        if value is not None:
            sql, values = f"{sql} and {condition}", [*values, value]
    on_page, next_cursor = page(call.store.all(f"{sql} order by number desc limit ?", *values, limit + 1), limit)
    return Answer({"data": [view(_read(row)) for row in on_page], "next_cursor": next_cursor})


def _get(call: Call) -> Answer:
    return Answer(view(_existing(call)))


def _delete(call: Call) -> Answer:
    fields = call.fields()
    return request_deletion(call, "relationship", _existing(call), fields.get("cascade") or "all", fields.get("reason"))


def _memory(call: Call) -> Answer:
    return Answer(memory_view(_existing(call)))


def _regenerate(call: Call) -> Answer:
    found, now = _check_not_deleted(_existing(call)), call.settings.clock.now()
    if found["regenerated_at"] is not None:
        last = datetime.fromisoformat(found["regenerated_at"].replace("Z", "+00:00"))
        left = math.ceil((last + _BETWEEN_SUMMARIES - now).total_seconds())
        if left > 0:
            message = f"A summary can be regenerated once an hour; the next time in {left} s."
            raise Refusal("rate_limit_exceeded", message, headers={"Retry-After": str(left)})
    sql = "update relationships set regenerated_at = ?, summary_at = ? where id = ?"
    call.store.run(sql, call.now, call.now, found["id"])
    return Answer(memory_view(_existing(call)))


def _delete_memory(call: Call) -> Answer:
    return request_deletion(call, "relationship", _existing(call), "memory_only", None)


HANDLERS: dict[str, Handler] = {
    "relationships.list": _list,
    "relationships.get": _get,
    "relationships.delete": _delete,
    "relationships.memory.get": _memory,
    "relationships.memory.regenerate_summary": _regenerate,
    "relationships.memory.delete": _delete_memory,
}
