"""Comparison of one operation as two OpenAPI documents describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .limits import texts
from .openapi import Schema
from .reading import MEDIA, DocumentOperation, answers, media, parameters, schema_of
from .schemas import Reader
from .shapes import Shape, Variant
from .work import Task, run

# An operation with more differences than this lists those of a repeated object at its first place only.
_FULL_DETAIL_LIMIT = 1_000
# Steps that an empty operation costs.
_STEPS_PER_OPERATION = 20

Pair = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Difference:
    """One point where two documents say different things.

    Attributes:
        kind: ``missing_...`` if only the SDK's document has a part, ``new_...`` if only the other document has it. The
            part is ``operation``, ``parameter``, ``body``, ``response``, ``variant`` or ``field``. Otherwise ``kind``
            names the property that differs: ``required``, ``nullable``, ``type``, ``enum``, ``format`` or ``limit``.
        operation: Method and path, e.g. ``GET /v1/interactions``; ``WEBHOOK <name>``; or ``ERRORS``, which stands for
            the errors of all operations.
        where: Place in the operation, e.g. ``query.limit``, ``body.metadata``, ``response.data[].id``,
            ``stream(text).delta``, with ``*`` for any key of a map. Of ``ERRORS`` the place in the JSON, e.g.
            ``error.code``. Empty for the whole operation or error.
        ours: The SDK's document at this place; None if it has nothing there.
        theirs: The other document at this place; None if it has nothing there.
    """

    kind: str
    operation: str
    where: str
    ours: str | None
    theirs: str | None


class Comparison:
    """Comparison of one operation in both documents."""

    def __init__(self, ours: Reader, theirs: Reader, label: str) -> None:
        self._ours: Reader = ours
        self._theirs: Reader = theirs
        self._label: str = label
        self._found: list[Difference] = []
        # Pairs of schemas by their id(): those under comparison, and those already compared in this content.
        self._open: set[Pair] = set()
        self._equal: set[Pair] = set()
        self._different: set[Pair] = set()

    def operation(self, ours: DocumentOperation, theirs: DocumentOperation) -> list[Difference]:
        """Return the differences of parameters, body and answers."""
        self._ours.work.spend(_STEPS_PER_OPERATION)
        self._input(ours, theirs)
        for medium in MEDIA:
            mine = answers(self._ours, ours.content, medium)
            self._answers(medium, mine, answers(self._theirs, theirs.content, medium))
        return self._unique()

    def event(self, ours: DocumentOperation, theirs: DocumentOperation) -> list[Difference]:
        """Return the differences of a webhook's parameters and body."""
        self._input(ours, theirs)
        return self._unique()

    def error(self, ours: Schema, theirs: Schema | None) -> list[Difference]:
        """Return the differences of an error's JSON, with places that begin at its top."""
        self._content("response", "", ours, theirs)
        return [replace(found, where=found.where.removeprefix(".")) for found in self._unique()]

    def _unique(self) -> list[Difference]:
        """Return each difference once: several answers of one operation may have the same."""
        return list(dict.fromkeys(self._found))

    def _input(self, ours: DocumentOperation, theirs: DocumentOperation) -> None:
        self._parameters(ours, theirs)
        mine = self._ours.resolve(ours.content.get("requestBody"))
        their = self._theirs.resolve(theirs.content.get("requestBody"))
        bodies = media(self._ours, mine, "response"), media(self._theirs, their, "response")
        if None not in bodies:
            self._required("body", bool(mine.get("required")), bool(their.get("required")))
        self._content("body", "body", *bodies)

    def _parameters(self, ours: DocumentOperation, theirs: DocumentOperation) -> None:
        mine, their = parameters(self._ours, ours), parameters(self._theirs, theirs)
        for key in {**mine, **their}:
            one, other = mine.get(key), their.get(key)
            where = f"{key[0]}.{(one or other or {})['name']}"
            if one is not None and other is not None:
                self._required(where, bool(one.get("required")), bool(other.get("required")))
                schemas = schema_of(self._ours, one), schema_of(self._theirs, other)
                self._compare(where, *schemas, nulls=False)
            elif key[0] != "path":  # A path has its parameters even if they are not described.
                self._add_one_sided(
                    "parameter", where, self._type_text(one, self._ours), self._type_text(other, self._theirs)
                )

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
            self._add_one_sided(what, where, self._type_text(ours, self._ours), self._type_text(theirs, self._theirs))

    def _compare(self, where: str, ours: Any, theirs: Any, *, nulls: bool = True) -> None:
        self._equal.clear()
        self._different.clear()
        run(self._schemas(where, ours, theirs, nulls))

    def _schemas(self, where: str, ours: Any, theirs: Any, nulls: bool = True) -> Task[None]:
        self._spend(where)
        pair = id(ours), id(theirs), nulls
        # A schema may hold itself, so a pair under comparison is not begun again.
        if pair in self._open or pair in self._equal:
            return
        mine, their = self._ours.shape(ours), self._theirs.shape(theirs)
        if mine.variants and pair in self._different and len(self._found) > _FULL_DETAIL_LIMIT:
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
        if ours.value_types != theirs.value_types:
            # An undocumented shape differs only from a document that names types.
            if theirs.types or not ours.undocumented:
                self._add("type", where, str(ours), str(theirs))
            return
        if nulls and ours.is_nullable != theirs.is_nullable:
            self._add("nullable", where, str(ours), str(theirs))
        # An open enum of ours lists known values only, so a document without an enum does not contradict it.
        expected = ours.enum if ours.is_open_enum and theirs.enum is None else theirs.enum
        if ours.enum != expected or theirs.is_open_enum > ours.is_open_enum:
            self._add("enum", where, _enum_text(ours), _enum_text(theirs))
        if ours.formats and theirs.formats and not ours.formats & theirs.formats:
            self._add("format", where, *(", ".join(sorted(shape.formats)) for shape in (ours, theirs)))
        self._limits(where, ours, theirs)
        if "array" in ours.types:
            yield self._schemas(f"{where}[]", ours.items, theirs.items)
        yield from self._variants(where, ours.variants, theirs.variants)

    def _limits(self, where: str, ours: Shape, theirs: Shape) -> None:
        # The values of a closed enum are known, so limits add nothing.
        if any(shape.enum is not None and not shape.is_open_enum for shape in (ours, theirs)):
            return
        mine, their = texts(ours.limits, ours.value_types), texts(theirs.limits, theirs.value_types)
        for key in {**mine, **their}:
            if mine.get(key) != their.get(key):
                self._add("limit", where, mine.get(key), their.get(key))

    def _variants(self, where: str, ours: list[Variant], theirs: list[Variant]) -> Task[None]:
        if len(ours) == 1 and not ours[0].fields and len(theirs) > 1:
            theirs = [Variant({name: one for their in theirs for name, one in their.fields.items()})]
        if len(ours) == 1 and len(theirs) == 1:
            yield from self._fields(where, ours[0], theirs[0])
            return
        left = list(theirs)
        # Variants match by their tags first. Those without tags match by the number of fields that they share.
        for mine in sorted(ours, key=lambda variant: (not variant.tags, -len(variant.fields))):
            candidates = [their for their in left if _tags_match(mine.tags, their.tags)]
            self._ours.work.spend(len(left) + len(candidates) * len(mine.fields))
            if candidates:
                best = max(candidates, key=lambda their: len(their.fields.keys() & mine.fields.keys()))
                left.remove(best)
                yield from self._fields(f"{where}({mine.label})" if mine.tags else where, mine, best)
            elif not mine.undocumented:
                self._add("missing_variant", where, str(mine), None)
        for their in left:
            self._add("new_variant", where, None, str(their))

    def _fields(self, where: str, ours: Variant, theirs: Variant) -> Task[None]:
        for name in {**ours.fields, **theirs.fields}:
            place = f"{where}.{name}"
            self._spend(place)
            if name not in theirs.fields or name not in ours.fields:
                mine = str(self._ours.shape(ours.fields[name])) if name in ours.fields else None
                their = str(self._theirs.shape(theirs.fields[name])) if name in theirs.fields else None
                self._add_one_sided("field", place, mine, their)
                continue
            self._required(place, name in ours.required, name in theirs.required)
            yield self._schemas(place, ours.fields[name], theirs.fields[name])
        if ours.values or theirs.values:
            yield self._schemas(f"{where}.*", ours.values, theirs.values)

    def _required(self, where: str, ours: bool, theirs: bool) -> None:
        if ours != theirs:
            self._add("required", where, *("required" if needed else "optional" for needed in (ours, theirs)))

    def _add_one_sided(self, what: str, where: str, ours: str | None, theirs: str | None) -> None:
        self._add(f"{'new' if ours is None else 'missing'}_{what}", where, ours, theirs)

    def _type_text(self, holder: Schema | None, reader: Reader) -> str | None:
        return None if holder is None else str(reader.shape(schema_of(reader, holder)))

    def _add(self, kind: str, where: str, ours: str | None, theirs: str | None) -> None:
        self._spend(where, ours or "", theirs or "")
        self._found.append(Difference(kind, self._label, where, ours, theirs))

    def _spend(self, where: str, *texts: str) -> None:
        work = self._ours.work
        work.place = f"{self._label} {where}"
        work.spend(1 + (len(where) + sum(map(len, texts))) // 100)


def _tags_match(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    shared = ours.keys() & theirs.keys()
    return all(ours[name] == theirs[name] for name in shared) and bool(shared or not ours)


def _enum_text(shape: Shape) -> str | None:
    if shape.enum is None:
        return None
    return ", ".join([*sorted(shape.enum), *(["or any other"] if shape.is_open_enum else [])])
