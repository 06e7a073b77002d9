# Generated from api/ by python -m uniqos._generate. Do not edit.

"""The request models for type checkers: as mappings, and as keywords."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from typing_extensions import Required, TypedDict

from . import models
from ._operation import Options as Options


class RespondRequestDict(TypedDict, total=False):
    """``RespondRequest`` as a mapping."""

    personality_id: Required[str]
    """Id of the personality that answers, e.g. ``pers_...``."""
    message: Required[str]
    """What the user said. The longest length is undocumented."""
    user_id: str | None
    """Your own stable id of the end user; required in stateful mode."""
    mode: Literal["stateless", "stateful"] | None
    """With or without relational memory; absent: the personality's ``default_mode``."""
    context: Mapping[str, Any] | None
    """Free JSON object; its keys are undocumented."""
    guardrails_behavior: Any
    """Undocumented shape."""
    llm_override: Any
    """Undocumented shape; the API answers 501 until it ships."""
    return_format: Literal["text", "modulator_pack"] | None
    """``text`` (default): the reply; ``modulator_pack``: what is needed to prompt an LLM of your own."""
    stream: bool | None
    """Whether the answer comes as server-sent events."""


class RespondRequestArgs(Options, total=False):
    """``RespondRequest`` as keywords, and the options of a call."""

    personality_id: Required[str]
    """Id of the personality that answers, e.g. ``pers_...``."""
    message: Required[str]
    """What the user said. The longest length is undocumented."""
    user_id: str | None
    """Your own stable id of the end user; required in stateful mode."""
    mode: Literal["stateless", "stateful"] | None
    """With or without relational memory; absent: the personality's ``default_mode``."""
    context: Mapping[str, Any] | None
    """Free JSON object; its keys are undocumented."""
    guardrails_behavior: Any
    """Undocumented shape."""
    llm_override: Any
    """Undocumented shape; the API answers 501 until it ships."""


RespondRequestLike: TypeAlias = models.RespondRequest | RespondRequestDict | BaseModel | Mapping[str, Any]
InferStateRequestLike: TypeAlias = models.InferStateRequest | BaseModel | Mapping[str, Any]
RecallMemoryRequestLike: TypeAlias = models.RecallMemoryRequest | BaseModel | Mapping[str, Any]
InteractionQueryDict = TypedDict(
    "InteractionQueryDict",
    {
        "user_id": str | None,
        "relationship_id": str | None,
        "from": datetime | str | str | None,
        "to": datetime | str | str | None,
        "limit": int | None,
        "cursor": str | None,
    },
    total=False,
)


class InteractionQueryArgs(Options, total=False):
    """``InteractionQuery`` as keywords, and the options of a call."""

    user_id: str | None
    relationship_id: str | None
    from_: datetime | str | str | None
    """Earliest instant, inclusive: a datetime with a time zone, sent as ISO-8601 in UTC, or such a text."""
    to: datetime | str | str | None
    """Latest instant, exclusive."""
    limit: int | None
    """Turns per page; the largest value is undocumented."""
    cursor: str | None
    """``next_cursor`` of the page before."""


InteractionQueryLike: TypeAlias = models.InteractionQuery | InteractionQueryDict | BaseModel | Mapping[str, Any]
AggregateQueryDict = TypedDict(
    "AggregateQueryDict",
    {
        "user_id": str | None,
        "relationship_id": str | None,
        "from": datetime | str | str | None,
        "to": datetime | str | str | None,
        "group_by": Literal["day", "week", "month"] | None,
    },
    total=False,
)


class AggregateQueryArgs(Options, total=False):
    """``AggregateQuery`` as keywords, and the options of a call."""

    user_id: str | None
    relationship_id: str | None
    from_: datetime | str | str | None
    """Earliest instant, inclusive: a datetime with a time zone, sent as ISO-8601 in UTC, or such a text."""
    to: datetime | str | str | None
    """Latest instant, exclusive."""
    group_by: Literal["day", "week", "month"] | None
    """Size of a bucket in UTC; absent: one grand total."""


AggregateQueryLike: TypeAlias = models.AggregateQuery | AggregateQueryDict | BaseModel | Mapping[str, Any]
PersonalityQueryLike: TypeAlias = models.PersonalityQuery | BaseModel | Mapping[str, Any]


class PersonalityCreateDict(TypedDict, total=False):
    """``PersonalityCreate`` as a mapping."""

    name: str | None
    source: Literal["guided_prompt"] | str | None
    """``guided_prompt`` when a guided proposal is accepted."""
    source_ref: str | None
    """The description the proposal was made from."""


class PersonalityCreateArgs(PersonalityCreateDict, Options, total=False):
    """``PersonalityCreate`` as keywords, and the options of a call."""


PersonalityCreateLike: TypeAlias = models.PersonalityCreate | PersonalityCreateDict | BaseModel | Mapping[str, Any]
PersonalityNewVersionLike: TypeAlias = models.PersonalityNewVersion | BaseModel | Mapping[str, Any]
GuidedPromptLike: TypeAlias = models.GuidedPrompt | BaseModel | Mapping[str, Any]


class CatalogCloneDict(TypedDict, total=False):
    """``CatalogClone`` as a mapping."""

    slug: Required[str]
    """The catalog entry to copy."""
    name: str | None


class CatalogCloneArgs(CatalogCloneDict, Options, total=False):
    """``CatalogClone`` as keywords, and the options of a call."""


CatalogCloneLike: TypeAlias = models.CatalogClone | CatalogCloneDict | BaseModel | Mapping[str, Any]
DryRunLike: TypeAlias = models.DryRun | BaseModel | Mapping[str, Any]
AppealLike: TypeAlias = models.Appeal | BaseModel | Mapping[str, Any]
