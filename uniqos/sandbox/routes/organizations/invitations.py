"""The handlers of invitations. All fields but ``id`` and ``organization_id`` are the sandbox's own.

The sandbox sends no mail: only the answer of ``members.invite`` holds the ``token`` that the mail would contain. With
the token the invitation can be read without a credential. The person who accepts it must have the invited address:
``http/caller.py`` says how a person logs in. An invitation is open for 7 days.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import MANAGERS, check_active, email_of, organization_for, role_of
from ...refusal import Refusal
from ...state.accounts import fingerprint, join, membership
from ...state.store import Store, instant

_OPEN_DAYS = 7
_INVITED_ROLES = ("admin", "developer")
_VIEW = ("id", "email", "role", "invited_by", "created_at", "expires_at")


def of_organization(store: Store, organization_id: str, now: str) -> list[dict[str, Any]]:
    """Return the open invitations as the API shows them."""
    rows = store.records("invitation", owner=organization_id)
    return [{name: found[name] for name in _VIEW} for found in rows if found["expires_at"] > now]


def _invite(call: Call) -> Answer:
    organization, _ = organization_for(call, MANAGERS, needs_active=True)
    fields = {"role": "developer", **call.fields()}
    email, role = email_of(fields), role_of(fields, _INVITED_ROLES)
    person = call.store.find("user", "email", email)
    if person is not None and membership(call.store, organization["id"], person["id"]) is not None:
        raise Refusal("conflict", f"{email} is a member already.")
    if any(found["email"] == email for found in of_organization(call.store, organization["id"], call.now)):
        raise Refusal("conflict", f"{email} has an open invitation.")
    identifier, token = call.store.new_id("inv"), secrets.token_urlsafe(24)
    invitation = {
        "organization_id": organization["id"],
        "email": email,
        "role": role,
        "invited_by": call.caller.user_id,
        "expires_at": instant(call.settings.clock.now() + timedelta(days=_OPEN_DAYS)),
    }
    record = {**invitation, "fingerprint": fingerprint(token)}
    call.store.put("invitation", identifier, record, owner=organization["id"], created_at=call.now)
    return Answer({"id": identifier, "created_at": call.now, **invitation, "token": token}, 201)


def _list(call: Call) -> Answer:
    organization, _ = organization_for(call)
    return Answer({"data": of_organization(call.store, organization["id"], call.now)})


def _revoke(call: Call) -> Answer:
    organization, _ = organization_for(call, MANAGERS)
    identifier = call.path["invitation_id"]
    if all(found["id"] != identifier for found in of_organization(call.store, organization["id"], call.now)):
        raise Refusal("not_found", f"There is no open invitation {identifier}.")
    call.store.drop("invitation", identifier)
    return Answer({"id": identifier, "status": "revoked"})


def _find_by_token(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    found = call.store.find("invitation", "fingerprint", fingerprint(call.path["token"]))
    organization = call.store.get("organization", found["organization_id"]) if found else None
    if found is None or organization is None or found["expires_at"] <= call.now:
        raise Refusal("not_found", "There is no open invitation with this token.")
    return found, organization


def _get(call: Call) -> Answer:
    found, organization = _find_by_token(call)
    inviter = call.store.get("user", found["invited_by"])
    assert inviter is not None
    shown = {name: found[name] for name in ("email", "role", "expires_at")}
    return Answer({"organization_name": organization["name"], "invited_by": inviter["name"], **shown})


def _accept(call: Call) -> Answer:
    call.require_portal()
    found, organization = _find_by_token(call)
    person = call.store.get("user", call.caller.user_id)
    assert person is not None
    if person["email"] != found["email"]:
        raise Refusal("permission_denied", "This invitation is for another address.")
    check_active(organization)
    if membership(call.store, organization["id"], person["id"]) is not None:
        raise Refusal("conflict", "You are a member already.")
    join(call.store, organization["id"], person["id"], found["role"], call.now)
    call.store.drop("invitation", found["id"])
    return Answer({"organization_id": organization["id"], "role": found["role"]})


HANDLERS: dict[str, Handler] = {
    "organizations.members.invite": _invite,
    "organizations.invitations.list": _list,
    "organizations.invitations.revoke": _revoke,
    "invitations.get": _get,
    "invitations.accept": _accept,
}
