"""Tests of the comparison: each change of a document is one difference, another notation of it is none."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniqos import ConfigurationError
from uniqos.contract import Difference, diff, export, shapes

DOCUMENT = export()
TURN = "POST /v1/respond"
Document = dict[str, Any]
Mutation = Callable[[Document], Any]


def changed(mutation: Mutation) -> Document:
    document = copy.deepcopy(DOCUMENT)
    mutation(document)
    return document


def schema(name: str) -> Callable[[Document], Any]:
    return lambda document: document["components"]["schemas"][name]


def fields(name: str) -> Callable[[Document], Any]:
    return lambda document: document["components"]["schemas"][name]["properties"]


def operation(document: Document, label: str = TURN) -> Any:
    method, _, path = label.partition(" ")
    return document["paths"][path][method.lower()]


def query(document: Document, name: str) -> Any:
    parameters = operation(document, "GET /v1/interactions")["parameters"]
    return next(one for one in parameters if one["name"] == name)


def path_parameter(document: Document, label: str) -> Any:
    return next(one for one in operation(document, label)["parameters"] if one["in"] == "path")


def json_of(schema: Any) -> Document:
    return {"content": {"application/json": {"schema": schema}}}


def described(**content: Any) -> Document:
    """Return a document with one operation."""
    return {"openapi": "3.0.3", "paths": {"/v1/x": {"post": {"operationId": "x", **content}}}}


def answering(schema: Any, components: Any = None) -> Document:
    content = {"application/json": {"schema": schema}}
    return {**described(responses={"200": {"content": content}}), "components": {"schemas": components or {}}}


def test_the_export_does_not_differ_from_itself() -> None:
    assert diff(export()) == []
    assert diff(export(), export()) == []


LIST = "GET /v1/interactions"
USER = "PATCH /v1/end-users/{user_id}"
EVENT = "WEBHOOK event"
SCHEMAS = "#/components/schemas/"
AGGREGATES = "GET /v1/interactions/aggregates"
NEW = {"type": "string"}
MUTATIONS: dict[str, tuple[Mutation, tuple[str, str, str, str | None, str | None]]] = {
    "an operation is removed": (
        lambda d: d["paths"].pop("/v1/me/switch-organization"),
        ("missing_operation", "POST /v1/me/switch-organization", "", "me.switch_organization", None),
    ),
    "an operation is added": (
        lambda d: d["paths"].update({"/v1/moods": {"get": {"operationId": "moods", "responses": {}}}}),
        ("new_operation", "GET /v1/moods", "", None, "moods"),
    ),
    "a parameter is removed": (
        lambda d: operation(d, LIST)["parameters"].remove(query(d, "limit")),
        ("missing_parameter", LIST, "query.limit", "integer", None),
    ),
    "a parameter is added": (
        lambda d: operation(d, LIST)["parameters"].append({"name": "mood", "in": "query", "schema": NEW}),
        ("new_parameter", LIST, "query.mood", None, "string"),
    ),
    "a header is removed": (
        lambda d: operation(d)["parameters"].pop(),
        ("missing_parameter", TURN, "header.Idempotency-Key", "string", None),
    ),
    "a parameter is made required": (
        lambda d: query(d, "user_id").update(required=True),
        ("required", LIST, "query.user_id", "optional", "required"),
    ),
    "a parameter has another type": (
        lambda d: query(d, "limit").update(schema=NEW),
        ("type", LIST, "query.limit", "integer", "string"),
    ),
    "a parameter of the path has another type": (
        lambda d: path_parameter(d, USER).update(schema={"type": "integer"}),
        ("type", USER, "path.user_id", "string", "integer"),
    ),
    "a cookie is added": (
        lambda d: operation(d, LIST)["parameters"].append({"name": "session", "in": "cookie", "schema": NEW}),
        ("new_parameter", LIST, "cookie.session", None, "string"),
    ),
    "a field of a delivery": (
        lambda d: fields("WebhookEvent")(d).pop("id"),
        ("missing_field", EVENT, "body.id", "string", None),
    ),
    "the signature of a delivery": (
        lambda d: d["webhooks"]["event"]["post"]["parameters"].pop(),
        ("missing_parameter", EVENT, "header.x-uniqos-signature", "string", None),
    ),
    "deliveries are removed": (
        lambda d: d.pop("webhooks"),
        ("missing_operation", EVENT, "", "webhooks.event", None),
    ),
    "a delivery is added": (
        lambda d: d["webhooks"].update({"mood.changed": {"post": {"operationId": "mood"}}}),
        ("new_operation", "WEBHOOK mood.changed", "", None, "mood"),
    ),
    "a field of errors": (
        lambda d: fields("ErrorBody")(d).update(code={"type": "integer"}),
        ("type", "ERRORS", "error.code", "string", "integer"),
    ),
    "errors are a list": (
        lambda d: schema("ErrorEnvelope")(d).update(type="array"),
        ("type", "ERRORS", "", "object", "array"),
    ),
    "errors are removed": (
        lambda d: d["components"]["responses"]["Error"].pop("content"),
        ("missing_response", "ERRORS", "", "object", None),
    ),
    "one operation has other errors": (
        lambda d: operation(d, LIST)["responses"].update(default=json_of({"type": "object"})),
        ("missing_field", "ERRORS", "error", "object", None),
    ),
    "one more success says something else": (
        lambda d: operation(d, AGGREGATES)["responses"].update(
            {"202": json_of({"allOf": [{"$ref": f"{SCHEMAS}InteractionAggregates"}, {"properties": {"job": NEW}}]})}
        ),
        ("new_field", AGGREGATES, "response.job", None, "string"),
    ),
    "a field of a body is removed": (
        lambda d: fields("RespondRequest")(d).pop("user_id"),
        ("missing_field", TURN, "body.user_id", "string | null", None),
    ),
    "a field of a body is added": (
        lambda d: fields("RespondRequest")(d).update(mood=NEW),
        ("new_field", TURN, "body.mood", None, "string"),
    ),
    "a field is made required": (
        lambda d: schema("RespondRequest")(d)["required"].append("mode"),
        ("required", TURN, "body.mode", "optional", "required"),
    ),
    "a field is made optional": (
        lambda d: schema("RespondRequest")(d)["required"].remove("message"),
        ("required", TURN, "body.message", "required", "optional"),
    ),
    "a field has another type": (
        lambda d: fields("InteractionBucket")(d).update(total_turns={"type": "number"}),
        ("type", AGGREGATES, "response.data[].total_turns", "integer", "number"),
    ),
    "an undocumented field has a type": (
        lambda d: fields("RespondRequest")(d).update(llm_override={"type": "string"}),
        ("type", TURN, "body.llm_override", "any", "string"),
    ),
    "an undocumented shape has a field": (
        lambda d: schema("ModulatorPack")(d).update(properties={"mood": {"type": "array"}}),
        ("new_field", TURN, "response.mood", None, "array"),
    ),
    "a field of an undocumented field": (
        lambda d: fields("RespondRequest")(d).update(llm_override={"properties": {"model": NEW}}),
        ("new_field", TURN, "body.llm_override.model", None, "string"),
    ),
    "a word is added": (
        lambda d: fields("RespondRequest")(d)["mode"]["anyOf"][0]["enum"].append("other"),
        ("enum", TURN, "body.mode", "stateful, stateless", "other, stateful, stateless"),
    ),
    "a word is removed": (
        lambda d: fields("RespondRequest")(d)["mode"]["anyOf"][0]["enum"].remove("stateful"),
        ("enum", TURN, "body.mode", "stateful, stateless", "stateless"),
    ),
    "a word is added where others are allowed": (
        lambda d: fields("ReviewSubmission")(d).update(status={"type": "string", "enum": ["pending_review", "x"]}),
        (
            *("enum", "POST /v1/personalities/{personality_id}/submit-for-review", "response.status"),
            *("pending_review, or any other", "pending_review, x"),
        ),
    ),
    "null is no longer allowed": (
        lambda d: fields("RespondRequest")(d).update(user_id=NEW),
        ("nullable", TURN, "body.user_id", "string | null", "string"),
    ),
    "null is allowed": (
        lambda d: fields("RespondRequest")(d).update(message={"type": ["string", "null"]}),
        ("nullable", TURN, "body.message", "string", "string | null"),
    ),
    "a field of an array's items": (
        lambda d: fields("InteractionBucket")(d).update(mood=NEW),
        ("new_field", AGGREGATES, "response.data[].mood", None, "string"),
    ),
    "a map's values": (
        lambda d: fields("InteractionBucket")(d)["primary_emotion_distribution"]["anyOf"][0].update(
            additionalProperties=NEW
        ),
        ("type", AGGREGATES, "response.data[].primary_emotion_distribution.*", "integer", "string"),
    ),
    "an array's items": (
        lambda d: fields("WebhookCreate")(d)["subscriptions"]["anyOf"][0].update(items={"type": "integer"}),
        ("type", "POST /v1/webhooks", "body.subscriptions[]", "string", "integer"),
    ),
    "a body is removed": (
        lambda d: operation(d).pop("requestBody"),
        ("missing_body", TURN, "body", "object", None),
    ),
    "a body is added": (
        lambda d: operation(d, "DELETE /v1/me/sessions").update(requestBody=operation(d)["requestBody"]),
        ("new_body", "DELETE /v1/me/sessions", "body", None, "object"),
    ),
    "a body is made optional": (
        lambda d: operation(d)["requestBody"].update(required=False),
        ("required", TURN, "body", "required", "optional"),
    ),
    "an answer is removed": (
        lambda d: operation(d, AGGREGATES)["responses"].pop("2XX"),
        ("missing_response", AGGREGATES, "response", "object", None),
    ),
    "a stream is removed": (
        lambda d: operation(d)["responses"]["2XX"]["content"].pop("text/event-stream"),
        ("missing_response", TURN, "stream", "object", None),
    ),
    "a stream is added": (
        lambda d: operation(d, LIST)["responses"]["2XX"]["content"].update({"text/event-stream": {"schema": NEW}}),
        ("new_response", LIST, "stream", None, "string"),
    ),
    "a field of an event": (
        lambda d: fields("StreamEventText")(d).update(tone=NEW),
        ("new_field", TURN, "stream(text).tone", None, "string"),
    ),
    "an event is removed": (
        lambda d: schema("RespondStreamEvent")(d)["anyOf"].pop(1),
        ("missing_variant", TURN, "stream", "text", None),
    ),
    "an event is added": (
        lambda d: schema("RespondStreamEvent")(d)["anyOf"].append({"properties": {"type": {"const": "mood"}}}),
        ("new_variant", TURN, "stream", None, "mood"),
    ),
    "a field of a model inside": (
        lambda d: fields("StreamUsage")(d).pop("llm_model"),
        ("missing_field", TURN, "stream(completion).usage.llm_model", "string", None),
    ),
    "a format": (
        lambda d: fields("InteractionBucket")(d).update(period_start={"type": ["string", "null"], "format": "date"}),
        ("format", AGGREGATES, "response.data[].period_start", "date-time", "date"),
    ),
}


@pytest.mark.parametrize("name", list(MUTATIONS))
def test_one_change_is_one_difference(name: str) -> None:
    mutation, expected = MUTATIONS[name]
    assert diff(changed(mutation)) == [Difference(*expected)]


def test_a_model_that_two_operations_use_differs_in_both() -> None:
    found = diff(
        changed(lambda d: fields("EndUserCreate")(d).update(x=NEW) or fields("DeletionReceipt")(d).update(x=NEW))
    )
    assert [(one.operation, one.where) for one in found] == [
        ("POST /v1/end-users", "body.x"),
        ("DELETE /v1/end-users/{user_id}", "response.x"),
        ("DELETE /v1/relationships/{relationship_id}", "response.x"),
    ]


def test_what_is_missing_is_not_followed_deeper() -> None:
    found = diff(changed(lambda d: fields("InteractionAggregates")(d).pop("data")))
    assert [(one.kind, one.where) for one in found] == [("missing_field", "response.data")]


def test_the_login_and_the_administration_are_no_part_of_the_sdk() -> None:
    def mutation(document: Document) -> None:
        for path in ("/v1/auth/login", "/v1/admin/reviews", "/v1/admin", "/v1/authors"):
            document["paths"][path] = {"get": {"responses": {}}}

    assert [one.operation for one in diff(changed(mutation))] == ["GET /v1/authors"]


# Places that are compared: not the SDK's own event, nor what nothing is known of.
_APART = {"StreamEventUnknown"}
_PLACES = [
    (name, field)
    for name, one in DOCUMENT["components"]["schemas"].items()
    if name not in _APART
    for field in one.get("properties", {})
    if one.get("properties")
]


def _remove(model: Any, field: str) -> None:
    del model["properties"][field]


def _rename(model: Any, field: str) -> None:
    model["properties"][field + "_"] = model["properties"].pop(field)


def _require(model: Any, field: str) -> None:
    model["required"] = sorted({field}.symmetric_difference(model.get("required", [])))


def _retype(model: Any, field: str) -> None:
    model["properties"][field] = {"type": "array", "items": {"type": "array"}}


def _null(model: Any, field: str) -> None:
    before = model["properties"][field]
    options = before.get("anyOf", [before])
    without = [one for one in options if one.get("type") != "null"]
    model["properties"][field] = {"anyOf": [*without, *([{"type": "null"}] if without == options else [])]}


def _wrap(model: Any, field: str) -> None:
    model["properties"][field] = {"type": "array", "items": model["properties"][field]}


def _grow(model: Any, field: str) -> None:
    model["properties"][field + "_too"] = {}


def _say(model: Any, field: str) -> None:
    model["properties"][field] = {"enum": ["one", "two"]}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_PLACES), st.sampled_from([_remove, _rename, _require, _retype, _null, _wrap, _grow, _say]))
def test_any_change_of_a_schema_is_found(place: tuple[str, str], change: Callable[[Any, str], None]) -> None:
    name, field = place
    before = DOCUMENT["components"]["schemas"][name]["properties"][field]
    anything = not before.keys() - {"description", "x-uniqos-undocumented"}
    document = copy.deepcopy(DOCUMENT)
    change(document["components"]["schemas"][name], field)
    found = diff(document, DOCUMENT)
    if anything and change is _null:
        assert found == [], "what may be anything may be null"
    else:
        assert found
        assert all(field in one.where or one.kind.endswith("variant") for one in found)


def _of_3_0(node: Any) -> Any:
    """Return a document in the notation of OpenAPI 3.0: nullable, enum for const, no type null; without references."""
    if isinstance(node, list):
        return [_of_3_0(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        _, kind, place, name = node["$ref"].split("/")
        return _of_3_0(DOCUMENT[kind][place][name])
    node = dict(node)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    options = node.get("anyOf", [])
    others = [one for one in options if one.get("type") != "null"]
    if len(others) < len(options):
        del node["anyOf"]
        node |= others[0] if len(others) == 1 and "$ref" not in others[0] else {"anyOf": others}
        node["nullable"] = True
    return {key: _of_3_0(value) for key, value in node.items()}


def _renamed(paths: Any) -> Any:
    return {re.sub(r"{(\w+)}", r"{the_\1}", path): item for path, item in paths.items()}


def _renamed_as_declared(paths: Any) -> Any:
    paths = copy.deepcopy(paths)
    for item in paths.values():
        for one in item.values():
            for parameter in one["parameters"]:
                if parameter["in"] == "path":
                    parameter["name"] = "the_" + parameter["name"]
            one["parameters"].reverse()
    return _renamed(paths)


def _under_v1(paths: Any) -> Any:
    return {path.removeprefix("/v1"): item for path, item in paths.items()}


def _slashed(paths: Any) -> Any:
    return {f"{path}/": item for path, item in paths.items()}


def _with_parameters_of_paths(paths: Any) -> Any:
    return {
        path: {"parameters": next(iter(item.values()))["parameters"], method: {**one, "parameters": []}}
        for path, item in paths.items()
        for method, one in item.items()
        if len(item) == 1
    } | {path: item for path, item in paths.items() if len(item) > 1}


REWRITES: dict[str, Callable[[], Document]] = {
    "as 3.0, without references": lambda: {**_of_3_0(DOCUMENT), "openapi": "3.0.3"},
    "other names of path parameters": lambda: {**DOCUMENT, "paths": _renamed(DOCUMENT["paths"])},
    "other names of path parameters, as declared": lambda: {
        **DOCUMENT,
        "paths": _renamed_as_declared(DOCUMENT["paths"]),
    },
    "slashes at the end": lambda: {**DOCUMENT, "paths": _slashed(DOCUMENT["paths"])},
    "parameters of paths": lambda: {**DOCUMENT, "paths": _with_parameters_of_paths(DOCUMENT["paths"])},
    "/v1 in the server": lambda: {
        **DOCUMENT,
        "servers": [{"url": "https://api.example.com/v1/"}],
        "paths": _under_v1(DOCUMENT["paths"]),
    },
}


@pytest.mark.parametrize("name", list(REWRITES))
def test_another_way_to_write_it_is_no_difference(name: str) -> None:
    assert diff(REWRITES[name]()) == []


NODE: Document = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "name": NEW}}
LONG_NODE: Document = {
    "type": "object",
    "properties": {"next": {"allOf": [{"$ref": "#/components/schemas/Node"}]}, "name": {"type": "integer"}},
}
WOVEN: Document = {
    "anyOf": [
        {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        {"type": "array", "items": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}},
    ]
}


def test_schemas_that_hold_themselves_come_to_an_end() -> None:
    reference = {"$ref": "#/components/schemas/Node"}
    ours = answering(reference, {"Node": NODE})
    assert diff(ours, ours) == []
    assert [one.where for one in diff(answering(reference, {"Node": LONG_NODE}), ours)] == [
        "response.next.name",
        "response.name",
    ]
    woven = answering(reference, {"Node": WOVEN})
    assert diff(woven, woven) == []


def test_a_schema_that_is_only_itself_says_nothing() -> None:
    itself = {"Node": {"allOf": [{"$ref": "#/components/schemas/Node"}]}}
    assert diff(answering({"$ref": "#/components/schemas/Node"}, itself), answering({})) == []


PARTS = {
    "A": {"type": "object", "properties": {"a": NEW}},
    "B": {"properties": {"b": {"nullable": True, "type": "string"}}},
}
WHOLE: Document = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": NEW, "b": {"type": ["string", "null"]}},
}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}], "required": ["a"]}, WHOLE),
        ({"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": True}, {"anyOf": [PARTS["A"], {"type": "null"}]}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": ["integer", "string"]}),
        ({"enum": ["a", "b", None]}, {"anyOf": [{"const": "a"}, {"const": "b"}, {"type": "null"}]}),
        ({"type": "string", "enum": ["a", "b"]}, {"oneOf": [{"const": "b"}, {"const": "a"}]}),
        ({"type": "string"}, {"anyOf": [{"enum": ["a"]}, {"type": "string"}]}),
        ({"type": "string", "enum": ["a"]}, {"anyOf": [{"enum": ["a"]}, {"type": "string"}]}),
        ({"type": "string", "format": "uuid"}, {"type": "string"}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": True}),
        (True, {}),
    ],
)
def test_what_means_the_same_is_no_difference(theirs: Any, ours: Any) -> None:
    assert diff(answering(theirs, PARTS), answering(ours, PARTS)) == []


@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [
        ({"anyOf": [{"enum": ["a"]}, {"type": "string"}]}, {"type": "string", "enum": ["a"]}, "enum"),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}, "enum"),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}, "enum"),
        ({"anyOf": [{"type": "string"}, {}]}, {"type": "string"}, "type"),
        ({}, {"type": "string"}, "type"),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "number"}}, "type"),
    ],
)
def test_what_means_something_else_is_one_difference(theirs: Any, ours: Any, kind: str) -> None:
    assert [one.kind for one in diff(answering(theirs), answering(ours))] == [kind]


def test_any_success_counts_and_so_does_any_kind_of_json() -> None:
    ours = answering(WHOLE)
    for status, kind in (("201", "application/json; charset=utf-8"), ("2XX", "application/hal+json"), ("207", "*/*")):
        assert diff(described(responses={status: {"content": {kind: {"schema": WHOLE}}}}), ours) == []
    refusal = described(responses={"400": {"content": {"application/json": {"schema": WHOLE}}}})
    assert [one.kind for one in diff(refusal, ours)] == ["missing_response"]


def test_parameters_of_the_path_match_by_position() -> None:
    def document(path: str, *declared: tuple[str, str]) -> Document:
        parameters = [{"name": name, "in": "path", "schema": {"type": type}} for name, type in declared]
        return {"openapi": "3.1.0", "paths": {path: {"get": {"parameters": parameters}}}}

    ours = document("/v1/a/{a}/b/{b}", ("a", "string"), ("b", "integer"))
    assert diff(document("/v1/a/{b}/b/{a}", ("a", "integer"), ("b", "string")), ours) == []
    assert diff(document("/v1/a/{x}/b/{y}", ("y", "string"), ("x", "string")), ours) == [
        Difference("type", "GET /v1/a/{a}/b/{b}", "path.b", "integer", "string")
    ]


def test_a_3_0_document_has_no_deliveries_to_lack() -> None:
    without = {key: value for key, value in DOCUMENT.items() if key != "webhooks"}
    assert diff({**without, "openapi": "3.0.3"}) == []
    assert [one.operation for one in diff(without)] == [EVENT]


def test_deliveries_by_another_name_are_missing_and_new() -> None:
    document = {**DOCUMENT, "webhooks": {"delivery": {"$ref": "#/components/pathItems/delivery"}}}
    document["components"] = {**DOCUMENT["components"], "pathItems": {"delivery": DOCUMENT["webhooks"]["event"]}}
    assert [(one.kind, one.operation) for one in diff(document)] == [
        ("missing_operation", EVENT),
        ("new_operation", "WEBHOOK delivery"),
    ]


@pytest.mark.parametrize(
    "responses",
    [
        {"default": json_of(NEW), "4XX": json_of(WHOLE), "400": json_of(WHOLE)},
        {"default": {"description": "-"}, "4XX": json_of(NEW), "5XX": json_of(WHOLE), "401": json_of(WHOLE)},
        {"5xx": json_of(NEW), "400": json_of(WHOLE)},
        {"404": json_of(WHOLE), "401": json_of(NEW), "400": {"description": "-"}},
        {"500": json_of(NEW)},
    ],
)
def test_the_error_that_speaks_for_all_is_compared(responses: Any) -> None:
    ours = described(responses={"default": json_of(WHOLE)})
    assert diff(described(responses=responses), ours) == [Difference("type", "ERRORS", "", "object", "string")]


def test_successes_are_compared_with_their_like_and_what_all_say_is_told_once() -> None:
    other = json_of({**WHOLE, "properties": {**WHOLE["properties"], "c": NEW}})
    both = described(responses={"200": json_of(WHOLE), "202": other})
    assert diff(both, both) == []
    anything = described(responses={"2XX": json_of({"type": "object"})})
    assert [one.where for one in diff(both, anything)] == ["response.a", "response.b", "response.c"]
    assert [one.kind for one in diff(described(responses={"204": {}}), both)] == ["missing_response"]
    assert [one.kind for one in diff(both, described(responses={"204": {}}))] == ["new_response"]


def test_many_kinds_of_each_of_several_parts_are_not_multiplied(monkeypatch: pytest.MonkeyPatch) -> None:
    merged = shapes._merge
    work: list[int] = []
    monkeypatch.setattr(shapes, "_merge", lambda a, b, join: work.append(1) or merged(a, b, join))
    kinds = [{"oneOf": [{"properties": {f"{part}{kind}": NEW}} for kind in range(6)]} for part in "abcdefg"]
    document = answering({"allOf": kinds})
    assert diff(document, document) == []
    assert 0 < len(work) < 500
    names = [one.where for one in diff(document, answering({"type": "object"}))]
    assert len(set(names)) == len(names) == 42
    # One part with many variants beside shared fields is not a product.
    events = {"oneOf": [{"properties": {"type": {"const": f"e{number}"}}} for number in range(100)]}
    shared = {"properties": {"id": NEW}}
    found = diff(answering({"allOf": [shared, events]}), answering({"allOf": [shared, {"oneOf": events["oneOf"][1:]}]}))
    assert found == [Difference("new_variant", "POST /v1/x", "response", None, "e0")]


def test_references_to_parameters_bodies_and_answers_are_followed() -> None:
    content = {"application/json": {"schema": WHOLE}}
    parameter = {"name": "Mood", "in": "header", "schema": NEW}
    plain = described(parameters=[parameter], requestBody={"content": content}, responses={"200": {"content": content}})
    referring = described(
        parameters=[{"$ref": "#/components/parameters/a~1b"}, {"name": "authorization", "in": "header"}],
        requestBody={"$ref": "#/components/requestBodies/x%20y"},
        responses={"200": {"$ref": "#/components/responses/r"}},
    )
    referring["components"] = {
        "parameters": {"a/b": {**parameter, "name": "mood"}},
        "requestBodies": {"x y": {"content": content}},
        "responses": {"r": {"content": content}},
    }
    assert diff(referring, plain) == []


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "a JSON object, not list"),
        ("openapi: 3.1.0", "a JSON object, not str"),
        ({}, "not an OpenAPI 3 document"),
        ({"openapi": "3.1.0"}, '"paths"'),
        ({"openapi": "3.1.0", "paths": []}, '"paths"'),
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0"),
        (answering({"$ref": "#/components/schemas/Nobody"}), "'#/components/schemas/Nobody' leads nowhere"),
        (answering({"$ref": "other.json#/Node"}), "'other.json#/Node' leads out of the document"),
        (answering({"$ref": 7}), r"\$ref 7 "),
        (described(requestBody={"$ref": "#/paths/~1v1~1x/post/requestBody"}), "leads to itself"),
    ],
)
def test_what_cannot_be_compared_is_refused(document: Any, says: str) -> None:
    ours = answering(WHOLE)
    ours["paths"]["/v1/x"]["post"]["requestBody"] = {}
    with pytest.raises(ConfigurationError, match=says):
        diff(document, ours)


_KEYS = [
    *("type", "enum", "const", "format", "nullable", "required"),
    *("properties", "additionalProperties", "items", "anyOf", "allOf", "a"),
]
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["object", "string", "#/x", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_KEYS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_json)
def test_a_document_that_breaks_the_rules_inside_breaks_nothing(schema: Any) -> None:
    broken = answering(schema)
    assert diff(broken, broken) == []
    diff(broken, answering(WHOLE))


def _positions(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, (dict, list)):
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            yield node, key
            yield from _positions(value)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_document_of_which_a_part_is_something_else_gives_differences_or_a_refusal(data: st.DataObject) -> None:
    content = {"application/json": {"schema": WHOLE}}
    document = copy.deepcopy(
        described(
            servers=[{"url": "/v1"}],
            parameters=[{"name": "a", "in": "query", "required": True, "schema": NEW}],
            requestBody={"content": content, "required": True},
            responses={"200": {"content": content}, "201": {"content": content}, "default": {"content": content}},
        )
        | {"webhooks": {"a": {"post": {"requestBody": {"content": content}}}}}
    )
    ours = copy.deepcopy(document)
    holder, key = data.draw(st.sampled_from(list(_positions(document))))
    holder[key] = data.draw(st.sampled_from([None, 7, "x", [], {}, [None], {"x": None}]))
    try:
        diff(document, ours)
    except ConfigurationError:
        pass
