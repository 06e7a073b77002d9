"""The JSON that a model is written as."""

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


def dump_as_is(model: BaseModel, info: SerializationInfo) -> dict[str, Any]:
    """Dump each value as what it is: where it does not fit its field, pydantic's warning would quote it."""
    kept = {**model.__dict__, **(model.__pydantic_extra__ or {})}
    if info.exclude_unset:
        kept = {name: value for name, value in kept.items() if name in model.__pydantic_fields_set__}
    if info.exclude_defaults:
        defaults = {name: field.default for name, field in type(model).model_fields.items()}
        kept = {name: value for name, value in kept.items() if name not in defaults or value != defaults[name]}
    if info.exclude_none:
        kept = {name: value for name, value in kept.items() if value is not None}
    options: dict[str, Any] = {name: getattr(info, name) for name in _DUMP_OPTIONS}
    return _any_value().to_python(kept, **options)  # type: ignore[no-any-return]


@cache
def _any_value() -> SchemaSerializer:
    return SchemaSerializer(core_schema.any_schema())


def as_sent(values: dict[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Dumped values in the server's order, and its own text for what cannot have changed since: 1 for 1.0, say."""
    order = [key for key in sent if key in values]
    return {
        key: sent[key] if _is_plain(values[key]) and _is_plain(sent.get(key, [])) else values[key]
        for key in dict.fromkeys([*order, *values])
    }


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def timestamp_text(value: Any) -> str | None:
    """An instant of UTC with its milliseconds, which pydantic would cut off where they are 0."""
    if isinstance(value, datetime) and value.utcoffset() == timedelta(0) and value.microsecond % 1000 == 0:
        return value.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    return None
