"""How an OpenAPI document of somebody else's differs from what the SDK knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigurationError
from .openapi import Schema, export
from .schemas import Reader, Shape, Variant, listed, mapped

_METHODS = ("get", "put", "post", "patch", "delete")
_NOT_OURS = re.compile(r"/v1/(auth|admin)(/|$)")
_MEDIA = {
    "response": re.compile(r"application/(.+\+)?json|\*/\*"),
    "stream": re.compile(r"text/event-stream"),
    "file": re.compile(r"application/pdf"),
}
_STATUSES = ("200", "201", "202", "2XX")
# OpenAPI says these are no parameters.
_NO_PARAMETERS = frozenset({"accept", "authorization", "content-type"})

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One point where two documents say different things.

    Attributes:
        kind: ``missing_...`` is what ours has and theirs has not, ``new_...`` the other way round, each with
            ``operation``, ``parameter``, ``body``, ``response``, ``variant`` or ``field``; else what differs:
            ``required``, ``nullable``, ``type``, ``enum`` or ``format``.
        operation: e.g. ``GET /v1/interactions``.
        where: e.g. ``query.limit``, ``body.metadata``, ``response.data[].id``, ``stream(text).delta``; ``*`` is any
            key of a map. Empty where it is the operation itself.
        ours: What our document says there; None is nothing.
        theirs: What theirs says there; None is nothing.
    """

    kind: str
    operation: str
    where: str
    ours: str | None
    theirs: str | None


def diff(document: Mapping[str, Any], ours: Mapping[str, Any] | None = None) -> list[Difference]:
    """Compare the SDK's operations and models with an OpenAPI document.

    Compared are query and header parameters, JSON bodies, and successful answers: JSON, event streams and PDF files.
    Operations match by method and path, whatever the path's parameters are called. ``/v1/auth`` and ``/v1/admin`` are
    no part of the SDK, and not reported. What is undocumented on our side has no fields, so all of theirs are new.

    Args:
        document: OpenAPI 3.0 or 3.1, as parsed from JSON. YAML is not read: convert it first.
        ours: What to compare with; ``export()`` by default.

    Returns:
        The differences in the order of our operations, new operations last.

    Raises:
        ConfigurationError: That is no OpenAPI 3 document, or a ``$ref`` of it leads nowhere.
    """
    a, b = Reader(_checked(export() if ours is None else ours)), Reader(_checked(document))
    mine, their = _operations(a), _operations(b)
    found: list[Difference] = []
    for key, (label, operation) in mine.items():
        if key in their:
            found += _Comparison(a, b, label).operation(operation, their[key][1])
        else:
            found.append(Difference("missing_operation", label, "", _name(operation), None))
    for key in sorted(their.keys() - mine.keys()):
        label, operation = their[key]
        if not _NOT_OURS.match(key[1]):
            found.append(Difference("new_operation", label, "", None, _name(operation)))
    return found


def _checked(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"an OpenAPI document is a JSON object, not {type(document).__name__}")
    if "swagger" in document:
        raise ConfigurationError("this is a Swagger 2.0 document; only OpenAPI 3.0 and 3.1 can be compared")
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(document.get("paths"), Mapping):
        raise ConfigurationError('this is no OpenAPI 3 document: it needs "openapi": "3..." and "paths"')
    return document


def _operations(reader: Reader) -> dict[_Key, tuple[str, Schema]]:
    """Label and content of each operation by method and path, the path's parameters without their names."""
    found: dict[_Key, tuple[str, Schema]] = {}
    for path, unresolved in mapped(reader.document.get("paths")).items():
        item = reader.resolve(unresolved)
        for method in _METHODS:
            if isinstance(item.get(method), Mapping):
                operation = mapped(item[method])
                servers = operation.get("servers") or item.get("servers") or reader.document.get("servers")
                full = path if path.startswith("/v1/") else _prefix(servers) + path
                key = (method.upper(), re.sub("{[^}]*}", "{}", full.rstrip("/")))
                parameters = [*listed(operation.get("parameters")), *listed(item.get("parameters"))]
                found[key] = f"{method.upper()} {full}", {**operation, "parameters": parameters}
    return found


def _name(operation: Schema) -> str:
    return str(operation.get("operationId") or "no operationId")


def _prefix(servers: Any) -> str:
    urls = [str(mapped(server).get("url", "")).rstrip("/") for server in listed(servers)]
    return "/v1" if any(url.endswith("/v1") for url in urls) else ""


class _Comparison:
    """One operation of both documents."""

    def __init__(self, ours: Reader, theirs: Reader, label: str) -> None:
        self._ours: Reader = ours
        self._theirs: Reader = theirs
        self._label: str = label
        self._open: set[tuple[str, str]] = set()

    def operation(self, ours: Schema, theirs: Schema) -> Iterator[Difference]:
        yield from self._parameters(_parameters(self._ours, ours), _parameters(self._theirs, theirs))
        mine, their = self._ours.resolve(ours.get("requestBody")), self._theirs.resolve(theirs.get("requestBody"))
        bodies = _media(mine, "response"), _media(their, "response")
        if None not in bodies:
            yield from self._required("body", bool(mine.get("required")), bool(their.get("required")))
        yield from self._content("body", "body", *bodies)
        for medium in _MEDIA:
            answers = _answer(self._ours, ours, medium), _answer(self._theirs, theirs, medium)
            yield from self._content("response", medium, *answers)

    def _parameters(self, ours: Mapping[_Key, Schema], theirs: Mapping[_Key, Schema]) -> Iterator[Difference]:
        for key in {**ours, **theirs}:
            mine, their = ours.get(key), theirs.get(key)
            where = f"{key[0]}.{(ours if mine else theirs)[key]['name']}"
            if mine is None or their is None:
                yield self._lack("parameter", where, self._text(mine, self._ours), self._text(their, self._theirs))
                continue
            yield from self._required(where, bool(mine.get("required")), bool(their.get("required")))
            yield from self._schemas(where, _schema(mine), _schema(their), nulls=False)

    def _content(self, what: str, where: str, ours: Schema | None, theirs: Schema | None) -> Iterator[Difference]:
        if ours is not None and theirs is not None:
            yield from self._schemas(where, _schema(ours), _schema(theirs))
        elif ours is not None or theirs is not None:
            yield self._lack(what, where, self._text(ours, self._ours), self._text(theirs, self._theirs))

    def _schemas(self, where: str, ours: Any, theirs: Any, *, nulls: bool = True) -> Iterator[Difference]:
        # Schemas may hold themselves: what is being compared is not begun again.
        pair = repr(ours), repr(theirs)
        if pair in self._open:
            return
        self._open.add(pair)
        yield from self._shapes(where, self._ours.shape(ours), self._theirs.shape(theirs), nulls)
        self._open.remove(pair)

    def _shapes(self, where: str, ours: Shape, theirs: Shape, nulls: bool) -> Iterator[Difference]:
        if not ours.types and any(variant.fields for variant in theirs.variants):
            yield from self._variants(where, [Variant()], theirs.variants)
            return
        if ours.plain != theirs.plain:
            # Where nothing is public, and they say nothing either, there is nothing to tell.
            if theirs.types or not ours.undocumented:
                yield self._found("type", where, str(ours), str(theirs))
            return
        if nulls and ours.nullable != theirs.nullable:
            yield self._found("nullable", where, str(ours), str(theirs))
        # That some words are known is no promise that there are no others.
        words = ours.words if ours.open and theirs.words is None else theirs.words
        if ours.words != words or theirs.open > ours.open:
            yield self._found("enum", where, _words(ours), _words(theirs))
        if ours.formats and theirs.formats and not ours.formats & theirs.formats:
            yield self._found("format", where, *(", ".join(sorted(shape.formats)) for shape in (ours, theirs)))
        if "array" in ours.types:
            yield from self._schemas(f"{where}[]", ours.items, theirs.items)
        yield from self._variants(where, ours.variants, theirs.variants)

    def _variants(self, where: str, ours: list[Variant], theirs: list[Variant]) -> Iterator[Difference]:
        if len(ours) == 1 and not ours[0].fields and len(theirs) > 1:
            theirs = [Variant({name: one for their in theirs for name, one in their.fields.items()})]
        if len(ours) == 1 and len(theirs) == 1:
            yield from self._fields(where, ours[0], theirs[0])
            return
        left = list(theirs)
        # What says its type finds its like; of the others those that share most fields belong together.
        for mine in sorted(ours, key=lambda variant: (not variant.tags, -len(variant.fields))):
            like = [their for their in left if _alike(mine.tags, their.tags)]
            if like:
                best = max(like, key=lambda their: len(their.fields.keys() & mine.fields.keys()))
                left.remove(best)
                yield from self._fields(f"{where}({mine.label})" if mine.tags else where, mine, best)
            elif not mine.undocumented:
                yield self._found("missing_variant", where, str(mine), None)
        for their in left:
            yield self._found("new_variant", where, None, str(their))

    def _fields(self, where: str, ours: Variant, theirs: Variant) -> Iterator[Difference]:
        for name in {**ours.fields, **theirs.fields}:
            place = f"{where}.{name}"
            if name not in theirs.fields or name not in ours.fields:
                mine = str(self._ours.shape(ours.fields[name])) if name in ours.fields else None
                their = str(self._theirs.shape(theirs.fields[name])) if name in theirs.fields else None
                yield self._lack("field", place, mine, their)
                continue
            yield from self._required(place, name in ours.required, name in theirs.required)
            yield from self._schemas(place, ours.fields[name], theirs.fields[name])
        if ours.values or theirs.values:
            yield from self._schemas(f"{where}.*", ours.values, theirs.values)

    def _required(self, where: str, ours: bool, theirs: bool) -> Iterator[Difference]:
        if ours != theirs:
            said = ["required" if needed else "optional" for needed in (ours, theirs)]
            yield self._found("required", where, *said)

    def _lack(self, what: str, where: str, ours: str | None, theirs: str | None) -> Difference:
        return self._found(f"{'new' if ours is None else 'missing'}_{what}", where, ours, theirs)

    def _text(self, holder: Schema | None, reader: Reader) -> str | None:
        return None if holder is None else str(reader.shape(_schema(holder)))

    def _found(self, kind: str, where: str, ours: str | None, theirs: str | None) -> Difference:
        return Difference(kind, self._label, where, ours, theirs)


def _parameters(reader: Reader, operation: Schema) -> dict[_Key, Schema]:
    found: dict[_Key, Schema] = {}
    for unresolved in listed(operation.get("parameters")):
        parameter = reader.resolve(unresolved)
        place, name = parameter.get("in"), parameter.get("name")
        if not isinstance(name, str):
            continue
        if place == "query":
            found.setdefault((place, name), parameter)
        elif place == "header" and name.lower() not in _NO_PARAMETERS:
            found.setdefault((place, name.lower()), parameter)
    return found


def _schema(holder: Schema) -> Any:
    """The schema of a parameter or of a medium."""
    return (_media(holder, "response") or {}).get("schema") if "content" in holder else holder.get("schema")


def _media(holder: Schema, medium: str) -> Schema | None:
    """What a body or an answer says of a medium."""
    for name, content in mapped(holder.get("content")).items():
        if _MEDIA[medium].fullmatch(name.partition(";")[0].strip().lower()):
            return mapped(content)
    return None


def _answer(reader: Reader, operation: Schema, medium: str) -> Schema | None:
    """What the first success that has the medium says of it."""
    responses = {str(status).upper(): response for status, response in mapped(operation.get("responses")).items()}
    for status in dict.fromkeys((*_STATUSES, *sorted(responses))):
        if status in responses and status.startswith("2"):
            found = _media(reader.resolve(responses[status]), medium)
            if found is not None:
                return found
    return None


def _alike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    shared = ours.keys() & theirs.keys()
    return all(ours[name] == theirs[name] for name in shared) and bool(shared or not ours)


def _words(shape: Shape) -> str | None:
    if shape.words is None:
        return None
    return ", ".join([*sorted(shape.words), *(["or any other"] if shape.open else [])])
