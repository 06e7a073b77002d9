"""The events of ``respond(stream=True)``, under the names that the API's own contract gives them.

An event is a class with ``type: Literal["..."] = "..."`` that is a member of ``RespondStreamEvent``. The parser, the
exported names, FastAPI's document and the tests take the events from that union.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import pydantic
from typing_extensions import TypeAliasType

from .._base.model import Model
from .engine import EmotionalState, TurnGuardrails


class StreamMetadataMemory(Model, source="docs"):
    """The memory that a turn starts from (source: docs)."""

    consulted: bool
    summary_used: str | None = None
    significant_moments_referenced: int


class StreamEventMetadata(Model, source="docs"):
    """First event of a stream: the turn's id, the inferred emotion and the memory used (source: docs)."""

    type: Literal["metadata"] = "metadata"
    interaction_id: str
    inferred_emotional_state: EmotionalState | None = None
    memory: StreamMetadataMemory


class StreamEventText(Model, source="docs"):
    """A piece of the reply (source: docs)."""

    type: Literal["text"] = "text"
    delta: str


class StreamEventGuardrailModulation(Model, source="docs"):
    """Guardrails changed the reply after it was generated (source: docs)."""

    type: Literal["guardrail_modulation"] = "guardrail_modulation"
    applied: list[str] = pydantic.Field(fail_fast=True)
    modulation_summary: str


class StreamCompletionMemory(Model, source="docs"):
    """The memory after a turn (source: docs)."""

    summary_used: str | None = None
    model_updated: bool


class StreamUsage(Model, source="docs"):
    """The cost of a streamed turn (source: docs)."""

    turns_consumed: int
    active_relationship_counted: bool
    llm_provider: str
    llm_model: str


class StreamEventCompletion(Model, source="docs"):
    """Last event of a stream that ended well (source: docs)."""

    type: Literal["completion"] = "completion"
    memory: StreamCompletionMemory
    guardrails: TurnGuardrails
    usage: StreamUsage
    latency_ms: int
    """Milliseconds the server took."""


class StreamEventError(Model, source="docs"):
    """Last event of a stream that failed; ``until_done()`` raises its typed error (source: docs)."""

    type: Literal["error"] = "error"
    code: str
    message: str | None = None
    guardrail: str | None = None
    category: str | None = None


class StreamEventUnknown(Model):
    """An event that this version does not know.

    ``name`` is the name of the event. ``data`` is its JSON value, or its text if that is no JSON. The keys of a JSON
    object are the subscripts too.
    """

    name: str
    type: Literal["unknown"] = "unknown"
    data: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return the event's own JSON object; of an event with other data, the fields of this model."""
        return self.data if isinstance(self.data, dict) else super().to_dict()

    @pydantic.model_serializer(mode="wrap")
    def _serialize(self, dump: pydantic.SerializerFunctionWrapHandler, info: pydantic.SerializationInfo):  # type: ignore[no-untyped-def]
        """Dump the fields, but not the ``type`` inside ``data``: it would be read as another event."""
        values = dump(self)
        if info.mode == "json" and "data" not in self.model_fields_set:
            values.pop("data", None)
        return values


RespondStreamEvent = TypeAliasType(
    "RespondStreamEvent",
    StreamEventMetadata
    | StreamEventText
    | StreamEventGuardrailModulation
    | StreamEventCompletion
    | StreamEventError
    | StreamEventUnknown,
)

EVENT_MODELS: Final[dict[str, type[Model]]] = {
    event.model_fields["type"].default: event
    for event in get_args(RespondStreamEvent.__value__)
    if event is not StreamEventUnknown
}
"""The known events: each model by the name of its event, which is the default of its field ``type``."""
