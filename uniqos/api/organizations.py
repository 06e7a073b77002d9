"""``client.organizations``: profile, review, members, invitations, ownership, deletion and export."""

from __future__ import annotations

from typing import Any, Final, Literal

from .._base.model import Model, OpenRequest, RequestModel
from .._wire.operation import Operation


class Organization(Model):
    """An organization (fields: undocumented)."""


class OrganizationList(Model):
    """Answer of ``organizations.list`` (undocumented; the key ``data`` is presumed)."""

    data: list[Organization] | None = None


class OrganizationCreate(OpenRequest):
    """Body of ``organizations.create`` (keys: undocumented, so any are sent)."""


class OrganizationUpdate(OpenRequest):
    """Body of ``organizations.update`` (keys: undocumented, so any are sent)."""


class OrganizationDeletionRequest(RequestModel, source="official SDK"):
    """Body of ``organizations.request_deletion`` (source: official SDK)."""

    confirm_name: str
    """The organization's name, typed out."""


class OrganizationDeletionReceipt(Model, source="official SDK"):
    """Answer of ``organizations.request_deletion`` (source: official SDK)."""

    status: Literal["deletion_pending"] | str


class OrganizationDeletionStatus(Model):
    """Answer of ``organizations.deletion_status`` (fields: undocumented)."""


class CancelledOrganizationDeletion(Model):
    """Answer of ``organizations.cancel_deletion`` (fields: undocumented)."""


class OrganizationDeclaration(OpenRequest):
    """Body of ``organizations.update_declaration`` (keys: undocumented, so any are sent)."""


class UpdatedDeclaration(Model):
    """Answer of ``organizations.update_declaration`` (fields: undocumented)."""


class OrganizationReviewStatus(Model):
    """Answer of ``organizations.review_status`` (fields: undocumented)."""


class OrganizationAppeal(OpenRequest):
    """Body of ``organizations.appeal`` (keys: undocumented, so any are sent)."""


class OrganizationAppealResult(Model):
    """Answer of ``organizations.appeal`` (fields: undocumented)."""


class OwnershipTransfer(OpenRequest):
    """Body of ``organizations.request_transfer``: the new owner (keys: undocumented, so any are sent)."""


class OwnershipTransferResult(Model):
    """Answer of ``organizations.request_transfer`` (fields: undocumented)."""


class CancelledTransfer(Model):
    """Answer of ``organizations.cancel_transfer`` (fields: undocumented)."""


class TransferConfirmation(OpenRequest):
    """Body of ``organizations.confirm_transfer``: the emailed token (keys: undocumented, so any are sent)."""


class ConfirmedTransfer(Model):
    """Answer of ``organizations.confirm_transfer`` (fields: undocumented)."""


class OrganizationExport(Model, source="official SDK"):
    """All data held of an organization (source: official SDK; further fields are undocumented)."""

    organization: dict[str, Any]


class ListedMember(Model):
    """A member in ``organizations.members.list`` (fields: undocumented)."""


class MemberList(Model):
    """Answer of ``organizations.members.list`` (undocumented; the key ``data`` is presumed)."""

    data: list[ListedMember] | None = None


class MemberInvite(RequestModel, source="official SDK"):
    """Body of ``organizations.members.invite`` (source: official SDK)."""

    email: str | None = None
    """The address that the invitation is sent to."""
    role: Literal["admin", "developer"] | str | None = None
    """Further roles are undocumented."""


class Invitation(Model, source="official SDK"):
    """Answer of ``organizations.members.invite`` (source: official SDK; further fields are undocumented)."""

    id: str


class MemberRoleUpdate(RequestModel, source="official SDK"):
    """Body of ``organizations.members.update_role`` (source: official SDK)."""

    role: Literal["admin", "developer"] | str | None = None
    """Further roles are undocumented."""


class Member(Model, source="official SDK"):
    """Answer of ``organizations.members.update_role`` (source: official SDK; further fields are undocumented)."""

    id: str
    role: Literal["admin", "developer"] | str


class RemovedMember(Model):
    """Answer of ``organizations.members.remove`` (fields: undocumented)."""


class ListedInvitation(Model):
    """An invitation in ``organizations.invitations.list`` (fields: undocumented)."""


class InvitationList(Model):
    """Answer of ``organizations.invitations.list`` (undocumented; the key ``data`` is presumed)."""

    data: list[ListedInvitation] | None = None


class RevokedInvitation(Model):
    """Answer of ``organizations.invitations.revoke`` (fields: undocumented)."""


_ONE = "/v1/organizations/{org_id}"

LIST: Final = Operation("GET", "/v1/organizations", OrganizationList)
CREATE: Final = Operation("POST", "/v1/organizations", Organization, body=OrganizationCreate, resend="keyed")
GET: Final = Operation("GET", _ONE, Organization)
UPDATE: Final = Operation("PATCH", _ONE, Organization, body=OrganizationUpdate)
UPDATE_DECLARATION: Final = Operation("PATCH", f"{_ONE}/declaration", UpdatedDeclaration, body=OrganizationDeclaration)
REVIEW_STATUS: Final = Operation("GET", f"{_ONE}/review-status", OrganizationReviewStatus)
APPEAL: Final = Operation("POST", f"{_ONE}/review/appeal", OrganizationAppealResult, body=OrganizationAppeal)
REQUEST_TRANSFER: Final = Operation(
    "POST", f"{_ONE}/transfer-ownership", OwnershipTransferResult, body=OwnershipTransfer
)
CANCEL_TRANSFER: Final = Operation("DELETE", f"{_ONE}/transfer-ownership", CancelledTransfer)
CONFIRM_TRANSFER: Final = Operation(
    "POST", "/v1/organizations/transfer/confirm", ConfirmedTransfer, body=TransferConfirmation
)
REQUEST_DELETION: Final = Operation("DELETE", _ONE, OrganizationDeletionReceipt, body=OrganizationDeletionRequest)
CANCEL_DELETION: Final = Operation("POST", f"{_ONE}/cancel-deletion", CancelledOrganizationDeletion)
DELETION_STATUS: Final = Operation("GET", f"{_ONE}/deletion-status", OrganizationDeletionStatus)
EXPORT: Final = Operation("GET", f"{_ONE}/export", OrganizationExport)

MEMBERS_LIST: Final = Operation("GET", f"{_ONE}/members", MemberList)
MEMBERS_INVITE: Final = Operation("POST", f"{_ONE}/members", Invitation, body=MemberInvite, resend="keyed")
MEMBERS_UPDATE_ROLE: Final = Operation("PATCH", f"{_ONE}/members/{{user_id}}", Member, body=MemberRoleUpdate)
MEMBERS_REMOVE: Final = Operation("DELETE", f"{_ONE}/members/{{user_id}}", RemovedMember)

INVITATIONS_LIST: Final = Operation("GET", f"{_ONE}/invitations", InvitationList)
INVITATIONS_REVOKE: Final = Operation("DELETE", f"{_ONE}/invitations/{{invitation_id}}", RevokedInvitation)
