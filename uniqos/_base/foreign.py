"""The JSON of a caller's models and dataclasses, as their own serializers write it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, RootModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

_UNSET: Any = object()


def serialize_model(model: BaseModel) -> Any:
    """Return what a model's own serializer makes of it, without each None that is only a default.

    Raises:
        Exception: Whatever the model's serializers raise.
    """
    return _without_unset(model, json.loads(model.model_dump_json(by_alias=True, warnings=False)))


def json_keys(known: Mapping[str, FieldInfo]) -> dict[str, str]:
    """Return the JSON key of each field by its name."""
    return {name: info.serialization_alias or name for name, info in known.items() if not info.exclude}


def serialize_dataclass(value: Any) -> Any:
    return _without_unset(
        value, json.loads(value.__pydantic_serializer__.to_json(value, by_alias=True, warnings=False))
    )


def _without_unset(value: Any, made: Any) -> Any:
    """Leave out of ``made``, the JSON of ``value``, each None that is only a default; return ``made``."""
    if isinstance(value, RootModel):
        _without_unset(value.root, made)
    elif isinstance(made, dict):
        for key, inner in [*_members(value, made)]:
            if inner is _UNSET:
                del made[key]
            else:
                _without_unset(inner, made[key])
    # A serializer of the caller's may have made something else of it, and then there is nothing to compare.
    elif isinstance(made, list) and isinstance(value, Collection) and len(value) == len(made):
        for inner, part in zip(value, made, strict=True):
            _without_unset(inner, part)
    return made


def _members(value: Any, made: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the JSON keys of what ``value`` holds, and the values; _UNSET stands for a None that nobody set."""
    if isinstance(value, BaseModel):
        for name, key in json_keys(type(value).model_fields).items():
            inner = value.__dict__.get(name)
            if key in made:
                unset = inner is made[key] is None and name not in value.model_fields_set
                yield key, _UNSET if unset else inner
        for name, computed in type(value).model_computed_fields.items():
            if isinstance(made.get(computed.alias or name), (dict, list)):
                yield computed.alias or name, getattr(value, name)
        yield from ((key, inner) for key, inner in (value.__pydantic_extra__ or {}).items() if key in made)
    elif isinstance(value, Mapping):
        if len(value) == len(made):  # the keys may be written otherwise, but in the same order
            yield from zip(made, value.values(), strict=True)
    elif is_dataclass(value):
        plain_keys = {field.name: field.name for field in fields(value)}
        keys = plain_keys | json_keys(getattr(value, "__pydantic_fields__", {}))
        yield from ((key, getattr(value, name)) for name, key in keys.items() if key in made)
