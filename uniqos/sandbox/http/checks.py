"""Checks that several handlers share: the caller's role in an organization, and the fields of a body."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ..refusal import Refusal
from ..state.accounts import ROLES, membership
from .call import Call

MANAGERS = ("owner", "admin")


def organization_for(
    call: Call, roles: Collection[str] = ROLES, *, needs_active: bool = False
) -> tuple[dict[str, Any], str]:
    """Return the organization of the path, and the caller's role in it. A key has the role of the person who made it.

    Args:
        call: The request.
        roles: The roles that may make this request.
        needs_active: Whether the request is refused while the organization waits for its deletion.

    Raises:
        Refusal: ``not_found``: the caller is not a member. ``permission_denied``: the caller has another role.
            ``conflict``: the organization waits for its deletion.
    """
    identifier = call.path["org_id"]
    member = membership(call.store, identifier, call.caller.user_id)
    found = call.store.get("organization", identifier)
    if member is None or found is None:
        raise Refusal("not_found", f"There is no organization {identifier}.")
    if member["role"] not in roles:
        raise Refusal("permission_denied", f"This needs the role {' or '.join(roles)}, not {member['role']}.")
    if needs_active:
        check_active(found)
    return found, member["role"]


def check_active(organization: dict[str, Any]) -> None:
    """Refuse an organization that waits for its deletion.

    Raises:
        Refusal: ``conflict``.
    """
    if organization["status"] != "active":
        raise Refusal("conflict", f"{organization['id']} is {organization['status']}.")


def invalid(field: str, message: str) -> Refusal:
    """Return the refusal of one field of a body."""
    return Refusal("validation_error", message, details=[{"field": field}])


def check_name(fields: dict[str, Any]) -> None:
    """Require a name in a body.

    Raises:
        Refusal: ``validation_error``: the name is missing or blank.
    """
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("name", "name must be a text that is not blank.")


def check_read_only(fields: dict[str, Any], read_only: Collection[str]) -> None:
    """Refuse a body that sets a read-only field.

    Raises:
        Refusal: ``validation_error``.
    """
    for field in fields:
        if field in read_only:
            raise invalid(field, f"{field} cannot be set.")


def email_of(fields: dict[str, Any]) -> str:
    """Return the email address of a body, in lower case.

    Raises:
        Refusal: ``validation_error``: the address is missing or not valid.
    """
    email = fields.get("email")
    if not isinstance(email, str) or not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", email):
        raise invalid("email", "email must be an address.")
    return email.lower()


def role_of(fields: dict[str, Any], roles: Collection[str]) -> str:
    """Return the role of a body.

    Raises:
        Refusal: ``validation_error``: the role is not one of ``roles``.
    """
    role = fields.get("role")
    if role not in roles:
        raise invalid("role", f"role must be {' or '.join(roles)}.")
    return str(role)
