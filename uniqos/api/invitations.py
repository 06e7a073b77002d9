"""``client.invitations``: an invitation to an organization, by the token from the mail."""

from __future__ import annotations

from typing import Final

from .._base.model import Model
from .._wire.operation import Operation


class InvitationDetails(Model):
    """Answer of ``invitations.get``: organization, role and inviter (fields: undocumented)."""


class AcceptedInvitation(Model, source="official SDK"):
    """Answer of ``invitations.accept`` (source: official SDK; further fields are undocumented)."""

    organization_id: str


GET: Final = Operation("GET", "/v1/invitations/{token}", InvitationDetails)
ACCEPT: Final = Operation("POST", "/v1/invitations/{token}/accept", AcceptedInvitation)
