"""Plain pydantic models of a turn, as written by hand, with the fields of the SDK's models."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class Turn(BaseModel):
    """The body of a turn."""

    personality_id: str
    message: str
    user_id: str | None = None
    mode: Literal["stateless", "stateful"] | None = None
    context: dict[str, Any] | None = None
    stream: bool | None = None


class State(BaseModel):
    primary: str | None = None
    confidence: float | None = None
    secondary: list[str] | None = None
    intensity: str | None = None
    valence: float | None = None
    arousal: float | None = None


class Memory(BaseModel):
    consulted: bool | None = None
    summary_used: str | None = None
    significant_moments_referenced: int | None = None
    model_updated: bool | None = None


class Guardrails(BaseModel):
    applied: list[str]


class Usage(BaseModel):
    turns_consumed: int | None = None
    active_relationship_counted: bool | None = None
    llm_provider: str | None = None
    llm_model: str | None = None


class Answer(BaseModel):
    """The answer to a turn."""

    response: str
    inferred_emotional_state: State | None = None
    interaction_id: str | None = None
    memory: Memory | None = None
    guardrails: Guardrails | None = None
    usage: Usage | None = None
    latency_ms: int | None = None


class Metadata(BaseModel):
    type: Literal["metadata"]
    interaction_id: str
    inferred_emotional_state: State | None = None
    memory: Memory


class Text(BaseModel):
    type: Literal["text"]
    delta: str


class Completion(BaseModel):
    type: Literal["completion"]
    memory: Memory
    guardrails: Guardrails
    usage: Usage
    latency_ms: int


Event = Annotated[Metadata | Text | Completion, Field(discriminator="type")]
