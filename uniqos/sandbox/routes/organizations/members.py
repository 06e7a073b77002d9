"""The handlers of members and their roles. All fields but ``id`` and ``role`` are the sandbox's own.

Owners and admins manage members, and only owners manage owners. The last owner can neither leave nor get another role.
A removed member is logged out of the organization at once. Every member may leave.
"""

from __future__ import annotations

from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import MANAGERS, organization_for, role_of
from ...refusal import Refusal
from ...state.accounts import ROLES, leave, membership
from ...state.store import Store


def of_organization(store: Store, organization_id: str) -> list[dict[str, Any]]:
    """Return the members of an organization as the API shows them."""
    return [_view(store, found) for found in store.records("member", owner=organization_id)]


def _view(store: Store, found: dict[str, Any]) -> dict[str, Any]:
    person = store.get("user", found["user_id"])
    assert person is not None
    of_person = {"id": person["id"], "email": person["email"], "name": person["name"]}
    return {**of_person, "role": found["role"], "joined_at": found["created_at"]}


def _list(call: Call) -> Answer:
    found, _ = organization_for(call)
    return Answer({"data": of_organization(call.store, found["id"])})


def _member(call: Call, organization_id: str) -> dict[str, Any]:
    user_id = call.path["user_id"]
    found = membership(call.store, organization_id, user_id)
    if found is None:
        raise Refusal("not_found", f"There is no member {user_id}.")
    return found


def _check_owners(call: Call, found: dict[str, Any], own_role: str, new_role: str | None) -> None:
    if "owner" in (found["role"], new_role) and own_role != "owner":
        raise Refusal("permission_denied", "Only an owner may change or remove an owner, or appoint one.")
    if found["role"] == "owner" and new_role != "owner":
        members = call.store.records("member", owner=found["organization_id"])
        if sum(member["role"] == "owner" for member in members) == 1:
            raise Refusal("conflict", "This is the last owner.")


def _update_role(call: Call) -> Answer:
    organization, own_role = organization_for(call, MANAGERS, needs_active=True)
    found, role = _member(call, organization["id"]), role_of(call.fields(), ROLES)
    _check_owners(call, found, own_role, role)
    return Answer(_view(call.store, call.store.change("member", found, role=role)))


def _remove(call: Call) -> Answer:
    leaves = call.path["user_id"] == call.caller.user_id
    organization, own_role = organization_for(call, ROLES if leaves else MANAGERS, needs_active=True)
    found = _member(call, organization["id"])
    _check_owners(call, found, own_role, None)
    leave(call.store, found, call.now)
    return Answer({"id": found["user_id"], "status": "removed"})


HANDLERS: dict[str, Handler] = {
    "organizations.members.list": _list,
    "organizations.members.update_role": _update_role,
    "organizations.members.remove": _remove,
}
