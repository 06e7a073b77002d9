"""The records of an organization, which no other one sees."""

from __future__ import annotations

from typing import Any

from ..refusal import Refusal
from ..state.store import record
from .call import Call


def owned_all(call: Call, kind: str) -> list[dict[str, Any]]:
    """What the caller's organization has of a kind, newest first."""
    rows = call.store.records(kind, owner=call.caller.organization_id)
    return [{name: value for name, value in row.items() if name != "number"} for row in rows]


def owned(call: Call, kind: str, identifier: str) -> dict[str, Any]:
    """One of them.

    Raises:
        Refusal: ``not_found``, also for what is another organization's.
    """
    sql = "select * from records where kind = ? and id = ? and owner = ?"
    row = call.store.one(sql, kind, identifier, call.caller.organization_id)
    if row is None:
        raise Refusal("not_found", f"There is no {kind.replace('_', ' ')} {identifier}.")
    return record(row)
