"""The handlers of API keys.

Chosen by the sandbox: all shapes, the scope ``read``, and the expiry of keys. ``create`` takes ``name``, ``scope``
(``read_write``, the default, or ``read``) and ``expires_in_days``. It refuses other fields, since a mistyped ``scope``
would give a key more rights than intended. Only its answer holds the secret, as ``key``. A key belongs to the
organization in which it was created, and acts for the person who created it.
"""

from __future__ import annotations

import secrets
import string
from datetime import timedelta
from typing import Any

from ..._network.proxy import SANDBOX_KEY
from ..http.call import Answer, Call, Handler
from ..http.checks import check_active, check_name, invalid
from ..refusal import Refusal
from ..state.accounts import fingerprint
from ..state.store import Store, instant

_SCOPES = ("read", "read_write")
_MAX_DAYS = 3650
_VIEW = ("id", "name", "scope", "hint", "created_at")
_LETTERS = string.ascii_letters + string.digits


def of_organization(store: Store, organization_id: str, now: str) -> list[dict[str, Any]]:
    """Return the keys of an organization as the API shows them."""
    return [_view(found, now) for found in store.records("api_key", owner=organization_id)]


def _view(found: dict[str, Any], now: str) -> dict[str, Any]:
    expires_at, revoked_at = found.get("expires_at"), found.get("revoked_at")
    status = "revoked" if revoked_at else "expired" if expires_at and expires_at <= now else "active"
    shown = {name: found[name] for name in _VIEW}
    return {**shown, "status": status, "expires_at": expires_at, "revoked_at": revoked_at}


def _list(call: Call) -> Answer:
    return Answer({"data": of_organization(call.store, call.caller.organization_id, call.now)})


def _create(call: Call) -> Answer:
    fields = {"scope": "read_write", **call.fields()}
    check_name(fields)
    for field in fields:
        if field not in ("name", "scope", "expires_in_days"):
            raise invalid(field, f"A key has no field {field}.")
    if fields["scope"] not in _SCOPES:
        raise invalid("scope", f"scope is {' or '.join(_SCOPES)}.")
    organization = call.store.get("organization", call.caller.organization_id)
    assert organization is not None
    check_active(organization)
    secret = SANDBOX_KEY + "".join(secrets.choice(_LETTERS) for _ in range(32))
    key = {
        "name": fields["name"],
        "scope": fields["scope"],
        "hint": secret[-4:],
        "fingerprint": fingerprint(secret),
        "organization_id": organization["id"],
        "user_id": call.caller.user_id,
        "expires_at": _end(call, fields.get("expires_in_days")),
    }
    identifier = call.store.new_id("key")
    call.store.put("api_key", identifier, key, owner=organization["id"], created_at=call.now)
    return Answer({**_view(_found(call, identifier), call.now), "key": secret}, 201)


def _end(call: Call, days: Any) -> str | None:
    if days is None:
        return None
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _MAX_DAYS:
        raise invalid("expires_in_days", f"expires_in_days is a number from 1 to {_MAX_DAYS}.")
    return instant(call.settings.clock.now() + timedelta(days=days))


def _found(call: Call, identifier: str) -> dict[str, Any]:
    found = call.store.get("api_key", identifier)
    if found is None or found["organization_id"] != call.caller.organization_id:
        raise Refusal("not_found", f"There is no API key {identifier}.")
    return found


def _get(call: Call) -> Answer:
    return Answer(_view(_found(call, call.path["key_id"]), call.now))


def _revoke(call: Call) -> Answer:
    """Revoke a key. A revoked one keeps the time of its revocation."""
    found = _found(call, call.path["key_id"])
    revoked_at = found.get("revoked_at") or call.now
    return Answer(_view(call.store.change("api_key", found, revoked_at=revoked_at), call.now))


HANDLERS: dict[str, Handler] = {
    "api_keys.list": _list,
    "api_keys.create": _create,
    "api_keys.get": _get,
    "api_keys.revoke": _revoke,
}
