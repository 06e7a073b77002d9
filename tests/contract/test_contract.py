"""Tests of the exported OpenAPI document."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from uniqos import __version__
from uniqos.api import operations, source_of
from uniqos.api.engine import RESPOND
from uniqos.api.stream_events import EVENT_MODELS, StreamEventUnknown
from uniqos.contract import export

DOCUMENT = export()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def operation(label: str) -> dict[str, Any]:
    method, _, path = label.partition(" ")
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a document."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, (dict, list)):
        for value in node.values() if isinstance(node, dict) else node:
            yield from nodes(value)


def test_it_is_valid_openapi_3_1() -> None:
    validate(json.loads(json.dumps(DOCUMENT)))
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["info"]["version"] == __version__


def test_fresh_processes_write_the_same_text() -> None:
    program = "import json; from uniqos.contract import export; print(json.dumps(export()))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert [json.loads(text) for text in texts] == [DOCUMENT]


def test_without_docstrings_it_is_refused() -> None:
    program = """
import uniqos
try:
    uniqos.contract.export()
except uniqos.ConfigurationError as error:
    print(error.code, error)
"""
    done = subprocess.run([sys.executable, "-OO", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("no_docstrings the document is written from docstrings")


def test_it_has_each_operation_of_the_table() -> None:
    found = {
        one["operationId"]: f"{method.upper()} {path}"
        for path, item in DOCUMENT["paths"].items()
        for method, one in item.items()
    }
    assert found == {name: op.label for name, op in operations().items()}


@pytest.mark.parametrize("name", list(operations()))
def test_an_operation_has_a_summary_its_parameters_and_an_error(name: str) -> None:
    op = operations()[name]
    found = operation(op.label)
    path = [one for one in found["parameters"] if one["in"] == "path"]
    assert found["summary"]
    assert "``" not in found["summary"]
    assert found["tags"] == [name.partition(".")[0]]
    assert [one["name"] for one in path] == list(op.params)
    assert all(one["required"] and one["schema"] == {"type": "string"} for one in path)
    assert ("requestBody" in found) == (op.body is not None)
    headers = [one["name"] for one in found["parameters"] if one["in"] == "header"]
    assert headers == (["Idempotency-Key"] if op.resend in ("keyed", "billed") else [])
    assert list(found["responses"]) == ["2XX", "default"]


def test_each_reference_leads_to_something() -> None:
    for node in nodes(DOCUMENT):
        if "$ref" in node:
            _, kind, place, name = node["$ref"].split("/")
            assert name in DOCUMENT[kind][place]


def test_schemas_have_the_names_of_their_models_and_all_are_used() -> None:
    used = {node["$ref"].rpartition("/")[2] for node in nodes(DOCUMENT) if "$ref" in node}
    assert used - {"Error"} == SCHEMAS.keys()
    assert all(re.fullmatch(r"[A-Za-z]+", name) for name in SCHEMAS)


def test_query_parameters_are_named_as_they_are_sent_and_never_null() -> None:
    found = [one for one in operation("GET /v1/interactions")["parameters"] if one["in"] == "query"]
    assert [one["name"] for one in found] == ["user_id", "relationship_id", "from", "to", "limit", "cursor"]
    assert found[4]["schema"]["type"] == "integer"
    assert not any(one["required"] for one in found)
    assert "null" not in json.dumps(found)


def test_a_query_of_which_no_key_is_public_is_marked() -> None:
    assert operation("GET /v1/personalities")["x-uniqos-undocumented-query"] is True
    assert "x-uniqos-undocumented-query" not in operation("GET /v1/interactions")
    presumed = operation("GET /v1/end-users")["parameters"]
    assert [one["x-uniqos-undocumented"] for one in presumed] == [True, True]


def test_a_body_is_required_where_a_field_of_it_is() -> None:
    assert operation("POST /v1/respond")["requestBody"]["required"] is True
    assert operation("POST /v1/personalities")["requestBody"]["required"] is False
    assert operation("DELETE /v1/end-users/{user_id}")["requestBody"]["required"] is False


def test_a_turn_is_answered_by_a_reply_a_pack_or_events() -> None:
    content = operation(RESPOND.label)["responses"]["2XX"]["content"]
    assert list(content) == ["application/json", "text/event-stream"]
    assert content["application/json"]["schema"] == {
        "anyOf": [{"$ref": "#/components/schemas/RespondResult"}, {"$ref": "#/components/schemas/ModulatorPack"}]
    }
    events = SCHEMAS["RespondStreamEvent"]["anyOf"]
    members = [*EVENT_MODELS.values(), StreamEventUnknown]
    assert [event["$ref"].rpartition("/")[2] for event in events] == [model.__name__ for model in members]


def test_a_file_is_a_pdf() -> None:
    content = operation("GET /v1/billing/invoices/{invoice_id}/pdf")["responses"]["2XX"]["content"]
    assert list(content) == ["application/pdf"]
    assert content["application/pdf"]["schema"]["contentMediaType"] == "application/pdf"


def test_deliveries_are_a_webhook() -> None:
    delivery = DOCUMENT["webhooks"]["event"]["post"]
    schema = delivery["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/WebhookEvent"}
    assert [one["name"] for one in delivery["parameters"]] == ["x-uniqos-signature"]


def test_each_schema_says_where_it_is_known_from() -> None:
    from uniqos import models
    from uniqos.api.envelope import ErrorBody, ErrorEnvelope

    named = {name: getattr(models, name) for name in SCHEMAS if hasattr(models, name) and name != "RespondStreamEvent"}
    named |= {"ErrorBody": ErrorBody, "ErrorEnvelope": ErrorEnvelope}
    assert len(named) > 25
    for name, model in named.items():
        assert SCHEMAS[name]["x-uniqos-source"] == source_of(model)
        assert SCHEMAS[name].get("x-uniqos-undocumented", False) >= (source_of(model) == "undocumented")


def test_what_allows_anything_is_marked() -> None:
    assert SCHEMAS["ModulatorPack"]["x-uniqos-undocumented"] is True
    fields = SCHEMAS["RespondRequest"]["properties"]
    assert fields["guardrails_behavior"]["x-uniqos-undocumented"] is True
    assert fields["context"]["anyOf"][0]["x-uniqos-undocumented"] is True
    assert "x-uniqos-undocumented" not in SCHEMAS["RespondRequest"]
    for schema in SCHEMAS.values():
        for node in nodes(schema):
            if node.get("type") == "object" and not node.get("properties"):
                assert node["x-uniqos-undocumented"] is True


def test_fields_are_described_by_the_text_under_them() -> None:
    fields = SCHEMAS["RespondRequest"]["properties"]
    assert fields["message"]["description"] == "Text of the user. The longest length is undocumented."
    inherited = {one["name"]: one for one in operation("GET /v1/interactions/aggregates")["parameters"]}
    assert inherited["to"]["description"] == "Latest instant, exclusive."


def test_nothing_is_said_twice_or_presumed_by_python() -> None:
    for schema in SCHEMAS.values():
        for field in schema.get("properties", {}).values():
            assert "title" not in field
            assert field.get("default", "") is not None


def test_it_names_one_host_only() -> None:
    assert set(re.findall(r"\w+://[^\s\"'`<>)]+", json.dumps(DOCUMENT))) == {"https://api.uniqos.ai"}
    assert DOCUMENT["servers"] == [{"url": "https://api.uniqos.ai"}]
