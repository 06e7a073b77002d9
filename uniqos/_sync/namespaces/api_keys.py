# Generated from _async/namespaces/api_keys.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.api_keys``: the API keys of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ...api import api_keys as ops
from .base import Namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class ApiKeys(Namespace):
    """The API keys of the organization."""

    __slots__ = ()

    def list(self, **options: Unpack[p.Options]) -> m.ApiKeyList:
        """List the API keys.

        Returns:
            The keys in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.LIST, None, options)

    def create(self, body: p.ApiKeyCreateLike | None = None, **fields: Any) -> m.CreatedApiKey:
        """Create an API key. An idempotency key makes retries safe.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The new key.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.CREATE, body, fields)

    def get(self, key_id: str, **options: Unpack[p.Options]) -> m.ApiKey:
        """Return one API key.

        Args:
            key_id: The id of the key; not the key itself.

        Returns:
            The key, as far as it may be shown again.

        Raises:
            NotFoundError: The API key does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.GET, None, options, key_id)

    def revoke(self, key_id: str, **options: Unpack[p.Options]) -> m.RevokedApiKey:
        """Revoke an API key.

        Args:
            key_id: The id of the key; not the key itself.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The API key does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.REVOKE, None, options, key_id)
