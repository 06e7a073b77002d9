"""What the operations on accounts check alike: rights in an organization, and what a body holds."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ..refusal import Refusal
from ..state.accounts import ROLES, membership
from .call import Call

MANAGERS = ("owner", "admin")


def organization_for(
    call: Call, roles: Collection[str] = ROLES, *, changing: bool = False
) -> tuple[dict[str, Any], str]:
    """The organization of the path and the caller's role in it; a key acts for the person who made it.

    Raises:
        Refusal: ``not_found`` to who is no member, ``permission_denied`` in another role than these, ``conflict`` when
            it is to be changed and waits for its deletion.
    """
    identifier = call.path["org_id"]
    member = membership(call.store, identifier, call.caller.user_id)
    found = call.store.get("organization", identifier)
    if member is None or found is None:
        raise Refusal("not_found", f"There is no organization {identifier}.")
    if member["role"] not in roles:
        raise Refusal("permission_denied", f"This needs the role {' or '.join(roles)}, not {member['role']}.")
    if changing:
        stays(found)
    return found, member["role"]


def stays(organization: dict[str, Any]) -> None:
    """Refuse to change an organization that waits for its deletion.

    Raises:
        Refusal: ``conflict``.
    """
    if organization["status"] != "active":
        raise Refusal("conflict", f"{organization['id']} is {organization['status']}.")


def invalid(field: str, message: str) -> Refusal:
    """The refusal of one field of a body."""
    return Refusal("validation_error", message, details=[{"field": field}])


def check_name(fields: dict[str, Any]) -> None:
    """Want a name in a body.

    Raises:
        Refusal: There is none, or it is blank.
    """
    name = fields.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("name", "name is a text that is not blank.")


def check_free(fields: dict[str, Any], fixed: Collection[str]) -> None:
    """Refuse what a body may not set.

    Raises:
        Refusal: The body holds one of the fixed fields.
    """
    for field in fields:
        if field in fixed:
            raise invalid(field, f"{field} cannot be set.")


def email_of(fields: dict[str, Any]) -> str:
    """The address in a body, in lower case.

    Raises:
        Refusal: There is none.
    """
    email = fields.get("email")
    if not isinstance(email, str) or not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", email):
        raise invalid("email", "email is an address.")
    return email.lower()


def role_of(fields: dict[str, Any], roles: Collection[str]) -> str:
    """The role in a body.

    Raises:
        Refusal: It is none of these.
    """
    role = fields.get("role")
    if role not in roles:
        raise invalid("role", f"role is {' or '.join(roles)}.")
    return str(role)
