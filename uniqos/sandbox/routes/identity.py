"""The handlers of ``me`` and of sessions.

Chosen by the sandbox: all fields. A person has ``email`` and ``name``, a key has ``name`` and ``scope``, and both have
the fields that ``me.update`` adds. ``switch_organization`` answers with an ``access_token``, which is a new session and
expires after an hour by the sandbox's clock. ``http/caller.py`` says how a person logs in.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from ..._network.proxy import SANDBOX_TOKEN
from ...api.me import SwitchOrganization
from ..http.call import Answer, Call, Handler
from ..http.checks import check_name, check_read_only
from ..refusal import Refusal
from ..state.accounts import end_session, membership, open_session
from ..state.store import instant

_TOKEN_SECONDS = 3600
_READ_ONLY = (
    *("id", "kind", "created_at", "email", "role", "organization_id", "user_id", "session_id"),
    *("scope", "hint", "fingerprint", "expires_at", "revoked_at"),
)


def _record(call: Call) -> tuple[str, dict[str, Any]]:
    kind, identifier = ("user", call.caller.user_id) if call.is_portal else ("api_key", call.caller.key_id or "")
    found = call.store.get(kind, identifier)
    assert found is not None
    return kind, found


def _get(call: Call) -> Answer:
    kind, found = _record(call)
    shown = {name: value for name, value in found.items() if name not in ("fingerprint", "revoked_at")}
    if kind == "api_key":
        return Answer({"kind": kind, **shown})
    member = membership(call.store, call.caller.organization_id, found["id"])
    active = {"organization_id": call.caller.organization_id, "role": member["role"] if member else None}
    return Answer({"kind": kind, **shown, **active, "session_id": call.caller.session_id})


def _update(call: Call) -> Answer:
    fields = call.fields()
    check_read_only(fields, _READ_ONLY)
    kind, found = _record(call)
    check_name({**found, **fields})
    call.store.change(kind, found, **fields)
    return _get(call)


def _switch(call: Call) -> Answer:
    call.require_portal()
    assert isinstance(call.body, SwitchOrganization)
    member = membership(call.store, call.body.organization_id, call.caller.user_id)
    if member is None:
        raise Refusal("not_found", f"There is no organization {call.body.organization_id}.")
    token, identifier = f"{SANDBOX_TOKEN}session.{secrets.token_urlsafe(24)}", call.store.new_id("ses")
    expires_at = instant(call.settings.clock.now() + timedelta(seconds=_TOKEN_SECONDS))
    open_session(call.store, identifier, token, member, now=call.now, expires_at=expires_at)
    life = {"expires_in": _TOKEN_SECONDS, "expires_at": expires_at}
    of = {"organization_id": member["organization_id"], "session_id": identifier}
    return Answer({"access_token": token, "token_type": "Bearer", **life, **of})


def _active(call: Call) -> list[dict[str, Any]]:
    call.require_portal()
    return [
        session
        for session in call.store.records("session", owner=call.caller.user_id)
        if not session["revoked_at"] and not (session["expires_at"] and session["expires_at"] <= call.now)
    ]


def _list(call: Call) -> Answer:
    names = ("id", "created_at", "expires_at", "organization_id")
    current = call.caller.session_id
    rows = [{**{n: found[n] for n in names}, "current": found["id"] == current} for found in _active(call)]
    return Answer({"data": rows})


def _revoke(call: Call) -> Answer:
    for session in _active(call):
        if session["id"] == call.path["session_id"]:
            end_session(call.store, session, call.now)
            return Answer({"id": session["id"], "status": "revoked"})
    raise Refusal("not_found", f"There is no active session {call.path['session_id']}.")


def _revoke_all(call: Call) -> Answer:
    """End all active sessions, the caller's own included."""
    sessions = _active(call)
    for session in sessions:
        end_session(call.store, session, call.now)
    return Answer({"revoked": len(sessions)})


HANDLERS: dict[str, Handler] = {
    "me.get": _get,
    "me.update": _update,
    "me.switch_organization": _switch,
    "sessions.list": _list,
    "sessions.revoke": _revoke,
    "sessions.revoke_all": _revoke_all,
}
