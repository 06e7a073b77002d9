"""Tests of the command line where little can be relied on: locale, home, streams, terminals and signals."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..support.commandline import COMMAND, INTERRUPTIBLE, answering, at, environment, posix_only, start
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, header, reply

PEOPLE = {"data": [{"user_id": "é☃", "metadata": {"a": [1, None]}}], "next_cursor": None}


def shell(command: str, settings: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell in which ``uniqos`` is the command."""
    program = command.replace("uniqos", shlex.join(COMMAND), 1)
    return subprocess.run(program, shell=True, capture_output=True, env=environment(settings), timeout=30)


@posix_only
def test_the_c_locale_loses_no_letter() -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with answering(200, PEOPLE) as server:
        done = shell("uniqos end-users create --user-id 'é☃'", {**at(server), **plain})
    assert (done.returncode, json.loads(done.stdout)) == (0, PEOPLE)
    assert '{"user_id":"é☃"}'.encode() in server.requests[0]


@pytest.mark.parametrize(
    ("form", "shown"), [("json", "\\u00e9\\u2603"), ("yaml", '"\\xE9\\u2603"'), ("csv", "é?"), ("table", "é?")]
)
def test_a_code_page_escapes_the_letters_that_it_lacks_or_says_that_they_are_replaced(form: str, shown: str) -> None:
    with answering(200, PEOPLE) as server:
        ended = run_here("end-users", "list", "--format", form, settings=at(server), encoding="cp1252")
    assert (ended.code, shown in ended.out) == (0, True)
    assert ("? stands for letters that cp1252 lacks" in ended.err) == ("?" in shown)


def test_pythonioencoding_chooses_the_code_page() -> None:
    with answering(200, PEOPLE) as server:
        settings = environment({**at(server), "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"})
        command = [*COMMAND, "end-users", "list", "--format", "csv"]
        done = subprocess.run(command, capture_output=True, env=settings, timeout=30)
    assert (done.returncode, b"\xe9?" in done.stdout) == (0, True)


@posix_only
@pytest.mark.parametrize("home", [None, "/proc/1", "/nowhere/at/all"])
def test_without_a_writable_home_commands_and_completion_work(
    home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if home:
        monkeypatch.setenv("HOME", home)
    else:
        monkeypatch.setattr("pathlib.Path.home", no_home)
    with answering(200, {"data": [{"user_id": "ada"}]}) as server:
        listed = run_here("end-users", "list", "--format", "quiet", settings=at(server))
        words = {"COMP_WORDS": "uniqos end-users get ", "COMP_CWORD": "3", "_UNIQOS_COMPLETE": "complete_bash"}
        completed = run_here(settings={**at(server), **words})
    assert (listed.code, listed.out, listed.err) == (0, "ada\n", "")
    assert (completed.out, completed.err) == ("ada\n", "")


def no_home() -> Path:
    """Raise the error of an account that has no home."""
    raise RuntimeError("Could not determine home directory.")


@posix_only
@pytest.mark.parametrize("arguments", ["--version", "personalities list"])
def test_without_a_standard_output_every_command_is_refused(arguments: str) -> None:
    with answering(200, PEOPLE) as server:
        done = shell(f"uniqos {arguments} >&-", at(server))
    assert (done.returncode, server.requests) == (2, [])
    assert done.stderr.startswith(b"error: standard output is closed")
    assert done.stderr.count(b"\n") == 1


@posix_only
@pytest.mark.parametrize(("arguments", "code"), [("end-users get x --format json", 6), ("nonsense --format json", 2)])
def test_without_a_standard_error_the_exit_code_still_tells(arguments: str, code: int) -> None:
    with answering(404, {"error": {"code": "not_found", "message": "no"}}) as server:
        done = shell(f"uniqos {arguments} 2>&-", at(server))
    assert (done.returncode, done.stdout) == (code, b"")


@posix_only
def test_without_a_standard_input_a_body_from_there_is_refused() -> None:
    with answering(200, PEOPLE) as server:
        done = shell("uniqos personalities create --data - <&-", at(server))
    assert (done.returncode, server.requests) == (2, [])
    assert b"standard input is closed" in done.stderr


@posix_only
def test_a_table_has_the_name_beside_the_id_where_the_rest_finds_no_room() -> None:
    rows = [{"id": "pers_1", "created_at": "2026-11-30T15:40:13.377Z", "status": "active", "name": "Nora"}]
    with answering(200, {"data": rows}) as server:
        ended = run_here("personalities", "list", settings=at(server), columns=30)
    assert [line.split() for line in ended.out.splitlines()] == [["ID", "NAME"], ["pers_1", "Nora"]]


@posix_only
@pytest.mark.parametrize("columns", [20, 80, 200])
def test_a_table_fits_the_terminal_and_ids_are_whole(columns: int) -> None:
    rows = [{"user_id": f"person-{number}", "metadata": {"note": "words " * 30}} for number in range(3)]
    with answering(200, {"data": rows}) as server:
        ended = run_here("end-users", "list", settings=at(server), columns=columns)
    lines = ended.out.splitlines()
    assert all(len(line) <= columns for line in lines)
    assert [line.split()[0] for line in lines] == ["USER_ID", "person-0", "person-1", "person-2"]
    assert ("no room for metadata" in ended.err) == (columns == 20)


@posix_only
@pytest.mark.parametrize(
    ("settings", "is_colored"),
    [({}, True), ({"NO_COLOR": "1"}, False)],
)
def test_errors_are_coloured_on_a_terminal_unless_it_is_not_wanted(settings: dict[str, str], is_colored: bool) -> None:
    import pty

    with answering(404, {"error": {"code": "not_found", "message": "no"}}) as server:
        mine = {"TERM": "xterm", **at(server), **settings}
        ours, theirs = pty.openpty()
        with open(theirs, "wb") as terminal:
            env = {
                key: value for key, value in environment(mine).items() if key != "NO_COLOR" or "NO_COLOR" in settings
            }
            code = subprocess.run([*COMMAND, "end-users", "get", "x"], stderr=terminal, env=env, timeout=30).returncode
            shown = os.read(ours, 4000)
        os.close(ours)
    assert code == 6
    assert (b"\x1b[" in shown) == is_colored


@pytest.mark.parametrize(
    ("settings", "is_colored"),
    [({"FORCE_COLOR": "1"}, True), ({}, False), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)
def test_a_pipe_gets_colours_only_where_they_are_forced_and_data_never(
    settings: dict[str, str], is_colored: bool
) -> None:
    with answering(404, {"error": {"code": "not_found", "message": "no"}}) as server:
        ended = run_here("end-users", "get", "x", settings={**at(server), **settings})
    assert ("\x1b[" in ended.err) == is_colored
    with answering(200, PEOPLE) as server:
        for form in ("table", "json", "jsonl", "yaml", "csv", "quiet"):
            ended = run_here("end-users", "list", "--format", form, settings={**at(server), **settings})
            assert (ended.code, "\x1b" in ended.out) == (0, False)


def slow_pages(connection: socket.socket, request: bytes, number: int) -> None:
    """Answer the first page, and let the second wait."""
    if number > 1:
        connection.recv(1)  # until the client leaves
        return
    reply(connection, 200, b'{"data": [{"id": "1"}], "next_cursor": "c2"}')


@posix_only
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_list_and_says_how_to_go_on(number: signal.Signals, code: int, word: str) -> None:
    with (
        RawServer(slow_pages) as server,
        start("personalities", "list", "--all", command=INTERRUPTIBLE, settings=at(server)) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == b'{"id": "1"}\n'
        until(lambda: len(server.requests) == 2)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert err.decode() == f"{word}; what is printed is complete up to here; go on with --cursor c2\n"


@posix_only
def test_sigterm_names_the_key_of_a_paid_turn() -> None:
    with (
        RawServer(lambda connection, request, number: connection.recv(1)) as server,
        start("engine", "respond", "--message", "Hi", "--personality-id", "p", "--yes", settings=at(server)) as process,
    ):
        until(lambda: bool(server.requests))
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 143
    assert err.decode().endswith(f"--idempotency-key {header(server.requests[0], 'Idempotency-Key')}\n")


@posix_only
def test_sigterm_ends_a_sandbox_as_ctrl_c_does() -> None:
    with start("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"Traceback" not in err


@posix_only
@pytest.mark.parametrize("arguments", ["--help", "man", "personalities list --all"])
def test_a_reader_that_leaves_at_once_is_quiet(arguments: str) -> None:
    def endless(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, json.dumps({"data": [{"id": "x" * 1000}] * 100, "next_cursor": f"c{number}"}).encode())

    with RawServer(endless) as server, start(*arguments.split(), settings=at(server)) as process:
        assert process.stdout is not None
        process.stdout.close()
        err = process.stderr.read().decode() if process.stderr else ""
    assert process.returncode == 141
    assert re.fullmatch(r"(standard output was closed; what is printed .*\n)?", err)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for another process."""
    for _ in range(2000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_a_wrong_word_gets_a_suggestion() -> None:
    assert "Did you mean 'personalities'" in run_here("personalties", "list", settings={}).err
    assert "Did you mean 'list'?" in run_here("personalities", "lst", settings={}).err


def test_errors_of_usage_are_json_where_json_is_asked_for() -> None:
    for arguments in (("end-users", "get", "--format", "json"), ("end-users", "list", "--nope", "--format=jsonl")):
        ended = run_here(*arguments, settings={})
        assert (ended.code, ended.out) == (2, "")
        assert (ended.error["code"], ended.error["sent"], ended.error["exit_code"]) == ("usage", False, 2)
        assert list(ended.error)[:4] == ["code", "message", "request_id", "idempotency_key"]


def test_the_help_of_the_top_builds_no_command_and_loads_no_model() -> None:
    program = (
        "import sys; sys.argv = ['uniqos', '--help']\n"
        "import uniqos.cli\n"
        "try:\n    uniqos.cli.main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith(('uniqos.', 'httpx', 'rich.', 'fastapi'))))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment({}), timeout=30)
    loaded = set(eval(done.stdout.splitlines()[-1]))
    ours = {
        "uniqos._version",
        "uniqos.api",
        "uniqos.cli",
        "uniqos.cli.app",
        "uniqos.cli.exits",
        "uniqos.cli.groups",
        "uniqos.cli.registry",
    }
    assert {name for name in loaded if name.startswith("uniqos.")} <= ours
    assert not any(name.startswith(("httpx", "fastapi")) for name in loaded)
