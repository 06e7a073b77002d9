"""The schemas of an OpenAPI document, with their references followed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from . import shapes
from .document import Parts, copied, listed, mapped
from .openapi import Schema
from .shapes import Shape
from .work import Task, Work, run, shortened

_INDEX = re.compile("0|[1-9][0-9]{0,9}")


class Reader:
    """A document whose references are followed.

    Raises:
        ConfigurationError: It is too deep or too large, or holds what is no JSON.
    """

    def __init__(self, document: Mapping[str, Any], work: Work) -> None:
        self._parts: Parts = Parts()
        self.document: Schema = copied(document, self._parts)
        self.work: Work = work
        # By the identity of a schema, which equal ones share.
        self._shapes: dict[int, Shape] = {}
        self._begun: set[int] = set()
        self._is_circle: bool = False
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
                raise self.work.refused(f"$ref {_shown(reference)} leads to itself")
            seen.add(reference)
            self.work.spend(1)
        return mapped(node)

    def shape(self, schema: Any) -> Shape:
        """Return what a schema allows: its own words, its reference, allOf, anyOf and oneOf put together.

        Args:
            schema: Anything that stands in a schema's place.

        Raises:
            ConfigurationError: A reference leads nowhere, or out of the document.
        """
        self._is_circle = False
        shape = self._shapes[id(schema)] = run(self._shape(schema))
        return shape

    def _shape(self, schema: Any) -> Task[Shape]:
        self.work.spend(1)
        if id(schema) in self._shapes:
            return self._shapes[id(schema)]
        if id(schema) in self._begun:  # it was led to by itself, and says nothing new
            self._is_circle = True
            return Shape()
        self._begun.add(id(schema))
        node = mapped(schema)
        parts = [shapes.own(node)]
        self.work.spend(parts[0].size)
        if node.get("$ref") is not None:
            parts.append((yield self._shape(self._target(node["$ref"]))))
        for one in listed(node.get("allOf")):
            parts.append((yield self._shape(one)))
        for key in ("anyOf", "oneOf"):
            if key in node:
                options: list[Shape] = []
                for one in listed(node[key]):
                    options.append((yield self._shape(one)))
                    self.work.spend(options[-1].size)
                parts.append(shapes.either(options, self._parts.joined))
        shape = parts[0]
        for part in parts[1:]:
            shape = shapes.both(shape, part, self._parts.joined)
            self.work.spend(shape.size)
        if node.get("nullable") is True and shape.types:
            shape.types |= {"null"}
        for variant in shape.variants:
            variant.tags = {name: word for name, one in variant.fields.items() if (word := self._only_word(one))}
        self._begun.remove(id(schema))
        if not self._is_circle:  # else it may lack what was begun before it
            self._shapes[id(schema)] = shape
        return shape

    def _only_word(self, schema: Any) -> str | None:
        node = self.resolve(schema)
        words = [node["const"]] if "const" in node else listed(node.get("enum"))
        return words[0] if len(words) == 1 and isinstance(words[0], str) else None

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise self.work.refused(f"$ref {_shown(reference)} leads out of the document; only #/... can be followed")
        if reference not in self._targets:
            self._targets[reference] = self._found(reference)
        return self._targets[reference]

    def _found(self, reference: str) -> Any:
        anchor, *path = unquote(reference[1:]).split("/")
        self.work.spend(len(path))
        node: Any = self.document
        try:
            if anchor:  # a name that a schema gives itself, which is not looked for
                raise KeyError(anchor)
            for part in path:
                key = part.replace("~1", "/").replace("~0", "~")
                index: Any = int(key) if isinstance(node, list) and _INDEX.fullmatch(key) else key
                node = node[index]
        except (LookupError, TypeError):
            raise self.work.refused(f"$ref {_shown(reference)} leads nowhere in the document") from None
        if not isinstance(node, (dict, bool)):
            raise self.work.refused(f"$ref {_shown(reference)} leads to a {type(node).__name__}, not to an object")
        return node


def _shown(reference: Any) -> str:
    return shortened(repr(reference))
