"""The handler of deletions, and the deletion of end users and relationships.

A deletion takes effect at once, and its rows are erased after a delay by the sandbox's clock. A partial cascade erases
its part at once, since the next turn learns anew. Under the cascade ``all`` the data stay readable until the erasure. A
record or row under deletion holds the ``deletion_id`` of its latest deletion.

Chosen by the sandbox: the delay, and all fields of a receipt and a deletion but ``deletion_id`` and ``status``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from ..http.call import Answer, Call, Handler, Settings
from ..http.own_records import own_record
from ..persona import memory as memories
from ..state.store import Store, dumps, instant, record

RETENTION = timedelta(days=180)
"""The time after which a turn no longer names its end user."""
PENDING = "deletion_pending"
_PARTIAL = "partial_deletion_pending"
_OF_USER = "organization_id = ? and user_id = ?"
_KEPT_OF_USER = f"{_OF_USER} and status != '{PENDING}'"


def request_deletion(
    call: Call, target: Literal["end_user", "relationship"], found: dict[str, Any], cascade: str, reason: str | None
) -> Answer:
    """Begin a deletion, or answer with the receipt of the one that runs already.

    Args:
        call: The request.
        target: The kind of the data that are deleted.
        found: The record of the end user, or the row of the relationship.
        cascade: The part that is deleted: ``all``, ``model_only`` or ``memory_only``.
        reason: A note for the audit.
    """
    store = call.store
    running = _find_running(store, found, cascade)
    if running is None:
        running = store.new_id("del")
        due_at = instant(call.settings.clock.now() + timedelta(seconds=call.settings.erasure_delay))
        made = {"status": "pending", "target": target, "target_id": found["id"], "cascade": cascade, "reason": reason}
        fields = {**made, "due_at": due_at, "completed_at": None}
        store.put("deletion", running, fields, owner=call.caller.organization_id, created_at=call.now)
        _mark(store, target, found, cascade, running)
    if found["status"] != PENDING:
        _erase_part(store, target, found, cascade)
    deletion = own_record(call, "deletion", running)
    status = PENDING if deletion["cascade"] == "all" else _PARTIAL
    receipt = {"status": status, "cascade": deletion["cascade"], "requested_at": deletion["created_at"]}
    return Answer({"deletion_id": running, **receipt}, 202)


def erase_due(settings: Settings) -> None:
    """Carry out the deletions that are due, and remove the end user from turns older than the retention."""
    store, now = settings.store, settings.clock.now()
    due = "kind = 'deletion' and json_extract(fields, '$.status') = 'pending' and json_extract(fields, '$.due_at') <= ?"
    old = "user_id is not null and created_at < ?"
    too_old = instant(now - RETENTION)
    rows = store.all(f"select * from records indexed by deletions_due where {due} order by number", instant(now))
    aged = (store.one(f"select 1 from {table} where {old} limit 1", too_old) for table in ("interactions", "answers"))
    if not rows and not any(aged):
        return
    with store:
        _anonymise(store, old, too_old)
        store.run(f"delete from answers where {old}", too_old)
        for row in rows:
            _complete(store, record(row), instant(now))
    store.scrub()


def _find_running(store: Store, found: dict[str, Any], cascade: str) -> str | None:
    if found["status"] == PENDING:
        return str(found["deletion_id"])
    row = store.one(
        "select id from records where kind = 'deletion' and json_extract(fields, '$.target_id') = ?"
        " and json_extract(fields, '$.cascade') = ?",
        found["id"],
        cascade,
    )
    return row["id"] if row is not None else None


def _relationships(target: str, found: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the SQL condition, with its values, for the relationships of a deletion that are not being erased."""
    if target == "relationship":
        return "id = ?", [found["id"]]
    return _KEPT_OF_USER, [found["organization_id"], found["user_id"]]


def _mark(store: Store, target: str, found: dict[str, Any], cascade: str, deletion_id: str) -> None:
    status = PENDING if cascade == "all" else _PARTIAL
    if target == "end_user":
        store.change("end_user", found, status=status, deletion_id=deletion_id)
    if cascade != "model_only":
        where, values = _relationships(target, found)
        sql = f"update relationships set status = ?, deletion_id = ? where {where}"
        store.run(sql, status, deletion_id, *values)


def _erase_part(store: Store, target: str, found: dict[str, Any], cascade: str) -> None:
    """Erase the part of a partial cascade at once."""
    if cascade != "all":
        _forget_answers(store, found["organization_id"], found["user_id"])
    if cascade == "model_only":
        store.drop("model", found["id"])
    elif cascade == "memory_only":
        where, values = _relationships(target, found)
        store.run(f"update relationships set memory = ? where {where}", dumps(memories.empty()), *values)


def _complete(store: Store, deletion: dict[str, Any], now: str) -> None:
    """Carry out a deletion that is due."""
    identifier = deletion["target_id"]
    found = store.get("end_user", identifier)
    if deletion["cascade"] != "all":
        _release(store, deletion["id"])
    elif deletion["target"] == "relationship":
        row = store.one("select organization_id, user_id from relationships where id = ?", identifier)
        if row is not None:
            _forget_answers(store, row["organization_id"], row["user_id"])
        _anonymise(store, "relationship_id = ?", identifier)
        store.run("delete from relationships where id = ?", identifier)
    elif found is not None:
        whose = found["organization_id"], found["user_id"]
        _anonymise(store, _OF_USER, *whose)
        store.run(f"delete from relationships where {_OF_USER}", *whose)
        _forget_answers(store, *whose)
        store.drop("model", identifier)
        store.drop("end_user", identifier)
    # The deletion itself must not name its end user either.
    store.change("deletion", deletion, status="completed", target_id=None, completed_at=now)


def _release(store: Store, deletion_id: str) -> None:
    """Make the rows and the record of a finished partial deletion active again, unless a later one has taken them."""
    store.run("update relationships set status = 'active', deletion_id = null where deletion_id = ?", deletion_id)
    found = store.find("end_user", "deletion_id", deletion_id)
    if found is not None:
        store.change("end_user", found, status="active", deletion_id=None)


def _anonymise(store: Store, where: str, *values: str) -> None:
    """Remove the end user and the relationship from turns."""
    store.run(f"update interactions set user_id = null, relationship_id = null where {where}", *values)


def _forget_answers(store: Store, organization_id: str, user_id: str) -> None:
    """Erase the stored answers about a person, which are kept for repeated Idempotency-Keys."""
    store.run("delete from answers where user_id = ? and key glob ?", user_id, f"{organization_id}/*")


def _get(call: Call) -> Answer:
    found = own_record(call, "deletion", call.path["deletion_id"])
    receipt = {name: found[name] for name in ("status", "target", "cascade", "reason", "completed_at")}
    return Answer({"deletion_id": found["id"], "requested_at": found["created_at"], **receipt})


HANDLERS: dict[str, Handler] = {"deletions.get": _get}
