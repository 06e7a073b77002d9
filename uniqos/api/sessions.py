"""``client.sessions``: the logins of the calling person."""

from __future__ import annotations

from typing import Final

from .._base.model import Model
from .._wire.operation import Operation


class Session(Model):
    """One login (fields: undocumented)."""


class SessionList(Model):
    """Answer of ``sessions.list`` (undocumented; the key ``data`` is presumed, as in the lists that are public)."""

    data: list[Session] | None = None


class RevokedSession(Model):
    """Answer of ``sessions.revoke`` (fields: undocumented)."""


class RevokedSessions(Model, source="official SDK"):
    """Answer of ``sessions.revoke_all`` (source: official SDK)."""

    revoked: int
    """Number of sessions that ended."""


LIST: Final = Operation("GET", "/v1/me/sessions", SessionList)
REVOKE: Final = Operation("DELETE", "/v1/me/sessions/{session_id}", RevokedSession)
REVOKE_ALL: Final = Operation("DELETE", "/v1/me/sessions", RevokedSessions)
