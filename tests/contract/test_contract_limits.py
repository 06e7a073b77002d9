"""Tests of limits in documents: each changed limit is one difference, another notation of it is none."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniqos.contract import Difference, diff, export

DOCUMENT = export()
STRING, NULL = {"type": "string"}, {"type": "null"}


def answering(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"properties": {"x": schema}}}}
    return {"openapi": "3.1.0", "paths": {"/v1/x": {"get": {"responses": {"200": {"content": content}}}}}}


def limits(theirs: Any, ours: Any) -> list[tuple[str | None, str | None]]:
    found = diff(answering(theirs), answering(ours))
    assert {(one.kind, one.where) for one in found} <= {("limit", "response.x")}
    return [(one.ours, one.theirs) for one in found]


@pytest.mark.parametrize(("said", "theirs"), [({"maxLength": 300}, "maxLength 300"), ({}, None)])
def test_the_length_of_a_reason(said: Any, theirs: str | None) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["components"]["schemas"]["EndUserDelete"]["properties"]["reason"] = {
        "anyOf": [{"type": "string", **said}, {"type": "null"}]
    }
    assert diff(document) == [
        Difference("limit", "DELETE /v1/end-users/{user_id}", "body.reason", "maxLength 500", theirs)
    ]


@pytest.mark.parametrize(
    ("type", "said", "text"),
    [
        ("string", {"maxLength": 5}, "maxLength 5"),
        ("string", {"minLength": 5}, "minLength 5"),
        ("string", {"pattern": "^a"}, "pattern ^a"),
        ("array", {"minItems": 1}, "minItems 1"),
        ("array", {"maxItems": 9}, "maxItems 9"),
        ("integer", {"minimum": 1}, "minimum 1"),
        ("integer", {"maximum": 100.0}, "maximum 100"),
        ("integer", {"multipleOf": 5}, "multipleOf 5"),
        ("number", {"minimum": 0.5}, "minimum 0.5"),
        ("number", {"exclusiveMinimum": 0}, "exclusiveMinimum 0"),
        ("number", {"exclusiveMaximum": 1}, "exclusiveMaximum 1"),
        ("number", {"minimum": 0, "exclusiveMinimum": True}, "exclusiveMinimum 0"),
        ("number", {"maximum": 1, "exclusiveMaximum": True}, "exclusiveMaximum 1"),
        ("number", {"multipleOf": 1}, "multipleOf 1"),
    ],
)
@pytest.mark.parametrize("nullable", [False, True])
def test_a_limit_of_one_side_is_one_difference(type: str, said: Any, text: str, nullable: bool) -> None:
    plain: Any = {"type": type, "items": STRING} if type == "array" else {"type": type}
    limited = {**plain, **said}
    if nullable:
        plain, limited = {"anyOf": [plain, NULL]}, {"anyOf": [limited, NULL]}
    assert limits(limited, plain) == [(None, text)]
    assert limits(plain, limited) == [(text, None)]
    assert limits(limited, limited) == []


def test_each_limit_is_a_difference_of_its_own() -> None:
    theirs = {"type": "integer", "minimum": 1, "maximum": 100}
    assert limits(theirs, {"type": "integer", "maximum": 50}) == [("maximum 50", "maximum 100"), (None, "minimum 1")]


def test_a_limit_of_an_arrays_items_and_of_a_parameter() -> None:
    def document(schema: Any) -> dict[str, Any]:
        parameter = {"name": "q", "in": "query", "schema": {"type": "array", "items": schema}}
        return {"openapi": "3.1.0", "paths": {"/v1/x": {"get": {"parameters": [parameter]}}}}

    assert diff(document({**STRING, "maxLength": 5}), document(STRING)) == [
        Difference("limit", "GET /v1/x", "query.q[]", None, "maxLength 5")
    ]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"type": ["string", "null"], "maxLength": 5}, {"anyOf": [{**STRING, "maxLength": 5}, NULL]}),
        ({**STRING, "nullable": True, "maxLength": 5}, {"anyOf": [{**STRING, "maxLength": 5}, NULL]}),
        ({"maxLength": 5, "anyOf": [STRING, NULL]}, {"anyOf": [{**STRING, "maxLength": 5.0}, NULL]}),
        ({"allOf": [{**STRING, "maxLength": 9}, {"maxLength": 5}]}, {**STRING, "maxLength": 5}),
        ({"allOf": [{"type": "number", "minimum": 3}, {"minimum": 5}]}, {"type": "number", "minimum": 5}),
        ({"anyOf": [{**STRING, "maxLength": 9}, {**STRING, "maxLength": 5}]}, {**STRING, "maxLength": 9}),
        ({"anyOf": [{**STRING, "maxLength": 9}, STRING]}, STRING),
        ({"anyOf": [{**STRING, "pattern": "a"}, {**STRING, "pattern": "a"}]}, {**STRING, "pattern": "a"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "maximum": 9.5}, {"type": "integer", "exclusiveMaximum": 10}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": False}, {"type": "number", "minimum": 0}),
        ({"type": "number", "minimum": 5, "exclusiveMinimum": 0}, {"type": "number", "minimum": 5}),
        ({**STRING, "minLength": 0}, STRING),
        ({"type": "array", "minItems": 0}, {"type": "array"}),
        ({"type": "integer", "multipleOf": 1}, {"type": "integer"}),
        ({**STRING, "minimum": 5}, STRING),
        ({**STRING, "enum": ["a"], "minLength": 1}, {**STRING, "enum": ["a"]}),
        ({**STRING, "maxLength": "5", "pattern": 7, "minLength": True}, STRING),
        ({"type": "number", "minimum": 10**400, "maximum": float("inf")}, {"type": "number", "minimum": 10**400}),
    ],
)
def test_another_way_to_say_a_limit_is_no_difference(theirs: Any, ours: Any) -> None:
    assert limits(theirs, ours) == []
    assert limits(ours, theirs) == []


def test_patterns_of_which_one_or_all_have_to_match_are_told_apart() -> None:
    patterns = [{**STRING, "pattern": "a"}, {**STRING, "pattern": "b"}]
    assert limits({"anyOf": patterns}, {"allOf": patterns}) == [("pattern a and b", "pattern a or b")]


def test_a_limit_of_one_type_is_not_one_of_another() -> None:
    both = {"anyOf": [{**STRING, "maxLength": 5}, {"type": "integer"}]}
    assert limits(both, {"type": ["string", "integer"]}) == [(None, "maxLength 5")]


_KEYS = [
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
]
_VALUES = st.sampled_from([None, True, False, 0, 1, -2, 0.5, 3.0, 1e300, float("nan"), float("inf"), "a", []])
_SIMPLE = st.fixed_dictionaries(
    {}, optional={"type": st.sampled_from(["string", "integer", "number"]), **dict.fromkeys(_KEYS, _VALUES)}
)


@settings(deadline=None)
@given(_SIMPLE | st.fixed_dictionaries(dict.fromkeys(["anyOf", "allOf"], st.lists(_SIMPLE, max_size=3))))
def test_no_limit_breaks_anything_nor_differs_from_itself(schema: Any) -> None:
    assert limits(schema, schema) == []
    diff(answering(schema), answering(STRING))
