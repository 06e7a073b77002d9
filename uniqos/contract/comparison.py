"""How one operation of two OpenAPI documents differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .limits import texts
from .openapi import Schema
from .reading import MEDIA, Described, answers, media, parameters, schema_of
from .schemas import Reader
from .shapes import Shape, Variant
from .work import Task, run

# After so many differences of one operation, those of an object are told at the first place only that has it.
_MANY = 1_000
# Steps that an operation costs without anything in it.
_OPERATION = 20

Pair = tuple[int, int, bool]


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
        self._found: list[Difference] = []
        # Pairs of schemas by their identities: those that are being compared, and of the ones that have been compared
        # in this content those without a difference and those with some.
        self._open: set[Pair] = set()
        self._equal: set[Pair] = set()
        self._different: set[Pair] = set()

    def operation(self, ours: Described, theirs: Described) -> list[Difference]:
        """How its parameters, body and answers differ."""
        self._ours.work.spend(_OPERATION)
        self._input(ours, theirs)
        for medium in MEDIA:
            mine = answers(self._ours, ours.content, medium)
            self._answers(medium, mine, answers(self._theirs, theirs.content, medium))
        return self._told()

    def event(self, ours: Described, theirs: Described) -> list[Difference]:
        """How its parameters and body differ."""
        self._input(ours, theirs)
        return self._told()

    def error(self, ours: Schema, theirs: Schema | None) -> list[Difference]:
        """How the JSON of an error differs, with places that begin at its top."""
        self._content("response", "", ours, theirs)
        return [replace(found, where=found.where.removeprefix(".")) for found in self._told()]

    def _told(self) -> list[Difference]:
        """Return each difference once: several answers of one operation may have the same."""
        return list(dict.fromkeys(self._found))

    def _input(self, ours: Described, theirs: Described) -> None:
        self._parameters(ours, theirs)
        mine = self._ours.resolve(ours.content.get("requestBody"))
        their = self._theirs.resolve(theirs.content.get("requestBody"))
        bodies = media(self._ours, mine, "response"), media(self._theirs, their, "response")
        if None not in bodies:
            self._required("body", bool(mine.get("required")), bool(their.get("required")))
        self._content("body", "body", *bodies)

    def _parameters(self, ours: Described, theirs: Described) -> None:
        mine, their = parameters(self._ours, ours), parameters(self._theirs, theirs)
        for key in {**mine, **their}:
            one, other = mine.get(key), their.get(key)
            where = f"{key[0]}.{(one or other or {})['name']}"
            if one is not None and other is not None:
                self._required(where, bool(one.get("required")), bool(other.get("required")))
                schemas = schema_of(self._ours, one), schema_of(self._theirs, other)
                self._compare(where, *schemas, nulls=False)
            elif key[0] != "path":  # a path has its parameters, described or not
                self._lack("parameter", where, self._text(one, self._ours), self._text(other, self._theirs))

    def _answers(self, medium: str, ours: Mapping[str, Schema], theirs: Mapping[str, Schema]) -> None:
        usual = ours.get("2XX", next(iter(ours.values()), None))
        if not theirs:
            self._content("response", medium, usual, None)
        for status, their in theirs.items():
            self._content("response", medium, ours.get(status, usual), their)

    def _content(self, what: str, where: str, ours: Schema | None, theirs: Schema | None) -> None:
        if ours is not None and theirs is not None:
            self._compare(where, schema_of(self._ours, ours), schema_of(self._theirs, theirs))
        elif ours is not None or theirs is not None:
            self._lack(what, where, self._text(ours, self._ours), self._text(theirs, self._theirs))

    def _compare(self, where: str, ours: Any, theirs: Any, *, nulls: bool = True) -> None:
        self._equal.clear()
        self._different.clear()
        run(self._schemas(where, ours, theirs, nulls))

    def _schemas(self, where: str, ours: Any, theirs: Any, nulls: bool = True) -> Task[None]:
        self._spend(where)
        pair = id(ours), id(theirs), nulls
        # Schemas may hold themselves: what is being compared is not begun again.
        if pair in self._open or pair in self._equal:
            return
        mine, their = self._ours.shape(ours), self._theirs.shape(theirs)
        if mine.variants and pair in self._different and len(self._found) > _MANY:
            return
        before = len(self._found)
        self._open.add(pair)
        yield from self._shapes(where, mine, their, nulls)
        self._open.remove(pair)
        (self._equal if len(self._found) == before else self._different).add(pair)

    def _shapes(self, where: str, ours: Shape, theirs: Shape, nulls: bool) -> Task[None]:
        self._ours.work.spend(ours.size + theirs.size)
        if not ours.types and any(variant.fields for variant in theirs.variants):
            yield from self._variants(where, [Variant()], theirs.variants)
            return
        if ours.plain != theirs.plain:
            # Where nothing is public, and they say nothing either, there is nothing to tell.
            if theirs.types or not ours.undocumented:
                self._tell("type", where, str(ours), str(theirs))
            return
        if nulls and ours.nullable != theirs.nullable:
            self._tell("nullable", where, str(ours), str(theirs))
        # That some words are known is no promise that there are no others.
        words = ours.words if ours.open and theirs.words is None else theirs.words
        if ours.words != words or theirs.open > ours.open:
            self._tell("enum", where, _words(ours), _words(theirs))
        if ours.formats and theirs.formats and not ours.formats & theirs.formats:
            self._tell("format", where, *(", ".join(sorted(shape.formats)) for shape in (ours, theirs)))
        self._limits(where, ours, theirs)
        if "array" in ours.types:
            yield self._schemas(f"{where}[]", ours.items, theirs.items)
        yield from self._variants(where, ours.variants, theirs.variants)

    def _limits(self, where: str, ours: Shape, theirs: Shape) -> None:
        # What is one of some words has no further limits.
        if any(shape.words is not None and not shape.open for shape in (ours, theirs)):
            return
        mine, their = texts(ours.limits, ours.plain), texts(theirs.limits, theirs.plain)
        for key in {**mine, **their}:
            if mine.get(key) != their.get(key):
                self._tell("limit", where, mine.get(key), their.get(key))

    def _variants(self, where: str, ours: list[Variant], theirs: list[Variant]) -> Task[None]:
        if len(ours) == 1 and not ours[0].fields and len(theirs) > 1:
            theirs = [Variant({name: one for their in theirs for name, one in their.fields.items()})]
        if len(ours) == 1 and len(theirs) == 1:
            yield from self._fields(where, ours[0], theirs[0])
            return
        left = list(theirs)
        # What says its type finds its like; of the others those that share most fields belong together.
        for mine in sorted(ours, key=lambda variant: (not variant.tags, -len(variant.fields))):
            like = [their for their in left if _alike(mine.tags, their.tags)]
            self._ours.work.spend(len(left) + len(like) * len(mine.fields))
            if like:
                best = max(like, key=lambda their: len(their.fields.keys() & mine.fields.keys()))
                left.remove(best)
                yield from self._fields(f"{where}({mine.label})" if mine.tags else where, mine, best)
            elif not mine.undocumented:
                self._tell("missing_variant", where, str(mine), None)
        for their in left:
            self._tell("new_variant", where, None, str(their))

    def _fields(self, where: str, ours: Variant, theirs: Variant) -> Task[None]:
        for name in {**ours.fields, **theirs.fields}:
            place = f"{where}.{name}"
            self._spend(place)
            if name not in theirs.fields or name not in ours.fields:
                mine = str(self._ours.shape(ours.fields[name])) if name in ours.fields else None
                their = str(self._theirs.shape(theirs.fields[name])) if name in theirs.fields else None
                self._lack("field", place, mine, their)
                continue
            self._required(place, name in ours.required, name in theirs.required)
            yield self._schemas(place, ours.fields[name], theirs.fields[name])
        if ours.values or theirs.values:
            yield self._schemas(f"{where}.*", ours.values, theirs.values)

    def _required(self, where: str, ours: bool, theirs: bool) -> None:
        if ours != theirs:
            said = ["required" if needed else "optional" for needed in (ours, theirs)]
            self._tell("required", where, *said)

    def _lack(self, what: str, where: str, ours: str | None, theirs: str | None) -> None:
        self._tell(f"{'new' if ours is None else 'missing'}_{what}", where, ours, theirs)

    def _text(self, holder: Schema | None, reader: Reader) -> str | None:
        return None if holder is None else str(reader.shape(schema_of(reader, holder)))

    def _tell(self, kind: str, where: str, ours: str | None, theirs: str | None) -> None:
        self._spend(where, ours or "", theirs or "")
        self._found.append(Difference(kind, self._label, where, ours, theirs))

    def _spend(self, where: str, *texts: str) -> None:
        work = self._ours.work
        work.place = f"{self._label} {where}"
        work.spend(1 + (len(where) + sum(map(len, texts))) // 100)


def _alike(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    shared = ours.keys() & theirs.keys()
    return all(ours[name] == theirs[name] for name in shared) and bool(shared or not ours)


def _words(shape: Shape) -> str | None:
    if shape.words is None:
        return None
    return ", ".join([*sorted(shape.words), *(["or any other"] if shape.open else [])])
