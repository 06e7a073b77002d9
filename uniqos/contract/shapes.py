"""What a JSON schema allows, whichever way it is written, and how several schemas are put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from . import limits
from .document import listed, mapped
from .openapi import UNDOCUMENTED, Schema

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
_MOST_PRODUCTS = 64
_MOST_VARIANTS = 256

Join = Callable[[str, Iterable[Any]], Any]
"""Makes one schema of several, by ``allOf`` or ``anyOf``."""


@dataclass(slots=True, eq=False)
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


@dataclass(slots=True, eq=False)
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

    @property
    def size(self) -> int:
        """How much it holds, and so what it costs to look at all of it."""
        held = len(self.types) + len(self.words or ()) + len(self.formats) + limits.size(self.limits)
        return 1 + held + sum(1 + len(variant.fields) + len(variant.required) for variant in self.variants)

    def __str__(self) -> str:
        return " | ".join([*sorted(self.plain), *(["null"] if self.nullable else [])]) or "any"


def own(node: Schema) -> Shape:
    """Return what a schema says by itself, without those that it refers to or is made of."""
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


def both(a: Shape, b: Shape, join: Join) -> Shape:
    """Return what both allow."""
    worded = [shape for shape in (a, b) if shape.words is not None]
    ones, others = a.variants, b.variants
    # Several kinds of each of several are soon more than anybody can compare; the fields that they have are all told.
    if len(ones) > 1 and len(others) > 1 and len(ones) * len(others) > _MOST_PRODUCTS:
        ones, others = [_any_of(ones, join)], [_any_of(others, join)]
    variants = [_merged(one, other, join) for one in ones for other in others] or ones or others
    return Shape(
        a.types & b.types or a.types or b.types,
        reduce(frozenset.intersection, [shape.words or frozenset() for shape in worded]) if worded else None,
        bool(worded) and all(shape.open for shape in worded),
        a.formats | b.formats,
        join("allOf", (a.items, b.items)),
        variants,
        limits.both(a.limits, b.limits),
        a.undocumented or b.undocumented,
    )


def either(shapes: list[Shape], join: Join) -> Shape:
    """Return what one of several allows."""
    typed = [shape for shape in shapes if shape.types]
    untyped = [shape for shape in shapes if not shape.types]
    # "Undocumented" beside what is presumed does not unsay it; any other "anything" does.
    presumed = any(shape.plain for shape in shapes) and all(shape.undocumented for shape in untyped)
    if not typed or (untyped and not presumed):
        return Shape(undocumented=any(shape.undocumented for shape in shapes))
    worded = [shape for shape in typed if shape.words is not None and shape.plain]
    wordless = frozenset[str]().union(*(shape.plain for shape in typed if shape.words is None))
    # A schema that is there twice is one option.
    variants = list(dict.fromkeys(variant for shape in typed for variant in shape.variants))
    return Shape(
        frozenset[str]().union(*(shape.types for shape in typed)),
        frozenset[str]().union(*(shape.words or () for shape in worded)) if worded else None,
        any(shape.open or shape.plain & wordless for shape in worded),
        frozenset[str]().union(*(shape.formats for shape in typed)),
        join("anyOf", (shape.items for shape in typed)),
        variants if len(variants) <= _MOST_VARIANTS else [_any_of(variants, join)],
        limits.either([(shape.plain, shape.limits) for shape in typed if shape.words is None]),
        all(shape.undocumented for shape in shapes if shape.plain or not shape.types),
    )


def _merged(a: Variant, b: Variant, join: Join) -> Variant:
    names = {**a.fields, **b.fields}
    fields = {name: join("allOf", (variant.fields.get(name) for variant in (a, b))) for name in names}
    values = join("allOf", (a.values, b.values))
    return Variant(fields, a.required | b.required, values, undocumented=a.undocumented or b.undocumented)


def _any_of(variants: list[Variant], join: Join) -> Variant:
    """Return one kind that has the fields of several."""
    options: dict[str, list[Any]] = {}
    for variant in variants:
        for name, schema in variant.fields.items():
            options.setdefault(name, []).append(schema)
    fields = {name: join("anyOf", schemas) for name, schemas in options.items()}
    required = frozenset.intersection(*(variant.required for variant in variants))
    values = join("anyOf", (variant.values for variant in variants))
    return Variant(fields, required, values, undocumented=any(variant.undocumented for variant in variants))


def _text(word: Any) -> str:
    return word if isinstance(word, str) else json.dumps(word, sort_keys=True)
