"""The conversion of a caller's values to plain JSON values, for every body, query and path id.

A model of this package becomes the fields that were set. A model of the caller's becomes the output of its own
serializer, without the fields that are None by default. Other values become what pydantic writes in JSON: a UUID its
text, an Enum its value, a set a list. A scalar of numpy becomes the Python value that it holds.
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

_UNCHANGED_TYPES = frozenset({int, bool, type(None)})
_ARRAY_TYPES = (list, tuple, set, frozenset, deque, Iterator)
MAX_DEPTH = 250  # Pydantic writes up to 254 levels.
TOO_DEEP = f"the value contains itself, or has more than {MAX_DEPTH} levels"
HALF_SURROGATE = "the text holds half of a surrogate pair, which UTF-8 cannot encode"
_MAX_PATH_KEYS = 20  # A longer path would fill the error message.
_NUMPY_SCALAR_KINDS = frozenset("biufU")  # numpy's bool, int, unsigned int, float and str


class _NotJsonError(Exception):
    """A value cannot be sent. ``path`` holds the keys that lead to it, the innermost first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str | int] = []


def to_plain(value: Any, name: Any) -> Any:
    """Convert a value to plain JSON. A date stays a date, because a field may be declared as one.

    Args:
        value: Any value of a caller's.
        name: The name of the field or parameter, for the error message.

    Raises:
        pydantic.ValidationError: The value cannot be sent; the error names its place and the reason.
    """
    try:
        return _convert(value, 0)
    except _NotJsonError as exc:
        raise _locate(exc, name) from exc.__cause__
    except RecursionError:
        raise refusal("not_json", TOO_DEEP, (str(name),)) from None


def to_plain_fields(data: Mapping[Any, Any], unchanged: frozenset[str] = frozenset()) -> dict[Any, Any]:
    """Convert the values of a mapping to plain JSON.

    Args:
        data: A body or query by its JSON names.
        unchanged: Names whose values are not converted.

    Raises:
        pydantic.ValidationError: A value cannot be sent; the error names its place and the reason.
    """
    converted: dict[Any, Any] = {}
    for name, value in data.items():
        kind = type(value)
        same = kind in _UNCHANGED_TYPES or (kind is str and value.isascii()) or name in unchanged
        converted[name] = value if same else to_plain(value, name)
    return converted


def request_values(model: BaseModel) -> dict[str, Any]:
    """Convert a body or query, given as a model, to plain JSON values.

    Raises:
        pydantic.ValidationError: The model cannot be serialized, or not as an object.
    """
    try:
        values = _convert_model(model)
    except _NotJsonError as exc:
        raise _locate(exc) from exc.__cause__
    if isinstance(values, dict):
        return values
    kind = type(values).__name__
    raise refusal("not_json", f"{type(model).__name__} serializes to a {kind}, not to a JSON object", ())


def is_ours(model: type) -> bool:
    """Return whether a class belongs to this package."""
    return model.__module__.partition(".")[0] == "uniqos"


def refusal(kind: str, message: str, loc: tuple[str | int, ...], value: Any = None) -> ValidationError:
    """Return the error of one value, to be raised in the validator of a whole model."""
    custom: Any = PydanticCustomError  # Its types accept literal strings only.
    error = InitErrorDetails(type=custom(kind, message), loc=loc, input=value)
    return ValidationError.from_exception_data("request", [error])


def unbox(value: Any) -> Any:
    """Return the Python value of a numpy scalar, and any other value as it is."""
    # A scalar is recognised by its attributes, so that numpy need not be imported.
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if isinstance(kind, str) and kind in _NUMPY_SCALAR_KINDS and getattr(value, "shape", None) == ():
        item = value.item()
        return value if hasattr(item, "dtype") else item  # item() of a longdouble is a longdouble again.
    return value


def _locate(exc: _NotJsonError, *names: Any) -> ValidationError:
    return refusal("not_json", str(exc), (*map(str, names), *exc.path[::-1][:_MAX_PATH_KEYS]))


def _convert(value: Any, depth: int) -> Any:
    kind = type(value)
    return value if kind in _UNCHANGED_TYPES else _CONVERTERS.get(kind, _convert_other)(value, depth)


def _check_text(value: str, depth: int = 0) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _NotJsonError(HALF_SURROGATE) from None
    return value


def _check_number(value: float, depth: int = 0) -> float:
    if not isfinite(value):
        raise _NotJsonError(f"{'NaN' if isnan(value) else 'Infinity' if value > 0 else '-Infinity'} is not JSON")
    return value


def _convert_object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise _NotJsonError(TOO_DEEP)
    converted: dict[str, Any] = {}
    for key, inner in value.items():
        if type(key) is not str or not key.isascii():
            key = _convert_key(key)
        # The commonest types are checked inline, since a function call for each value would take most of the time.
        kind = type(inner)
        if not (kind in _UNCHANGED_TYPES or (kind is str and inner.isascii())):
            try:
                inner = _CONVERTERS.get(kind, _convert_other)(inner, depth + 1)
            except _NotJsonError as exc:
                exc.path.append(key)
                raise
        converted[key] = inner
    return converted


def _convert_array(value: Iterable[Any], depth: int) -> list[Any]:
    if depth > MAX_DEPTH:
        raise _NotJsonError(TOO_DEEP)
    converted: list[Any] = []
    for inner in value:
        kind = type(inner)
        if not (kind in _UNCHANGED_TYPES or (kind is str and inner.isascii())):
            try:
                inner = _CONVERTERS.get(kind, _convert_other)(inner, depth + 1)
            except _NotJsonError as exc:
                exc.path.append(len(converted))
                raise
        converted.append(inner)
    return converted


_CONVERTERS: dict[type, Callable[[Any, int], Any]] = {
    str: _check_text,
    float: _check_number,
    dict: _convert_object,
    list: _convert_array,
}


def _convert_key(key: Any) -> str:
    if isinstance(key, str) and not isinstance(key, Enum):
        return _check_text(str.__str__(key))
    try:
        keys: dict[str, None] = to_jsonable_python({unbox(key): None})
    except (ValueError, TypeError):  # Which of them pydantic raises depends on its version.
        raise _NotJsonError(f"a key of type {type(key).__name__} cannot be written as JSON") from None
    return next(iter(keys))


def _convert_other(value: Any, depth: int) -> Any:
    """Convert a value of a type other than JSON's own."""
    if depth > MAX_DEPTH:
        raise _NotJsonError(TOO_DEEP)
    if isinstance(value, BaseModel):
        return _convert(_convert_model(value), depth + 1)
    if isinstance(value, Enum):
        return _convert(value.value, depth + 1)
    if isinstance(value, str):
        return _check_text(str.__str__(value))
    if isinstance(value, float):
        return _check_number(float.__float__(value))
    if isinstance(value, Mapping):
        return _convert_object(value, depth)
    if isinstance(value, _ARRAY_TYPES):
        return _convert_array(value, depth)
    if is_dataclass(value) and not isinstance(value, type):
        if hasattr(value, "__pydantic_serializer__"):
            return _convert(_serialize(value, serialize_dataclass), depth + 1)
        return _convert_object({field.name: getattr(value, field.name) for field in fields(value)}, depth)
    if isinstance(value, date) and depth == 0:
        return value
    bare = unbox(value)
    if bare is not value:
        return _convert(bare, depth + 1)
    try:
        return to_jsonable_python(value)
    except ValueError:
        raise _NotJsonError(f"a value of type {type(value).__name__} cannot be written as JSON") from None


def _convert_model(model: BaseModel) -> Any:
    """Return the set fields of a model of this package, or the serializer's output of a caller's model."""
    if not is_ours(type(model)):
        return _serialize(model, serialize_model)
    if getattr(model, "_wire", None) is not None:  # A response is written as the server sent it.
        return model.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    chosen, keys = model.model_fields_set, _declared_keys(type(model))
    values = {keys[name]: value for name, value in model.__dict__.items() if name in chosen}
    return {**values, **(model.__pydantic_extra__ or {})}


@cache
def _declared_keys(model: type[BaseModel]) -> dict[str, str]:
    return json_keys(model.model_fields)


def _serialize(value: Any, serializer: Callable[[Any], Any]) -> Any:
    try:
        return serializer(value)
    except Exception as exc:  # A serializer of the caller's may raise any exception.
        kind = type(value).__name__
        raise _NotJsonError(f"{kind} cannot be sent: its serializer raised {type(exc).__name__}") from exc
