"""``client.organizations``: their profile, review, members, invitations, ownership, deletion and export."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from typing_extensions import Unpack

from ..._wire.encode import encode
from ..._wire.message import JSON
from ..._wire.operation import Body
from ...api import organizations as ops
from ..download import save
from .base import AsyncNamespace, namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class AsyncOrganizationMembers(AsyncNamespace):
    """The members of an organization."""

    __slots__ = ()

    async def list(self, org_id: str, **options: Unpack[p.Options]) -> m.MemberList:
        """The members.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The members in ``data``; their fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.MEMBERS_LIST, None, options, org_id)

    async def invite(
        self, org_id: str, body: p.MemberInviteLike | None = None, **fields: Unpack[p.MemberInviteArgs]
    ) -> m.Invitation:
        """Invite someone by email. An Idempotency-Key makes it safe to repeat.

        Args:
            org_id: Id of the organization.
            body: ``email`` and ``role`` as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The invitation.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; which keys are required is undocumented.
        """
        return await self._requester.call(ops.MEMBERS_INVITE, body, fields, org_id)

    async def update_role(
        self,
        org_id: str,
        user_id: str,
        body: p.MemberRoleUpdateLike | None = None,
        **fields: Unpack[p.MemberRoleUpdateArgs],
    ) -> m.Member:
        """Give a member another role.

        Args:
            org_id: Id of the organization.
            user_id: Id of the member.
            body: ``role`` as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The member with the new role.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.MEMBERS_UPDATE_ROLE, body, fields, org_id, user_id)

    async def remove(self, org_id: str, user_id: str, **options: Unpack[p.Options]) -> m.RemovedMember:
        """Remove a member.

        Args:
            org_id: Id of the organization.
            user_id: Id of the member.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.MEMBERS_REMOVE, None, options, org_id, user_id)


class AsyncOrganizationInvitations(AsyncNamespace):
    """The invitations that an organization has sent."""

    __slots__ = ()

    async def list(self, org_id: str, **options: Unpack[p.Options]) -> m.InvitationList:
        """The open invitations.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The invitations in ``data``; their fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.INVITATIONS_LIST, None, options, org_id)

    async def revoke(self, org_id: str, invitation_id: str, **options: Unpack[p.Options]) -> m.RevokedInvitation:
        """Take an invitation back.

        Args:
            org_id: Id of the organization.
            invitation_id: Id of the invitation.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.INVITATIONS_REVOKE, None, options, org_id, invitation_id)


class AsyncOrganizations(AsyncNamespace):
    """Organizations, their people and their data."""

    __slots__ = ("__dict__",)

    @namespace
    def members(self) -> type[AsyncOrganizationMembers]:
        """The members of an organization."""
        return AsyncOrganizationMembers

    @namespace
    def invitations(self) -> type[AsyncOrganizationInvitations]:
        """The invitations that an organization has sent."""
        return AsyncOrganizationInvitations

    async def list(self, **options: Unpack[p.Options]) -> m.OrganizationList:
        """The caller's organizations.

        Args:
            **options: The options of every call.

        Returns:
            The organizations in ``data``; their fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.LIST, None, options)

    async def create(self, body: p.OrganizationCreateLike | None = None, **fields: Any) -> m.Organization:
        """Create an organization. An Idempotency-Key makes it safe to repeat.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The organization; its fields are undocumented.

        Raises:
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.CREATE, body, fields)

    async def get(self, org_id: str, **options: Unpack[p.Options]) -> m.Organization:
        """One organization.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The organization; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.GET, None, options, org_id)

    async def update(self, org_id: str, body: p.OrganizationUpdateLike | None = None, **fields: Any) -> m.Organization:
        """Change an organization's profile.

        Args:
            org_id: Id of the organization.
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The organization; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.UPDATE, body, fields, org_id)

    async def update_declaration(
        self, org_id: str, body: p.OrganizationDeclarationLike | None = None, **fields: Any
    ) -> m.UpdatedDeclaration:
        """Change what an organization declares about itself.

        Args:
            org_id: Id of the organization.
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.UPDATE_DECLARATION, body, fields, org_id)

    async def review_status(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationReviewStatus:
        """How far the review of an organization has come.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The review; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.REVIEW_STATUS, None, options, org_id)

    async def appeal(
        self, org_id: str, body: p.OrganizationAppealLike | None = None, **fields: Any
    ) -> m.OrganizationAppealResult:
        """Appeal against the rejection of an organization.

        Args:
            org_id: Id of the organization.
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.APPEAL, body, fields, org_id)

    async def request_transfer(
        self, org_id: str, body: p.OwnershipTransferLike | None = None, **fields: Any
    ) -> m.OwnershipTransferResult:
        """Ask for a transfer of ownership; the present owner confirms it by email.

        Args:
            org_id: Id of the organization.
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.REQUEST_TRANSFER, body, fields, org_id)

    async def cancel_transfer(self, org_id: str, **options: Unpack[p.Options]) -> m.CancelledTransfer:
        """Call a transfer of ownership off.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.CANCEL_TRANSFER, None, options, org_id)

    async def confirm_transfer(
        self, body: p.TransferConfirmationLike | None = None, **fields: Any
    ) -> m.ConfirmedTransfer:
        """Confirm a transfer of ownership with the token that was mailed to the present owner.

        Args:
            body: The body as one object; else as keywords. Its keys are undocumented.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            UniqOSError: As for every call. It is never sent twice where the first may have arrived.

        Source: official SDK; both shapes are undocumented.
        """
        return await self._requester.call(ops.CONFIRM_TRANSFER, body, fields)

    @overload
    async def request_deletion(
        self, org_id: str, **fields: Unpack[p.OrganizationDeletionRequestArgs]
    ) -> m.OrganizationDeletionReceipt: ...
    @overload
    async def request_deletion(
        self, org_id: str, body: p.OrganizationDeletionRequestLike, **options: Unpack[p.Options]
    ) -> m.OrganizationDeletionReceipt: ...
    async def request_deletion(
        self, org_id: str, body: Body | None = None, **fields: Any
    ) -> m.OrganizationDeletionReceipt:
        """Ask for an organization's deletion; it can be called off for 30 days.

        Args:
            org_id: Id of the organization.
            body: ``confirm_name``, the organization's name typed out, as one object.
            **fields: The same as keywords, and the options of every call.

        Returns:
            The new status.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.REQUEST_DELETION, body, fields, org_id)

    async def cancel_deletion(self, org_id: str, **options: Unpack[p.Options]) -> m.CancelledOrganizationDeletion:
        """Call an organization's deletion off.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The server's answer; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.CANCEL_DELETION, None, options, org_id)

    async def deletion_status(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationDeletionStatus:
        """How far an organization's deletion has come.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The deletion; its fields are undocumented.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK; the answer is undocumented.
        """
        return await self._requester.call(ops.DELETION_STATUS, None, options, org_id)

    async def export(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationExport:
        """Everything that is held of an organization.

        Args:
            org_id: Id of the organization.
            **options: The options of every call.

        Returns:
            The data; all but ``organization`` is undocumented. For very large ones see ``save_export``.

        Raises:
            NotFoundError: There is none of that id.
            UniqOSError: As for every call.

        Source: official SDK.
        """
        return await self._requester.call(ops.EXPORT, None, options, org_id)

    async def save_export(
        self, org_id: str, path: str | os.PathLike[str], *, max_bytes: int | None = None, **options: Unpack[p.Options]
    ) -> m.SavedFile:
        """Write everything that is held of an organization to a file, piece by piece; no half file is ever there.

        Args:
            org_id: Id of the organization.
            path: The file, in a folder that exists; a file of that name is replaced.
            max_bytes: The largest size that is taken, in bytes; None for any.
            **options: The options of every call; ``timeout`` bounds the wait for each piece, ``deadline`` the whole.

        Returns:
            Where it is, its size in bytes and its content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: no file can be there.
            ResponseDecodeError: ``response_too_large``, ``empty_response``, or something else than was asked for.
            NotFoundError: There is none of that id.
            UniqOSError: As for every call; ``cannot_write_file`` where writing fails.

        Source: official SDK.
        """
        return await save(self._requester, encode(ops.EXPORT, None, options, (org_id,)), path, max_bytes, JSON)
