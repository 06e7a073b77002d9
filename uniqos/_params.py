# Generated from api/ by python -m uniqos._generate. Do not edit.

"""The request models for type checkers: as mappings, and as keywords.

``XLike`` is the type of a body or query of the model ``X``. Of a model of this package only the fields that were set
are sent. A model of yours, such as a subclass, is sent as its serializer gives it: with defaults, without unset Nones.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from typing_extensions import Required, TypedDict

from . import models
from ._wire.options import Options as Options

ApiKeyCreateLike: TypeAlias = models.ApiKeyCreate | BaseModel | Mapping[str, Any]
SubscriptionUpdateLike: TypeAlias = models.SubscriptionUpdate | BaseModel | Mapping[str, Any]
PaymentMethodAddLike: TypeAlias = models.PaymentMethodAdd | BaseModel | Mapping[str, Any]
PaymentMethodUpdateLike: TypeAlias = models.PaymentMethodUpdate | BaseModel | Mapping[str, Any]
InvoiceQueryLike: TypeAlias = models.InvoiceQuery | BaseModel | Mapping[str, Any]
TurnsUsageQueryLike: TypeAlias = models.TurnsUsageQuery | BaseModel | Mapping[str, Any]
OveragePolicyUpdateLike: TypeAlias = models.OveragePolicyUpdate | BaseModel | Mapping[str, Any]
QuotaAlertCreateLike: TypeAlias = models.QuotaAlertCreate | BaseModel | Mapping[str, Any]


class EndUserQueryDict(TypedDict, total=False):
    """``EndUserQuery`` as a mapping."""

    limit: int | None
    """End users per page."""
    cursor: str | None
    """``next_cursor`` of the page before."""


class EndUserQueryArgs(Options, EndUserQueryDict, total=False):
    """``EndUserQuery`` as keywords, and the options of a call."""


EndUserQueryLike: TypeAlias = models.EndUserQuery | EndUserQueryDict | BaseModel | Mapping[str, Any]


class EndUserCreateDict(TypedDict, total=False):
    """``EndUserCreate`` as a mapping."""

    user_id: Required[str]
    """Your own stable id."""
    metadata: Mapping[str, Any] | None
    """Object to store with the end user; ignored if the end user exists already."""


class EndUserCreateArgs(Options, EndUserCreateDict, total=False):
    """``EndUserCreate`` as keywords, and the options of a call."""


EndUserCreateLike: TypeAlias = models.EndUserCreate | EndUserCreateDict | BaseModel | Mapping[str, Any]


class EndUserUpdateDict(TypedDict, total=False):
    """``EndUserUpdate`` as a mapping."""

    metadata: Mapping[str, Any]
    """Object that replaces the stored one. ``{}`` clears it; without this field it stays."""


class EndUserUpdateArgs(Options, EndUserUpdateDict, total=False):
    """``EndUserUpdate`` as keywords, and the options of a call."""


EndUserUpdateLike: TypeAlias = models.EndUserUpdate | EndUserUpdateDict | BaseModel | Mapping[str, Any]


class EndUserDeleteDict(TypedDict, total=False):
    """``EndUserDelete`` as a mapping."""

    cascade: Literal["all", "model_only", "memory_only"] | None
    """Part to delete: all (default), the psychological model, or the relationships' memory."""
    reason: str | None
    """A note for the audit, at most 500 characters."""


class EndUserDeleteArgs(Options, EndUserDeleteDict, total=False):
    """``EndUserDelete`` as keywords, and the options of a call."""


EndUserDeleteLike: TypeAlias = models.EndUserDelete | EndUserDeleteDict | BaseModel | Mapping[str, Any]


class ReadableModelQueryDict(TypedDict, total=False):
    """``ReadableModelQuery`` as a mapping."""

    language: Literal["en", "es"] | None
    """The language of the words: English or Spanish."""


class ReadableModelQueryArgs(Options, ReadableModelQueryDict, total=False):
    """``ReadableModelQuery`` as keywords, and the options of a call."""


ReadableModelQueryLike: TypeAlias = models.ReadableModelQuery | ReadableModelQueryDict | BaseModel | Mapping[str, Any]


class RespondRequestFields(TypedDict, total=False):
    """The optional fields of ``RespondRequest`` that do not choose the type of the answer."""

    user_id: str | None
    """Your own stable id of the end user; required in stateful mode."""
    mode: Literal["stateless", "stateful"] | None
    """``stateful`` uses relational memory. By default the personality's ``default_mode``."""
    context: Mapping[str, Any] | None
    """Free JSON object; its keys are undocumented."""
    guardrails_behavior: Any
    """Undocumented shape."""
    llm_override: Any
    """Undocumented shape; the API answers 501 until it ships."""


class RespondRequestDict(RespondRequestFields, total=False):
    """``RespondRequest`` as a mapping."""

    personality_id: Required[str]
    """Id of the personality that answers, e.g. ``pers_...``."""
    message: Required[str]
    """Text of the user. The longest length is undocumented."""
    return_format: Literal["text", "modulator_pack"] | None
    """``text`` (default) is the reply. ``modulator_pack`` is material for a prompt to an LLM of your own."""
    stream: bool | None
    """Whether the answer comes as server-sent events."""


class RespondRequestArgs(Options, RespondRequestFields, total=False):
    """``RespondRequest`` as keywords, and the options of a call."""


RespondRequestLike: TypeAlias = models.RespondRequest | RespondRequestDict | BaseModel | Mapping[str, Any]
InferStateRequestLike: TypeAlias = models.InferStateRequest | BaseModel | Mapping[str, Any]
RecallMemoryRequestLike: TypeAlias = models.RecallMemoryRequest | BaseModel | Mapping[str, Any]
InteractionQueryDict = TypedDict(
    "InteractionQueryDict",
    {
        "user_id": str | None,
        "relationship_id": str | None,
        "from": str | datetime | None,
        "to": str | datetime | None,
        "limit": int | None,
        "cursor": str | None,
    },
    total=False,
)


class InteractionQueryFields(TypedDict, total=False):
    """The fields of ``InteractionQuery`` as keywords."""

    user_id: str | None
    """Only turns of this end user."""
    relationship_id: str | None
    """Only turns of this relationship."""
    from_: str | datetime | None
    """Earliest instant, inclusive: a datetime with a time zone, or ISO-8601 text. It is sent in UTC."""
    to: str | datetime | None
    """Latest instant, exclusive."""
    limit: int | None
    """Turns per page; the largest value is undocumented."""
    cursor: str | None
    """``next_cursor`` of the page before."""


class InteractionQueryArgs(Options, InteractionQueryFields, total=False):
    """``InteractionQuery`` as keywords, and the options of a call."""


InteractionQueryLike: TypeAlias = models.InteractionQuery | InteractionQueryDict | BaseModel | Mapping[str, Any]
AggregateQueryDict = TypedDict(
    "AggregateQueryDict",
    {
        "user_id": str | None,
        "relationship_id": str | None,
        "from": str | datetime | None,
        "to": str | datetime | None,
        "group_by": Literal["day", "week", "month"] | None,
    },
    total=False,
)


class AggregateQueryFields(TypedDict, total=False):
    """The fields of ``AggregateQuery`` as keywords."""

    user_id: str | None
    """Only turns of this end user."""
    relationship_id: str | None
    """Only turns of this relationship."""
    from_: str | datetime | None
    """Earliest instant, inclusive: a datetime with a time zone, or ISO-8601 text. It is sent in UTC."""
    to: str | datetime | None
    """Latest instant, exclusive."""
    group_by: Literal["day", "week", "month"] | None
    """Period of a bucket in UTC; without it, one grand total."""


class AggregateQueryArgs(Options, AggregateQueryFields, total=False):
    """``AggregateQuery`` as keywords, and the options of a call."""


AggregateQueryLike: TypeAlias = models.AggregateQuery | AggregateQueryDict | BaseModel | Mapping[str, Any]
MeUpdateLike: TypeAlias = models.MeUpdate | BaseModel | Mapping[str, Any]


class SwitchOrganizationDict(TypedDict, total=False):
    """``SwitchOrganization`` as a mapping."""

    organization_id: Required[str]
    """The organization to act for from now on."""


class SwitchOrganizationArgs(Options, SwitchOrganizationDict, total=False):
    """``SwitchOrganization`` as keywords, and the options of a call."""


SwitchOrganizationLike: TypeAlias = models.SwitchOrganization | SwitchOrganizationDict | BaseModel | Mapping[str, Any]
OrganizationCreateLike: TypeAlias = models.OrganizationCreate | BaseModel | Mapping[str, Any]
OrganizationUpdateLike: TypeAlias = models.OrganizationUpdate | BaseModel | Mapping[str, Any]


class OrganizationDeletionRequestDict(TypedDict, total=False):
    """``OrganizationDeletionRequest`` as a mapping."""

    confirm_name: Required[str]
    """The organization's name, typed out."""


class OrganizationDeletionRequestArgs(Options, OrganizationDeletionRequestDict, total=False):
    """``OrganizationDeletionRequest`` as keywords, and the options of a call."""


OrganizationDeletionRequestLike: TypeAlias = (
    models.OrganizationDeletionRequest | OrganizationDeletionRequestDict | BaseModel | Mapping[str, Any]
)
OrganizationDeclarationLike: TypeAlias = models.OrganizationDeclaration | BaseModel | Mapping[str, Any]
OrganizationAppealLike: TypeAlias = models.OrganizationAppeal | BaseModel | Mapping[str, Any]
OwnershipTransferLike: TypeAlias = models.OwnershipTransfer | BaseModel | Mapping[str, Any]
TransferConfirmationLike: TypeAlias = models.TransferConfirmation | BaseModel | Mapping[str, Any]


class MemberInviteDict(TypedDict, total=False):
    """``MemberInvite`` as a mapping."""

    email: str | None
    """The address that the invitation is sent to."""
    role: Literal["admin", "developer"] | str | None
    """Further roles are undocumented."""


class MemberInviteArgs(Options, MemberInviteDict, total=False):
    """``MemberInvite`` as keywords, and the options of a call."""


MemberInviteLike: TypeAlias = models.MemberInvite | MemberInviteDict | BaseModel | Mapping[str, Any]


class MemberRoleUpdateDict(TypedDict, total=False):
    """``MemberRoleUpdate`` as a mapping."""

    role: Literal["admin", "developer"] | str | None
    """Further roles are undocumented."""


class MemberRoleUpdateArgs(Options, MemberRoleUpdateDict, total=False):
    """``MemberRoleUpdate`` as keywords, and the options of a call."""


MemberRoleUpdateLike: TypeAlias = models.MemberRoleUpdate | MemberRoleUpdateDict | BaseModel | Mapping[str, Any]
PersonalityQueryLike: TypeAlias = models.PersonalityQuery | BaseModel | Mapping[str, Any]


class PersonalityCreateDict(TypedDict, total=False):
    """``PersonalityCreate`` as a mapping."""

    name: str | None
    """The name that people see."""
    source: Literal["guided_prompt"] | str | None
    """``guided_prompt`` if the personality comes from a guided proposal."""
    source_ref: str | None
    """Description that the proposal was made from."""


class PersonalityCreateArgs(Options, PersonalityCreateDict, total=False):
    """``PersonalityCreate`` as keywords, and the options of a call."""


PersonalityCreateLike: TypeAlias = models.PersonalityCreate | PersonalityCreateDict | BaseModel | Mapping[str, Any]
PersonalityNewVersionLike: TypeAlias = models.PersonalityNewVersion | BaseModel | Mapping[str, Any]
GuidedPromptLike: TypeAlias = models.GuidedPrompt | BaseModel | Mapping[str, Any]


class CatalogCloneDict(TypedDict, total=False):
    """``CatalogClone`` as a mapping."""

    slug: Required[str]
    """The catalog entry to copy."""
    name: str | None
    """The name of the copy."""


class CatalogCloneArgs(Options, CatalogCloneDict, total=False):
    """``CatalogClone`` as keywords, and the options of a call."""


CatalogCloneLike: TypeAlias = models.CatalogClone | CatalogCloneDict | BaseModel | Mapping[str, Any]
DryRunLike: TypeAlias = models.DryRun | BaseModel | Mapping[str, Any]
AppealLike: TypeAlias = models.Appeal | BaseModel | Mapping[str, Any]


class RelationshipQueryDict(TypedDict, total=False):
    """``RelationshipQuery`` as a mapping."""

    user_id: str | None
    """Only relationships of this end user."""
    personality_id: str | None
    """Only relationships with this personality."""
    limit: int | None
    """Relationships per page."""
    cursor: str | None
    """``next_cursor`` of the page before."""


class RelationshipQueryArgs(Options, RelationshipQueryDict, total=False):
    """``RelationshipQuery`` as keywords, and the options of a call."""


RelationshipQueryLike: TypeAlias = models.RelationshipQuery | RelationshipQueryDict | BaseModel | Mapping[str, Any]


class RelationshipDeleteDict(TypedDict, total=False):
    """``RelationshipDelete`` as a mapping."""

    cascade: Literal["all", "memory_only"] | None
    """Part to delete: all (default) or the memory alone. The next turn is then like the first."""
    reason: str | None
    """A note for the audit, at most 500 characters."""


class RelationshipDeleteArgs(Options, RelationshipDeleteDict, total=False):
    """``RelationshipDelete`` as keywords, and the options of a call."""


RelationshipDeleteLike: TypeAlias = models.RelationshipDelete | RelationshipDeleteDict | BaseModel | Mapping[str, Any]


class WebhookCreateDict(TypedDict, total=False):
    """``WebhookCreate`` as a mapping."""

    url: str | None
    """https address that events are sent to."""
    subscriptions: list[str] | None
    """Types of events, e.g. ``payment.failed``; the full list is undocumented."""


class WebhookCreateArgs(Options, WebhookCreateDict, total=False):
    """``WebhookCreate`` as keywords, and the options of a call."""


WebhookCreateLike: TypeAlias = models.WebhookCreate | WebhookCreateDict | BaseModel | Mapping[str, Any]
