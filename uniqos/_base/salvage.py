"""As much of an invalid answer as fits its model: used only once something did not validate."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .fields import json_fields
from .model import Model
from .response import mark_salvaged, models_in, ready

M = TypeVar("M", bound=Model)


def salvage(model: type[M], data: dict[str, Any]) -> M:
    """Return ``data`` as ``model``: each field that fits is typed, what does not fit stays the JSON value."""
    further = dict(data)
    made = ready(model).model_construct()
    # Not as keywords: a key of the answer may be called as a parameter of model_construct.
    for name, key, info in json_fields(model):
        if key in further:
            vars(made)[name] = _salvage_value(model, name, info.annotation, further.pop(key))
            made.__pydantic_fields_set__.add(name)
    made.__pydantic_fields_set__.update(further)
    if made.__pydantic_extra__ is not None:
        made.__pydantic_extra__.update(further)
    mark_salvaged(made)
    return made


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
