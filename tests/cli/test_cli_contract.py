"""Tests of ``uniqos contract`` as a process of its own, with its pipes and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from uniqos.contract import export

from ..support.commandline import run


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return export()


def write(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_the_export_is_pretty_json_on_standard_output(document: dict[str, Any]) -> None:
    code, out, err = run("contract", "export")
    assert (code, err) == (0, "")
    assert out.startswith('{\n  "openapi": "3.1.0",\n')
    assert json.loads(out) == document


def test_the_export_goes_to_a_file(tmp_path: Path, document: dict[str, Any]) -> None:
    file = tmp_path / "openapi.json"
    assert run("contract", "export", "--output", str(file)) == (0, "", "")
    assert json.loads(file.read_text("utf-8")) == document


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    code, out, err = run("contract", "export", "--output", str(tmp_path / "nowhere" / "x.json"))
    assert (code, out) == (2, "")
    assert "its folder does not exist (code: cannot_write_file)" in err


def test_no_differences_end_with_0(tmp_path: Path, document: dict[str, Any]) -> None:
    file = write(tmp_path / "same.json", document)
    assert run("contract", "diff", file) == (0, "", "no differences\n")
    assert run("contract", "diff", file, "--json") == (0, "[]\n", "no differences\n")


def test_a_document_on_standard_input(document: dict[str, Any]) -> None:
    assert run("contract", "diff", "-", stdin=json.dumps(document).encode()) == (0, "", "no differences\n")


def test_differences_are_a_table_for_each_operation(tmp_path: Path, document: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(document))
    fields = changed["components"]["schemas"]["RespondRequest"]["properties"]
    del fields["user_id"]
    fields["mood"] = {"type": "string"}
    changed["paths"]["/v1/[red]moods"] = {"get": {}, "post": {"operationId": "a\nb"}, "x": 1}
    code, out, err = run("contract", "diff", write(tmp_path / "other.json", changed))
    assert (code, err) == (1, "")
    assert [line.split(maxsplit=2) for line in out.splitlines()] == [
        ["POST", "/v1/respond"],
        ["kind", "where", "ours           theirs"],
        ["missing_field", "body.user_id", "string | null  -"],
        ["new_field", "body.mood", "-              string"],
        ["GET", "/v1/[red]moods"],
        ["kind", "where", "ours  theirs"],
        ["new_operation", "-", "-     no operationId"],
        ["POST", "/v1/[red]moods"],
        ["kind", "where", "ours  theirs"],
        ["new_operation", "-", "-     a b"],
    ]


def test_differences_as_one_json_array(tmp_path: Path, document: dict[str, Any]) -> None:
    changed = {**document, "paths": {path: one for path, one in document["paths"].items() if path != "/v1/infer-state"}}
    code, out, err = run("contract", "diff", "--json", write(tmp_path / "other.json", changed))
    assert (code, err) == (1, "")
    assert out.count("\n") == 1
    assert json.loads(out) == [
        {
            "kind": "missing_operation",
            "operation": "POST /v1/infer-state",
            "where": "",
            "ours": "engine.infer_state",
            "theirs": None,
        }
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"openapi: 3.1.0\npaths: {}\n", "YAML is not read; convert it to JSON first"),
        (b"", "is not JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[]", "an OpenAPI document is a JSON object, not list"),
        (b'{"swagger": "2.0", "paths": {}}', "Swagger 2.0"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_2(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    code, out, err = run("contract", "diff", str(file))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    code, out, err = run("contract", "diff", str(tmp_path / "nothing.json"))
    assert (code, out) == (2, "")
    assert err.startswith("error: cannot read ")
