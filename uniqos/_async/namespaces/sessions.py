"""``client.sessions``: where the calling person is logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import sessions as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncSessions(AsyncNamespace):
    """Where the calling person is logged in; needs a portal access token."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.SessionList:
        """The active sessions, one for each login.

        Args:
            **options: The options of every call.

        Returns:
            The sessions in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def revoke(self, session_id: str, **options: Unpack[p.Options]) -> m.RevokedSession:
        """End one session.

        Args:
            session_id: Id of the session.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.REVOKE, None, options, session_id)

    async def revoke_all(self, **options: Unpack[p.Options]) -> m.RevokedSessions:
        """End every session, this one too.

        Args:
            **options: The options of every call.

        Returns:
            How many sessions ended.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.REVOKE_ALL, None, options)
