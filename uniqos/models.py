"""Every model of the API, imported when first named: ``from uniqos.models import RespondRequest``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._model import Model as Model
    from ._model import RequestModel as RequestModel
    from .api.engine import EmotionalState as EmotionalState
    from .api.engine import InferredState as InferredState
    from .api.engine import InferStateRequest as InferStateRequest
    from .api.engine import ModulatorPack as ModulatorPack
    from .api.engine import RecalledMemory as RecalledMemory
    from .api.engine import RecallMemoryRequest as RecallMemoryRequest
    from .api.engine import RespondRequest as RespondRequest
    from .api.engine import RespondResult as RespondResult
    from .api.engine import RespondStreamEvent as RespondStreamEvent
    from .api.engine import StreamCompletionMemory as StreamCompletionMemory
    from .api.engine import StreamEventCompletion as StreamEventCompletion
    from .api.engine import StreamEventError as StreamEventError
    from .api.engine import StreamEventGuardrailModulation as StreamEventGuardrailModulation
    from .api.engine import StreamEventMetadata as StreamEventMetadata
    from .api.engine import StreamEventText as StreamEventText
    from .api.engine import StreamEventUnknown as StreamEventUnknown
    from .api.engine import StreamMetadataMemory as StreamMetadataMemory
    from .api.engine import StreamUsage as StreamUsage
    from .api.engine import TurnGuardrails as TurnGuardrails
    from .api.engine import TurnMemory as TurnMemory
    from .api.engine import TurnUsage as TurnUsage
    from .api.interactions import AggregateQuery as AggregateQuery
    from .api.interactions import Interaction as Interaction
    from .api.interactions import InteractionAggregates as InteractionAggregates
    from .api.interactions import InteractionBucket as InteractionBucket
    from .api.interactions import InteractionPage as InteractionPage
    from .api.interactions import InteractionQuery as InteractionQuery
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
    from .webhooks import WebhookEvent as WebhookEvent

_WHERE: dict[str, tuple[str, ...]] = {
    "._model": ("Model", "RequestModel"),
    ".api.engine": (
        "EmotionalState",
        "InferStateRequest",
        "InferredState",
        "ModulatorPack",
        "RecallMemoryRequest",
        "RecalledMemory",
        "RespondRequest",
        "RespondResult",
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
        "TurnGuardrails",
        "TurnMemory",
        "TurnUsage",
    ),
    ".api.interactions": (
        "AggregateQuery",
        "Interaction",
        "InteractionAggregates",
        "InteractionBucket",
        "InteractionPage",
        "InteractionQuery",
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
    ".webhooks": ("WebhookEvent",),
}
_MODULE = {name: module for module, names in _WHERE.items() for name in names}


if not TYPE_CHECKING:  # else a misspelt name would pass as Any

    def __getattr__(name: str) -> Any:
        if name not in _MODULE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_MODULE[name], "uniqos"), name)
        return value


def __dir__() -> list[str]:
    return sorted(_MODULE)
