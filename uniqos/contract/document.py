"""A checked copy of an OpenAPI document, whose equal parts are one object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError
from .work import shortened

# As deep as pydantic's JSON parser goes, which reads the documents of the command line.
_DEEPEST = 200
_MOST_PARTS = 2_000_000
# Python writes an integer of any size, but refuses to write one of many digits in decimal.
_MOST_BITS = 2_000


class Parts:
    """The parts of one document: equal ones are the same object, so that ``id()`` tells whether parts are equal."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def one(self, value: Any) -> Any:
        """Return the object for a value, whose own parts came from here."""
        if isinstance(value, dict):
            key: Any = dict, frozenset((name, id(part)) for name, part in value.items())
        elif isinstance(value, list):
            key = list, tuple(map(id, value))
        else:
            key = type(value), value
        return self._known.setdefault(key, value)

    def joined(self, key: str, schemas: Iterable[Any]) -> Any:
        """Return one schema for several, none of which is there twice."""
        flat: dict[int, Any] = {}
        for schema in schemas:
            alone = isinstance(schema, dict) and schema.keys() == {key} and isinstance(schema[key], list)
            for part in schema[key] if alone else [schema]:
                if part is not None:
                    flat[id(part)] = part
        if len(flat) > 1:
            return self.one({key: self.one(list(flat.values()))})
        return next(iter(flat.values()), None)


@dataclass(slots=True)
class _Level:
    """An object or a list that is being copied."""

    key: Any
    """Where it stands in the one around it."""
    rest: Iterator[tuple[Any, Any]]
    copy: dict[str, Any] | list[Any]

    def add(self, key: Any, part: Any) -> None:
        if isinstance(self.copy, dict):
            self.copy[key] = part
        else:
            self.copy.append(part)


def copied(document: Mapping[Any, Any], parts: Parts) -> dict[str, Any]:
    """Copy a document as dicts, lists and values of JSON.

    Raises:
        ConfigurationError: It is nested too deeply, holds itself, is too large, or holds what is no JSON.
    """
    top = _Level("", iter([("#", document)]), [])
    levels = [top]
    count = 0
    while levels:
        level = levels[-1]
        for given, value in level.rest:
            key = _key(given, levels)
            count += 1
            if count > _MOST_PARTS:
                raise _refused(f"has more than {_MOST_PARTS:,} parts", levels, key)
            if not isinstance(value, (Mapping, list, tuple)):
                level.add(key, parts.one(_value(value, levels, key)))
                continue
            if len(levels) > _DEEPEST:
                raise _refused(f"is nested more than {_DEEPEST} levels deep, or holds itself", levels, key)
            inner = value.items() if isinstance(value, Mapping) else enumerate(value)
            levels.append(_Level(key, iter(inner), {} if isinstance(value, Mapping) else []))
            break
        else:
            levels.pop()
            if levels:
                levels[-1].add(level.key, parts.one(level.copy))
    copy: dict[str, Any] = top.copy[0]  # type: ignore[index]
    return copy


def mapped(value: Any) -> dict[str, Any]:
    """Return an object of the document, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Return a list of the document, or an empty one where there is none."""
    return value if isinstance(value, list) else []


def _key(key: Any, levels: list[_Level]) -> Any:
    """Return a key as JSON has it: parsers of YAML read the status 200 as a number."""
    if isinstance(key, str) or isinstance(levels[-1].copy, list):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, (int, float)):
        return str(_value(key, levels, "a key"))
    raise _refused(f"has a key of the type {type(key).__name__}, which JSON has not", levels)


def _value(value: Any, levels: list[_Level], key: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise _refused(f"holds an integer of {value.bit_length():,} bits", levels, key)
    if value is not None and not isinstance(value, (str, int, float)):
        raise _refused(f"holds a value of the type {type(value).__name__}, which JSON has not", levels, key)
    return value


def _refused(reason: str, levels: list[_Level], *key: Any) -> ConfigurationError:
    keys = [*(level.key for level in levels[1:]), *key]
    place = "/".join(str(one).replace("~", "~0").replace("/", "~1") for one in keys)
    return ConfigurationError(f"the document {reason}, at {shortened(place)}")
