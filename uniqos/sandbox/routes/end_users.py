"""The handlers of end users and their psychological models.

Chosen by the sandbox: all fields but ``user_id`` and ``metadata``. An end user under deletion can be read and
exported, and turns and changes are a ``conflict``. After the erasure the same id can be used again.
"""

from __future__ import annotations

from typing import Any

from ...api.end_users import EndUserQuery, ReadableModelQuery
from ..http.call import Answer, Call, Handler
from ..http.paging import limit_of, number_of, page
from ..persona import psychology
from ..persona.readable import in_words
from ..refusal import Refusal
from . import interactions, relationships
from .deletions import PENDING, request_deletion


def refuse_deleted(call: Call, user_id: str) -> None:
    """Refuse a request about an end user who is being deleted.

    Raises:
        Refusal: ``conflict``.
    """
    found = _find(call, user_id)
    if found is not None and found["status"] == PENDING:
        raise Refusal("conflict", f"The end user {user_id} is being deleted.", details=[{"field": "user_id"}])


def ensure(call: Call, user_id: str, metadata: dict[str, Any] | None = None) -> bool:
    """Create an end user who does not exist yet, and return whether one was created."""
    if _find(call, user_id) is not None:
        return False
    organization_id = call.caller.organization_id
    fields = {
        "organization_id": organization_id,
        "user_id": user_id,
        "metadata": metadata or {},
        "status": "active",
        "deletion_id": None,
        "updated_at": call.now,
    }
    call.store.put("end_user", _key(call, user_id), fields, owner=organization_id, created_at=call.now)
    return True


def learn(call: Call, user_id: str, message: str, emotion: dict[str, Any]) -> None:
    """Add one more turn to the psychological model of an end user."""
    model = psychology.learn(_model(call, user_id), message, emotion)
    call.store.put("model", _key(call, user_id), model, owner=call.caller.organization_id, created_at=call.now)


def _key(call: Call, user_id: str) -> str:
    return f"{call.caller.organization_id}/{user_id}"


def _find(call: Call, user_id: str) -> dict[str, Any] | None:
    return call.store.get("end_user", _key(call, user_id))


def _existing(call: Call) -> dict[str, Any]:
    user_id = call.path["user_id"]
    found = _find(call, user_id)
    if found is None:
        raise Refusal("not_found", f"There is no end user {user_id}.")
    return found


def _model(call: Call, user_id: str) -> dict[str, Any]:
    return call.store.get("model", _key(call, user_id)) or psychology.empty()


def _view(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("user_id", "metadata", "status", "created_at", "updated_at")}


def _list(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, EndUserQuery)
    limit = limit_of(query.limit)
    before = number_of(query.cursor) if query.cursor else None
    rows = call.store.records("end_user", owner=call.caller.organization_id, limit=limit + 1, before=before)
    on_page, next_cursor = page(rows, limit)
    return Answer({"data": [_view(row) for row in on_page], "next_cursor": next_cursor})


def _create(call: Call) -> Answer:
    fields = call.fields()
    user_id = fields["user_id"]
    if not user_id.strip():
        raise Refusal("validation_error", "An end user needs a user_id.", details=[{"field": "user_id"}])
    refuse_deleted(call, user_id)
    made = ensure(call, user_id, fields.get("metadata"))
    found = _find(call, user_id)
    assert found is not None
    return Answer(_view(found), 201 if made else 200)


def _get(call: Call) -> Answer:
    found = _existing(call)
    of_user = relationships.of_user(call, found["user_id"])
    return Answer({**_view(found), "relationships": [relationships.view(row) for row in of_user]})


def _update(call: Call) -> Answer:
    found, fields = _existing(call), call.fields()
    refuse_deleted(call, found["user_id"])
    if "metadata" in fields:
        found = call.store.change("end_user", found, metadata=fields["metadata"], updated_at=call.now)
    return Answer(_view(found))


def _delete(call: Call) -> Answer:
    fields = call.fields()
    return request_deletion(call, "end_user", _existing(call), fields.get("cascade") or "all", fields.get("reason"))


def _get_model(call: Call) -> Answer:
    user_id = _existing(call)["user_id"]
    return Answer({"user_id": user_id, **psychology.view(_model(call, user_id))})


def _readable(call: Call) -> Answer:
    query = call.query
    assert isinstance(query, ReadableModelQuery)
    user_id, language = _existing(call)["user_id"], query.language or "en"
    text = in_words(psychology.view(_model(call, user_id)), language)
    return Answer({"user_id": user_id, "language": language, "text": text})


def _export(call: Call) -> Answer:
    found = _existing(call)
    user_id = found["user_id"]
    of_user = relationships.of_user(call, user_id)
    return Answer(
        {
            "exported_at": call.now,
            "end_user": _view(found),
            "psychological_model": psychology.view(_model(call, user_id)),
            "relationships": [{**relationships.view(row), "memory": relationships.memory_view(row)} for row in of_user],
            "interactions": interactions.of_user(call, user_id),
        }
    )


HANDLERS: dict[str, Handler] = {
    "end_users.list": _list,
    "end_users.create": _create,
    "end_users.get": _get,
    "end_users.update": _update,
    "end_users.delete": _delete,
    "end_users.model": _get_model,
    "end_users.model_readable": _readable,
    "end_users.export": _export,
}
