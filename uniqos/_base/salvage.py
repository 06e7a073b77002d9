"""The salvage of responses that do not fit their model."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from .fields import json_fields, models_in
from .model import Model
from .response import build_model, mark_salvaged

M = TypeVar("M", bound=Model)


def salvage(model: type[M], data: dict[str, Any]) -> M:
    """Return ``data`` as ``model``. A value that does not fit its field stays a JSON value."""
    extra = dict(data)
    salvaged = build_model(model).model_construct()
    # The values are not passed as keywords, since a key of the response may be the name of a parameter.
    for name, key, info in json_fields(model):
        if key in extra:
            vars(salvaged)[name] = _salvage_value(model, name, info.annotation, extra.pop(key))
            salvaged.__pydantic_fields_set__.add(name)
    salvaged.__pydantic_fields_set__.update(extra)
    if salvaged.__pydantic_extra__ is not None:
        salvaged.__pydantic_extra__.update(extra)
    mark_salvaged(salvaged)
    return salvaged


def _salvage_value(model: type[Model], name: str, annotation: Any, value: Any) -> Any:
    """Return the value of one field as its type, or else as much of the models inside it as fits."""
    try:
        return _adapter(model, name).validate_python(value)
    except ValidationError:
        inner = next(models_in(annotation, Model), None)
        if inner is not None and isinstance(value, dict):
            return salvage(inner, value)
        if inner is not None and isinstance(value, list):
            return [salvage(inner, item) if isinstance(item, dict) else item for item in value]
        return value


@lru_cache(maxsize=512)
def _adapter(model: type[Model], name: str) -> TypeAdapter[Any]:
    """Return the validator of one field."""
    annotation: Any = model.model_fields[name].annotation
    return TypeAdapter(annotation)
