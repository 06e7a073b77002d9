"""Who is calling: an API key with its scope, or a person with a token of the portal.

Besides ``read_write``, which the docs name, scopes are the sandbox's own: ``read`` may only read.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from .refusal import Refusal
from .store import Store

API_KEY = "uniq_test_sandbox00000000"
ACCESS_TOKEN = "sandbox.portal.token"
EXPIRED_TOKEN = "sandbox.expired.token"
OWNER = "usr_sandbox_owner"
ORGANIZATION = "org_sandbox"


@dataclass(frozen=True)
class Caller:
    """Who is calling, and for which organization."""

    kind: Literal["key", "portal"]
    organization_id: str = ORGANIZATION
    user_id: str = OWNER
    key_id: str | None = None
    session_id: str | None = None
    scope: str = "read_write"


def fingerprint(secret: str) -> str:
    """What is kept of a key or token, so that nobody reads it in the database."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(authorization: str, store: Store, now: str) -> Caller:
    """Who sends this header.

    Made keys are records of the kind ``api_key``, made tokens of the kind ``session``; both hold ``fingerprint``,
    ``organization_id`` and ``user_id``, and may hold ``expires_at`` and ``revoked_at``.

    Raises:
        Refusal: ``authentication_error``, ``token_expired`` or ``invalid_token``.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("authentication_error", "Authorization: Bearer ... is missing.")
    is_key = token.startswith(("uniq_test_", "uniq_live_"))
    if is_key and secrets.compare_digest(token.encode(), API_KEY.encode()):
        return Caller("key", key_id="key_sandbox")
    if not is_key and token == EXPIRED_TOKEN:
        raise _expired()
    if not is_key and token == ACCESS_TOKEN and store.get("session", "ses_sandbox") is None:
        return Caller("portal", session_id="ses_sandbox")
    found = store.find("api_key" if is_key else "session", "fingerprint", fingerprint(token))
    if found is None or found.get("revoked_at"):
        if is_key:
            raise Refusal("authentication_error", "The sandbox does not know this API key.")
        raise Refusal("invalid_token")
    if found.get("expires_at") and found["expires_at"] <= now:
        raise Refusal("authentication_error", "This API key has expired.") if is_key else _expired()
    return Caller(
        "key" if is_key else "portal",
        found["organization_id"],
        found["user_id"],
        found["id"] if is_key else None,
        None if is_key else found["id"],
        found.get("scope", "read_write"),
    )


def _expired() -> Refusal:
    return Refusal("token_expired", headers={"WWW-Authenticate": 'Bearer error="token_expired"'})
