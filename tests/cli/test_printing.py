"""Tests of the forms of data, of YAML, and of the questions before a call."""

from __future__ import annotations

import csv
import io
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from uniqos.cli.printing import id_of
from uniqos.cli.yaml import parse_yaml
from uniqos.errors import ConfigurationError

from ..support.commandline import COMMAND, COMPLETION, KEY, METADATA, answering, at, environment, posix_only, streaming
from ..support.inprocess_commandline import Ended, run_here
from ..support.rawserver import RawServer, body, header, reply

ROWS = [{"id": "p_1", "name": "Ada", "big": {"a": [1, None]}}, {"id": "p_2", "name": None, "late": 'x,"y"\nz'}]
PAGE = {"data": ROWS, "next_cursor": None}
LIST = ("personalities", "list")


def listed(*options: str, value: Any = PAGE) -> Ended:
    with answering(200, value) as server:
        return run_here(*LIST, *options, settings=at(server))


def pages(connection: socket.socket, request: bytes, number: int) -> None:
    """Answer one row a page, of which there are two."""
    cursor = "c_2" if number == 1 else None
    reply(connection, 200, json.dumps({"data": [ROWS[number - 1]], "next_cursor": cursor}).encode())


@pytest.mark.parametrize(
    ("options", "read"),
    [
        (("--format", "json"), lambda text: json.loads(text)["data"]),
        ((), lambda text: json.loads(text)["data"]),
        (("--format", "jsonl"), lambda text: [json.loads(line) for line in text.splitlines()]),
        (("--format", "yaml"), lambda text: yaml.safe_load(text)["data"]),
        (("--query", "data"), json.loads),
    ],
)
def test_each_form_holds_the_whole_answer(options: tuple[str, ...], read: Callable[[str], Any]) -> None:
    assert read(listed(*options).out) == ROWS


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ((), lambda text: [json.loads(line) for line in text.splitlines()]),
        (("--format", "jsonl"), lambda text: [json.loads(line) for line in text.splitlines()]),
        (("--format", "json"), json.loads),
        (("--format", "yaml"), yaml.safe_load),
        (("--query", "data[]"), lambda text: [json.loads(line) for line in text.splitlines()]),
    ],
)
def test_all_pages_are_one_list_in_each_form(options: tuple[str, ...], read: Callable[[str], Any]) -> None:
    with RawServer(pages) as server:
        ended = run_here(*LIST, "--all", *options, settings=at(server))
    assert (ended.code, read(ended.out), ended.err) == (0, ROWS, "")
    assert b"GET /v1/personalities?cursor=c_2 " in server.requests[1]


def test_csv_has_the_columns_of_all_rows_also_of_a_later_page() -> None:
    with RawServer(pages) as server:
        ended = run_here(*LIST, "--all", "--format", "csv", settings=at(server))
    assert list(csv.DictReader(io.StringIO(ended.out, newline=""))) == [
        {"id": "p_1", "name": "Ada", "big": '{"a": [1, null]}', "late": ""},
        {"id": "p_2", "name": "", "big": "", "late": 'x,"y"\nz'},
    ]


@pytest.mark.parametrize(
    ("options", "out"),
    [
        (("--format", "quiet"), "p_1\np_2\n"),
        (("--query", "data[].id", "--raw"), "p_1\np_2\n"),
        (("--query", "data[0].big", "--raw"), '{"a": [1, null]}\n'),
        (("--query", "data[0].name"), '"Ada"\n'),
        (("--query", "length(data)"), "2\n"),
        (("--query", "nothing", "--raw"), ""),
        (("--query", "data[].name", "--format", "csv"), "value\nAda\n"),
    ],
)
def test_a_part_of_an_answer(options: tuple[str, ...], out: str) -> None:
    ended = listed(*options)
    assert (ended.code, ended.out, ended.err) == (0, out, "")


@pytest.mark.parametrize(
    ("form", "out"), [("jsonl", ""), ("json", "[]\n"), ("yaml", "[]\n"), ("csv", ""), ("quiet", "")]
)
def test_an_empty_list_of_pages(form: str, out: str) -> None:
    assert listed("--all", "--format", form, value={"data": [], "next_cursor": None}).out == out


@pytest.mark.parametrize("options", [("--query", "data["), ("--raw", "--format", "csv"), ("--format", "xml")])
def test_options_that_make_no_sense_are_refused_before_the_call(options: tuple[str, ...]) -> None:
    with answering(200, PAGE) as server:
        ended = run_here(*LIST, *options, settings=at(server))
    assert (ended.code, ended.out, server.requests) == (2, "", [])
    assert options[0] in ended.err


def test_an_answer_that_cannot_be_queried_is_printed_whole() -> None:
    ended = listed("--query", "length(data[0].missing)")
    assert (ended.code, ended.json) == (0, PAGE)
    assert "--query failed" in ended.err


def test_a_list_that_breaks_off_is_incomplete_and_says_how_to_go_on() -> None:
    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            pages(connection, request, number)
        else:
            reply(connection, 403, b'{"error": {"code": "permission_denied", "message": "no more"}}')

    with RawServer(answer) as server:
        ended = run_here(*LIST, "--all", "--format", "jsonl", settings=at(server))
    assert (ended.code, json.loads(ended.out)) == (4, ROWS[0])
    assert (ended.error["code"], ended.error["exit_code"]) == ("permission_denied", 4)
    assert "go on with --cursor c_2" in ended.error["hint"]


def test_a_cursor_that_repeats_ends_the_list() -> None:
    with answering(200, {"data": [{"id": "1"}], "next_cursor": "same"}) as server:
        ended = run_here(*LIST, "--all", settings=at(server))
    assert (ended.code, ended.out.count("\n")) == (0, 2)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"name": "x", "id": 1, "a_id": 2}, "1"),
        ({"user_id": "u"}, "u"),
        ({"slug": "s"}, "s"),
        ({"a": 1}, None),
        (3, None),
    ],
)
def test_the_id_of_a_row(row: object, found: str | None) -> None:
    assert id_of(row) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name: no", {"name": "no"}),
        ("at: 2026-01-01\nhour: 1:30\nplain: 010", {"at": "2026-01-01", "hour": "1:30", "plain": 10}),
        ("a: [1, 1.5, 1e3, true, null, ~]\nb:", {"a": [1, 1.5, 1000.0, True, None, None], "b": None}),
        ("text: |\n  two\n  lines\n", {"text": "two\nlines\n"}),
        ("'1': 0x1f", {"1": "0x1f"}),
        ("v: .inf", {"v": ".inf"}),
    ],
)
def test_yaml_is_that_of_version_1_2(text: str, value: object) -> None:
    assert parse_yaml(text, "it") == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2", "a key is given twice at line 2"),
        ("1: x", "a key is not text: put it in quotes at line 1"),
        ("a: &x [1]\nb: *x", "aliases are not allowed"),
        ("a: [1", "at line 1"),
        ("a: !!python/name:os.system x", "could not determine a constructor"),
        ("[" * 5000, "it cannot be read"),
    ],
)
def test_yaml_that_json_does_not_have_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match="it is neither JSON nor YAML") as caught:
        parse_yaml(text, "it")
    assert says in caught.value.message


def test_options_win_over_set_and_set_over_data() -> None:
    with answering(200, {"id": "p"}) as server:
        run_here(
            *("personalities", "create", "--data", "-", "--set", "name=set", "--set", "source=set", "--name", "option"),
            settings=at(server),
            stdin=b"name: data\nsource: data\nsource_ref: data\n",
        )
    assert json.loads(body(server.requests[0])) == {"name": "option", "source": "set", "source_ref": "data"}


@pytest.mark.parametrize("data", ["[1]", "text", "@/nowhere", '{"a": 1', "{a: 1, a: 2}"])
def test_a_body_that_is_no_object_is_refused(data: str) -> None:
    with answering(200, {}) as server:
        ended = run_here("personalities", "create", "--data", data, settings=at(server))
    assert (ended.code, server.requests) == (2, [])


def test_a_dry_run_prints_what_the_call_sends_but_the_key() -> None:
    arguments = ("personalities", "create", "--name", "Ada", "--idempotency-key", "k-1")
    with answering(200, {"id": "p"}) as server:
        shown = run_here(*arguments, "--dry-run", settings=at(server)).json
        assert server.requests == []
        run_here(*arguments, settings=at(server))
    lines = server.requests[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    sent = dict(line.split(": ", 1) for line in lines[1:])
    assert sent.pop("Authorization") == f"Bearer {KEY}"
    assert shown["headers"].pop("Authorization") == "***"
    assert shown["headers"] == sent
    assert (shown["method"], shown["url"]) == ("POST", f"{server.url}/v1/personalities")
    assert shown["body"] == json.loads(body(server.requests[0]))


def test_a_dry_run_needs_no_key_and_no_server() -> None:
    ended = run_here("end-users", "delete", "a/b", "--dry-run", settings={})
    assert (ended.code, ended.err) == (0, "")
    assert (ended.json["method"], ended.json["url"]) == ("DELETE", "https://api.uniqos.ai/v1/end-users/a%2Fb")


@posix_only
@pytest.mark.parametrize(
    ("typed", "code", "key"),
    [
        (b"y\n", 0, "uniq_live_abcd1234"),
        (b"n\n", 2, KEY),
        (b"\n", 2, KEY),
        (b"\x04", 2, KEY),
    ],
)
def test_a_deletion_asks_on_a_terminal_and_names_a_live_key(typed: bytes, code: int, key: str) -> None:
    import pty

    with answering(200, {"deletion_id": "del_1", "status": "deletion_pending"}) as server:
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "end-users", "delete", "ada", "--format", "quiet"],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environment({**at(server), "UNIQOS_API_KEY": key, "NO_COLOR": "1"}),
            start_new_session=True,
        ) as process:
            shown = b""
            while b"[y/N]" not in shown:
                assert select.select([ours], [], [], 20)[0]
                shown += os.read(ours, 1000)
            os.write(ours, typed)
            out, _ = process.communicate(timeout=20)
        os.close(theirs)
        os.close(ours)
    assert (process.returncode, out) == (code, b"del_1\n" if code == 0 else b"")
    assert len(server.requests) == (code == 0)
    assert b"DELETE /v1/end-users/ada deletes data" in shown
    assert (b"with a LIVE key" in shown) == key.startswith("uniq_live")


def test_a_billed_call_sends_its_key_and_an_error_names_it() -> None:
    with answering(503, {"error": {"code": "service_unavailable", "message": "later"}}, Retry_After="100") as server:
        ended = run_here(
            *("engine", "respond", "--personality-id", "p", "--message", "Hi", "--yes", "--format", "json"),
            settings=at(server),
        )
    assert (ended.code, ended.error["code"]) == (8, "service_unavailable")
    assert ended.error["idempotency_key"] == header(server.requests[0], "Idempotency-Key")


def test_an_empty_idempotency_key_is_refused_and_not_replaced_by_a_new_one() -> None:
    with answering(200, {"response": "Hi"}) as server:
        ended = run_here(
            *("engine", "respond", "--personality-id", "p", "--message", "Hi", "--yes", "--idempotency-key", ""),
            settings=at(server),
        )
    assert (ended.code, server.requests) == (2, [])


def test_a_paid_answer_that_is_no_json_is_printed_all_the_same() -> None:
    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, b"<p>Hello</p>", {"Content-Type": "text/html"})

    with RawServer(answer) as server:
        ended = run_here(
            *("engine", "respond", "--personality-id", "p", "--message", "Hi", "--yes"), settings=at(server)
        )
    assert (ended.code, ended.out) == (1, "<p>Hello</p>")
    assert header(server.requests[0], "Idempotency-Key") in ended.err


def test_a_package_that_is_missing_is_named_before_a_call_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("engine", "respond", "--personality-id", "p", "--message", "Hi", "--yes")
    for name, options in ("yaml", ("--format", "yaml")), ("jmespath", ("--query", "response")):
        with monkeypatch.context() as patch, answering(200, {"response": "Hi"}) as server:
            patch.setitem(sys.modules, name, None)
            ended = run_here(*arguments, *options, settings=at(server))
        assert (ended.code, server.requests) == (2, [])
        assert "needs PyYAML: pip install" in ended.err or "needs jmespath: pip install" in ended.err


def test_a_streamed_turn_is_one_line_for_each_event() -> None:
    with streaming(("metadata", METADATA), ("text", {"delta": "Hi"}), ("completion", COMPLETION)) as server:
        ended = run_here(
            *("engine", "respond", "--personality-id", "p", "--message", "Hi", "--stream", "--yes"), settings=at(server)
        )
    assert ended.code == 0
    assert [json.loads(line)["type"] for line in ended.out.splitlines()] == ["metadata", "text", "completion"]


def test_a_file_and_an_export_are_saved(tmp_path: Path) -> None:
    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        is_pdf = b"/pdf " in request
        content = b"%PDF-1.7\x00\xff" if is_pdf else b'{"all": 1}'
        reply(connection, 200, content, {"Content-Type": "application/pdf" if is_pdf else "application/json"})

    target = tmp_path / "answer"
    with RawServer(answer) as server:
        for words, content in (
            (("billing", "invoices", "pdf", "inv_1", "--output", str(target)), b"%PDF-1.7\x00\xff"),
            (("billing", "invoices", "save-pdf", "inv_2", str(target)), b"%PDF-1.7\x00\xff"),
            (("end-users", "save-export", "ada", str(target), "--max-bytes", "100"), b'{"all": 1}'),
            (("organizations", "save-export", "org_1", str(target)), b'{"all": 1}'),
        ):
            ended = run_here(*words, settings=at(server))
            assert (ended.code, target.read_bytes()) == (0, content), ended.err
            target.unlink()
        assert (
            run_here("end-users", "save-export", "ada", str(target), "--max-bytes", "3", settings=at(server)).code == 1
        )
    assert list(tmp_path.iterdir()) == []
