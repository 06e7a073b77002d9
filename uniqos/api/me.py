"""``client.me``: the calling person or key."""

from __future__ import annotations

from typing import Final

from .._base.model import Model, OpenRequest, RequestModel
from .._wire.operation import Operation


class Me(Model):
    """The profile of the caller (fields: undocumented)."""


class MeUpdate(OpenRequest):
    """Body of ``me.update`` (keys: undocumented, so any are sent)."""


class SwitchOrganization(RequestModel, source="official SDK"):
    """Body of ``me.switch_organization`` (source: official SDK)."""

    organization_id: str
    """The organization to act for from now on."""


class SwitchedOrganization(Model):
    """Answer of ``me.switch_organization``: it holds a new access token (fields: undocumented)."""


GET: Final = Operation("GET", "/v1/me", Me)
UPDATE: Final = Operation("PATCH", "/v1/me", Me, body=MeUpdate)
SWITCH_ORGANIZATION: Final = Operation(
    "POST", "/v1/me/switch-organization", SwitchedOrganization, body=SwitchOrganization
)
