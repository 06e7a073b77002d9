"""Tests of the command line as a process of its own, with its pipes and exit codes."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import uniqos
from uniqos.sandbox import Sandbox

from ..support.commandline import (
    COMMAND,
    COMPLETION,
    INTERRUPTIBLE,
    KEY,
    METADATA,
    NOTHING,
    Event,
    answering,
    at,
    environment,
    needs_full_device,
    open_stream,
    posix_only,
    read,
    run,
    run_on_full_disk,
    send_event,
    start,
    streaming,
)
from ..support.rawserver import RawServer, body, header, reply


@pytest.fixture
def local(sandbox: Sandbox) -> dict[str, str]:
    """Return the settings by which the command line calls a running sandbox."""
    return {
        "UNIQOS_BASE_URL": sandbox.url,
        "UNIQOS_API_KEY": sandbox.api_key,
        "UNIQOS_PERSONALITY": sandbox.personality_id,
    }


@pytest.mark.parametrize(
    "name",
    [
        *("api", "app", "calls", "completion", "contract", "flags", "groups", "man", "output", "printing"),
        *("registry", "resources", "respond", "sandbox", "shared", "table", "yaml"),
        *("charts", "chat", "credentials", "doctor", "outline", "profiles", "usage", "webhooks"),
    ],
)
def test_the_type_hints_of_each_function_can_be_read(name: str) -> None:
    module = import_module(f"uniqos.cli.{name}")
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            get_type_hints(function)


def test_the_version() -> None:
    assert run("--version") == (0, f"uniqos {uniqos.__version__}\n", "")


@pytest.mark.parametrize("arguments", [("nonsense",), ("respond",), ("respond", "Hi", "--mode", "x")])
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert (out, "Usage: uniqos" in err) == ("", True)


def test_an_answer_goes_to_stdout_and_its_summary_to_stderr(local: dict[str, str]) -> None:
    code, out, err = run("respond", "I am so happy today!", "--no-stream", settings=local)
    assert code == 0
    assert out.strip()
    assert re.fullmatch(r"\w+ \(confidence [\d.]+, intensity \w+\) \| \d+ ms \| \S+\n", err)


def test_a_streamed_answer_is_the_default(local: dict[str, str]) -> None:
    code, out, err = run("respond", "I am so happy today!", settings=local)
    assert code == 0
    assert out.strip()
    assert out.endswith("\n")
    assert err.count("\n") == 1


def test_json_is_one_object(local: dict[str, str]) -> None:
    code, out, err = run("respond", "Hello!", "--json", settings=local)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert json.loads(out)["response"]


def test_streamed_json_is_one_event_per_line(local: dict[str, str]) -> None:
    code, out, err = run("respond", "Hello!", "--json", "--stream", settings=local)
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [event["type"] for event in (events[0], events[1], events[-1])] == ["metadata", "text", "completion"]


def test_json_is_what_the_server_sent() -> None:
    sent = {"response": "Olá 👋\u2028", "new": {"deep": [1, 2.50, None]}, "latency_ms": 3}
    with answering(200, sent) as server:
        code, out, _ = run("respond", "Olá", "--json", "--user", "u1", "--mode", "stateful", settings=at(server))
    assert (code, out) == (0, json.dumps(sent, ensure_ascii=False) + "\n")
    assert json.loads(body(server.requests[0])) == {
        "personality_id": "pers_1", "message": "Olá", "user_id": "u1", "mode": "stateful"
    }  # fmt: skip


def test_streamed_json_has_the_type_of_the_event_name() -> None:
    sent: list[Event] = [
        ("metadata", METADATA),
        ("text", {"delta": "é"}),
        ("weather", {"sun": 1}),
        ("completion", COMPLETION),
    ]
    with streaming(*sent) as server:
        code, out, _ = run("respond", "Hi", "--json", "--stream", settings=at(server))
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == [{"type": name, **value} for name, value in sent]
    assert "é" in out


def test_each_piece_of_a_stream_is_readable_before_the_next_is_sent() -> None:
    heard = [threading.Event(), threading.Event()]

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        open_stream(connection)
        send_event(connection, "metadata", METADATA)
        send_event(connection, "text", {"delta": "One, "})
        assert heard[0].wait(20)
        send_event(connection, "text", {"delta": "two"})
        assert heard[1].wait(20)
        send_event(connection, "completion", COMPLETION)
        connection.close()

    with RawServer(handler) as server, start("respond", "Count!", settings=at(server)) as process:
        assert read(process.stdout) == "One, "
        heard[0].set()
        assert read(process.stdout) == "two"
        heard[1].set()
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out.split() == []
    assert err.decode().strip() == "joy (confidence 0.9) | 12 ms | int_1"


def test_letters_that_an_old_code_page_lacks_are_replaced_and_in_json_escaped() -> None:
    with answering(200, {"response": "Olá"}) as server:
        settings = {**at(server), "PYTHONIOENCODING": "ascii"}
        assert run("respond", "Hi", "--no-stream", settings=settings) == (0, "Ol?\n", "")
        assert run("respond", "Hi", "--json", settings=settings) == (0, '{"response": "Ol\\u00e1"}\n', "")


def test_options_win_over_the_environment() -> None:
    with answering(200, {"response": "Hi"}) as server:
        elsewhere = {**at(server), "UNIQOS_BASE_URL": "http://127.0.0.1:1"}
        code, out, err = run(
            *("respond", "Hi", "--no-stream", "--base-url", server.url, "--personality", "pers_2"), settings=elsewhere
        )
    assert (code, out, err) == (0, "Hi\n", "")
    assert json.loads(body(server.requests[0]))["personality_id"] == "pers_2"
    assert header(server.requests[0], "Authorization") == f"Bearer {KEY}"


def test_a_message_from_standard_input() -> None:
    with answering(200, {"response": "Hi"}) as server:
        code, _, _ = run("respond", "-", "--no-stream", stdin="Olá\nmundo\n".encode(), settings=at(server))
    assert code == 0
    assert json.loads(body(server.requests[0]))["message"] == "Olá\nmundo"


def test_standard_input_must_be_utf_8() -> None:
    code, out, err = run("respond", "-", stdin=b"Ol\xe1", settings={"UNIQOS_API_KEY": KEY})
    assert (code, out) == (2, "")
    assert err.startswith("error: standard input is not UTF-8")


def test_without_a_key_the_sandbox_answers_and_says_so() -> None:
    code, out, err = run("respond", "Hello!")
    assert code == 0
    assert out.strip()
    first, *others = err.splitlines()
    assert "stand-in for the real engine" in first
    assert "UNIQOS_API_KEY" in first
    assert len(others) == 1


def test_a_base_url_without_a_key_is_not_answered_by_the_sandbox() -> None:
    code, out, err = run("respond", "Hi", "--base-url", "https://api.uniqos.ai")
    assert (code, out) == (2, "")
    assert "(code: missing_api_key)" in err


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        ((), {"UNIQOS_API_KEY": KEY}, "--personality"),
        ((), {"UNIQOS_API_KEY": "sk-0123456789", "UNIQOS_PERSONALITY": "p"}, "invalid_api_key_format"),
        (("--mode", "stateful"), {"UNIQOS_API_KEY": KEY, "UNIQOS_PERSONALITY": "p"}, "hint: add --user ID"),
        (("--timeout", "-1"), {"UNIQOS_API_KEY": KEY, "UNIQOS_PERSONALITY": "p"}, "timeout"),
    ],
)
def test_wrong_settings_end_with_2(arguments: tuple[str, ...], settings: dict[str, str], says: str) -> None:
    code, out, err = run("respond", "Hi", *arguments, settings=settings)
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("error: ")
    assert 1 <= err.count("\n") <= 2
    assert settings["UNIQOS_API_KEY"] not in err


def test_a_refused_connection_ends_with_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = {"UNIQOS_API_KEY": KEY, "UNIQOS_PERSONALITY": "p", "UNIQOS_BASE_URL": f"http://127.0.0.1:{port}"}
    code, out, err = run("respond", "Hi", settings=settings)
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith("error: ")


def test_an_error_of_the_api_is_one_line_with_its_code_and_request_id() -> None:
    envelope = {"error": {"code": "permission_denied", "message": "not\nyours \x1b[31m", "request_id": "req_1"}}
    with answering(403, envelope) as server:
        code, out, err = run("respond", "Hi", settings=at(server))
    assert (code, out) == (1, "")
    assert err == "error: not yours [31m (code: permission_denied, request id: req_1)\n"


def test_a_rate_limit_error_says_when_to_try_again() -> None:
    with answering(429, {"error": {"code": "rate_limit_exceeded", "message": "slow"}}, Retry_After="100") as server:
        code, _, err = run("respond", "Hi", settings=at(server))
    assert code == 8
    assert err.endswith("hint: try again in 100 s\n")


def test_the_text_of_a_broken_stream_stays_printed() -> None:
    with streaming(("metadata", METADATA), ("text", {"delta": "Half a"})) as server:
        code, out, err = run("respond", "Hi", settings=at(server))
    assert (code, out) == (4, "Half a\n")
    assert "(code: stream_interrupted, request id: req_7)" in err.splitlines()[0]


@pytest.mark.parametrize("arguments", [(), ("--json", "--stream")])
def test_an_error_event_ends_with_1(arguments: tuple[str, ...]) -> None:
    failure: Event = ("error", {"code": "guardrail_block", "message": "No."})
    with streaming(("metadata", METADATA), ("text", {"delta": "Well"}), failure) as server:
        code, out, err = run("respond", "Hi", *arguments, settings=at(server))
    assert code == 1
    assert out == "Well\n" if not arguments else [json.loads(line)["type"] for line in out.splitlines()][-1] == "error"
    assert err == "error: No. (code: guardrail_block, request id: req_7)\n"


def test_debug_shows_the_log_and_the_traceback_but_not_the_key() -> None:
    with answering(404, {}) as server:
        code, _, err = run("respond", "Hi", "--debug", settings=at(server))
    assert code == 1
    assert "Traceback" in err
    assert "DEBUG:uniqos" in err
    assert KEY not in err


def resumed(server: RawServer) -> str:
    """Return the advice that ends an error line after a call that may have run, with the key that was sent."""
    key = header(server.requests[-1], "Idempotency-Key")
    return f"to resume it and not pay twice, run again with --idempotency-key {key}"


def cut_off(connection: socket.socket, request: bytes, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    connection.close()


def half_a_stream(connection: socket.socket, request: bytes, number: int) -> None:
    open_stream(connection)
    send_event(connection, "metadata", METADATA)
    connection.close()


@pytest.mark.parametrize(
    ("handler", "arguments", "code"),
    [
        (lambda connection, request, number: time.sleep(1), ("--no-stream", "--timeout", "0.2"), "timeout"),
        (lambda connection, request, number: time.sleep(1), ("--json", "--timeout", "0.2"), "timeout"),
        (lambda connection, request, number: time.sleep(1), ("--timeout", "0.2"), "timeout"),
        (cut_off, ("--json",), "network_error"),
        (half_a_stream, (), "stream_interrupted"),
        (half_a_stream, ("--json", "--stream"), "stream_interrupted"),
        (lambda connection, request, number: reply(connection, 200, b"{}"), ("--json",), "invalid_response"),
        (lambda connection, request, number: reply(connection, 200, b"<html>"), ("--json",), "undecodable_response"),
    ],
)
def test_the_error_of_a_turn_that_may_have_run_names_its_idempotency_key(
    handler: Any, arguments: tuple[str, ...], code: str
) -> None:
    with RawServer(handler) as server:
        ended, _, err = run("respond", "Hi", *arguments, settings=at(server))
    line = next(line for line in err.splitlines() if line.startswith("error: "))
    assert ended == (4 if code == "stream_interrupted" else 1)
    assert f"(code: {code}" in line
    assert line.endswith(f"; {resumed(server)}")
    assert "`" not in err, "attributes of Python mean nothing in a shell"


TIMED_OUT = {"code": "turn_timeout", "message": "The turn took too long; it is not billed."}


@pytest.mark.parametrize(
    "serve", [lambda: answering(504, {"error": TIMED_OUT}), lambda: streaming(("error", TIMED_OUT))]
)
def test_the_error_of_a_turn_that_timed_out_on_the_server_does_not_speak_of_paying(
    serve: Callable[[], RawServer],
) -> None:
    with serve() as server:
        code, _, err = run("respond", "Hi", settings=at(server))
    key = header(server.requests[-1], "Idempotency-Key")
    assert code == 8
    assert err.startswith("error: The turn took too long; it is not billed. (code: turn_timeout")
    assert err.endswith(f"; to try again, run the same command with --idempotency-key {key}\n")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("respond", "Hi"), "check the personality's id, in --personality or UNIQOS_PERSONALITY"),
        (("api", "GET", "/v1/personalities/x"), "check the ids in the path and in --data"),
    ],
)
def test_the_hint_to_an_unknown_id_names_options_of_its_own_command(arguments: tuple[str, ...], hint: str) -> None:
    with answering(404, {"error": {"code": "not_found", "message": "no such"}}) as server:
        assert run(*arguments, settings=at(server))[2].endswith(f"hint: {hint}\n")


@pytest.mark.parametrize(
    ("command", "usage"),
    [("respond", "[OPTIONS] MESSAGE"), ("api", "[OPTIONS] METHOD [PATH]"), ("contract diff", "[OPTIONS] FILE")],
)
def test_a_usage_line_names_arguments_plainly(command: str, usage: str) -> None:
    code, out, _ = run(*command.split(), "--help", settings={"COLUMNS": "80"})
    assert (code, out.splitlines()[0]) == (0, f"Usage: uniqos {command} {usage}")
    assert max(map(len, out.splitlines())) <= 80


def test_the_error_of_any_operation_names_the_key_that_was_sent_or_says_that_nothing_was_sent() -> None:
    with RawServer(cut_off) as server:
        _, _, err = run("api", "POST", "/v1/personalities", "--data", '{"name": "x"}', settings=at(server))
        assert err.rstrip().endswith(resumed(server))
        _, _, err = run("api", "POST", "/v1/new", "--idempotency-key", "mine", settings=at(server))
        assert err.rstrip().endswith("--idempotency-key mine")
        _, _, err = run("api", "GET", "/v1/me", settings=at(server))
        assert "idempotency" not in err
        gone = server.url
    _, _, err = run("respond", "Hi", settings={**at(server), "UNIQOS_BASE_URL": gone})
    assert err.rstrip().endswith("(code: connection_refused); nothing was sent")


def test_a_turn_whose_answer_was_lost_is_resumed_by_its_key_and_paid_once(
    sandbox: Sandbox, local: dict[str, str]
) -> None:
    billed = sandbox.turns_billed
    with sandbox.proxy("drop_mid_body") as url:
        code, out, err = run("respond", "Hello!", "--json", settings={**local, "UNIQOS_BASE_URL": url})
    assert (code, out) == (1, "")
    found = re.search(r"run again with (--idempotency-key) (\S+)", err)
    assert found
    code, out, _ = run("respond", "Hello!", "--json", *found.groups(), settings=local)
    assert (code, bool(json.loads(out)["response"])) == (0, True)
    assert sandbox.turns_billed == billed + 1


def test_an_idempotency_key_of_the_user_is_sent_and_a_wrong_one_refused() -> None:
    with answering(200, {"response": "Hi"}) as server:
        assert run("respond", "Hi", "--json", "--idempotency-key", "k-1", settings=at(server))[0] == 0
        for wrong in ("", "a\nb", "é"):
            code, out, err = run("respond", "Hi", "--json", "--idempotency-key", wrong, settings=at(server))
            assert (code, out) == (2, "")
            assert "idempotency_key must be visible ASCII" in err
    assert [header(request, "Idempotency-Key") for request in server.requests] == ["k-1"]


@posix_only
@pytest.mark.parametrize("retried", [True, False])
def test_without_a_standard_error_no_log_goes_to_standard_output(retried: bool) -> None:
    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        status = 503 if number == 1 else 200 if retried else 403
        reply(connection, status, b'{"response": "x"}', {"Retry-After": "0"})

    with RawServer(handler) as server:
        command = f"exec {shlex.join(COMMAND)} respond Hi --json 2>&-"
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, env=environment(at(server)), timeout=30)
    assert len(server.requests) == 2
    assert (done.returncode, done.stdout) == ((0, b'{"response": "x"}\n') if retried else (1, b""))
    assert all(request.startswith(b"POST /v1/respond ") for request in server.requests)


@posix_only
@pytest.mark.parametrize("arguments", ["respond", "nonsense", "respond Hi --mode x", "respond Hi --timeout -1"])
def test_without_a_standard_error_no_complaint_goes_to_standard_output(arguments: str) -> None:
    command = f"exec {shlex.join(COMMAND)} {arguments} 2>&-"
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, env=environment({"UNIQOS_API_KEY": KEY}))
    assert (done.returncode, done.stdout) == (2, b"")


@posix_only
def test_without_a_standard_output_nothing_is_sent() -> None:
    with answering(200, {"response": "Hi"}) as server:
        command = f"exec {shlex.join(COMMAND)} respond Hi --json >&-"
        done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, env=environment(at(server)), timeout=30)
    assert (done.returncode, server.requests) == (2, [])
    assert done.stderr.startswith(b"error: standard output is closed")


@pytest.mark.parametrize("secret", ["https://user:PASSWORD@api.example:port", "https://api.example/?key=PASSWORD"])
def test_a_wrong_base_url_is_refused_without_its_password(secret: str) -> None:
    for arguments, settings in (("--base-url", secret), {}), ((), {"UNIQOS_BASE_URL": secret}):
        code, out, err = run("respond", "Hi", *arguments, settings={"UNIQOS_API_KEY": KEY, **settings})
        assert (code, out) == (2, "")
        assert err.startswith("error: base_url ")
        assert "PASSWORD" not in err


def talk_forever(connection: socket.socket, request: bytes, number: int) -> None:
    open_stream(connection)
    send_event(connection, "metadata", METADATA)
    while True:
        send_event(connection, "text", {"delta": "more " * 1000})


@posix_only
def test_ctrl_c_ends_an_answer_with_130() -> None:
    with (
        RawServer(talk_forever) as server,
        start("respond", "Hi", command=INTERRUPTIBLE, settings=at(server)) as process,
    ):
        assert read(process.stdout).startswith("more ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.decode() == f"interrupted; {resumed(server)}\n"


@pytest.mark.parametrize("arguments", [(), ("--json", "--stream")])
def test_a_reader_that_leaves_is_no_error(arguments: tuple[str, ...]) -> None:
    with RawServer(talk_forever) as server, start("respond", "Hi", *arguments, settings=at(server)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert read(process.stdout)
        process.stdout.close()
        err = process.stderr.read().decode()
    assert err == f"standard output was closed; {resumed(server)}\n"
    assert process.returncode == 141


@needs_full_device
def test_a_full_disk_is_an_error() -> None:
    with answering(200, {"response": "Hi"}) as server:
        done = run_on_full_disk("respond", "Hi", "--no-stream", server=server)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: OSError")
    assert done.stderr.count(b"\n") == 1


@posix_only
def test_control_characters_of_a_reply_do_not_reach_the_terminal() -> None:
    import pty

    with answering(200, {"response": "\x1b]0;title\x07\x9b\u202e\u2066Hi\tyou"}) as server:
        ours, theirs = pty.openpty()
        with open(theirs, "wb") as terminal:
            subprocess.run(
                [*COMMAND, "respond", "Hi", "--no-stream"], stdout=terminal, env=environment(at(server)), check=True
            )
            assert os.read(ours, 1000) == b"]0;titleHi\tyou\r\n"
        os.close(ours)


@posix_only
def test_the_sandbox_runs_until_ctrl_c(tmp_path: Path) -> None:
    arguments = ("sandbox", "--port", "0", "--seed", "7", "--database", str(tmp_path / "sandbox.db"))
    with start(*arguments, command=INTERRUPTIBLE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode() for _ in range(3)]
        settings: dict[str, str] = dict(re.findall(r"^export (UNIQOS_\w+)=(\S+)$", "".join(lines), re.MULTILINE))
        assert list(settings) == ["UNIQOS_BASE_URL", "UNIQOS_API_KEY", "UNIQOS_PERSONALITY"]
        code, out, _ = run("respond", "Hello!", "--no-stream", settings=settings)
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=20)
    assert code == 0
    assert out.strip()
    assert (process.returncode, rest) == (0, b"")
    assert b"Traceback" not in err
    assert (tmp_path / "sandbox.db").exists()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code, out, err = run("sandbox", "--port", str(listener.getsockname()[1]))
    assert code in (1, 2)
    assert out == ""
    assert err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize(
    ("missing", "says"), [("typer", '"typer>=0.26.1"'), ("fastapi", 'pip install "fastapi>=0.115"')]
)
def test_a_missing_extra_is_named(missing: str, says: str) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; import uniqos.cli; uniqos.cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "respond", "Hi"],
        capture_output=True,
        text=True,
        env=environment(NOTHING),
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
