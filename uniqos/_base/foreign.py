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
    """Return the output of a model's own serializer, without the fields that are None by default.

    Raises:
        Exception: Any exception of the model's serializers.
    """
    return _drop_unset(model, json.loads(model.model_dump_json(by_alias=True, warnings=False)))


def json_keys(known: Mapping[str, FieldInfo]) -> dict[str, str]:
    """Return the JSON key of each field by its name."""
    return {name: info.serialization_alias or name for name, info in known.items() if not info.exclude}


def serialize_dataclass(value: Any) -> Any:
    """Return the output of a pydantic dataclass's serializer, without the fields that are None by default."""
    return _drop_unset(value, json.loads(value.__pydantic_serializer__.to_json(value, by_alias=True, warnings=False)))


def _drop_unset(value: Any, output: Any) -> Any:
    """Remove from ``output``, the JSON of ``value``, each None that is only a default; return ``output``."""
    if isinstance(value, RootModel):
        _drop_unset(value.root, output)
    elif isinstance(output, dict):
        for key, inner in [*_members(value, output)]:
            if inner is _UNSET:
                del output[key]
            else:
                _drop_unset(inner, output[key])
    # A serializer of the caller's may have changed the length: then items and values do not correspond.
    elif isinstance(output, list) and isinstance(value, Collection) and len(value) == len(output):
        for inner, part in zip(value, output, strict=True):
            _drop_unset(inner, part)
    return output


def _members(value: Any, output: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (JSON key, value) of the members of ``value``; _UNSET stands for a None that is only a default."""
    if isinstance(value, BaseModel):
        for name, key in json_keys(type(value).model_fields).items():
            inner = value.__dict__.get(name)
            if key in output:
                is_unset = inner is output[key] is None and name not in value.model_fields_set
                yield key, _UNSET if is_unset else inner
        for name, computed in type(value).model_computed_fields.items():
            if isinstance(output.get(computed.alias or name), (dict, list)):
                yield computed.alias or name, getattr(value, name)
        yield from ((key, inner) for key, inner in (value.__pydantic_extra__ or {}).items() if key in output)
    elif isinstance(value, Mapping):
        # A serializer may change the keys, but it keeps their order.
        if len(value) == len(output):
            yield from zip(output, value.values(), strict=True)
    elif is_dataclass(value):
        field_names = {field.name: field.name for field in fields(value)}
        keys = field_names | json_keys(getattr(value, "__pydantic_fields__", {}))
        yield from ((key, getattr(value, name)) for name, key in keys.items() if key in output)
