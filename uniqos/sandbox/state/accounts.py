"""The stored people, organizations, memberships and sessions. Their fields are the sandbox's own.

A member belongs to one organization, and has a role in it: ``owner``, ``admin`` or ``developer``. A session is a token
of one person for one organization. Every record of an organization has the organization's id as its ``owner``.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .store import Store

ROLES = ("owner", "admin", "developer")


def fingerprint(secret: str) -> str:
    """Return the hash of a key or token, which the database holds instead of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def add_organization(store: Store, identifier: str, fields: dict[str, Any], *, owner: str, now: str) -> dict[str, Any]:
    """Store a new organization with its owner as the first member, and return it."""
    state: dict[str, Any] = {
        "status": "active",
        "review_status": "not_submitted",
        "declaration": {},
        "deletion_requested_at": None,
        "deletes_at": None,
    }
    store.put("organization", identifier, {**fields, **state}, created_at=now)
    join(store, identifier, owner, "owner", now)
    return {"id": identifier, "created_at": now, **fields, **state}


def join(store: Store, organization_id: str, user_id: str, role: str, now: str) -> None:
    """Store a membership."""
    fields = {"organization_id": organization_id, "user_id": user_id, "role": role}
    store.put("member", f"{organization_id}/{user_id}", fields, owner=organization_id, created_at=now)


def membership(store: Store, organization_id: str, user_id: str) -> dict[str, Any] | None:
    """Return the membership of a person in an organization, or None."""
    return store.get("member", f"{organization_id}/{user_id}")


def memberships(store: Store, user_id: str) -> list[dict[str, Any]]:
    """Return all memberships of a person, newest first."""
    return [found for found in store.records("member") if found["user_id"] == user_id]


def leave(store: Store, found: dict[str, Any], now: str) -> None:
    """End a membership, and the person's sessions and API keys in that organization."""
    store.drop("member", found["id"])
    for session in store.records("session", owner=found["user_id"]):
        if session["organization_id"] == found["organization_id"]:
            end_session(store, session, now)
    for key in store.records("api_key", owner=found["organization_id"]):
        if key["user_id"] == found["user_id"]:
            store.change("api_key", key, revoked_at=key.get("revoked_at") or now)


def open_session(
    store: Store, identifier: str, token: str, member: dict[str, Any], *, now: str, expires_at: str | None = None
) -> None:
    """Store a session, whose token is accepted from now on."""
    fields = {
        "fingerprint": fingerprint(token),
        "user_id": member["user_id"],
        "organization_id": member["organization_id"],
        "expires_at": expires_at,
        "revoked_at": None,
    }
    store.put("session", identifier, fields, owner=member["user_id"], created_at=now)


def end_session(store: Store, session: dict[str, Any], now: str) -> None:
    """End a session. Its record stays, since a login token would otherwise open a new session."""
    store.change("session", session, revoked_at=session["revoked_at"] or now)


def log_in(store: Store, token: str, email: str, now: str) -> dict[str, Any]:
    """Store the first session of a login token, and return it.

    A person with a new address is created. A person without an organization gets a new one.
    """
    person = store.find("user", "email", email)
    if person is None:
        person = {"id": store.new_id("usr"), "created_at": now, "email": email, "name": email.partition("@")[0]}
        store.put("user", person["id"], {"email": email, "name": person["name"]}, created_at=now)
    if not memberships(store, person["id"]):
        fields = {"name": f"Organization of {email}"}
        add_organization(store, store.new_id("org"), fields, owner=person["id"], now=now)
    identifier = store.new_id("ses")
    open_session(store, identifier, token, memberships(store, person["id"])[-1], now=now)
    session = store.get("session", identifier)
    assert session is not None
    return session


def erase_due(store: Store, now: str) -> None:
    """Erase the organizations whose period of grace has ended, with all their data."""
    due = "select id from records where kind = 'organization' and json_extract(fields, '$.deletes_at') <= ?"
    if store.one(due, now) is None:
        return
    with store:
        for row in store.all(due, now):
            for session in store.records("session"):
                if session["organization_id"] == row["id"]:
                    end_session(store, session, now)
            endpoints = "select id from records where kind = 'webhook' and owner = ?"
            store.run(f"delete from records where kind = 'webhook_delivery' and owner in ({endpoints})", row["id"])
            store.run("delete from records where owner = ?", row["id"])
            store.run("delete from turns_used where organization_id = ?", row["id"])
            store.run("delete from answers where key glob ?", f"{row['id']}/*")
            store.run("delete from relationships where organization_id = ?", row["id"])
            store.run("delete from interactions where organization_id = ?", row["id"])
            store.run("delete from personalities where organization_id = ?", row["id"])
            store.drop("organization", row["id"])
