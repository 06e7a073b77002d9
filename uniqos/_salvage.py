"""As much of an invalid answer as fits its model: used only once something did not validate."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ._model import Model, json_fields, models_in

M = TypeVar("M", bound=Model)


def salvage(model: type[M], data: dict[str, Any]) -> M:
    """``data`` as ``model``: each field that fits is typed, what does not fit stays the JSON value."""
    values = dict(data)
    for name, key, info in json_fields(model):
        if key in values:
            values[name] = _salvage_value(model, name, info.annotation, values.pop(key))
    return model.model_construct(set(values), **values)


def _salvage_value(model: type[Model], name: str, annotation: Any, value: Any) -> Any:
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        inner = next(models_in(annotation), None)
        if inner is not None and isinstance(value, dict):
            return salvage(inner, value)
        if inner is not None and isinstance(value, list):
            return [salvage(inner, item) if isinstance(item, dict) else item for item in value]
        return value


@lru_cache(maxsize=512)
def _adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    annotation: Any = model.model_fields[name].annotation
    return TypeAdapter(annotation)
