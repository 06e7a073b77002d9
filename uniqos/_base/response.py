"""The models of responses: validated from JSON text, and bound to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from .by_class import ByClass
from .fields import json_fields, models_in
from .json_text import JsonText, refuse_nan
from .model import FIELD_NAMES, Model, get_slot
from .plain import is_ours

if TYPE_CHECKING:
    from .http import HttpInfo

M = TypeVar("M", bound=Model)
JsonPath = tuple[str | int, ...]
"""The keys and indices that lead from the whole JSON to a part of it."""


def build_model(model: type[M]) -> type[M]:
    """Return the model after building its validator, and those of the models inside it."""
    if not model.__pydantic_complete__:
        # Building a model leaves the models inside it incomplete. Users hold these too, as parts of an answer.
        for _, _, info in json_fields(model):
            for inner in models_in(info.annotation, Model):
                build_model(inner)
        model.model_rebuild()
    return model


# The accessors of the slots. They are faster than setattr, which a frozen model refuses anyway.
set_http: Callable[[Model, HttpInfo | None], None] = Model.__dict__["_http"].__set__
_set_wire: Callable[[Model, JsonText], None] = Model.__dict__["_wire"].__set__
_set_path: Callable[[Model, JsonPath], None] = Model.__dict__["_path"].__set__
_get_extra: Callable[[Model], dict[str, Any] | None] = BaseModel.__dict__["__pydantic_extra__"].__get__
_get_fields_set: Callable[[Model], set[str]] = BaseModel.__dict__["__pydantic_fields_set__"].__get__
_set_fields_set: Callable[[Model, set[str]], None] = BaseModel.__dict__["__pydantic_fields_set__"].__set__


def mark_salvaged(model: Model) -> None:
    """Note that values of a model may not fit their fields."""
    object.__setattr__(model, "_salvaged", True)


def from_wire(model: type[M], text: bytes | str) -> M:
    """Validate JSON text as a model, and bind the model to the text.

    Raises:
        pydantic.ValidationError: The text is not JSON, or does not fit the model.
        ValueError: The text holds NaN or Infinity, which are not JSON.
    """
    response: M = build_model(model).__pydantic_validator__.validate_json(text)
    if bind(response, JsonText(text)):
        refuse_nan(text)
    return response


def wire_text(model: Model) -> str | None:
    """Return the JSON text of a whole answer or event; None for a part of one, or a model made by hand."""
    wire: JsonText | None = get_slot(model, "_wire")
    if wire is None or model._path:
        return None
    return wire.text


def bind(model: Model, text: JsonText, path: JsonPath = ()) -> bool:
    """Bind a response, and every model inside it, to its JSON text.

    Args:
        model: The response, or a part of it.
        text: The text of the whole response.
        path: The keys and indices from the whole response to ``model``.

    Returns:
        Whether a value may be NaN: pydantic refuses it in the declared fields only.
    """
    _set_wire(model, text)
    _set_path(model, path)
    fields, names, may_hold_nan = _SHAPES[type(model)] or _NO_SHAPE
    if not (fields or path):  # Few events of a stream contain models, and few events are kept.
        return True
    if _get_extra(model):
        may_hold_nan = True
    elif names is not None and len(_get_fields_set(model)) == len(names):
        _set_fields_set(model, names)  # A set for each model would take a third of the memory of an answer.
    if not fields:
        return may_hold_nan
    # The loop of parts() in place: each answer runs it, and a generator would take half as long again.
    values: Mapping[str, Any] = model.__dict__
    for name, steps in fields:
        value: Any = values.get(name)
        kind: type[Any] = type(value)
        if kind is list:
            for index, item in enumerate(value):
                if _SHAPES[type(item)] is not None:
                    may_hold_nan |= bind(item, text, (*path, *steps, index))
        elif _SHAPES[kind] is not None:
            may_hold_nan |= bind(value, text, (*path, *steps) if path else steps)
    return may_hold_nan


def parts(model: Model) -> Iterator[tuple[Model, JsonPath]]:
    """Yield the models in the fields of a model, each with the path to it."""
    for name, steps in (_SHAPES[type(model)] or _NO_SHAPE).fields:
        value = getattr(model, name, None)
        if isinstance(value, list):
            items: list[Any] = value
            for index, item in enumerate(items):
                if isinstance(item, Model):
                    yield item, (*steps, index)
        elif isinstance(value, Model):
            yield value, steps


class _Shape(NamedTuple):
    """The shape of a class of models."""

    fields: tuple[tuple[str, JsonPath], ...]
    """Attribute, and path of its JSON key, of the fields that may hold models."""
    names: set[str] | None
    """The attributes of all fields; None for a caller's class, whose models may be changed."""
    may_hold_nan: bool
    """Whether a declared field takes any JSON value, or a caller's class may have settings by which NaN is let in."""


_NO_SHAPE = _Shape((), None, True)


def _shape_of(kind: type[Any]) -> _Shape | None:
    """Return the shape of a class; None if it is no model."""
    if not issubclass(kind, Model):
        return None
    fields = json_fields(kind)
    parts = tuple((name, (key,)) for name, key, info in fields if any(models_in(info.annotation, Model)))
    if not is_ours(kind):
        return _Shape(parts, None, True)
    return _Shape(parts, FIELD_NAMES[kind], not all(_is_closed(info.annotation) for _, _, info in fields))


def _is_closed(annotation: object) -> bool:
    """Return whether a type takes only values in which pydantic or ``bind()`` finds each NaN."""
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is list:
        return get_origin(arguments[0]) is not list and _is_closed(arguments[0])  # bind() looks into one list only.
    if origin in (Union, UnionType):
        return all(map(_is_closed, arguments))
    # On Python 3.10, list[str] is an instance of type too.
    is_model = isinstance(annotation, type) and origin is None and issubclass(annotation, Model)
    return is_model or origin is Literal or annotation in _SCALARS


_SCALARS = (str, int, float, bool, type(None), AwareDatetime)
# Pydantic's isinstance(value, Model) runs in Python, and takes ten times as long as a lookup of the class.
_SHAPES = ByClass(_shape_of)
