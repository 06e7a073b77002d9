"""``client.engine``: answer a message, read an emotion, recall a memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self

from .._base.model import Model, OpenRequest, RequestModel
from .._base.plain import refusal
from .._wire.operation import Operation


class RespondRequest(RequestModel, source="docs"):
    """One message to a personality (source: docs and official SDK)."""

    # Swagger would fill in a value of every field, and the API refuses such a turn.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"personality_id": "pers_...", "message": "Hello!", "mode": "stateless"}]}
    )
    selectors: ClassVar[tuple[str, ...]] = ("return_format", "stream")

    personality_id: str
    """Id of the personality that answers, e.g. ``pers_...``."""
    message: str
    """Text of the user. The longest length is undocumented."""
    user_id: str | None = None
    """Your own stable id of the end user; required in stateful mode."""
    mode: Literal["stateless", "stateful"] | None = None
    """``stateful`` uses relational memory. By default the personality's ``default_mode``."""
    context: Mapping[str, Any] | None = None
    """Free JSON object; its keys are undocumented."""
    guardrails_behavior: Any = None
    """Undocumented shape."""
    llm_override: Any = None
    """Undocumented shape; the API answers 501 until it ships."""
    return_format: Literal["text", "modulator_pack"] | None = None
    """``text`` (default) is the reply. ``modulator_pack`` is material for a prompt to an LLM of your own."""
    stream: bool | None = None
    """Whether the answer comes as server-sent events."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.mode == "stateful" and not self.user_id:
            says = 'mode="stateful" needs a user_id; pass one, or use mode="stateless"'
            raise refusal("stateful_requires_user_id", says, ("user_id",), self.user_id)
        if self.stream and self.return_format == "modulator_pack":
            says = 'return_format="modulator_pack" cannot be streamed; drop stream=True'
            raise refusal("stream_not_supported", says, ("stream",), self.stream)
        return self


class EmotionalState(Model, source="docs"):
    """The emotion inferred from the message (source: docs; ranges and vocabularies are undocumented)."""

    primary: str | None = None
    """Word of the emotions vocabulary, e.g. ``joy``."""
    confidence: float | None = None
    # fail_fast: an error for each of a million wrong items would block the event loop and fill the memory.
    secondary: list[str] | None = Field(None, fail_fast=True)
    intensity: str | None = None
    """A word, not a number."""
    valence: float | None = None
    arousal: float | None = None


class TurnMemory(Model, source="docs"):
    """The use of relational memory in a turn (source: docs, as the stream events' fields)."""

    consulted: bool | None = None
    summary_used: str | None = None
    significant_moments_referenced: int | None = None
    model_updated: bool | None = None


class TurnGuardrails(Model, source="docs"):
    """The guardrails that shaped a reply (source: docs)."""

    applied: list[str] = Field(fail_fast=True)


class TurnUsage(Model, source="docs"):
    """The cost of a turn (source: docs)."""

    turns_consumed: int | None = None
    active_relationship_counted: bool | None = None
    llm_provider: str | None = None
    llm_model: str | None = None


class RespondResult(Model, source="docs"):
    """A reply (source: docs).

    ``response`` and the emotional state are documented; the rest is undocumented here, and typed after the stream
    events, which the docs say mirror it.
    """

    response: str
    """The reply of the personality."""
    inferred_emotional_state: EmotionalState | None = None
    """None if inference is off or failed."""
    interaction_id: str | None = None
    memory: TurnMemory | None = None
    guardrails: TurnGuardrails | None = None
    usage: TurnUsage | None = None
    latency_ms: int | None = None
    """Milliseconds the server took."""


class ModulatorPack(Model):
    """Answer to ``return_format="modulator_pack"``: material for a prompt of your own (fields: undocumented)."""


class InferStateRequest(OpenRequest):
    """Body of ``engine.infer_state`` (fields: undocumented, so any are sent)."""


class InferredState(Model):
    """Answer of ``engine.infer_state`` (fields: undocumented)."""


class RecallMemoryRequest(OpenRequest):
    """Body of ``engine.recall_memory`` (fields: undocumented, so any are sent)."""


class RecalledMemory(Model):
    """Answer of ``engine.recall_memory`` (fields: undocumented)."""


RESPOND: Final = Operation("POST", "/v1/respond", RespondResult, body=RespondRequest, resend="billed")
INFER_STATE: Final = Operation("POST", "/v1/infer-state", InferredState, body=InferStateRequest, resend="safe")
RECALL_MEMORY: Final = Operation("POST", "/v1/recall-memory", RecalledMemory, body=RecallMemoryRequest, resend="safe")
