"""Tests of ``uniqos api`` as a process of its own, with its pipes and exit codes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from uniqos.api import operations

from ..support.commandline import (
    COMMAND,
    COMPLETION,
    KEY,
    METADATA,
    Event,
    answering,
    at,
    environment,
    needs_full_device,
    posix_only,
    run,
    run_on_full_disk,
    streaming,
)
from ..support.rawserver import RawServer, body, header, reply

OK: dict[str, Any] = {"id": "x_1", "new": [1, 2.50, None], "name": "Olá"}


def line(request: bytes) -> str:
    """Return method and target of a raw request."""
    return request.partition(b" HTTP/")[0].decode()


def pdf(content: bytes = b"%PDF-1.7\r\n\x00\xff") -> RawServer:
    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, content, {"Content-Type": "application/pdf"})

    return RawServer(handler)


def test_the_table_is_plain_columns() -> None:
    code, out, err = run("api", "list")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].split() == ["NAME", "METHOD", "PATH", "REQUEST", "ANSWER"]
    assert len(lines) == 1 + len(operations())
    rows = {row[0]: row[1:] for row in (line.split(maxsplit=4) for line in lines)}
    assert rows["engine.respond"] == ["POST", "/v1/respond", "docs", "docs"]
    assert rows["sessions.revoke_all"] == ["DELETE", "/v1/me/sessions", "-", "official SDK"]
    assert rows["personalities.list"] == ["GET", "/v1/personalities", "undocumented", "official SDK"]


def test_the_table_as_json() -> None:
    code, out, err = run("api", "list", "--json")
    rows = json.loads(out)
    assert (code, err) == (0, "")
    assert [row["name"] for row in rows] == list(operations())
    assert rows[0] == {
        "name": "engine.respond",
        "method": "POST",
        "path": "/v1/respond",
        "request": "docs",
        "answer": "docs",
    }
    assert next(row for row in rows if row["name"] == "me.get")["request"] is None


def test_an_answer_is_the_servers_json_on_one_line() -> None:
    with answering(200, OK) as server:
        code, out, err = run("api", "get", "/v1/personalities/pers_1", settings=at(server))
    assert (code, out, err) == (0, json.dumps(OK, ensure_ascii=False) + "\n", "")
    assert line(server.requests[0]) == "GET /v1/personalities/pers_1"
    assert header(server.requests[0], "Authorization") == f"Bearer {KEY}"
    assert header(server.requests[0], "Idempotency-Key") is None


@posix_only
def test_on_a_terminal_json_is_pretty() -> None:
    import pty

    with answering(200, {"id": "x\x1b[31m"}) as server:
        ours, theirs = pty.openpty()
        with open(theirs, "wb") as terminal:
            subprocess.run([*COMMAND, "api", "GET", "/v1/me"], stdout=terminal, env=environment(at(server)), check=True)
            assert os.read(ours, 1000) == b'{\r\n  "id": "x\\u001b[31m"\r\n}\r\n'
        os.close(ours)


def test_ids_are_decoded_and_fixed_paths_go_first() -> None:
    with answering(200, {"data": [], "user_id": "joão"}) as server:
        for path in ("/v1/end-users/jo%C3%A3o%2F1/model", "/v1/end-users/joão", "/v1/interactions/aggregates"):
            code, _, err = run("api", "GET", path, settings=at(server))
            assert (code, err) == (0, "")
    assert list(map(line, server.requests)) == [
        "GET /v1/end-users/jo%C3%A3o%2F1/model",
        "GET /v1/end-users/jo%C3%A3o",
        "GET /v1/interactions/aggregates",
    ]


def test_a_query_goes_through_its_model() -> None:
    query = ("--query", "from=2026-01-01T00:00:00Z", "--query", "limit=5", "--query", "typo=a b")
    with answering(200, {"data": [], "next_cursor": None}) as server:
        code, _, err = run("api", "GET", "/v1/interactions", *query, settings=at(server))
        assert (code, err) == (0, "")
        code, out, err = run("api", "GET", "/v1/interactions", "--query", "limit=many", settings=at(server))
    assert (code, out) == (2, "")
    assert err.startswith("error: GET /v1/interactions: limit: ")
    assert list(map(line, server.requests)) == ["GET /v1/interactions?from=2026-01-01T00%3A00%3A00Z&limit=5&typo=a+b"]


@pytest.mark.parametrize("how", ["option", "file", "input"])
def test_a_body_comes_from_the_option_a_file_or_standard_input(how: str, tmp_path: Path) -> None:
    text = '{"name": "Olá", "further": {"x": null}}'
    file = tmp_path / "body.json"
    file.write_text(text, encoding="utf-8")
    data = {"option": text, "file": f"@{file}", "input": "-"}[how]
    with answering(200, OK) as server:
        code, out, err = run(
            "api", "POST", "/v1/personalities", "--data", data, stdin=text.encode(), settings=at(server)
        )
    assert (code, out, err) == (0, json.dumps(OK, ensure_ascii=False) + "\n", "")
    assert json.loads(body(server.requests[0])) == json.loads(text)
    assert header(server.requests[0], "Idempotency-Key")


def test_a_creation_carries_the_key_it_is_given() -> None:
    with answering(200, OK) as server:
        run("api", "POST", "/v1/api-keys", "--idempotency-key", "order-17", settings=at(server))
    assert header(server.requests[0], "Idempotency-Key") == "order-17"
    assert body(server.requests[0]) == b"{}"


def test_wrong_values_are_refused_before_anything_is_sent() -> None:
    with answering(200, OK) as server:
        for data in ('{"personality_id": "p"}', '{"personality_id": 7, "message": "Hi"}'):
            code, out, err = run("api", "POST", "/v1/respond", "--data", data, settings=at(server))
            assert (code, out) == (2, "")
            assert err.startswith("error: POST /v1/respond: ")
    assert server.requests == []


def test_a_turn() -> None:
    turn = '{"personality_id": "p", "message": "Hi", "typo": 1}'
    with answering(200, {"response": "Hi!"}) as server:
        code, out, err = run("api", "POST", "/v1/respond", "--data", turn, settings=at(server))
    assert (code, out, err) == (0, '{"response": "Hi!"}\n', "")
    assert json.loads(body(server.requests[0])) == json.loads(turn)
    assert header(server.requests[0], "Idempotency-Key")


def test_a_turn_that_asks_for_a_pack_gets_it() -> None:
    turn = '{"personality_id": "p", "message": "Hi", "return_format": "modulator_pack"}'
    with answering(200, {"style": "dry"}) as server:
        code, out, err = run("api", "POST", "/v1/respond", "--data", turn, settings=at(server))
    assert (code, out, err) == (0, '{"style": "dry"}\n', "")


def test_a_streamed_turn_is_one_line_for_each_event(tmp_path: Path) -> None:
    turn = '{"personality_id": "p", "message": "Hi", "stream": true}'
    sent: list[Event] = [("metadata", METADATA), ("text", {"delta": "Hi!"}), ("completion", COMPLETION)]
    with streaming(*sent) as server:
        code, out, err = run("api", "POST", "/v1/respond", "--data", turn, settings=at(server))
        assert (code, err) == (0, "")
        assert [json.loads(line) for line in out.splitlines()] == [{"type": name, **value} for name, value in sent]
        code, out, err = run(
            "api", "POST", "/v1/respond", "--data", turn, "--output", str(tmp_path / "x"), settings=at(server)
        )
    assert (code, out, len(server.requests)) == (2, "", 1)
    assert "a stream is printed event by event" in err


def test_an_answer_goes_to_a_file(tmp_path: Path) -> None:
    with answering(200, OK) as server:
        code, out, err = run("api", "GET", "/v1/me", "--output", str(tmp_path / "me.json"), settings=at(server))
    assert (code, out, err) == (0, "", "")
    assert json.loads((tmp_path / "me.json").read_text("utf-8")) == OK


def test_a_pdf_goes_to_a_file_or_a_pipe(tmp_path: Path) -> None:
    path = "/v1/billing/invoices/inv_1/pdf"
    with pdf() as server:
        assert run("api", "GET", path, "--output", str(tmp_path / "x.pdf"), settings=at(server)) == (0, "", "")
        piped = subprocess.run([*COMMAND, "api", "GET", path], capture_output=True, env=environment(at(server)))
    assert (tmp_path / "x.pdf").read_bytes() == piped.stdout == b"%PDF-1.7\r\n\x00\xff"
    assert (piped.returncode, piped.stderr) == (0, b"")


@posix_only
def test_a_pdf_does_not_go_to_a_terminal() -> None:
    import pty

    with pdf() as server:
        ours, theirs = pty.openpty()
        with open(theirs, "wb") as terminal:
            done = subprocess.run(
                [*COMMAND, "api", "GET", "/v1/billing/invoices/inv_1/pdf"],
                stdout=terminal,
                stderr=subprocess.PIPE,
                env=environment(at(server)),
            )
        os.close(ours)
    assert (done.returncode, server.requests) == (2, [])
    assert b"give --output FILE" in done.stderr


@needs_full_device
def test_a_pdf_on_a_full_disk_is_an_error() -> None:
    with pdf() as server:
        done = run_on_full_disk("api", "GET", "/v1/billing/invoices/inv_1/pdf", server=server)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: OSError")
    assert done.stderr.count(b"\n") == 1


def test_a_path_that_no_operation_has_is_sent_once() -> None:
    with answering(500, {"error": {"code": "internal_error", "message": "no"}}) as server:
        code, out, err = run("api", "POST", "/v1/moods/m%201", "--data", '{"a": 1}', settings=at(server))
    assert (code, out) == (1, "")
    assert "internal_error" in err
    assert list(map(line, server.requests)) == ["POST /v1/moods/m%201"]
    assert header(server.requests[0], "Idempotency-Key") is None
    assert body(server.requests[0]) == b'{"a":1}'


def test_a_method_that_no_operation_has_is_sent() -> None:
    with answering(200, OK) as server:
        assert run("api", "PUT", "/v1/moods/m_1", "--data", '{"a": 1}', settings=at(server))[0] == 0
    assert line(server.requests[0]) == "PUT /v1/moods/m_1"
    assert body(server.requests[0]) == b'{"a":1}'


def test_a_path_that_no_operation_has_is_sent_as_it_was_written() -> None:
    with answering(200, OK) as server:
        code, _, err = run("api", "POST", "/v1/jobs:all/a@b;c=1", settings=at(server))
    assert (code, err) == (0, "")
    assert line(server.requests[0]) == "POST /v1/jobs:all/a@b;c=1"


def test_a_stream_of_another_path_is_refused_in_the_words_of_the_command_line() -> None:
    with answering(200, OK) as server:
        code, out, err = run("api", "POST", "/v1/moods", "--data", '{"stream": true}', settings=at(server))
    assert (code, out, server.requests) == (2, "", [])
    assert 'POST /v1/moods: only a stream of POST /v1/respond can be printed: leave out "stream"' in err


def test_an_open_call_prints_what_comes() -> None:
    with answering(200, [1, {"a": 2}]) as server:
        code, out, err = run("api", "GET", "/v1/moods", "--query", "day=x&y", settings=at(server))
    assert (code, out, err) == (0, '{"data": [1, {"a": 2}]}\n', "")
    assert line(server.requests[0]) == "GET /v1/moods?day=x%26y"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("GET",), "the path is missing"),
        (("HEAD", "/v1/me"), "HEAD is not a method of the API"),
        (("GET", "/v2/me"), "not a path of the API"),
        (("GET", "https://example.com/v1/me"), "not a path of the API"),
        (("GET", "/v1/moods/../me"), "not a path of the API"),
        (("GET", "/v1/moods/%2e%2E"), "not a path of the API"),
        (("GET", "/v1/moods/%0a"), "not a path of the API"),
        (("GET", "/v1/moods/\n"), "not a path of the API"),
        (("GET", "/v1/moods//x"), "not a path of the API"),
        (("GET", "/v1/moods/%ff"), "not percent-encoded UTF-8"),
        (("GET", "/v1/personalities/.."), "is not a valid personality_id"),
        (("GET", "/v1/me?x=1"), "--query"),
        (("GET", "/v1/me#x"), "--query"),
        (("GET", "/v1/me", "--query", "x"), "KEY=VALUE"),
        (("GET", "/v1/me", "--query", "x=1", "--query", "x=2"), "each key once"),
        (("GET", "/v1/me", "--data", "{}"), "takes no --data"),
        (("POST", "/v1/personalities", "--query", "x=1"), "has no query"),
        (("POST", "/v1/personalities", "--data", "[]"), "a JSON object, not list"),
        (("POST", "/v1/personalities", "--data", "{"), "--data is not JSON"),
        (("POST", "/v1/personalities", "--data", '{"a": NaN}'), "--data is not JSON"),
        (("POST", "/v1/personalities", "--data", "@/nowhere/x"), "cannot read /nowhere/x"),
        (("GET", "/v1/me", "--json"), "--json is an option of uniqos api list"),
        (("list", "/v1/me"), "takes no path and no option but --json"),
    ],
)
def test_wrong_usage_ends_with_2_and_sends_nothing(arguments: tuple[str, ...], says: str) -> None:
    with answering(200, OK) as server:
        code, out, err = run("api", *arguments, settings=at(server))
    assert (code, out, server.requests) == (2, "", [])
    assert err.startswith("error: ")
    assert says in err


def test_without_a_key_the_sandbox_answers_and_says_so() -> None:
    code, out, err = run("api", "GET", "/v1/personalities")
    assert code == 0
    assert json.loads(out)["data"]
    assert "stand-in for the real engine" in err


def test_an_error_of_the_api_ends_with_its_code() -> None:
    with answering(404, {"error": {"code": "not_found", "message": "no such", "request_id": "req_1"}}) as server:
        code, out, err = run("api", "DELETE", "/v1/webhooks/w_1", settings=at(server))
    assert (code, out) == (6, "")
    assert err.startswith("error: no such (code: not_found, request id: req_1)\n")


def test_where_the_answer_cannot_be_written_nothing_is_asked(tmp_path: Path) -> None:
    turn = json.dumps({"personality_id": "p", "message": "m"})
    with answering(200, {"response": "x"}) as server:
        code, out, err = run(
            "api", "POST", "/v1/respond", "--data", turn, "--output", str(tmp_path / "no" / "x"), settings=at(server)
        )
    assert (code, out) == (2, "")
    assert "its folder does not exist" in err
    assert server.requests == []


def test_an_answer_that_breaks_the_contract_is_printed_all_the_same() -> None:
    turn = json.dumps({"personality_id": "p", "message": "m"})
    answer = {"response": "the paid words", "latency_ms": "slow"}
    with answering(200, answer) as server:
        code, out, err = run("api", "POST", "/v1/respond", "--data", turn, settings=at(server))
    assert (code, json.loads(out)) == (0, answer)
    assert "breaks the contract: latency_ms" in err


def test_an_answer_that_is_no_json_is_printed_and_is_an_error() -> None:
    def html(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, b"<html>the paid words</html>", {"Content-Type": "text/html"})

    with RawServer(html) as server:
        code, out, err = run("api", "GET", "/v1/me", settings=at(server))
    assert (code, out) == (1, "<html>the paid words</html>")
    assert "text/html" in err
