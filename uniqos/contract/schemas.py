"""Reader of an OpenAPI document's schemas that follows references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from . import shapes
from .document import Parts, as_list, as_object, copy_document
from .openapi import Schema
from .shapes import Shape
from .work import Task, Work, run, shorten

_INDEX = re.compile("0|[1-9][0-9]{0,9}")


class Reader:
    """Reader of one document.

    Raises:
        ConfigurationError: The document is too deep or too large, or holds a value that JSON does not have.
    """

    def __init__(self, document: Mapping[str, Any], work: Work) -> None:
        self._parts: Parts = Parts()
        self.document: Schema = copy_document(document, self._parts)
        self.work: Work = work
        # The key is the id() of a schema, which equal schemas of a document share.
        self._shapes: dict[int, Shape] = {}
        self._begun: set[int] = set()
        self._met_circle: bool = False
        self._targets: dict[str, Any] = {}

    def resolve(self, node: Any) -> Schema:
        """Return a part of the document, or the part that it refers to.

        Raises:
            ConfigurationError: A reference leads nowhere, out of the document, or to itself.
        """
        seen: set[str] = set()
        while isinstance(node, Mapping) and "$ref" in node:
            reference = node["$ref"]
            node = self._target(reference)
            if reference in seen:
                raise self.work.error(f"$ref {_quote(reference)} leads to itself")
            seen.add(reference)
            self.work.spend(1)
        return as_object(node)

    def shape(self, schema: Any) -> Shape:
        """Return the shape of a schema, with its reference, allOf, anyOf and oneOf taken in.

        Args:
            schema: Any JSON value at the place of a schema.

        Raises:
            ConfigurationError: A reference leads nowhere, or out of the document.
        """
        self._met_circle = False
        shape = self._shapes[id(schema)] = run(self._shape(schema))
        return shape

    def _shape(self, schema: Any) -> Task[Shape]:
        self.work.spend(1)
        if id(schema) in self._shapes:
            return self._shapes[id(schema)]
        if id(schema) in self._begun:  # A schema that holds itself adds nothing to itself.
            self._met_circle = True
            return Shape()
        self._begun.add(id(schema))
        node = as_object(schema)
        parts = [shapes.shape_of(node)]
        self.work.spend(parts[0].size)
        if node.get("$ref") is not None:
            parts.append((yield self._shape(self._target(node["$ref"]))))
        for one in as_list(node.get("allOf")):
            parts.append((yield self._shape(one)))
        for key in ("anyOf", "oneOf"):
            if key in node:
                options: list[Shape] = []
                for one in as_list(node[key]):
                    options.append((yield self._shape(one)))
                    self.work.spend(options[-1].size)
                parts.append(shapes.unite(options, self._parts.join))
        shape = parts[0]
        for part in parts[1:]:
            shape = shapes.intersect(shape, part, self._parts.join)
            self.work.spend(shape.size)
        if node.get("nullable") is True and shape.types:
            shape.types |= {"null"}
        for variant in shape.variants:
            variant.tags = {name: word for name, one in variant.fields.items() if (word := self._constant(one))}
        self._begun.remove(id(schema))
        if not self._met_circle:  # A shape in a circle may be incomplete, since a schema around it is not.
            self._shapes[id(schema)] = shape
        return shape

    def _constant(self, schema: Any) -> str | None:
        node = self.resolve(schema)
        words = [node["const"]] if "const" in node else as_list(node.get("enum"))
        return words[0] if len(words) == 1 and isinstance(words[0], str) else None

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise self.work.error(f"$ref {_quote(reference)} leads out of the document; only #/... can be followed")
        if reference not in self._targets:
            self._targets[reference] = self._look_up(reference)
        return self._targets[reference]

    def _look_up(self, reference: str) -> Any:
        anchor, *path = unquote(reference[1:]).split("/")
        self.work.spend(len(path))
        node: Any = self.document
        try:
            if anchor:  # Names set by $anchor are not supported.
                raise KeyError(anchor)
            for part in path:
                key = part.replace("~1", "/").replace("~0", "~")
                index: Any = int(key) if isinstance(node, list) and _INDEX.fullmatch(key) else key
                node = node[index]
        except (LookupError, TypeError):
            raise self.work.error(f"$ref {_quote(reference)} leads nowhere in the document") from None
        if not isinstance(node, (dict, bool)):
            raise self.work.error(f"$ref {_quote(reference)} leads to a {type(node).__name__}, not to an object")
        return node


def _quote(reference: Any) -> str:
    return shorten(repr(reference))
