"""The namespace ``client.invitations``: invitations to an organization, for the invited person."""

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
    """Invitations to an organization, for the invited person."""

    __slots__ = ()

    async def get(self, token: str, **options: Unpack[p.Options]) -> m.InvitationDetails:
        """Return an invitation: the organization, the role, the inviting person.

        Args:
            token: The token that was mailed.

        Returns:
            The invitation.

        Raises:
            NotFoundError: The invitation does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, token)

    async def accept(self, token: str, **options: Unpack[p.Options]) -> m.AcceptedInvitation:
        """Accept an invitation. Your email address must be the invited one.

        The call is not retried if the API may have executed it.

        Args:
            token: The token that was mailed.

        Returns:
            The organization you now belong to.

        Raises:
            NotFoundError: The invitation does not exist.

        Source: official SDK.
        """
        return await self._requester.call(ops.ACCEPT, None, options, token)
