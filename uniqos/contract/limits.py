"""The limits that a JSON schema sets to strings, numbers and arrays, whichever way they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

_STRING, _NUMBER, _ARRAY = frozenset({"string"}), frozenset({"integer", "number"}), frozenset({"array"})
_TYPES = {
    "minLength": _STRING,
    "maxLength": _STRING,
    "pattern": _STRING,
    "minimum": _NUMBER,
    "maximum": _NUMBER,
    "multipleOf": _NUMBER,
    "minItems": _ARRAY,
    "maxItems": _ARRAY,
}
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}

# By keyword: of a least value it and whether it is excluded, of a greatest one it and whether it is included, so that
# of two least ones the greater is the stricter, and of two greatest ones the smaller. Else all that has to hold.
Limits = dict[str, Any]


def own(node: Mapping[str, Any]) -> Limits:
    """What a schema says by itself."""
    limits: Limits = {}
    for key in _TYPES:
        value, excluded = node.get(key), node.get(_EXCLUSIVE[key]) if key in _EXCLUSIVE else None
        if key == "pattern" and isinstance(value, str):
            limits[key] = frozenset({value})
        elif key == "multipleOf" and _is_number(value):
            limits[key] = frozenset({_text(value)})
        elif key.startswith(("min", "max")):
            # OpenAPI 3.0 says that the value itself is excluded, 3.1 which value is.
            bounds = [(value, (excluded is True) == _is_least(key))] if _is_number(value) else []
            bounds += [(excluded, _is_least(key))] if _is_number(excluded) else []
            if bounds:
                limits[key] = _stricter(key, bounds)
    return limits


def both(a: Limits, b: Limits) -> Limits:
    """What both together say."""
    return {key: _stricter(key, [one[key] for one in (a, b) if key in one]) for key in {**a, **b}}


def either(options: Sequence[tuple[frozenset[str], Limits]]) -> Limits:
    """What any of several says: a limit that one of them does not set to its type is none."""
    limits: Limits = {}
    for key, types in _TYPES.items():
        concerned = [one for own_types, one in options if own_types & types]
        if concerned and all(key in one for one in concerned):
            limits[key] = _looser(key, [one[key] for one in concerned])
    return limits


def size(limits: Limits) -> int:
    """Return how much the limits hold; a pattern that is made of others may be very long."""
    texts = [one for limit in limits.values() if isinstance(limit, frozenset) for one in limit]
    return len(limits) + sum(1 + len(text) // 100 for text in texts)


def texts(limits: Limits, types: frozenset[str]) -> dict[str, str]:
    """By keyword what is said, e.g. ``maxLength 500``, without what goes without saying of these types."""
    said: dict[str, str] = {}
    for key, limit in limits.items():
        if types and not types & _TYPES[key]:
            continue
        whole = _TYPES[key] is not _NUMBER or not types or "number" not in types
        if isinstance(limit, frozenset):
            if not (key == "multipleOf" and types and whole and limit == {"1"}):
                said[key] = f"{key} {' and '.join(sorted(limit))}"
            continue
        value, excluded = limit[0], limit[1] == _is_least(key)
        if types and whole:
            if _is_least(key):
                value = math.floor(value) + 1 if excluded else math.ceil(value)
            else:
                value = math.ceil(value) - 1 if excluded else math.floor(value)
            excluded = False
        if key not in ("minLength", "minItems") or value > 0:
            said[key] = f"{_EXCLUSIVE[key] if excluded else key} {_text(value)}"
    return said


def _is_least(key: str) -> bool:
    return key.startswith("min")


def _is_number(value: Any) -> TypeGuard[float]:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _text(number: float) -> str:
    return str(int(number) if isinstance(number, float) and number.is_integer() and abs(number) < 2**53 else number)


def _stricter(key: str, limits: list[Any]) -> Any:
    if isinstance(limits[0], frozenset):
        return frozenset[str]().union(*limits)
    return max(limits) if _is_least(key) else min(limits)


def _looser(key: str, limits: list[Any]) -> Any:
    if isinstance(limits[0], frozenset):
        options = sorted({" and ".join(sorted(one)) for one in limits})
        return limits[0] if len(options) == 1 else frozenset({" or ".join(options)})
    return min(limits) if _is_least(key) else max(limits)
