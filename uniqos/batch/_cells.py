"""The conversion of one cell of a row to a JSON value.

Values of numpy, pandas and pyarrow are recognised by their attributes, so that none of these packages is imported.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from math import isfinite, isnan
from typing import Any

from pydantic import JsonValue, ValidationError

from .._base.plain import HALF_SURROGATE, MAX_DEPTH, TOO_DEEP, to_plain
from .._base.safe import safe_text
from ._problems import Problem

_UNCHANGED_TYPES = frozenset({int, bool, type(None)})
_ARRAY_TYPES = (list, tuple, set, frozenset, deque)
_BINARY_TYPES = (bytes, bytearray, memoryview)
_NULL_TYPES = frozenset({"NAType", "NaTType"})  # of pandas
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all but tab, line feed and carriage return
_MAX_PATH = 200


class CellError(Exception):
    """A cell holds a value that cannot be sent."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.path}: {problem.reason}")
        self.problem = problem


def to_json(value: object, path: str) -> JsonValue:
    """Convert a value to plain JSON.

    NaN, NA and NaT become null. A Decimal and a UUID become text, a date and a datetime ISO 8601 text, an Enum its
    value, a scalar or array of numpy, pandas or pyarrow the Python value that it holds.

    Args:
        value: The value of a cell.
        path: The name of its column.

    Raises:
        CellError: The value, or a part of it, cannot be sent. The problem never holds the value.
    """
    try:
        converted: JsonValue = _convert(value, path, 0)
    except RecursionError:
        raise cell_error(path, "too_deep", TOO_DEEP) from None
    return converted


def cell_error(path: str, code: str, reason: str) -> CellError:
    """Return the error of a cell, whose path is safe to show."""
    return CellError(Problem(safe_text(path, _MAX_PATH), code, reason))


def text_problem(text: str) -> tuple[str, str] | None:
    """Return (code, reason) of a text that cannot be sent, or None."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "half_surrogate", f"{HALF_SURROGATE}; remove it, or write the whole pair"
    found = _CONTROL_CHARACTER.search(text)
    if found is None:
        return None
    character = f"U+{ord(found[0]):04X}"
    return "control_character", f"the text holds the control character {character} at {found.start()}; remove it"


def _convert(value: Any, path: str, depth: int) -> Any:
    kind = type(value)
    if kind in _UNCHANGED_TYPES:
        return value
    if depth > MAX_DEPTH:
        raise cell_error(path, "too_deep", TOO_DEEP)
    return _CONVERTERS.get(kind, _convert_other)(value, path, depth)


def _convert_text(value: str, path: str, depth: int = 0) -> str:
    problem = text_problem(value)
    if problem is not None:
        raise cell_error(path, *problem)
    return value


def _convert_number(value: float, path: str, depth: int = 0) -> float | None:
    if isnan(value):
        return None
    if not isfinite(value):
        raise cell_error(path, "not_finite", "the number is infinite, or too large for a float, which is not JSON")
    return value


def _convert_object(value: Mapping[Any, Any], path: str, depth: int) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for key, inner in value.items():
        name = _convert_key(key, path)
        converted[name] = _convert(inner, f"{path}.{name}" if path else name, depth + 1)
    return converted


def _convert_key(key: Any, path: str) -> str:
    if type(key) is not str:
        (key,) = _convert_plain({key: None}, path, 0)
    problem = text_problem(key)
    if problem is not None:
        raise cell_error(path, problem[0], f"in a key, {problem[1]}")
    return str(key)


def _convert_array(value: Iterable[Any], path: str, depth: int) -> list[Any]:
    return [_convert(inner, f"{path}[{index}]", depth + 1) for index, inner in enumerate(value)]


def _convert_binary(value: bytes | bytearray | memoryview, path: str, depth: int = 0) -> Any:
    size = value.nbytes if isinstance(value, memoryview) else len(value)
    raise cell_error(path, "bytes", f"the cell holds {size} bytes of binary data; decode them to text, or use base64")


_CONVERTERS: dict[type, Callable[[Any, str, int], Any]] = {
    str: _convert_text,
    float: _convert_number,
    dict: _convert_object,
    list: _convert_array,
    bytes: _convert_binary,
}


def _convert_other(value: Any, path: str, depth: int) -> Any:
    """Convert a value of a type other than JSON's own."""
    if isinstance(value, Enum):
        return _convert(value.value, path, depth + 1)
    if type(value).__name__ in _NULL_TYPES:
        return None
    if isinstance(value, str):
        return _convert_text(str.__str__(value), path)
    if isinstance(value, float):
        return _convert_number(float.__float__(value), path)
    if isinstance(value, Decimal):
        return _convert_decimal(value, path)
    if isinstance(value, _BINARY_TYPES):
        return _convert_binary(value, path)
    if isinstance(value, _ARRAY_TYPES):
        return _convert_array(value, path, depth)
    if isinstance(value, Iterator):
        raise cell_error(path, "not_json", "an iterator can be read only once; make it a list")
    try:
        held = _held_value(value)
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        kind = type(value).__name__
        raise cell_error(path, "not_json", f"a value of type {kind} has no Python value of its size") from None
    if held is not value:
        return _convert(held, path, depth + 1)
    if isinstance(value, Mapping) and not hasattr(value, "model_fields"):
        return _convert_object(value, path, depth)
    if is_dataclass(value) and not isinstance(value, type) and not hasattr(value, "__pydantic_serializer__"):
        return _convert_object({field.name: getattr(value, field.name) for field in fields(value)}, path, depth)
    return _convert_plain(value, path, depth)


def _convert_decimal(value: Decimal, path: str) -> str | None:
    if value.is_nan():
        return None
    if value.is_infinite():
        return str(_convert_number(float("inf"), path))
    return str(value)


def _convert_plain(value: Any, path: str, depth: int) -> Any:
    """Convert a model, a dataclass, a date or another value that pydantic can write."""
    if isinstance(value, complex):
        raise cell_error(path, "not_json", "a complex number is not JSON")
    try:
        # Inside of a list, a date becomes text too.
        (plain,) = to_plain([value], path)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        keys = "".join(f".{key}" for key in error["loc"][2:])
        raise cell_error(path + keys, "not_json", error["msg"]) from None
    except (ValueError, OverflowError):
        raise cell_error(
            path, "not_json", f"a value of type {type(value).__name__} cannot be written as JSON"
        ) from None
    return _convert(plain, path, depth + 1)


def _held_value(value: Any) -> Any:
    """Return the Python value that a scalar or array of a foreign package holds, or any other value itself."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind in ("m", "M"):  # Of another unit, numpy returns the bare number of nanoseconds.
        value = value.astype(f"{'datetime' if kind == 'M' else 'timedelta'}64[us]")
        return _checked_time(value.tolist())
    if isinstance(kind, str) and getattr(value, "shape", None) == () and hasattr(value, "item"):
        item = value.item()
        return value if hasattr(item, "dtype") else item  # item() of a longdouble is a longdouble again.
    if hasattr(value, "as_py"):
        return value.as_py()
    for name in ("tolist", "to_list"):
        if hasattr(value, name) and hasattr(value, "dtype"):
            return getattr(value, name)()
    return value


def _checked_time(value: Any) -> Any:
    """Return the times of numpy; beyond the years 1 to 9999, numpy returns a number."""
    if isinstance(value, int):
        raise OverflowError
    return [_checked_time(inner) for inner in value] if isinstance(value, list) else value
