"""Shapes: the values that a JSON schema allows, independent of notation, with their intersection and union."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from . import limits
from .document import as_list, as_object
from .openapi import UNDOCUMENTED, Schema

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
_MAX_PRODUCTS = 64
_MAX_VARIANTS = 256

Join = Callable[[str, Iterable[Any]], Any]
"""Combines several schemas into one, under ``allOf`` or ``anyOf``."""


@dataclass(slots=True, eq=False)
class Variant:
    """One kind of object that a schema allows."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Schemas by field name."""
    required: frozenset[str] = frozenset()
    values: Any = None
    """Schema of further fields (``additionalProperties``); None if the document gives none."""
    tags: dict[str, str] = field(default_factory=dict)
    """Values of the fields that allow one value only, e.g. ``type``. They tell variants apart."""
    undocumented: bool = False

    @property
    def label(self) -> str:
        """The tags' values as one text."""
        return ",".join(self.tags.values())

    def __str__(self) -> str:
        return self.label or f"object with {', '.join(self.fields) or 'any keys'}"


@dataclass(slots=True, eq=False)
class Shape:
    """The values that a schema allows."""

    types: frozenset[str] = frozenset()
    """Names of JSON types; empty allows any."""
    enum: frozenset[str] | None = None
    """Values of the enum as text, without null; None without an enum."""
    is_open_enum: bool = False
    """Whether values beside those of the enum are allowed."""
    formats: frozenset[str] = frozenset()
    items: Any = None
    variants: list[Variant] = field(default_factory=list)
    limits: limits.Limits = field(default_factory=dict)
    undocumented: bool = False

    @property
    def is_nullable(self) -> bool:
        """True if null is allowed."""
        return "null" in self.types

    @property
    def value_types(self) -> frozenset[str]:
        """The types without null."""
        return self.types - {"null"}

    @property
    def size(self) -> int:
        """Number of the parts, which is the cost of reading all of them."""
        held = len(self.types) + len(self.enum or ()) + len(self.formats) + limits.size(self.limits)
        return 1 + held + sum(1 + len(variant.fields) + len(variant.required) for variant in self.variants)

    def __str__(self) -> str:
        return " | ".join([*sorted(self.value_types), *(["null"] if self.is_nullable else [])]) or "any"


def shape_of(node: Schema) -> Shape:
    """Return the shape of a schema's own keywords, without its reference and combinations."""
    fields, values = as_object(node.get("properties")), as_object(node.get("additionalProperties")) or None
    required = frozenset(map(str, as_list(node.get("required"))))
    enum = [node["const"]] if "const" in node else node.get("enum")
    enum = enum if isinstance(enum, list) else None
    types = _types_of(node, enum, is_object=bool(fields or values))
    is_undocumented = node.get(UNDOCUMENTED) is True
    variant = Variant(fields, required, values, undocumented=is_undocumented)
    return Shape(
        types,
        None if enum is None else frozenset(_text(value) for value in enum if value is not None),
        formats=frozenset(one for one in [node.get("format")] if isinstance(one, str)),
        items=node.get("items"),
        variants=[variant] if "object" in types or required else [],
        limits=limits.limits_of(node),
        undocumented=is_undocumented,
    )


def _types_of(node: Schema, enum: list[Any] | None, *, is_object: bool) -> frozenset[str]:
    """Return the types that a schema names, else those that its other keywords imply."""
    named = as_list(node.get("type")) or ([node["type"]] if node.get("type") else [])
    if named:
        return frozenset(map(str, named))
    if enum is not None:
        return frozenset(_TYPES.get(type(value), "null") for value in enum)
    if is_object:
        return frozenset({"object"})
    return frozenset({"array"}) if "items" in node else frozenset()


def intersect(a: Shape, b: Shape, join: Join) -> Shape:
    """Return the values that both shapes allow."""
    with_enum = [shape for shape in (a, b) if shape.enum is not None]
    left, right = a.variants, b.variants
    # The product of many variants would be too large to compare, so one variant with all fields replaces them.
    if len(left) > 1 and len(right) > 1 and len(left) * len(right) > _MAX_PRODUCTS:
        left, right = [_unite_variants(left, join)], [_unite_variants(right, join)]
    variants = [_merge(one, other, join) for one in left for other in right] or left or right
    return Shape(
        a.types & b.types or a.types or b.types,
        reduce(frozenset.intersection, [shape.enum or frozenset() for shape in with_enum]) if with_enum else None,
        bool(with_enum) and all(shape.is_open_enum for shape in with_enum),
        a.formats | b.formats,
        join("allOf", (a.items, b.items)),
        variants,
        limits.intersect(a.limits, b.limits),
        a.undocumented or b.undocumented,
    )


def unite(shapes: list[Shape], join: Join) -> Shape:
    """Return the values that at least one of several shapes allows."""
    typed = [shape for shape in shapes if shape.types]
    any_type = [shape for shape in shapes if not shape.types]
    # A schema that allows anything removes the types of the others, unless it is marked undocumented.
    keeps_types = any(shape.value_types for shape in shapes) and all(shape.undocumented for shape in any_type)
    if not typed or (any_type and not keeps_types):
        return Shape(undocumented=any(shape.undocumented for shape in shapes))
    with_enum = [shape for shape in typed if shape.enum is not None and shape.value_types]
    types_without_enum = frozenset[str]().union(*(shape.value_types for shape in typed if shape.enum is None))
    # dict.fromkeys removes a variant that occurs twice.
    variants = list(dict.fromkeys(variant for shape in typed for variant in shape.variants))
    return Shape(
        frozenset[str]().union(*(shape.types for shape in typed)),
        frozenset[str]().union(*(shape.enum or () for shape in with_enum)) if with_enum else None,
        any(shape.is_open_enum or shape.value_types & types_without_enum for shape in with_enum),
        frozenset[str]().union(*(shape.formats for shape in typed)),
        join("anyOf", (shape.items for shape in typed)),
        variants if len(variants) <= _MAX_VARIANTS else [_unite_variants(variants, join)],
        limits.unite([(shape.value_types, shape.limits) for shape in typed if shape.enum is None]),
        all(shape.undocumented for shape in shapes if shape.value_types or not shape.types),
    )


def _merge(a: Variant, b: Variant, join: Join) -> Variant:
    names = {**a.fields, **b.fields}
    fields = {name: join("allOf", (variant.fields.get(name) for variant in (a, b))) for name in names}
    values = join("allOf", (a.values, b.values))
    return Variant(fields, a.required | b.required, values, undocumented=a.undocumented or b.undocumented)


def _unite_variants(variants: list[Variant], join: Join) -> Variant:
    """Return one variant with the fields of several."""
    options: dict[str, list[Any]] = {}
    for variant in variants:
        for name, schema in variant.fields.items():
            options.setdefault(name, []).append(schema)
    fields = {name: join("anyOf", schemas) for name, schemas in options.items()}
    required = frozenset.intersection(*(variant.required for variant in variants))
    values = join("anyOf", (variant.values for variant in variants))
    return Variant(fields, required, values, undocumented=any(variant.undocumented for variant in variants))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
