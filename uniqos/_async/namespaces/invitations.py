"""``client.invitations``: an invitation to an organization, by the token that was mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import Unpack

from ...api import invitations as ops
from .base import AsyncNamespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncInvitations(AsyncNamespace):
    """An invitation to an organization, seen by the invited person."""

    __slots__ = ()

    async def get(self, token: str, **options: Unpack[p.Options]) -> m.InvitationDetails:
        """What an invitation says: organization, role, who invites.

        Args:
            token: The token that was mailed.
            **options: The options of every call.

        Returns:
            The invitation; its fields are undocumented.

        Raises:
            NotFoundError: There is no such invitation.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, token)

    async def accept(self, token: str, **options: Unpack[p.Options]) -> m.AcceptedInvitation:
        """Accept an invitation; your email address must be the invited one.

        Args:
            token: The token that was mailed.
            **options: The options of every call.

        Returns:
            The organization you now belong to.

        Raises:
            NotFoundError: There is no such invitation.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK.
        """
        return await self._requester.call(ops.ACCEPT, None, options, token)
