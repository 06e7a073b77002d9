"""Checked copies of OpenAPI documents, in which equal parts are the same object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError
from .work import shorten

# The limit of pydantic's JSON parser, which reads the documents of the command line.
_MAX_DEPTH = 200
_MAX_PARTS = 2_000_000
# Python refuses to convert an integer of more than 4,300 digits to text, so an error could not show it.
_MAX_BITS = 2_000


class Parts:
    """The parts of one document. Equal parts are the same object, so comparing them is comparing their ``id()``."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def intern(self, value: Any) -> Any:
        """Return the one object that stands for a value; the parts of the value must be interned before."""
        if isinstance(value, dict):
            key: Any = dict, frozenset((name, id(part)) for name, part in value.items())
        elif isinstance(value, list):
            key = list, tuple(map(id, value))
        else:
            key = type(value), value
        return self._known.setdefault(key, value)

    def join(self, key: str, schemas: Iterable[Any]) -> Any:
        """Combine schemas into one under ``allOf`` or ``anyOf``, each of them once."""
        flat: dict[int, Any] = {}
        for schema in schemas:
            is_combination = isinstance(schema, dict) and schema.keys() == {key} and isinstance(schema[key], list)
            for part in schema[key] if is_combination else [schema]:
                if part is not None:
                    flat[id(part)] = part
        if len(flat) > 1:
            return self.intern({key: self.intern(list(flat.values()))})
        return next(iter(flat.values()), None)


@dataclass(slots=True)
class _Level:
    """An object or a list that ``copy_document`` has begun to copy."""

    key: Any
    """Its key or index in the object or list around it."""
    rest: Iterator[tuple[Any, Any]]
    copy: dict[str, Any] | list[Any]

    def add(self, key: Any, part: Any) -> None:
        if isinstance(self.copy, dict):
            self.copy[key] = part
        else:
            self.copy.append(part)


def copy_document(document: Mapping[Any, Any], parts: Parts) -> dict[str, Any]:
    """Copy a document, as dicts, lists and plain values only.

    Raises:
        ConfigurationError: The document is too deep or too large, or holds itself or a value that JSON does not have.
    """
    top = _Level("", iter([("#", document)]), [])
    levels = [top]
    count = 0
    while levels:
        level = levels[-1]
        for given, value in level.rest:
            key = _key(given, levels)
            count += 1
            if count > _MAX_PARTS:
                raise _error(f"has more than {_MAX_PARTS:,} parts", levels, key)
            if not isinstance(value, (Mapping, list, tuple)):
                level.add(key, parts.intern(_value(value, levels, key)))
                continue
            if len(levels) > _MAX_DEPTH:
                raise _error(f"is nested more than {_MAX_DEPTH} levels deep, or holds itself", levels, key)
            inner = value.items() if isinstance(value, Mapping) else enumerate(value)
            levels.append(_Level(key, iter(inner), {} if isinstance(value, Mapping) else []))
            break
        else:
            levels.pop()
            if levels:
                levels[-1].add(level.key, parts.intern(level.copy))
    copy: dict[str, Any] = top.copy[0]  # type: ignore[index]
    return copy


def as_object(value: Any) -> dict[str, Any]:
    """Return ``value`` if it is an object, else an empty object."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return ``value`` if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def _key(key: Any, levels: list[_Level]) -> Any:
    """Return a key as text, as in JSON: a YAML parser makes a number of the status 200."""
    if isinstance(key, str) or isinstance(levels[-1].copy, list):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, (int, float)):
        return str(_value(key, levels, "a key"))
    raise _error(f"has a key of the type {type(key).__name__}; in JSON a key is text", levels)


def _value(value: Any, levels: list[_Level], key: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise _error(f"holds an integer of {value.bit_length():,} bits", levels, key)
    if value is not None and not isinstance(value, (str, int, float)):
        raise _error(f"holds a value of the type {type(value).__name__}, which JSON does not have", levels, key)
    return value


def _error(reason: str, levels: list[_Level], *key: Any) -> ConfigurationError:
    keys = [*(level.key for level in levels[1:]), *key]
    place = "/".join(str(one).replace("~", "~0").replace("/", "~1") for one in keys)
    return ConfigurationError(f"the document {reason}, at {shorten(place)}")
