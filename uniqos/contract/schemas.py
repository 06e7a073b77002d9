"""What a JSON schema of an OpenAPI document allows, whichever way it is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from urllib.parse import unquote

from ..errors import ConfigurationError
from . import limits
from .openapi import UNDOCUMENTED, Schema

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
_MOST_VARIANTS = 64


@dataclass(slots=True)
class Variant:
    """One kind of object."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Their schemas."""
    required: frozenset[str] = frozenset()
    values: Any = None
    """Schema of what else the object holds; None where nothing is said of it."""
    tags: dict[str, str] = field(default_factory=dict)
    """Fields that can have one value only, e.g. ``type``: they tell a variant from others."""
    undocumented: bool = False

    @property
    def label(self) -> str:
        """The words that tell it from others."""
        return ",".join(self.tags.values())

    def __str__(self) -> str:
        return self.label or f"object with {', '.join(self.fields) or 'any keys'}"


@dataclass(slots=True)
class Shape:
    """What a schema allows."""

    types: frozenset[str] = frozenset()
    """Empty is anything."""
    words: frozenset[str] | None = None
    """The values of an enum as text, without null."""
    open: bool = False
    """Whether the words are only the known ones."""
    formats: frozenset[str] = frozenset()
    items: Any = None
    variants: list[Variant] = field(default_factory=list)
    limits: limits.Limits = field(default_factory=dict)
    undocumented: bool = False

    @property
    def nullable(self) -> bool:
        """Whether null is allowed."""
        return "null" in self.types

    @property
    def plain(self) -> frozenset[str]:
        """The types besides null."""
        return self.types - {"null"}

    def __str__(self) -> str:
        return " | ".join([*sorted(self.plain), *(["null"] if self.nullable else [])]) or "any"


class Reader:
    """A document whose references are followed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document: Mapping[str, Any] = document

    def resolve(self, node: Any) -> Schema:
        """A part of the document, or what it refers to.

        Raises:
            ConfigurationError: A reference leads nowhere, out of the document, or to itself.
        """
        seen: list[Any] = []
        while isinstance(node, Mapping) and "$ref" in node:
            if node["$ref"] in seen:
                raise ConfigurationError(f"$ref {node['$ref']!r} leads to itself")
            seen.append(node["$ref"])
            node = self._target(node["$ref"])
        return mapped(node)

    def shape(self, schema: Any, seen: tuple[Any, ...] = ()) -> Shape:
        """What a schema allows: its own words, its reference, allOf, anyOf and oneOf put together.

        Args:
            schema: Anything that stands in a schema's place.
            seen: References that led here; one that comes again says nothing new.

        Raises:
            ConfigurationError: A reference leads nowhere, or out of the document.
        """
        node = mapped(schema)
        parts = [_own(node)]
        reference = node.get("$ref")
        if reference is not None and reference not in seen:
            parts.append(self.shape(self._target(reference), (*seen, reference)))
        parts += [self.shape(one, seen) for one in listed(node.get("allOf"))]
        parts += [
            _either([self.shape(one, seen) for one in listed(node[key])]) for key in ("anyOf", "oneOf") if key in node
        ]
        shape = reduce(_both, parts)
        if node.get("nullable") is True and shape.types:
            shape.types |= {"null"}
        for variant in shape.variants:
            variant.tags = {name: word for name, one in variant.fields.items() if (word := self._only_word(one))}
        return shape

    def _only_word(self, schema: Any) -> str | None:
        node = self.resolve(schema)
        words = [node["const"]] if "const" in node else listed(node.get("enum"))
        return words[0] if len(words) == 1 and isinstance(words[0], str) else None

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise ConfigurationError(f"$ref {reference!r} leads out of the document; only #/... can be followed")
        node: Any = self.document
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key) if isinstance(node, list) else key]
            except (LookupError, TypeError, ValueError):
                raise ConfigurationError(f"$ref {reference!r} leads nowhere in the document") from None
        return node


def mapped(value: Any) -> Schema:
    """An object of the document, or an empty one where there is none."""
    return dict(value) if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """A list of the document, or an empty one where there is none."""
    return list(value) if isinstance(value, list) else []


def _own(node: Schema) -> Shape:
    """What a schema says by itself."""
    fields, values = mapped(node.get("properties")), mapped(node.get("additionalProperties")) or None
    required = frozenset(map(str, listed(node.get("required"))))
    types = frozenset(map(str, listed(node.get("type")) or ([node["type"]] if node.get("type") else [])))
    words = [node["const"]] if "const" in node else node.get("enum")
    if not types and isinstance(words, list):
        types = frozenset(_TYPES.get(type(word), "null") for word in words)
    elif not types and (fields or values):
        types = frozenset({"object"})
    elif not types and "items" in node:
        types = frozenset({"array"})
    undocumented = node.get(UNDOCUMENTED) is True
    return Shape(
        types,
        frozenset(_text(word) for word in words if word is not None) if isinstance(words, list) else None,
        formats=frozenset(one for one in [node.get("format")] if isinstance(one, str)),
        items=node.get("items"),
        variants=[Variant(fields, required, values, undocumented=undocumented)]
        if "object" in types or required
        else [],
        limits=limits.own(node),
        undocumented=undocumented,
    )


def _text(word: Any) -> str:
    return word if isinstance(word, str) else json.dumps(word, sort_keys=True)


def _both(a: Shape, b: Shape) -> Shape:
    """What both allow."""
    worded = [shape for shape in (a, b) if shape.words is not None]
    ones, others = a.variants, b.variants
    # Several kinds of each of several are soon more than anybody can compare; the fields that they have are all told.
    if len(ones) > 1 and len(others) > 1 and len(ones) * len(others) > _MOST_VARIANTS:
        ones, others = [_any_of(ones)], [_any_of(others)]
    variants = [_merged(one, other) for one in ones for other in others] or ones or others
    return Shape(
        a.types & b.types or a.types or b.types,
        reduce(frozenset.intersection, [shape.words or frozenset() for shape in worded]) if worded else None,
        bool(worded) and all(shape.open for shape in worded),
        a.formats | b.formats,
        _joined("allOf", (a.items, b.items)),
        variants,
        limits.both(a.limits, b.limits),
        a.undocumented or b.undocumented,
    )


def _merged(a: Variant, b: Variant) -> Variant:
    fields = {
        name: _joined("allOf", (variant.fields.get(name) for variant in (a, b))) for name in {**a.fields, **b.fields}
    }
    values = _joined("allOf", (a.values, b.values))
    return Variant(fields, a.required | b.required, values, undocumented=a.undocumented or b.undocumented)


def _any_of(variants: list[Variant]) -> Variant:
    """One kind that has the fields of several."""
    names = dict.fromkeys(name for variant in variants for name in variant.fields)
    fields = {
        name: _joined("anyOf", (variant.fields[name] for variant in variants if name in variant.fields))
        for name in names
    }
    required = frozenset.intersection(*(variant.required for variant in variants))
    values = _joined("anyOf", (variant.values for variant in variants))
    return Variant(fields, required, values, undocumented=any(variant.undocumented for variant in variants))


def _either(shapes: list[Shape]) -> Shape:
    """What one of several allows."""
    typed = [shape for shape in shapes if shape.types]
    untyped = [shape for shape in shapes if not shape.types]
    # "Undocumented" beside what is presumed does not unsay it; any other "anything" does.
    presumed = any(shape.plain for shape in shapes) and all(shape.undocumented for shape in untyped)
    if not typed or (untyped and not presumed):
        return Shape(undocumented=any(shape.undocumented for shape in shapes))
    worded = [shape for shape in typed if shape.words is not None and shape.plain]
    wordless = frozenset[str]().union(*(shape.plain for shape in typed if shape.words is None))
    return Shape(
        frozenset[str]().union(*(shape.types for shape in typed)),
        frozenset[str]().union(*(shape.words or () for shape in worded)) if worded else None,
        any(shape.open or shape.plain & wordless for shape in worded),
        frozenset[str]().union(*(shape.formats for shape in typed)),
        _joined("anyOf", (shape.items for shape in typed)),
        [variant for shape in typed for variant in shape.variants],
        limits.either([(shape.plain, shape.limits) for shape in typed if shape.words is None]),
        all(shape.undocumented for shape in shapes if shape.plain or not shape.types),
    )


def _joined(key: str, schemas: Iterable[Any]) -> Any:
    """One schema for several; the same ones give the same, so that schemas which hold themselves come to an end."""
    flat: list[Any] = []
    for schema in schemas:
        parts = schema[key] if isinstance(schema, dict) and schema.keys() == {key} else [schema]
        flat += [part for part in parts if part is not None and part not in flat]
    return {key: flat} if len(flat) > 1 else flat[0] if flat else None
