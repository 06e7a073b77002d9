"""The JSON that models of this package are written as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel, SerializationInfo
from pydantic_core import SchemaSerializer, core_schema

_DUMP_OPTIONS = (
    *("mode", "context", "round_trip", "by_alias", "include", "exclude"),
    *("exclude_unset", "exclude_defaults", "exclude_none"),
)


def dump_without_types(model: BaseModel, info: SerializationInfo) -> dict[str, Any]:
    """Dump each value by its own type, ignoring the type of its field.

    Pydantic warns about a value that does not fit its field, and the warning quotes the value.
    """
    values = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    if info.exclude_unset:
        values = {name: value for name, value in values.items() if name in model.__pydantic_fields_set__}
    if info.exclude_defaults:
        defaults = {name: field.default for name, field in type(model).model_fields.items()}
        values = {name: value for name, value in values.items() if name not in defaults or value != defaults[name]}
    if info.exclude_none:
        values = {name: value for name, value in values.items() if value is not None}
    options: dict[str, Any] = {name: getattr(info, name) for name in _DUMP_OPTIONS}
    return _any_serializer().to_python(values, **options)  # type: ignore[no-any-return]


@cache
def _any_serializer() -> SchemaSerializer:
    return SchemaSerializer(core_schema.any_schema())


def is_unchanged(model: BaseModel, sent: Mapping[str, Any], serializer: Any) -> bool:
    """Return whether a response still holds the JSON object that it was made from.

    A response is frozen, but its lists and dicts can be changed in place.

    Args:
        model: The response.
        sent: The JSON object that the server sent.
        serializer: Serializes ``model``, without calling Python: see ``bare_serializer``.
    """
    values = serializer.to_python(model, mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return _is_same(values, sent)


def _is_same(value: Any, sent: Any) -> bool:
    """Return whether two JSON values are equal. Texts may also be the same instant, which pydantic writes otherwise."""
    if value == sent:
        return True
    if isinstance(value, dict):
        return (
            isinstance(sent, dict) and value.keys() == sent.keys() and all(_is_same(value[k], sent[k]) for k in value)
        )
    if isinstance(value, list):
        return isinstance(sent, list) and len(value) == len(sent) and all(map(_is_same, value, sent))
    return isinstance(value, str) and isinstance(sent, str) and _is_same_instant(value, sent)


def _is_same_instant(value: str, sent: str) -> bool:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")) == datetime.fromisoformat(
            sent.replace("Z", "+00:00")
        )
    except (ValueError, TypeError):
        return False


def bare_serializer(model: type[BaseModel], wrapper: Any) -> SchemaSerializer:
    """Return the serializer that pydantic would give to a model without the serializer ``wrapper``."""
    return SchemaSerializer(_without(model.__pydantic_core_schema__, wrapper))


def _without(schema: Any, wrapper: Any) -> Any:
    if isinstance(schema, dict):
        own = schema.get("serialization")
        bare = isinstance(own, dict) and own.get("function") is wrapper
        return {key: _without(value, wrapper) for key, value in schema.items() if not (bare and key == "serialization")}
    if isinstance(schema, (list, tuple)):
        return type(schema)([_without(value, wrapper) for value in schema])
    return schema


def as_sent(values: dict[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return dumped values in the order, and with the scalars, that the server sent.

    Pydantic may write a scalar otherwise: 1.0 for the server's 1, say.
    """
    order = [key for key in sent if key in values]
    return {
        key: sent[key] if _is_scalar(values[key]) and _is_scalar(sent.get(key, [])) else values[key]
        for key in dict.fromkeys([*order, *values])
    }


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def timestamp_text(value: Any) -> str | None:
    """Return a UTC datetime of whole milliseconds as the API writes it; None for any other value.

    Pydantic would omit the milliseconds if they are 0.
    """
    if isinstance(value, datetime) and value.utcoffset() == timedelta(0) and value.microsecond % 1000 == 0:
        return value.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    return None
