# Generated from api/ by python -m uniqos._generate. Do not edit.

"""The request models for type checkers: as mappings, and as keywords.

``XLike`` is the type of a body or query of the model ``X``. Of a model of this package only the fields that were set
are sent. A model of yours, such as a subclass, is sent as its serializer gives it: with defaults, without unset Nones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from typing_extensions import Required, TypedDict

from . import models
from ._wire.options import Options as Options

QueryDict = TypedDict("QueryDict", {"from": datetime | str | None, "limit": int | None}, total=False)


class QueryFields(TypedDict, total=False):
    """The fields of ``Query`` as keywords."""

    from_: datetime | str | None
    """Earliest instant."""
    limit: int | None


class QueryArgs(Options, QueryFields, total=False):
    """``Query`` as keywords, and the options of a call."""


QueryLike: TypeAlias = models.Query | QueryDict | BaseModel | Mapping[str, Any]


class PartDict(TypedDict, total=False):
    """``Part`` as a mapping."""

    name: Required[str]
    """At most 500 characters."""
    color: Literal["red", "green"] | str | None
    day: Required[date]


class PartArgs(Options, PartDict, total=False):
    """``Part`` as keywords, and the options of a call."""


PartLike: TypeAlias = models.Part | PartDict | BaseModel | Mapping[str, Any]


class BodyFields(TypedDict, total=False):
    """The optional fields of ``Body`` that do not choose the type of the answer."""

    before: list[models.Answer | Mapping[str, Any]] | None


class BodyDict(BodyFields, total=False):
    """``Body`` as a mapping."""

    parts: Required[Sequence[PartLike]]
    """Several
    lines.
    """
    stream: bool | None


class BodyArgs(Options, BodyFields, total=False):
    """``Body`` as keywords, and the options of a call."""


BodyLike: TypeAlias = models.Body | BodyDict | BaseModel | Mapping[str, Any]


class SpecialFields(TypedDict, total=False):
    """The optional fields of ``Special`` that do not choose the type of the answer."""

    before: list[models.Answer | Mapping[str, Any]] | None
    extra: Any


class SpecialDict(SpecialFields, total=False):
    """``Special`` as a mapping."""

    parts: Required[Sequence[PartLike]]
    """Several
    lines.
    """
    stream: bool | None


class SpecialArgs(Options, SpecialFields, total=False):
    """``Special`` as keywords, and the options of a call."""


SpecialLike: TypeAlias = models.Special | SpecialDict | BaseModel | Mapping[str, Any]
OpenLike: TypeAlias = models.Open | BaseModel | Mapping[str, Any]
