"""The handlers of organizations: profile, declaration and review, deletion after a period of grace, and export.

Chosen by the sandbox: all fields but ``status`` of a deletion and ``organization`` of an export. A declaration is any
object. The first one begins the review, which stays ``pending_review``, unless a mark in the name of the organization
decides at once: see ``faults/magic.py``.

Every member may read, owners and admins may change, and only owners may delete. An organization that waits for its
deletion can be read, and not be changed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ....api.organizations import OrganizationDeletionRequest
from ...faults.magic import read
from ...http.call import Answer, Call, Handler
from ...http.checks import MANAGERS, check_name, check_read_only, invalid, organization_for
from ...refusal import Refusal
from ...state.accounts import add_organization, memberships
from ...state.store import instant
from .. import api_keys
from . import invitations, members, transfers

_GRACE_DAYS = 30
_OWNER = ("owner",)
_READ_ONLY = (
    *("id", "created_at", "status", "role", "review_status", "declaration"),
    *("deletion_requested_at", "deletes_at"),
)


def _list(call: Call) -> Answer:
    """List the organizations of the caller; for a key, those of the person who created it."""
    rows: list[dict[str, Any]] = []
    for member in memberships(call.store, call.caller.user_id):
        found = call.store.get("organization", member["organization_id"])
        assert found is not None
        rows.append({**found, "role": member["role"]})
    return Answer({"data": rows})


def _create(call: Call) -> Answer:
    fields = call.fields()
    check_read_only(fields, _READ_ONLY)
    check_name(fields)
    made = add_organization(call.store, call.store.new_id("org"), fields, owner=call.caller.user_id, now=call.now)
    return Answer({**made, "role": "owner"}, 201)


def _get(call: Call) -> Answer:
    found, role = organization_for(call)
    return Answer({**found, "role": role})


def _update(call: Call) -> Answer:
    found, role = organization_for(call, MANAGERS, needs_active=True)
    fields = call.fields()
    check_read_only(fields, _READ_ONLY)
    check_name({**found, **fields})
    return Answer({**call.store.change("organization", found, **fields), "role": role})


def _update_declaration(call: Call) -> Answer:
    found, _ = organization_for(call, MANAGERS, needs_active=True)
    review = found["review_status"]
    if review == "not_submitted":
        review = read(found["name"]).review or "pending_review"
    declaration = {**found["declaration"], **call.fields()}
    call.store.change("organization", found, declaration=declaration, review_status=review)
    return Answer({"organization_id": found["id"], "declaration": declaration, "review_status": review})


def _review_status(call: Call) -> Answer:
    found, _ = organization_for(call)
    return Answer({"organization_id": found["id"], "status": found["review_status"]})


def _appeal(call: Call) -> Answer:
    """Appeal a rejection. The sandbox never decides on an appeal."""
    found, _ = organization_for(call, MANAGERS, needs_active=True)
    if found["review_status"] != "rejected":
        raise Refusal("conflict", f"The review of {found['id']} is {found['review_status']}, not rejected.")
    call.store.change("organization", found, review_status="appealed", appeal=call.fields())
    return Answer({"organization_id": found["id"], "status": "appealed"})


def _request_deletion(call: Call) -> Answer:
    """Request the deletion. A repeated request answers the same, since the period of grace began with the first one."""
    found, _ = organization_for(call, _OWNER)
    assert isinstance(call.body, OrganizationDeletionRequest)
    if call.body.confirm_name != found["name"]:
        raise invalid("confirm_name", "confirm_name is not the name of the organization.")
    if found["status"] == "active":
        now = call.settings.clock.now()
        grace = {"deletion_requested_at": instant(now), "deletes_at": instant(now + timedelta(days=_GRACE_DAYS))}
        found = call.store.change("organization", found, status="deletion_pending", **grace)
    return Answer(_deletion(found))


def _cancel_deletion(call: Call) -> Answer:
    found, _ = organization_for(call, _OWNER)
    if found["status"] != "deletion_pending":
        raise Refusal("conflict", f"{found['id']} does not wait for its deletion.")
    kept = call.store.change("organization", found, status="active", deletion_requested_at=None, deletes_at=None)
    return Answer(_deletion(kept))


def _deletion_status(call: Call) -> Answer:
    return Answer(_deletion(organization_for(call)[0]))


def _deletion(found: dict[str, Any]) -> dict[str, Any]:
    names = ("status", "deletion_requested_at", "deletes_at")
    return {"organization_id": found["id"], **{name: found[name] for name in names}}


def _export(call: Call) -> Answer:
    """Export all data of the organization, without secrets."""
    found, _ = organization_for(call, MANAGERS)
    return Answer(
        {
            "organization": found,
            "members": members.of_organization(call.store, found["id"]),
            "invitations": invitations.of_organization(call.store, found["id"], call.now),
            "api_keys": api_keys.of_organization(call.store, found["id"], call.now),
            "exported_at": call.now,
        }
    )


HANDLERS: dict[str, Handler] = {
    "organizations.list": _list,
    "organizations.create": _create,
    "organizations.get": _get,
    "organizations.update": _update,
    "organizations.update_declaration": _update_declaration,
    "organizations.review_status": _review_status,
    "organizations.appeal": _appeal,
    "organizations.request_deletion": _request_deletion,
    "organizations.cancel_deletion": _cancel_deletion,
    "organizations.deletion_status": _deletion_status,
    "organizations.export": _export,
    **members.HANDLERS,
    **invitations.HANDLERS,
    **transfers.HANDLERS,
}
