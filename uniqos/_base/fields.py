"""The declared fields of models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from .plain import is_ours

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

B = TypeVar("B", bound=BaseModel)
_FIELD_ATTRIBUTES = ("annotation", "default", "default_factory", "alias", "serialization_alias")


def json_fields(model: type[BaseModel]) -> list[tuple[str, str, FieldInfo]]:
    """Return (attribute, JSON key, definition) of each declared field."""
    return [(name, info.serialization_alias or name, info) for name, info in model.model_fields.items()]


@cache
def optional_fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return (attribute, JSON key) of the fields that JSON omits unless they were set.

    A constant field, such as the ``type`` of an event, is always written.
    """
    return tuple(
        (name, key)
        for name, key, info in package_fields(model)
        if not info.is_required() and get_origin(info.annotation) is not Literal
    )


@cache
def has_plain_keys(model: type[BaseModel]) -> bool:
    """Return whether JSON writes each field under the name of its attribute, and none that the server may omit.

    The answer holds for the models inside this one, too. A constant field, such as the ``type`` of an event, is written
    even if the server omitted it. So are the defaults of a caller's subclass.
    """
    return is_ours(model) and all(
        name == key
        and (info.is_required() or get_origin(info.annotation) is not Literal)
        and all(inner is model or has_plain_keys(inner) for inner in models_in(info.annotation, BaseModel))
        for name, key, info in json_fields(model)
    )


def models_in(annotation: object, kind: type[B]) -> Iterator[type[B]]:
    """Yield the models of one kind that an annotation names.

    Args:
        annotation: The type of a field, such as ``list[Part] | None``.
        kind: The base class of the models to yield.
    """
    # On Python 3.10, list[str] is an instance of type too, and issubclass() refuses it.
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, kind):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument, kind)


@cache
def timestamp_fields(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return (attribute, JSON key) of the fields that hold a datetime."""
    return tuple(
        (name, key) for name, key, info in package_fields(model) if "datetime" in repr(info.annotation).lower()
    )


def package_fields(model: type[BaseModel]) -> list[tuple[str, str, FieldInfo]]:
    """Return the fields of this package's model, without those that a caller's subclass redeclares."""
    callers = caller_fields(model)
    return [(name, key, info) for name, key, info in json_fields(_package_base(model)) if name not in callers]


@cache
def caller_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the names and aliases of the fields that a caller's subclass declares or validates."""
    own = _package_base(model).model_fields
    validators = model.__pydantic_decorators__.field_validators.values()
    names = {name for validator in validators for name in validator.info.fields}
    for name, info in model.model_fields.items():
        if name not in own or any(getattr(info, part) != getattr(own[name], part) for part in _FIELD_ATTRIBUTES):
            names |= {name, *(alias for alias in (info.alias, info.validation_alias) if isinstance(alias, str))}
    return frozenset(names)


def _package_base(model: type[BaseModel]) -> type[BaseModel]:
    """Return the class of this package that a model is, or descends from."""
    return next(base for base in model.__mro__ if is_ours(base))
