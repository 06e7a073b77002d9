"""The caller of a request: an API key with its scope, or a person with an access token of the portal.

Chosen by the sandbox:

- Besides ``read_write``, which the docs name, there is the scope ``read``, which may only read.
- There is no sign-up and no password. The access token ``sandbox.login.EMAIL`` is a login of the person with that
  address. The first login creates the person, and an organization with that person as the owner.
- ``sandbox.login-2.EMAIL`` is another login of the same person. Once a session has ended, its token stays refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..._network.proxy import SANDBOX_KEY, SANDBOX_TOKEN
from ..refusal import Refusal
from ..state.accounts import add_organization, erase_due, fingerprint, log_in, open_session
from ..state.store import Store

# The SDK recognises the sandbox by these prefixes, and then ignores the proxy of the environment.
API_KEY = f"{SANDBOX_KEY}00000000"
ACCESS_TOKEN = f"{SANDBOX_TOKEN}portal.token"
EXPIRED_TOKEN = f"{SANDBOX_TOKEN}expired.token"
OWNER = "usr_sandbox_owner"
OWNER_EMAIL = "owner@example.com"
ORGANIZATION = "org_sandbox"
_LOGIN = re.compile(rf"{re.escape(SANDBOX_TOKEN)}login(?:-\w{{1,20}})?\.([^@\s]{{1,64}}@[^@\s]{{1,190}})", re.ASCII)


@dataclass(frozen=True)
class Caller:
    """The caller and the caller's organization; both ids are empty for a public operation."""

    kind: Literal["key", "portal", "public"]
    organization_id: str = ORGANIZATION
    user_id: str = OWNER
    key_id: str | None = None
    session_id: str | None = None
    scope: str = "read_write"


def seed(store: Store, now: str) -> None:
    """Store the built-in account: the owner with an organization, an API key and a session."""
    if store.get("user", OWNER) is not None:
        return
    store.put("user", OWNER, {"email": OWNER_EMAIL, "name": "Sandbox owner"}, created_at=now)
    add_organization(store, ORGANIZATION, {"name": "Sandbox"}, owner=OWNER, now=now)
    member = {"organization_id": ORGANIZATION, "user_id": OWNER}
    key = {"name": "Sandbox key", "scope": "read_write", "hint": API_KEY[-4:], "fingerprint": fingerprint(API_KEY)}
    store.put("api_key", "key_sandbox", {**key, **member}, owner=ORGANIZATION, created_at=now)
    open_session(store, "ses_sandbox", ACCESS_TOKEN, member, now=now)


def authenticate(authorization: str, store: Store, now: str, *, public: bool = False) -> Caller:
    """Return the caller that a header ``Authorization`` names.

    Keys are records of the kind ``api_key``, and tokens records of the kind ``session``. Both hold ``fingerprint``,
    ``organization_id`` and ``user_id``, and may hold ``expires_at`` and ``revoked_at``.

    Args:
        authorization: The value of the header.
        store: The store that holds the credentials.
        now: The time, as the API writes it.
        public: Whether the operation needs no credential.

    Raises:
        Refusal: ``authentication_error``, ``token_expired`` or ``invalid_token``.
    """
    erase_due(store, now)
    if public:
        return Caller("public", "", "", scope="read")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("authentication_error", "Authorization: Bearer ... is missing.")
    is_key = token.startswith(("uniq_test_", "uniq_live_"))
    if token == EXPIRED_TOKEN:
        raise _expired_token()
    found = store.find("api_key" if is_key else "session", "fingerprint", fingerprint(token))
    login = _LOGIN.fullmatch(token)
    if found is None and login is not None:
        with store:
            found = log_in(store, token, login[1].lower(), now)
    if found is None or found.get("revoked_at"):
        if is_key:
            raise Refusal("authentication_error", "The sandbox does not know this API key.")
        raise Refusal("invalid_token")
    if found.get("expires_at") and found["expires_at"] <= now:
        raise Refusal("authentication_error", "This API key has expired.") if is_key else _expired_token()
    return Caller(
        "key" if is_key else "portal",
        found["organization_id"],
        found["user_id"],
        found["id"] if is_key else None,
        None if is_key else found["id"],
        found.get("scope", "read_write"),
    )


def _expired_token() -> Refusal:
    return Refusal("token_expired", headers={"WWW-Authenticate": 'Bearer error="token_expired"'})
