"""``client.api_keys``: the keys of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ...api import api_keys as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncApiKeys(AsyncNamespace):
    """The keys of the organization."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.ApiKeyList:
        """The keys.

        Args:
            **options: The options of every call.

        Returns:
            The keys in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def create(self, body: p.ApiKeyCreateLike | None = None, **fields: Any) -> m.CreatedApiKey:
        """Make a key. An Idempotency-Key makes it safe to repeat.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The new key; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, key_id: str, **options: Unpack[p.Options]) -> m.ApiKey:
        """One key.

        Args:
            key_id: Id of the key; not the key itself.
            **options: The options of every call.

        Returns:
            The key, as far as it may be shown again; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, key_id)

    async def revoke(self, key_id: str, **options: Unpack[p.Options]) -> m.RevokedApiKey:
        """Make a key useless.

        Args:
            key_id: Id of the key; not the key itself.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.REVOKE, None, options, key_id)
