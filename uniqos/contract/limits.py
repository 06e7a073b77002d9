"""Limits that a JSON schema sets to strings, numbers and arrays, in the notations of OpenAPI 3.0 and 3.1."""

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

Limits = dict[str, Any]
"""Limits by keyword.

``pattern`` and ``multipleOf`` hold the frozenset of all texts that apply. ``min...`` holds a pair (value, is excluded),
and ``max...`` a pair (value, is included). So the stricter of two lower bounds is the greater pair, and the stricter of
two upper bounds is the smaller pair.
"""


def limits_of(node: Mapping[str, Any]) -> Limits:
    """Return the limits that a schema sets itself, without those of its references and combinations."""
    limits: Limits = {}
    for key in _TYPES:
        value, excluded = node.get(key), node.get(_EXCLUSIVE[key]) if key in _EXCLUSIVE else None
        if key == "pattern" and isinstance(value, str):
            limits[key] = frozenset({value})
        elif key == "multipleOf" and _is_number(value):
            limits[key] = frozenset({_text(value)})
        elif key.startswith(("min", "max")):
            # exclusiveMinimum is a boolean about minimum in OpenAPI 3.0, and a separate bound in 3.1.
            bounds = [(value, (excluded is True) == _is_least(key))] if _is_number(value) else []
            bounds += [(excluded, _is_least(key))] if _is_number(excluded) else []
            if bounds:
                limits[key] = _stricter(key, bounds)
    return limits


def intersect(a: Limits, b: Limits) -> Limits:
    """Return the limits of a value that satisfies both."""
    return {key: _stricter(key, [one[key] for one in (a, b) if key in one]) for key in {**a, **b}}


def unite(options: Sequence[tuple[frozenset[str], Limits]]) -> Limits:
    """Return the limits of a value that satisfies any of several schemas, each given by its types and limits.

    A limit remains only if every schema with a type that the limit applies to sets it.
    """
    limits: Limits = {}
    for key, types in _TYPES.items():
        applicable = [one for own_types, one in options if own_types & types]
        if applicable and all(key in one for one in applicable):
            limits[key] = _looser(key, [one[key] for one in applicable])
    return limits


def size(limits: Limits) -> int:
    """Return the cost of reading the limits; a pattern that is joined from others may be very long."""
    texts = [one for limit in limits.values() if isinstance(limit, frozenset) for one in limit]
    return len(limits) + sum(1 + len(text) // 100 for text in texts)


def texts(limits: Limits, types: frozenset[str]) -> dict[str, str]:
    """Return each limit as text by its keyword, e.g. ``maxLength 500``, without those that these types imply."""
    described: dict[str, str] = {}
    for key, limit in limits.items():
        if types and not types & _TYPES[key]:
            continue
        is_integer = _TYPES[key] is not _NUMBER or not types or "number" not in types
        if not isinstance(limit, frozenset):
            text = _bound_text(key, limit, round_to_integer=bool(types) and is_integer)
        elif key == "multipleOf" and types and is_integer and limit == {"1"}:
            text = None
        else:
            text = f"{key} {' and '.join(sorted(limit))}"
        if text is not None:
            described[key] = text
    return described


def _bound_text(key: str, bound: tuple[float, bool], *, round_to_integer: bool) -> str | None:
    """Return a bound as text, or None if it excludes nothing, as ``minLength 0``."""
    value, excluded = bound[0], bound[1] == _is_least(key)
    if round_to_integer:  # "above 0" and "at least 1" become the same text.
        if _is_least(key):
            value = math.floor(value) + 1 if excluded else math.ceil(value)
        else:
            value = math.ceil(value) - 1 if excluded else math.floor(value)
        excluded = False
    if key in ("minLength", "minItems") and value <= 0:
        return None
    return f"{_EXCLUSIVE[key] if excluded else key} {_text(value)}"


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
