"""The namespace ``client.sessions``: the logins of the calling person."""

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
    """The logins of the calling person. They need a portal access token."""

    __slots__ = ()

    async def list(self, **options: Unpack[p.Options]) -> m.SessionList:
        """List the active sessions, one for each login.

        Returns:
            The sessions in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def revoke(self, session_id: str, **options: Unpack[p.Options]) -> m.RevokedSession:
        """End one session.

        Args:
            session_id: The id of the session.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The session does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.REVOKE, None, options, session_id)

    async def revoke_all(self, **options: Unpack[p.Options]) -> m.RevokedSessions:
        """End all sessions, including the current one.

        Returns:
            How many sessions ended.

        Source: official SDK.
        """
        return await self._requester.call(ops.REVOKE_ALL, None, options)
