"""``client.api_keys``: the keys of the organization."""

from __future__ import annotations

from typing import Final

from .._base.model import Model, OpenRequest
from .._wire.operation import Operation


class ApiKey(Model):
    """An API key without its secret (fields: undocumented)."""


class ApiKeyList(Model):
    """Answer of ``api_keys.list`` (undocumented; the key ``data`` is presumed, as in the lists that are public)."""

    data: list[ApiKey] | None = None


class ApiKeyCreate(OpenRequest):
    """Body of ``api_keys.create`` (keys: undocumented, so any are sent)."""


class CreatedApiKey(Model):
    """Answer of ``api_keys.create`` (fields: undocumented)."""


class RevokedApiKey(Model):
    """Answer of ``api_keys.revoke`` (fields: undocumented)."""


LIST: Final = Operation("GET", "/v1/api-keys", ApiKeyList)
CREATE: Final = Operation("POST", "/v1/api-keys", CreatedApiKey, body=ApiKeyCreate, resend="keyed")
GET: Final = Operation("GET", "/v1/api-keys/{key_id}", ApiKey)
REVOKE: Final = Operation("DELETE", "/v1/api-keys/{key_id}", RevokedApiKey)
