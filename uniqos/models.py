# Generated from api/ by python -m uniqos._generate. Do not edit.
"""The models of the API: requests, answers and their parts. Each is imported when it is first named.

```python
from uniqos import UniqOS
from uniqos.models import RespondRequest

client = UniqOS()
request = RespondRequest(personality_id="pers_...", message="Hello!")
result = client.respond(request)
print(result.response, result["response"], result.to_dict())
```

## Reading an answer

**Attributes are Python, subscripts are JSON**: ``x.created_at`` is a datetime, ``x["created_at"]`` the server's own
text. An answer is a read-only mapping over the JSON object that the server sent: ``x.get("y")``, ``dict(x)``,
``{**x}`` and ``x == {...}`` work. Three things differ from a dict:

- ``json.dumps(x)`` fails. Give it ``x.to_dict()`` or ``dict(x)``.
- Iterating over a page gives its keys. Iterate over ``page.data``, or call ``iterate()``.
- An answer is true even if it is empty.

Fields that the documentation shows are typed. Fields that it does not show are kept all the same. Read them by
subscripts, whose values have the type ``Any``. The docstring of such a model says ``undocumented``.

## Sending a request

A request is given as keywords, as a model of this module, as a mapping, or as any pydantic model. The same values
give the same bytes.

- **Keywords and models of this module**: only the fields that you set are sent. A field that you set to None is sent
  as null.
- **A pydantic model of yours, or a subclass of one of ours**: everything that its own serializer writes is sent, by
  alias and with its defaults. Only a None that nobody set, because it is a default, is left out. The same rule holds
  for a model inside another value, such as ``context``.
- **A mapping**: all its keys are sent, since the public contract is incomplete.
- **A misspelt keyword** raises TypeError if the request's fields are documented. If they are not, as in
  ``personalities.list``, every keyword is sent.

Values are written as pydantic writes them in JSON: a datetime or a UUID as text, a scalar of numpy as the Python
number. NaN and infinity are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._base.model import Model as Model
    from ._base.model import RequestModel as RequestModel
    from ._wire.file import File as File
    from ._wire.file import SavedFile as SavedFile
    from ._wire.undeclared import UndocumentedAnswer as UndocumentedAnswer
    from .api.api_keys import ApiKey as ApiKey
    from .api.api_keys import ApiKeyCreate as ApiKeyCreate
    from .api.api_keys import ApiKeyList as ApiKeyList
    from .api.api_keys import CreatedApiKey as CreatedApiKey
    from .api.api_keys import RevokedApiKey as RevokedApiKey
    from .api.billing import ActiveRelationships as ActiveRelationships
    from .api.billing import Credits as Credits
    from .api.billing import DeletedQuotaAlert as DeletedQuotaAlert
    from .api.billing import Invoice as Invoice
    from .api.billing import InvoicePage as InvoicePage
    from .api.billing import InvoiceQuery as InvoiceQuery
    from .api.billing import OveragePolicy as OveragePolicy
    from .api.billing import OveragePolicyUpdate as OveragePolicyUpdate
    from .api.billing import PaymentMethod as PaymentMethod
    from .api.billing import PaymentMethodAdd as PaymentMethodAdd
    from .api.billing import PaymentMethodList as PaymentMethodList
    from .api.billing import PaymentMethodUpdate as PaymentMethodUpdate
    from .api.billing import Plan as Plan
    from .api.billing import PlanList as PlanList
    from .api.billing import QuotaAlert as QuotaAlert
    from .api.billing import QuotaAlertCreate as QuotaAlertCreate
    from .api.billing import QuotaAlertList as QuotaAlertList
    from .api.billing import ReactivatedSubscription as ReactivatedSubscription
    from .api.billing import RemovedPaymentMethod as RemovedPaymentMethod
    from .api.billing import Subscription as Subscription
    from .api.billing import SubscriptionUpdate as SubscriptionUpdate
    from .api.billing import SuspendedSubscription as SuspendedSubscription
    from .api.billing import TurnsUsage as TurnsUsage
    from .api.billing import TurnsUsageItem as TurnsUsageItem
    from .api.billing import TurnsUsageQuery as TurnsUsageQuery
    from .api.catalog import CatalogEntry as CatalogEntry
    from .api.catalog import CatalogList as CatalogList
    from .api.deletions import Deletion as Deletion
    from .api.deletions import DeletionReceipt as DeletionReceipt
    from .api.end_users import EndUser as EndUser
    from .api.end_users import EndUserCreate as EndUserCreate
    from .api.end_users import EndUserDelete as EndUserDelete
    from .api.end_users import EndUserExport as EndUserExport
    from .api.end_users import EndUserPage as EndUserPage
    from .api.end_users import EndUserQuery as EndUserQuery
    from .api.end_users import EndUserUpdate as EndUserUpdate
    from .api.end_users import PsychologicalModel as PsychologicalModel
    from .api.end_users import ReadableModel as ReadableModel
    from .api.end_users import ReadableModelQuery as ReadableModelQuery
    from .api.engine import EmotionalState as EmotionalState
    from .api.engine import InferredState as InferredState
    from .api.engine import InferStateRequest as InferStateRequest
    from .api.engine import ModulatorPack as ModulatorPack
    from .api.engine import RecalledMemory as RecalledMemory
    from .api.engine import RecallMemoryRequest as RecallMemoryRequest
    from .api.engine import RespondRequest as RespondRequest
    from .api.engine import RespondResult as RespondResult
    from .api.engine import TurnGuardrails as TurnGuardrails
    from .api.engine import TurnMemory as TurnMemory
    from .api.engine import TurnUsage as TurnUsage
    from .api.envelope import ErrorBody as ErrorBody
    from .api.envelope import ErrorEnvelope as ErrorEnvelope
    from .api.interactions import AggregateQuery as AggregateQuery
    from .api.interactions import Interaction as Interaction
    from .api.interactions import InteractionAggregates as InteractionAggregates
    from .api.interactions import InteractionBucket as InteractionBucket
    from .api.interactions import InteractionFilter as InteractionFilter
    from .api.interactions import InteractionPage as InteractionPage
    from .api.interactions import InteractionQuery as InteractionQuery
    from .api.invitations import AcceptedInvitation as AcceptedInvitation
    from .api.invitations import InvitationDetails as InvitationDetails
    from .api.me import Me as Me
    from .api.me import MeUpdate as MeUpdate
    from .api.me import SwitchedOrganization as SwitchedOrganization
    from .api.me import SwitchOrganization as SwitchOrganization
    from .api.organizations import CancelledOrganizationDeletion as CancelledOrganizationDeletion
    from .api.organizations import CancelledTransfer as CancelledTransfer
    from .api.organizations import ConfirmedTransfer as ConfirmedTransfer
    from .api.organizations import Invitation as Invitation
    from .api.organizations import InvitationList as InvitationList
    from .api.organizations import ListedInvitation as ListedInvitation
    from .api.organizations import ListedMember as ListedMember
    from .api.organizations import Member as Member
    from .api.organizations import MemberInvite as MemberInvite
    from .api.organizations import MemberList as MemberList
    from .api.organizations import MemberRoleUpdate as MemberRoleUpdate
    from .api.organizations import Organization as Organization
    from .api.organizations import OrganizationAppeal as OrganizationAppeal
    from .api.organizations import OrganizationAppealResult as OrganizationAppealResult
    from .api.organizations import OrganizationCreate as OrganizationCreate
    from .api.organizations import OrganizationDeclaration as OrganizationDeclaration
    from .api.organizations import OrganizationDeletionReceipt as OrganizationDeletionReceipt
    from .api.organizations import OrganizationDeletionRequest as OrganizationDeletionRequest
    from .api.organizations import OrganizationDeletionStatus as OrganizationDeletionStatus
    from .api.organizations import OrganizationExport as OrganizationExport
    from .api.organizations import OrganizationList as OrganizationList
    from .api.organizations import OrganizationReviewStatus as OrganizationReviewStatus
    from .api.organizations import OrganizationUpdate as OrganizationUpdate
    from .api.organizations import OwnershipTransfer as OwnershipTransfer
    from .api.organizations import OwnershipTransferResult as OwnershipTransferResult
    from .api.organizations import RemovedMember as RemovedMember
    from .api.organizations import RevokedInvitation as RevokedInvitation
    from .api.organizations import TransferConfirmation as TransferConfirmation
    from .api.organizations import UpdatedDeclaration as UpdatedDeclaration
    from .api.personalities import Appeal as Appeal
    from .api.personalities import AppealResult as AppealResult
    from .api.personalities import ArchivedPersonality as ArchivedPersonality
    from .api.personalities import CatalogClone as CatalogClone
    from .api.personalities import ClonedPersonality as ClonedPersonality
    from .api.personalities import DryRun as DryRun
    from .api.personalities import DryRunResult as DryRunResult
    from .api.personalities import GuidedPrompt as GuidedPrompt
    from .api.personalities import GuidedProposal as GuidedProposal
    from .api.personalities import Personality as Personality
    from .api.personalities import PersonalityCreate as PersonalityCreate
    from .api.personalities import PersonalityNewVersion as PersonalityNewVersion
    from .api.personalities import PersonalityPage as PersonalityPage
    from .api.personalities import PersonalityQuery as PersonalityQuery
    from .api.personalities import PersonalityVersion as PersonalityVersion
    from .api.personalities import PersonalityVersions as PersonalityVersions
    from .api.personalities import ReviewStatus as ReviewStatus
    from .api.personalities import ReviewSubmission as ReviewSubmission
    from .api.relationships import DeletedMemory as DeletedMemory
    from .api.relationships import RegeneratedSummary as RegeneratedSummary
    from .api.relationships import Relationship as Relationship
    from .api.relationships import RelationshipDelete as RelationshipDelete
    from .api.relationships import RelationshipMemory as RelationshipMemory
    from .api.relationships import RelationshipPage as RelationshipPage
    from .api.relationships import RelationshipQuery as RelationshipQuery
    from .api.sessions import RevokedSession as RevokedSession
    from .api.sessions import RevokedSessions as RevokedSessions
    from .api.sessions import Session as Session
    from .api.sessions import SessionList as SessionList
    from .api.stream_events import RespondStreamEvent as RespondStreamEvent
    from .api.stream_events import StreamCompletionMemory as StreamCompletionMemory
    from .api.stream_events import StreamEventCompletion as StreamEventCompletion
    from .api.stream_events import StreamEventError as StreamEventError
    from .api.stream_events import StreamEventGuardrailModulation as StreamEventGuardrailModulation
    from .api.stream_events import StreamEventMetadata as StreamEventMetadata
    from .api.stream_events import StreamEventText as StreamEventText
    from .api.stream_events import StreamEventUnknown as StreamEventUnknown
    from .api.stream_events import StreamMetadataMemory as StreamMetadataMemory
    from .api.stream_events import StreamUsage as StreamUsage
    from .api.vocabularies import EmotionChangelog as EmotionChangelog
    from .api.vocabularies import EmotionVocabulary as EmotionVocabulary
    from .api.vocabularies import TopicChangelog as TopicChangelog
    from .api.vocabularies import TopicVocabulary as TopicVocabulary
    from .api.webhooks import CreatedWebhook as CreatedWebhook
    from .api.webhooks import DisabledWebhook as DisabledWebhook
    from .api.webhooks import Redelivery as Redelivery
    from .api.webhooks import RegeneratedSecret as RegeneratedSecret
    from .api.webhooks import Webhook as Webhook
    from .api.webhooks import WebhookCreate as WebhookCreate
    from .api.webhooks import WebhookDelivery as WebhookDelivery
    from .api.webhooks import WebhookDeliveryList as WebhookDeliveryList
    from .api.webhooks import WebhookList as WebhookList
    from .webhooks import WebhookEvent as WebhookEvent

_WHERE: dict[str, tuple[str, ...]] = {
    "._base.model": (
        "Model",
        "RequestModel",
    ),
    "._wire.file": (
        "File",
        "SavedFile",
    ),
    "._wire.undeclared": ("UndocumentedAnswer",),
    ".api.api_keys": (
        "ApiKey",
        "ApiKeyCreate",
        "ApiKeyList",
        "CreatedApiKey",
        "RevokedApiKey",
    ),
    ".api.billing": (
        "ActiveRelationships",
        "Credits",
        "DeletedQuotaAlert",
        "Invoice",
        "InvoicePage",
        "InvoiceQuery",
        "OveragePolicy",
        "OveragePolicyUpdate",
        "PaymentMethod",
        "PaymentMethodAdd",
        "PaymentMethodList",
        "PaymentMethodUpdate",
        "Plan",
        "PlanList",
        "QuotaAlert",
        "QuotaAlertCreate",
        "QuotaAlertList",
        "ReactivatedSubscription",
        "RemovedPaymentMethod",
        "Subscription",
        "SubscriptionUpdate",
        "SuspendedSubscription",
        "TurnsUsage",
        "TurnsUsageItem",
        "TurnsUsageQuery",
    ),
    ".api.catalog": (
        "CatalogEntry",
        "CatalogList",
    ),
    ".api.deletions": (
        "Deletion",
        "DeletionReceipt",
    ),
    ".api.end_users": (
        "EndUser",
        "EndUserCreate",
        "EndUserDelete",
        "EndUserExport",
        "EndUserPage",
        "EndUserQuery",
        "EndUserUpdate",
        "PsychologicalModel",
        "ReadableModel",
        "ReadableModelQuery",
    ),
    ".api.engine": (
        "EmotionalState",
        "InferStateRequest",
        "InferredState",
        "ModulatorPack",
        "RecallMemoryRequest",
        "RecalledMemory",
        "RespondRequest",
        "RespondResult",
        "TurnGuardrails",
        "TurnMemory",
        "TurnUsage",
    ),
    ".api.envelope": (
        "ErrorBody",
        "ErrorEnvelope",
    ),
    ".api.interactions": (
        "AggregateQuery",
        "Interaction",
        "InteractionAggregates",
        "InteractionBucket",
        "InteractionFilter",
        "InteractionPage",
        "InteractionQuery",
    ),
    ".api.invitations": (
        "AcceptedInvitation",
        "InvitationDetails",
    ),
    ".api.me": (
        "Me",
        "MeUpdate",
        "SwitchOrganization",
        "SwitchedOrganization",
    ),
    ".api.organizations": (
        "CancelledOrganizationDeletion",
        "CancelledTransfer",
        "ConfirmedTransfer",
        "Invitation",
        "InvitationList",
        "ListedInvitation",
        "ListedMember",
        "Member",
        "MemberInvite",
        "MemberList",
        "MemberRoleUpdate",
        "Organization",
        "OrganizationAppeal",
        "OrganizationAppealResult",
        "OrganizationCreate",
        "OrganizationDeclaration",
        "OrganizationDeletionReceipt",
        "OrganizationDeletionRequest",
        "OrganizationDeletionStatus",
        "OrganizationExport",
        "OrganizationList",
        "OrganizationReviewStatus",
        "OrganizationUpdate",
        "OwnershipTransfer",
        "OwnershipTransferResult",
        "RemovedMember",
        "RevokedInvitation",
        "TransferConfirmation",
        "UpdatedDeclaration",
    ),
    ".api.personalities": (
        "Appeal",
        "AppealResult",
        "ArchivedPersonality",
        "CatalogClone",
        "ClonedPersonality",
        "DryRun",
        "DryRunResult",
        "GuidedPrompt",
        "GuidedProposal",
        "Personality",
        "PersonalityCreate",
        "PersonalityNewVersion",
        "PersonalityPage",
        "PersonalityQuery",
        "PersonalityVersion",
        "PersonalityVersions",
        "ReviewStatus",
        "ReviewSubmission",
    ),
    ".api.relationships": (
        "DeletedMemory",
        "RegeneratedSummary",
        "Relationship",
        "RelationshipDelete",
        "RelationshipMemory",
        "RelationshipPage",
        "RelationshipQuery",
    ),
    ".api.sessions": (
        "RevokedSession",
        "RevokedSessions",
        "Session",
        "SessionList",
    ),
    ".api.stream_events": (
        "RespondStreamEvent",
        "StreamCompletionMemory",
        "StreamEventCompletion",
        "StreamEventError",
        "StreamEventGuardrailModulation",
        "StreamEventMetadata",
        "StreamEventText",
        "StreamEventUnknown",
        "StreamMetadataMemory",
        "StreamUsage",
    ),
    ".api.vocabularies": (
        "EmotionChangelog",
        "EmotionVocabulary",
        "TopicChangelog",
        "TopicVocabulary",
    ),
    ".api.webhooks": (
        "CreatedWebhook",
        "DisabledWebhook",
        "Redelivery",
        "RegeneratedSecret",
        "Webhook",
        "WebhookCreate",
        "WebhookDelivery",
        "WebhookDeliveryList",
        "WebhookList",
    ),
    ".webhooks": ("WebhookEvent",),
}
_MODULE = {name: module for module, names in _WHERE.items() for name in names}


if not TYPE_CHECKING:  # without this line a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        if name not in _MODULE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_MODULE[name], "uniqos"), name)
        return value

    __all__ = sorted(_MODULE)


def __dir__() -> list[str]:
    return sorted(_MODULE)
