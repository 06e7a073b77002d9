# Generated from _async/namespaces/organizations.py by python -m uniqos._generate. Do not edit.
"""The namespace ``client.organizations``: profile, review, members, ownership, deletion and export."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from typing_extensions import Unpack

from ..._wire.encode import encode
from ..._wire.message import JSON
from ..._wire.operation import Body
from ...api import organizations as ops
from ..download import save
from .base import Namespace, namespace

if TYPE_CHECKING:
    from ... import _params as p
    from ... import models as m
else:
    from ..._base.hints import models as m
    from ..._base.hints import params as p


class OrganizationMembers(Namespace):
    """The members of an organization."""

    __slots__ = ()

    def list(self, org_id: str, **options: Unpack[p.Options]) -> m.MemberList:
        """List the members.

        Args:
            org_id: The id of the organization.

        Returns:
            The members in ``data``.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MEMBERS_LIST, None, options, org_id)

    def invite(
        self, org_id: str, body: p.MemberInviteLike | None = None, **fields: Unpack[p.MemberInviteArgs]
    ) -> m.Invitation:
        """Invite a person by email. An idempotency key makes retries safe.

        Args:
            org_id: The id of the organization.
            body: ``email`` and ``role`` as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The invitation.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; which keys are required is undocumented.
        """
        return self._requester.call(ops.MEMBERS_INVITE, body, fields, org_id)

    def update_role(
        self,
        org_id: str,
        user_id: str,
        body: p.MemberRoleUpdateLike | None = None,
        **fields: Unpack[p.MemberRoleUpdateArgs],
    ) -> m.Member:
        """Change the role of a member.

        Args:
            org_id: The id of the organization.
            user_id: The id of the member.
            body: ``role`` as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The member with the new role.

        Raises:
            NotFoundError: The organization or member does not exist.

        Source: official SDK.
        """
        return self._requester.call(ops.MEMBERS_UPDATE_ROLE, body, fields, org_id, user_id)

    def remove(self, org_id: str, user_id: str, **options: Unpack[p.Options]) -> m.RemovedMember:
        """Remove a member.

        Args:
            org_id: The id of the organization.
            user_id: The id of the member.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization or member does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.MEMBERS_REMOVE, None, options, org_id, user_id)


class OrganizationInvitations(Namespace):
    """The invitations that an organization has sent."""

    __slots__ = ()

    def list(self, org_id: str, **options: Unpack[p.Options]) -> m.InvitationList:
        """List the open invitations.

        Args:
            org_id: The id of the organization.

        Returns:
            The invitations in ``data``.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.INVITATIONS_LIST, None, options, org_id)

    def revoke(self, org_id: str, invitation_id: str, **options: Unpack[p.Options]) -> m.RevokedInvitation:
        """Revoke an invitation.

        Args:
            org_id: The id of the organization.
            invitation_id: The id of the invitation.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization or invitation does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.INVITATIONS_REVOKE, None, options, org_id, invitation_id)


class Organizations(Namespace):
    """Organizations, their members and their data."""

    __slots__ = ("__dict__",)

    @namespace
    def members(self) -> type[OrganizationMembers]:
        """The members of an organization."""
        return OrganizationMembers

    @namespace
    def invitations(self) -> type[OrganizationInvitations]:
        """The invitations that an organization has sent."""
        return OrganizationInvitations

    def list(self, **options: Unpack[p.Options]) -> m.OrganizationList:
        """List the caller's organizations.

        Returns:
            The organizations in ``data``.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.LIST, None, options)

    def create(self, body: p.OrganizationCreateLike | None = None, **fields: Any) -> m.Organization:
        """Create an organization. An idempotency key makes retries safe.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The organization.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.CREATE, body, fields)

    def get(self, org_id: str, **options: Unpack[p.Options]) -> m.Organization:
        """Return one organization.

        Args:
            org_id: The id of the organization.

        Returns:
            The organization.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.GET, None, options, org_id)

    def update(self, org_id: str, body: p.OrganizationUpdateLike | None = None, **fields: Any) -> m.Organization:
        """Change the profile of an organization.

        Args:
            org_id: The id of the organization.
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The organization.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.UPDATE, body, fields, org_id)

    def update_declaration(
        self, org_id: str, body: p.OrganizationDeclarationLike | None = None, **fields: Any
    ) -> m.UpdatedDeclaration:
        """Change the declaration of an organization about itself.

        Args:
            org_id: The id of the organization.
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.UPDATE_DECLARATION, body, fields, org_id)

    def review_status(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationReviewStatus:
        """Return the state of an organization's review.

        Args:
            org_id: The id of the organization.

        Returns:
            The review.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.REVIEW_STATUS, None, options, org_id)

    def appeal(
        self, org_id: str, body: p.OrganizationAppealLike | None = None, **fields: Any
    ) -> m.OrganizationAppealResult:
        """Appeal against the rejection of an organization.

        The call is not retried if the API may have executed it.

        Args:
            org_id: The id of the organization.
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.APPEAL, body, fields, org_id)

    def request_transfer(
        self, org_id: str, body: p.OwnershipTransferLike | None = None, **fields: Any
    ) -> m.OwnershipTransferResult:
        """Request a transfer of ownership, which the current owner confirms by email.

        The call is not retried if the API may have executed it.

        Args:
            org_id: The id of the organization.
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.REQUEST_TRANSFER, body, fields, org_id)

    def cancel_transfer(self, org_id: str, **options: Unpack[p.Options]) -> m.CancelledTransfer:
        """Cancel a transfer of ownership.

        Args:
            org_id: The id of the organization.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.CANCEL_TRANSFER, None, options, org_id)

    def confirm_transfer(self, body: p.TransferConfirmationLike | None = None, **fields: Any) -> m.ConfirmedTransfer:
        """Confirm a transfer of ownership with the token that was mailed to the current owner.

        The call is not retried if the API may have executed it.

        Args:
            body: The body as one object. Its keys are undocumented.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The server's answer.

        Source: official SDK; the shapes of body and answer are undocumented.
        """
        return self._requester.call(ops.CONFIRM_TRANSFER, body, fields)

    @overload
    def request_deletion(
        self, org_id: str, **fields: Unpack[p.OrganizationDeletionRequestArgs]
    ) -> m.OrganizationDeletionReceipt: ...
    @overload
    def request_deletion(
        self, org_id: str, body: p.OrganizationDeletionRequestLike, **options: Unpack[p.Options]
    ) -> m.OrganizationDeletionReceipt: ...
    def request_deletion(self, org_id: str, body: Body | None = None, **fields: Any) -> m.OrganizationDeletionReceipt:
        """Request the deletion of an organization, which can be cancelled for 30 days.

        Args:
            org_id: The id of the organization.
            body: ``confirm_name``, the organization's name typed out, as one object.
            **fields: The body as keywords, and the options of the call.

        Returns:
            The new status.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK.
        """
        return self._requester.call(ops.REQUEST_DELETION, body, fields, org_id)

    def cancel_deletion(self, org_id: str, **options: Unpack[p.Options]) -> m.CancelledOrganizationDeletion:
        """Cancel the deletion of an organization.

        Args:
            org_id: The id of the organization.

        Returns:
            The server's answer.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.CANCEL_DELETION, None, options, org_id)

    def deletion_status(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationDeletionStatus:
        """Return the state of an organization's deletion.

        Args:
            org_id: The id of the organization.

        Returns:
            The deletion.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK; the shape of the answer is undocumented.
        """
        return self._requester.call(ops.DELETION_STATUS, None, options, org_id)

    def export(self, org_id: str, **options: Unpack[p.Options]) -> m.OrganizationExport:
        """Export all data of an organization.

        Args:
            org_id: The id of the organization.

        Returns:
            The data; all but ``organization`` is undocumented. For very large exports see ``save_export``.

        Raises:
            NotFoundError: The organization does not exist.

        Source: official SDK.
        """
        return self._requester.call(ops.EXPORT, None, options, org_id)

    def save_export(
        self, org_id: str, path: str | os.PathLike[str], *, max_bytes: int | None = None, **options: Unpack[p.Options]
    ) -> m.SavedFile:
        """Export all data of an organization to a file, which appears once it is complete.

        Args:
            org_id: The id of the organization.
            path: The file. Its folder must exist; an existing file is replaced.
            max_bytes: The largest accepted size in bytes; None for no limit.
            **options: The options of the call. ``timeout`` limits the wait for each chunk, ``deadline`` the whole
                download.

        Returns:
            The path, the size in bytes and the content type.

        Raises:
            ConfigurationError: ``cannot_write_file``: the path cannot be a file.
            ResponseDecodeError: The response is larger than ``max_bytes`` (``response_too_large``), empty
                (``empty_response``), or of an unexpected content type.
            NotFoundError: The organization does not exist.
            UniqOSError: ``cannot_write_file``: writing failed, e.g. because the disk is full.

        Source: official SDK.
        """
        return save(self._requester, encode(ops.EXPORT, None, options, (org_id,)), path, max_bytes, JSON)
