"""How one operation of two OpenAPI documents differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .limits import texts
from .openapi import Schema
from .reading import MEDIA, Described, answers, media, parameters, schema_of
from .schemas import Reader, Shape, Variant


@dataclass(frozen=True, slots=True)
class Difference:
    """One point where two documents say different things.

    Attributes:
        kind: ``missing_...`` is what ours has and theirs has not, ``new_...`` the other way round, each with
            ``operation``, ``parameter``, ``body``, ``response``, ``variant`` or ``field``; else what differs:
            ``required``, ``nullable``, ``type``, ``enum``, ``format`` or ``limit``.
        operation: e.g. ``GET /v1/interactions``; ``WEBHOOK <name>`` is a delivery, ``ERRORS`` any operation's error.
        where: e.g. ``query.limit``, ``body.metadata``, ``response.data[].id``, ``stream(text).delta``; ``*`` is any
            key of a map. Of ``ERRORS`` it is the place in the JSON, e.g. ``error.code``. Empty where it is the
            operation, or an error, itself.
        ours: What our document says there; None is nothing.
        theirs: What theirs says there; None is nothing.
    """

    kind: str
    operation: str
    where: str
    ours: str | None
    theirs: str | None


class Comparison:
    """One operation of both documents."""

    def __init__(self, ours: Reader, theirs: Reader, label: str) -> None:
        self._ours: Reader = ours
        self._theirs: Reader = theirs
        self._label: str = label
        self._open: set[tuple[str, str]] = set()

    def operation(self, ours: Described, theirs: Described) -> Iterator[Difference]:
        """How its parameters, body and answers differ."""
        yield from self.event(ours, theirs)
        for medium in MEDIA:
            found = self._answers(
                medium,
                answers(self._ours, ours.content, medium),
                answers(self._theirs, theirs.content, medium),
            )
            yield from dict.fromkeys(found)

    def event(self, ours: Described, theirs: Described) -> Iterator[Difference]:
        """How its parameters and body differ."""
        yield from self._parameters(ours, theirs)
        mine = self._ours.resolve(ours.content.get("requestBody"))
        their = self._theirs.resolve(theirs.content.get("requestBody"))
        bodies = media(mine, "response"), media(their, "response")
        if None not in bodies:
            yield from self._required("body", bool(mine.get("required")), bool(their.get("required")))
        yield from self._content("body", "body", *bodies)

    def error(self, ours: Schema, theirs: Schema | None) -> Iterator[Difference]:
        """How the JSON of an error differs, with places that begin at its top."""
        for found in self._content("response", "", ours, theirs):
            yield replace(found, where=found.where.removeprefix("."))

    def _parameters(self, ours: Described, theirs: Described) -> Iterator[Difference]:
        mine, their = parameters(self._ours, ours), parameters(self._theirs, theirs)
        for key in {**mine, **their}:
            one, other = mine.get(key), their.get(key)
            where = f"{key[0]}.{(one or other or {})['name']}"
            if one is not None and other is not None:
                yield from self._required(where, bool(one.get("required")), bool(other.get("required")))
                yield from self._schemas(where, schema_of(one), schema_of(other), nulls=False)
            elif key[0] != "path":  # a path has its parameters, described or not
                yield self._lack("parameter", where, self._text(one, self._ours), self._text(other, self._theirs))

    def _answers(self, medium: str, ours: Mapping[str, Schema], theirs: Mapping[str, Schema]) -> Iterator[Difference]:
        usual = ours.get("2XX", next(iter(ours.values()), None))
        if not theirs:
            yield from self._content("response", medium, usual, None)
        for status, their in theirs.items():
            yield from self._content("response", medium, ours.get(status, usual), their)

    def _content(self, what: str, where: str, ours: Schema | None, theirs: Schema | None) -> Iterator[Difference]:
        if ours is not None and theirs is not None:
            yield from self._schemas(where, schema_of(ours), schema_of(theirs))
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
        yield from self._limits(where, ours, theirs)
        if "array" in ours.types:
            yield from self._schemas(f"{where}[]", ours.items, theirs.items)
        yield from self._variants(where, ours.variants, theirs.variants)

    def _limits(self, where: str, ours: Shape, theirs: Shape) -> Iterator[Difference]:
        # What is one of some words has no further limits.
        if any(shape.words is not None and not shape.open for shape in (ours, theirs)):
            return
        mine, their = texts(ours.limits, ours.plain), texts(theirs.limits, theirs.plain)
        for key in {**mine, **their}:
            if mine.get(key) != their.get(key):
                yield self._found("limit", where, mine.get(key), their.get(key))

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
        return None if holder is None else str(reader.shape(schema_of(holder)))

    def _found(self, kind: str, where: str, ours: str | None, theirs: str | None) -> Difference:
        return Difference(kind, self._label, where, ours, theirs)


def _alike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    shared = ours.keys() & theirs.keys()
    return all(ours[name] == theirs[name] for name in shared) and bool(shared or not ours)


def _words(shape: Shape) -> str | None:
    if shape.words is None:
        return None
    return ", ".join([*sorted(shape.words), *(["or any other"] if shape.open else [])])
