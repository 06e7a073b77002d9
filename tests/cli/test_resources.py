"""Tests of the commands that the operation table makes, each on the sandbox, through a pipe and a pseudo-terminal."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from rich.cells import cell_len

from uniqos._wire.file import File
from uniqos._wire.operation import Operation
from uniqos.api import operations, source_of
from uniqos.cli import resources
from uniqos.cli.completion import _listing
from uniqos.cli.flags import Flag, flags_of
from uniqos.sandbox import Sandbox, serve

from ..support.commandline import posix_only
from ..support.inprocess_commandline import run_here

TABLE = operations()
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """Run a sandbox with an end user, a relationship, a webhook and the like."""
    with serve(pause=0) as running, running.client() as client:
        for number in range(3):
            client.respond(
                personality_id=running.personality_id, message=f"Hello {number}", user_id="ada", mode="stateful"
            )
        client.webhooks.create(url="https://example.com/hook", subscriptions=["payment.failed"])
        client.billing.alerts.create({"threshold": 0.8})
        yield running


@pytest.fixture
def account(server: Sandbox) -> dict[str, str]:
    return {"UNIQOS_BASE_URL": server.url, "UNIQOS_API_KEY": server.api_key}


def words(name: str) -> list[str]:
    return name.replace("_", "-").split(".")


def given(field: Flag, server: Sandbox) -> str:
    """Return a value that a field accepts."""
    if field.is_json:
        return '{"a": 1}'
    if field.choices:
        return field.choices[0]
    texts = {"personality_id": server.personality_id, "user_id": "ada", "from": "2026-01-01T00:00:00Z"}
    return texts.get(
        field.key, "2" if field.type in (int, float) else "2026-01-01T00:00:00Z" if field.key == "to" else "text"
    )


def options(op: Operation[Any], server: Sandbox) -> list[str]:
    """Return an option for each field of an operation's request."""
    found: list[str] = []
    for field in flags_of(op.body or op.query):
        if field.key == "return_format" or (field.key == "stream" and op.path == "/v1/respond"):
            continue  # They choose another answer, which other tests ask for.
        found += [field.option] if field.type is bool and not field.is_json else [field.option, given(field, server)]
    return found


def path_values(op: Operation[Any], server: Sandbox) -> list[str]:
    """Return ids of the sandbox for the parameters of a path; ``none`` where no list has any."""
    values: list[str] = []
    with server.client() as client:
        for param in op.params:
            listing = _listing(op, param)
            answer = None
            if listing is not None:
                answer = client.request(
                    "GET", listing.path, params=dict(zip(listing.params, values, strict=False)) or None
                )
            rows = (answer or {}).get("data") or []
            values.append(next((str(row.get(param) or row.get("id")) for row in rows), "none"))
    return values


@pytest.mark.parametrize("name", TABLE)
def test_each_option_sets_its_field_of_the_request(name: str, server: Sandbox, account: dict[str, str]) -> None:
    op = TABLE[name]
    values = [f"id {number}/x" for number, _ in enumerate(op.params)]
    ended = run_here(*words(name), *values, *options(op, server), "--dry-run", settings=account)
    assert (ended.code, ended.err) == (0, "")
    url = urlsplit(ended.json["url"])
    assert ended.json["method"] == op.method
    shown = {param: f"id%20{number}%2Fx" for number, param in enumerate(op.params)} | {"token": "TOKEN"}
    assert url.path == op.path.format(**shown)
    sent = {**dict(parse_qsl(url.query)), **(ended.json["body"] or {})}
    left_out = {"return_format", "stream"} if op.path == "/v1/respond" else set()
    assert set(sent) == {field.key for field in flags_of(op.body or op.query)} - left_out
    assert server.api_key not in ended.out
    assert (ended.json["body"] or {}).get("token", "***") == "***"
    assert ("Idempotency-Key" in ended.json["headers"]) == (op.resend in ("keyed", "billed"))


def needed(op: Operation[Any], server: Sandbox) -> list[str]:
    required = {field.option for field in flags_of(op.body or op.query) if "Required" in field.help}
    given = options(op, server)
    return [part for pair in itertools.pairwise(given) if pair[0] in required for part in pair]


@posix_only
@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.method == "GET"])
def test_each_reading_command_prints_json_into_a_pipe_and_a_table_on_a_terminal(
    name: str, server: Sandbox, account: dict[str, str]
) -> None:
    op = TABLE[name]
    arguments = [*words(name), *path_values(op, server), *needed(op, server)]
    if op.returns is File:
        arguments += ["--output", "/dev/null"] if "none" not in arguments else []
        ended = run_here(*arguments, settings=account)
        assert ended.code in (0, 6)
        return
    piped = run_here(*arguments, "--format", "json", settings=account)
    shown = run_here(*arguments, settings=account, columns=60)
    assert shown.code == piped.code
    assert ESCAPE not in piped.out + piped.err + shown.out
    if piped.code:
        assert "none" in arguments or piped.error["http_status"] in (401, 403, 404, 409), piped.err
        assert (piped.out, shown.out) == ("", "")
        return
    assert piped.json is not None
    assert run_here(*arguments, settings=account).out.count("\n") == 1
    rows = piped.json.get("data") if isinstance(piped.json, dict) else None
    if isinstance(rows, list):
        assert all(cell_len(line) <= 60 for line in shown.out.splitlines())
        assert len(shown.out.splitlines()) == (len(rows) + 1 if rows else 0)
        header = shown.out.partition("\n")[0].lower().split()
        assert all(key in header or key in shown.err for row in rows for key in row)
    else:
        assert all(key in shown.out for key in piped.json)


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.method != "GET"])
def test_each_changing_command_answers_or_names_the_error_of_the_api(
    name: str, server: Sandbox, account: dict[str, str]
) -> None:
    op = TABLE[name]
    values = ["none" for _ in op.params]  # Nothing that another test needs is changed.
    agreed = ["--yes"] if resources._is_serious(op) else []
    if agreed:
        refused = run_here(*words(name), *values, *needed(op, server), "--format", "json", settings=account)
        assert (refused.code, refused.error["code"], refused.error["sent"]) == (2, "not_confirmed", False)
    ended = run_here(*words(name), *values, *needed(op, server), *agreed, "--format", "json", settings=account)
    assert ESCAPE not in ended.out + ended.err
    if ended.code == 0:
        assert ended.json is not None
    else:
        assert ended.error["http_status"] >= 400, ended.err
        assert ended.error["request_id"]
        assert ended.error["sent"] is True
        assert ended.error["exit_code"] == ended.code
        if op.resend in ("keyed", "billed"):
            assert ended.error["idempotency_key"]


@pytest.mark.parametrize("name", TABLE)
def test_help_has_each_field_its_source_and_fits_80_columns(name: str) -> None:
    op = TABLE[name]
    ended = run_here(*words(name), "--help", settings={})
    assert ended.code == 0
    assert all(cell_len(line) <= 80 for line in ended.out.splitlines())
    assert f"{op.method} {op.path}" in " ".join(ended.out.split())
    for field in flags_of(op.body or op.query):
        assert field.option in ended.out
        assert re.search(rf"\(({source_of(op.body or op.query)})\)|[Uu]ndocumented", field.help)  # type: ignore[arg-type]
    for param in op.params:
        assert param.upper() in ended.out
    assert json.dumps(ended.out).count("``") == 0
