"""The handlers of the transfer of an organization to another owner. Shapes are the sandbox's own.

``request_transfer`` takes the ``user_id`` of a member. The sandbox sends no mail: only this answer holds the ``token``
that the mail to the present owner would contain. With the token this owner confirms the transfer within 7 days. The
member then becomes an owner, and the present owner an admin.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import check_active, invalid, organization_for
from ...refusal import Refusal
from ...state.accounts import fingerprint, membership
from ...state.store import instant

_OPEN_DAYS = 7
_OWNER = ("owner",)


def _find_open(call: Call, organization_id: str) -> dict[str, Any] | None:
    rows = call.store.records("transfer", owner=organization_id, limit=1)
    return rows[0] if rows and rows[0]["expires_at"] > call.now else None


def _request(call: Call) -> Answer:
    organization, _ = organization_for(call, _OWNER, needs_active=True)
    user_id = call.fields().get("user_id")
    if not isinstance(user_id, str) or membership(call.store, organization["id"], user_id) is None:
        raise invalid("user_id", "user_id is that of a member.")
    if user_id == call.caller.user_id:
        raise Refusal("conflict", "You own it already.")
    if _find_open(call, organization["id"]) is not None:
        raise Refusal("conflict", "A transfer is open already.")
    identifier, token = call.store.new_id("trf"), secrets.token_urlsafe(24)
    transfer = {
        "organization_id": organization["id"],
        "user_id": user_id,
        "requested_by": call.caller.user_id,
        "expires_at": instant(call.settings.clock.now() + timedelta(days=_OPEN_DAYS)),
    }
    record = {**transfer, "fingerprint": fingerprint(token)}
    call.store.put("transfer", identifier, record, owner=organization["id"], created_at=call.now)
    return Answer({"id": identifier, "status": "pending", **transfer, "token": token})


def _cancel(call: Call) -> Answer:
    organization, _ = organization_for(call, _OWNER)
    found = _find_open(call, organization["id"])
    if found is None:
        raise Refusal("not_found", "No transfer is open.")
    call.store.drop("transfer", found["id"])
    return Answer({"id": found["id"], "status": "cancelled"})


def _confirm(call: Call) -> Answer:
    token = call.fields().get("token")
    if not isinstance(token, str):
        raise invalid("token", "token is the one from the mail.")
    found = call.store.find("transfer", "fingerprint", fingerprint(token))
    former = membership(call.store, found["organization_id"], call.caller.user_id) if found else None
    if found is None or former is None or found["expires_at"] <= call.now:
        raise Refusal("not_found", "There is no open transfer with this token.")
    if found["requested_by"] != call.caller.user_id or former["role"] != "owner":
        raise Refusal("permission_denied", "The owner who asked for the transfer confirms it.")
    organization = call.store.get("organization", found["organization_id"])
    member = membership(call.store, found["organization_id"], found["user_id"])
    assert organization is not None
    check_active(organization)
    if member is None:
        raise Refusal("conflict", f"{found['user_id']} is no member any more.")
    call.store.change("member", member, role="owner")
    call.store.change("member", former, role="admin")
    call.store.drop("transfer", found["id"])
    return Answer({"organization_id": organization["id"], "owner_id": member["user_id"], "status": "confirmed"})


HANDLERS: dict[str, Handler] = {
    "organizations.request_transfer": _request,
    "organizations.cancel_transfer": _cancel,
    "organizations.confirm_transfer": _confirm,
}
