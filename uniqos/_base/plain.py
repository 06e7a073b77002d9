"""What a caller gives, as plain JSON values. Every body, query, path id and free object goes through this rule.

Models of this package give what was set. A model of the caller's gives what its own serializer makes of it; only a None
that nobody set is left out. Other values are written as pydantic writes them in JSON: a UUID as text, an Enum as its
value, a set as a list. A scalar of numpy is the Python value that it holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from math import isfinite, isnan
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, to_jsonable_python

from .foreign import json_keys, serialize_dataclass, serialize_model

_AS_THEY_ARE = frozenset({int, bool, type(None)})
_ARRAYS = (list, tuple, set, frozenset, deque, Iterator)
_DEEPEST = 250  # pydantic writes up to 254 levels
_TOO_DEEP = f"a value that holds itself, or more than {_DEEPEST} levels, is not JSON"
_LONGEST_WAY = 20  # as many keys as an error can show
_SCALAR_KINDS = frozenset("biufU")  # numpy's bool, int, unsigned int, float and str


class _NotJsonError(Exception):
    """A value cannot be sent. ``way`` is the way to it, the innermost key first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.way: list[str | int] = []


def plain(value: Any, name: Any) -> Any:
    """Return a value as plain JSON; a date stays one, since a field may want it.

    Args:
        value: Anything that a caller gave.
        name: The field or parameter, for the error.

    Raises:
        pydantic.ValidationError: The value cannot be sent; the error says where in it and why.
    """
    try:
        return _plain(value, 0)
    except _NotJsonError as exc:
        raise _located(exc, name) from exc.__cause__
    except RecursionError:
        raise refusal("not_json", _TOO_DEEP, (str(name),)) from None


def plain_fields(data: Mapping[Any, Any], as_given: frozenset[str] = frozenset()) -> dict[Any, Any]:
    """Return a mapping with plain values.

    Args:
        data: A body or query by its JSON names.
        as_given: Names whose values stay as they are.

    Raises:
        pydantic.ValidationError: A value cannot be sent; the error says where in ``data`` and why.
    """
    taken: dict[Any, Any] = {}
    for name, value in data.items():
        kind = type(value)
        same = kind in _AS_THEY_ARE or (kind is str and value.isascii()) or name in as_given
        taken[name] = value if same else plain(value, name)
    return taken


def given(model: BaseModel) -> dict[str, Any]:
    """Return a body or query that was given as a model: of ours what was set, of a caller's what it serializes to.

    Raises:
        pydantic.ValidationError: The model cannot be serialized, or not as an object.
    """
    try:
        made = _given(model)
    except _NotJsonError as exc:
        raise _located(exc) from exc.__cause__
    if isinstance(made, dict):
        return made
    raise refusal("not_json", f"{type(model).__name__} serializes to a {type(made).__name__}, not to a JSON object", ())


def is_ours(model: type) -> bool:
    """Return whether a class is part of this package, and not of a caller's program."""
    return model.__module__.partition(".")[0] == "uniqos"


def refusal(kind: str, message: str, loc: tuple[str | int, ...], value: Any = None) -> ValidationError:
    """Return the error of one value, for a validator of a whole model to raise."""
    custom: Any = PydanticCustomError  # whose types ask for literals
    error = InitErrorDetails(type=custom(kind, message), loc=loc, input=value)
    return ValidationError.from_exception_data("request", [error])


def unboxed(value: Any) -> Any:
    """Return the Python value of a numpy scalar, and any other value as it is."""
    # Asked of the value itself, so that numpy is never imported here.
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if isinstance(kind, str) and kind in _SCALAR_KINDS and getattr(value, "shape", None) == ():
        item = value.item()
        return value if hasattr(item, "dtype") else item  # a longdouble has no Python value
    return value


def _located(exc: _NotJsonError, *names: Any) -> ValidationError:
    return refusal("not_json", str(exc), (*map(str, names), *exc.way[::-1][:_LONGEST_WAY]))


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    return value if kind in _AS_THEY_ARE else _BY_TYPE.get(kind, _other)(value, depth)


def _text(value: str, depth: int = 0) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _NotJsonError("text with half a surrogate pair is not JSON") from None
    return value


def _number(value: float, depth: int = 0) -> float:
    if not isfinite(value):
        raise _NotJsonError(f"{'NaN' if isnan(value) else 'Infinity' if value > 0 else '-Infinity'} is not JSON")
    return value


def _object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise _NotJsonError(_TOO_DEEP)
    made: dict[str, Any] = {}
    for key, inner in value.items():
        if type(key) is not str or not key.isascii():
            key = _key(key)
        # The commonest values are told apart here, since a call for each would take most of the time.
        kind = type(inner)
        if not (kind in _AS_THEY_ARE or (kind is str and inner.isascii())):
            try:
                inner = _BY_TYPE.get(kind, _other)(inner, depth + 1)
            except _NotJsonError as exc:
                exc.way.append(key)
                raise
        made[key] = inner
    return made


def _array(value: Iterable[Any], depth: int) -> list[Any]:
    if depth > _DEEPEST:
        raise _NotJsonError(_TOO_DEEP)
    made: list[Any] = []
    for inner in value:
        kind = type(inner)
        if not (kind in _AS_THEY_ARE or (kind is str and inner.isascii())):
            try:
                inner = _BY_TYPE.get(kind, _other)(inner, depth + 1)
            except _NotJsonError as exc:
                exc.way.append(len(made))
                raise
        made.append(inner)
    return made


_BY_TYPE: dict[type, Callable[[Any, int], Any]] = {str: _text, float: _number, dict: _object, list: _array}


def _key(key: Any) -> str:
    if isinstance(key, str) and not isinstance(key, Enum):
        return _text(str.__str__(key))
    try:
        written: dict[str, None] = to_jsonable_python({unboxed(key): None})
    except (ValueError, TypeError):  # pydantic has raised each, depending on the version
        raise _NotJsonError(f"a key of type {type(key).__name__} is not JSON") from None
    return next(iter(written))


def _other(value: Any, depth: int) -> Any:
    """Return a value as plain JSON that is not of one of JSON's own types."""
    if depth > _DEEPEST:
        raise _NotJsonError(_TOO_DEEP)
    if isinstance(value, BaseModel):
        return _plain(_given(value), depth + 1)
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1)
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, float):
        return _number(float.__float__(value))
    if isinstance(value, Mapping):
        return _object(value, depth)
    if isinstance(value, _ARRAYS):
        return _array(value, depth)
    if is_dataclass(value) and not isinstance(value, type):
        if hasattr(value, "__pydantic_serializer__"):
            return _plain(_written(value, serialize_dataclass), depth + 1)
        return _object({field.name: getattr(value, field.name) for field in fields(value)}, depth)
    if isinstance(value, date) and depth == 0:
        return value
    bare = unboxed(value)
    if bare is not value:
        return _plain(bare, depth + 1)
    try:
        return to_jsonable_python(value)
    except ValueError:
        raise _NotJsonError(f"{type(value).__name__} is not JSON") from None


def _given(model: BaseModel) -> Any:
    """Return what a model gives: of ours what was set, of a caller's what its own serializer makes of it."""
    if not is_ours(type(model)):
        return _written(model, serialize_model)
    if getattr(model, "_wire", None) is not None:  # an answer: its text is JSON already
        return model.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    chosen, keys = model.model_fields_set, _own_keys(type(model))
    values = {keys[name]: value for name, value in model.__dict__.items() if name in chosen}
    return {**values, **(model.__pydantic_extra__ or {})}


@cache
def _own_keys(model: type[BaseModel]) -> dict[str, str]:
    return json_keys(model.model_fields)


def _written(value: Any, write: Callable[[Any], Any]) -> Any:
    try:
        return write(value)
    except Exception as exc:  # a serializer of the caller's may raise anything
        kind = type(value).__name__
        raise _NotJsonError(f"{kind} cannot be sent: to dump it as JSON raised {type(exc).__name__}") from exc
