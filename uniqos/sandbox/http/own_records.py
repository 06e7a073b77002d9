"""The records of the caller's organization. Those of other organizations are ``not_found``."""

from __future__ import annotations

from typing import Any

from ..refusal import Refusal
from ..state.store import record
from .call import Call


def own_records(call: Call, kind: str) -> list[dict[str, Any]]:
    """Return all records of a kind, newest first."""
    rows = call.store.records(kind, owner=call.caller.organization_id)
    return [{name: value for name, value in row.items() if name != "number"} for row in rows]


def own_record(call: Call, kind: str, identifier: str) -> dict[str, Any]:
    """Return one record.

    Raises:
        Refusal: ``not_found``: the record does not exist, or belongs to another organization.
    """
    sql = "select * from records where kind = ? and id = ? and owner = ?"
    row = call.store.one(sql, kind, identifier, call.caller.organization_id)
    if row is None:
        raise Refusal("not_found", f"There is no {kind.replace('_', ' ')} {identifier}.")
    return record(row)
