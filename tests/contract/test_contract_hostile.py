"""Tests of deep, cyclic, doubling and broken documents: each ends soon, with differences or a clear error."""

from __future__ import annotations

import copy
import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.test_cli import run
from uniqos import UniqOSError
from uniqos.contract import diff, work
from uniqos.contract import document as documents

Document = dict[str, Any]
STRING = {"type": "string"}
MOST_SECONDS = 20  # the slowest takes about two


def document(schema: Any, schemas: Any = None) -> Document:
    content = {"application/json": {"schema": schema}}
    operation = {"operationId": "x", "responses": {"200": {"content": content}}}
    return {"openapi": "3.1.0", "paths": {"/v1/x": {"post": operation}}, "components": {"schemas": schemas or {}}}


def ref(name: object) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def chain(count: int, link: Callable[[int], Any], last: Any = STRING) -> Document:
    """Return a document in which each schema refers to the next."""
    return document(ref(0), {**{str(number): link(number) for number in range(count)}, str(count): last})


def nested(count: int, around: Callable[[Any], Any], innermost: Any = STRING) -> Any:
    for _ in range(count):
        innermost = around(innermost)
    return innermost


def next_and(number: int, more: Any) -> Any:
    return {"allOf": [ref(number + 1), more]}


def shared(**item: Any) -> Document:
    """Return a document of many paths that refer to one large item."""
    paths = {f"/v1/{number}": {"$ref": "#/components/pathItems/one"} for number in range(3000)}
    return {"openapi": "3.1.0", "paths": paths, "components": {"pathItems": {"one": {"get": {}, **item}}}}


def itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


OBJECT = {"type": "object", "properties": {"z": STRING}}
CLEAR: dict[str, Document] = {
    "allOf doubles": chain(60, lambda n: {"allOf": [ref(n + 1), ref(n + 1)]}),
    "anyOf doubles": chain(60, lambda n: {"anyOf": [ref(n + 1), ref(n + 1)]}, OBJECT),
    "oneOf doubles": chain(60, lambda n: {"oneOf": [ref(n + 1), {"allOf": [ref(n + 1)]}]}, OBJECT),
    "properties double": chain(60, lambda n: {"properties": {"a": ref(n + 1), "b": ref(n + 1)}}),
    "items and keys double": chain(60, lambda n: {"items": ref(n + 1), "additionalProperties": ref(n + 1)}),
    "a long chain of references": chain(5000, lambda n: ref(n + 1)),
    "a long chain of parts": chain(5000, lambda n: {"allOf": [ref(n + 1)]}),
    "a long chain of fields": chain(2000, lambda n: {"properties": {"a": ref(n + 1)}}),
    "fields of all schemas in each": document(
        ref(0), {str(n): {"properties": {f"p{m}": ref(m) for m in range(40)}} for n in range(40)}
    ),
    "parts of all schemas in each": document(
        ref(0), {str(n): {"allOf": [ref(m) for m in range(40)]} for n in range(40)}
    ),
    "sets of schemas": chain(
        30,
        lambda n: {"anyOf": [{"properties": {"a": ref(n + 1), "b": ref(0)}}, {"properties": {"a": ref(0)}}]},
        OBJECT,
    ),
    "a huge enum": document({"enum": [f"word {number}" for number in range(100_000)]}),
    "many options": document({"anyOf": [{"properties": {f"p{n}": STRING}} for n in range(5000)]}),
    "many alike options": document({"anyOf": [{"properties": {"x": {"enum": [n]}}} for n in range(5000)]}),
    "braces without an end": {"openapi": "3.1.0", "paths": {"/v1/" + "{" * 200_000: {"get": {}}}},
    "parts that are no lists": document(
        {"allOf": [{"properties": {"x": {"allOf": 5}}}, {"properties": {"x": {"allOf": "ab"}}}]}
    ),
    "keys of YAML": {"openapi": "3.1.0", "paths": {"/v1/x": {"get": {"responses": {200: {}, None: {}, True: {}}}}}},
    "other kinds of mappings and lists": {"openapi": "3.1.0", "paths": MappingProxyType({"/v1/x": {"get": ({},)}})},
    "words that are not numbers": document(
        {"enum": [float("nan"), float("inf"), -0.0, {"b": [1], "a": None}, True, 1]}
    ),
    "fields' options double": chain(
        60, lambda n: {"anyOf": [next_and(n, {"properties": {"x": {"enum": [f"{n}{x}"]}}}) for x in "pq"]}, OBJECT
    ),
    "a keyword without a name": document({"": 0}),
    "a boolean schema": document(ref("any"), {"any": True}),
}
REFUSED: dict[str, tuple[Document, str]] = {
    "allOf is deep": (
        document(nested(3000, lambda one: {"allOf": [one]})),
        "200 levels deep, or holds itself, at #/paths",
    ),
    "fields are deep": (document(nested(3000, lambda one: {"properties": {"a": one}})), "200 levels deep"),
    "a word is deep": (document({"const": nested(100_000, lambda one: [one])}), "schema/const/0/0"),
    "the version is deep": ({"openapi": nested(100_000, lambda one: [one]), "paths": {}}, "at #/openapi/0"),
    "a word holds itself": (document({"enum": itself()}), "or holds itself"),
    "a word that doubles": (document({"const": nested(60, lambda one: [one, one])}), "more than 2,000,000 parts"),
    "a number that Python does not write": (document({"enum": [10**5000]}), "integer of 16,610 bits, at .*enum/0"),
    "a key that Python does not write": (document({10**5000: 1}), "integer of 16,610 bits"),
    "a key that JSON has not": (document({"properties": {("a",): STRING}}), "key of the type tuple.*schema/properties"),
    "a value that JSON has not": (document({"default": date(2026, 1, 1)}), "type date, .*schema/default"),
    "a reference to a text": (
        document({"$ref": "#/openapi"}),
        "'#/openapi' leads to a str.*met at POST /v1/x response",
    ),
    "a reference to a list": (document(ref("a/enum"), {"a": {"enum": [1]}}), "leads to a list"),
    "a reference to an anchor": (document({"$ref": "#node"}), "'#node' leads nowhere"),
    "a reference to no index": (document(ref("a/enum/-1"), {"a": {"enum": [{}]}}), "enum/-1' leads nowhere"),
    "a reference through a text": (document({"$ref": "#/openapi/0"}), "leads nowhere"),
    "a long reference": (document({"$ref": "#/" + "a/" * 100_000}), r"\$ref '#/a/.* \.\.\. .*leads nowhere"),
    "parts grow": (chain(5000, lambda n: next_and(n, {"properties": {f"p{n}": STRING}}), OBJECT), "too large"),
    "words grow": (chain(5000, lambda n: {"anyOf": [ref(n + 1), {"enum": [f"w{n}"]}]}, {"enum": ["a"]}), "too large"),
    "patterns double": (
        chain(60, lambda n: {"anyOf": [next_and(n, {"pattern": f"a{n}"}), next_and(n, {"pattern": "b"})]}),
        "too large",
    ),
    "options double": (
        chain(60, lambda n: {"anyOf": [next_and(n, {"properties": {f"{x}{n}": {}}}) for x in "pq"]}, OBJECT),
        "too large",
    ),
    "options of all schemas in each": (
        document(ref(0), {str(n): {"anyOf": [*map(ref, range(40)), {"properties": {str(n): {}}}]} for n in range(40)}),
        "too large",
    ),
    "many parts": (document({"allOf": [{"properties": {f"p{n}": STRING}} for n in range(5000)]}), "too large"),
    "places grow": (chain(20_000, lambda n: {"properties": {"a": ref(n + 1)}}), "too large.*response.a.a.*a.a"),
    "parameters of many paths": (
        shared(parameters=[{"in": "query", "name": str(n)} for n in range(3000)]),
        "too large",
    ),
    "answers of many paths": (shared(get={"responses": {str(n): {} for n in range(3000)}}), "too large"),
    "names are long": (
        chain(
            100, lambda n: {"properties": {"a" * 100_000: ref(n + 1)}}, {"properties": {str(n): {} for n in range(99)}}
        ),
        "too large",
    ),
}


@pytest.fixture
def soon() -> Any:
    start = time.process_time()
    yield
    assert time.process_time() - start < MOST_SECONDS


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", CLEAR)
def test_a_hostile_document_that_can_be_compared_has_no_differences_to_itself(name: str) -> None:
    assert diff(CLEAR[name], CLEAR[name]) == []
    assert diff(CLEAR[name])


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_document_that_cannot_be_compared_is_refused_with_its_place(name: str) -> None:
    hostile, says = REFUSED[name]
    with pytest.raises(UniqOSError, match=says) as caught:
        diff(hostile, hostile)
    assert len(caught.value.message) < 700


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("name", [*CLEAR, *REFUSED])
def test_one_other_schema_in_a_hostile_document_is_found_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in REFUSED:  # other tests try the limits themselves
        monkeypatch.setattr(work, "_MAX_STEPS", 100_000)
        monkeypatch.setattr(documents, "_MAX_PARTS", 100_000)
    hostile = CLEAR[name] if name in CLEAR else REFUSED[name][0]
    schemas = hostile.get("components", {}).get("schemas", {})
    last = {name: {"type": "integer"} for name in list(schemas)[-1:]}
    other = {**hostile, "components": {"schemas": {**schemas, **last}}}
    for theirs, ours in ((other, hostile), (hostile, other), (hostile, None), (document({}), hostile)):
        try:
            assert len(diff(theirs, ours)) < 20_000
        except UniqOSError:
            assert name in REFUSED


def test_the_depth_of_a_document_does_not_depend_on_the_callers_stack() -> None:
    hostile = CLEAR["a long chain of fields"]

    def deep(levels: int) -> Any:
        return deep(levels - 1) if levels else diff(hostile, hostile)

    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(deep(sys.getrecursionlimit() - 100)))
    thread.start()
    thread.join()
    assert found == [[]]


def test_each_of_a_few_differences_is_told_at_each_of_its_places() -> None:
    ours = chain(4, lambda n: {"properties": {"a": ref(n + 1), "b": ref(n + 1)}})
    theirs = copy.deepcopy(ours)
    theirs["components"]["schemas"]["4"] = {"type": "integer"}
    assert len({one.where for one in diff(theirs, ours)}) == 2**4


def test_of_very_many_differences_those_of_one_schema_are_told_at_its_first_place() -> None:
    ours = chain(30, lambda n: {"properties": {"a": ref(n + 1), "b": ref(n + 1), f"c{n}": STRING}})
    theirs = copy.deepcopy(ours)
    for number in range(30):
        theirs["components"]["schemas"][str(number)]["properties"][f"c{number}"] = {"type": "integer"}
    found = [one.where for one in diff(theirs, ours)]
    assert 1000 < len(found) < 2000
    assert {f"c{number}" for number in range(30)} == {where.rpartition(".")[2] for where in found}


_KEYS = (
    "type",
    "enum",
    "const",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "anyOf",
    "allOf",
    "pattern",
)
_texts = st.sampled_from(
    ["object", "string", "#", "#/a", "#/paths", "#/components/schemas/a", "#/components/schemas/b"]
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | _texts
_json = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*_KEYS, "$ref", "x"]) | st.text(max_size=2), inner, max_size=4)
        | st.builds(lambda name: {"$ref": f"#/components/schemas/{name}"}, st.sampled_from("abc"))
    ),
    max_leaves=15,
)
_DOCUMENT_KEYS = ("paths", "webhooks", "components", "servers", "/v1/x", "get", "post", "parameters", "requestBody")
_document_keys = st.sampled_from([*_DOCUMENT_KEYS, "responses", "200", "default", "content", "application/json", "in"])
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_document_keys, inner, max_size=4)
)
SMALL = document({"type": "object", "properties": {"a": STRING, "b": {"type": "array", "items": STRING}}})


def compared(theirs: Any, ours: Any) -> None:
    try:
        diff(theirs, ours)
    except UniqOSError:
        pass


@settings(max_examples=200, deadline=None)
@given(_json, _json, _json)
def test_any_json_as_schemas_gives_differences_or_a_refusal(schema: Any, a: Any, b: Any) -> None:
    hostile = document(schema, {"a": a, "b": b})
    compared(hostile, hostile)
    compared(hostile, SMALL)
    compared(SMALL, hostile)


@settings(max_examples=200, deadline=None)
@given(_anything, st.dictionaries(_document_keys, _anything, max_size=4))
def test_any_json_as_a_document_gives_differences_or_a_refusal(whole: Any, parts: Any) -> None:
    compared(whole, SMALL)
    for paths in (parts, {"/v1/x": parts}, {"/v1/x": {"post": parts}}):
        compared({"openapi": "3.0.0", **parts, "paths": paths}, SMALL)
        compared(SMALL, {"openapi": "3.1.0", **parts, "paths": paths})


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (json.dumps(CLEAR["allOf doubles"]).encode(), 1, ""),
        (b"\xef\xbb\xbf" + json.dumps(document({})).encode(), 1, ""),
        (b'{"openapi": "3.1.0", "paths": {}, "paths": {"/v1/x": {"get": {}}}}', 1, ""),
        (b'{"openapi": "3.1.0", "paths": {"/v1/a": {"get": {"x": NaN}}}}', 2, "is not JSON"),
        (b'{"openapi": "3.1.0", "paths": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, 2, "recursion limit"),
        (json.dumps(document(nested(100, lambda one: {"allOf": [one]}))).encode(), 2, "recursion limit"),
        (b'{"openapi": "3.1.0", "paths": {"/v1/a": {"$ref": "#/paths/~1v1~1a"}}}', 2, "leads to itself"),
        (json.dumps(REFUSED["options double"][0]).encode(), 1, ""),
    ],
    ids=["doubling", "BOM", "a key twice", "NaN", "deep objects", "deep schemas", "a reference to itself", "options"],
)
def test_the_command_ends_with_a_code_for_any_file(tmp_path: Path, content: bytes, code: int, says: str) -> None:
    file = tmp_path / "theirs.json"
    file.write_bytes(content)
    ended, out, err = run("contract", "diff", str(file))
    assert ended == code
    assert says in err
    assert err.count("\n") == (code == 2)
    assert bool(out) == (code == 1)


def test_the_command_prints_very_many_differences(tmp_path: Path) -> None:
    file = tmp_path / "theirs.json"
    paths = {f"/v1/{number}\n": {"get": {"operationId": "名\t" * 2}} for number in range(30_000)}
    file.write_text(json.dumps({"openapi": "3.1.0", "paths": paths}), encoding="utf-8")
    code, out, _ = run("contract", "diff", str(file))
    assert code == 1
    assert out.endswith("\n  kind           where  ours  theirs\n  new_operation  -      -     名 名\n")
