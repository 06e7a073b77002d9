"""Tests of the completion in shells, of its ids, and of the manual page."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from uniqos.api import operations
from uniqos.cli import completion
from uniqos.cli.exits import ExitCode
from uniqos.cli.registry import COMMANDS

from ..support.commandline import COMMAND, KEY, answering, at, environment, posix_only
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, header

PEOPLE = {"data": [{"user_id": "ada"}, {"user_id": "adam", "name": "Adam"}, {"user_id": "eve"}]}
LINE = "uniqos end-users get ad"


def offered(line: str, settings: Mapping[str, str], shell: str = "bash") -> str:
    """Return what a shell is told for a line, whose last word is incomplete."""
    words = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": line.rpartition(" ")[2],
        "_UNIQOS_COMPLETE": f"complete_{shell}",
    }
    ended = run_here(settings={**settings, **words})
    assert ended.err == ""
    return ended.out


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}


@pytest.mark.parametrize(("shell", "has_names"), [("bash", False), ("zsh", True), ("fish", True), ("powershell", True)])
def test_each_shell_is_told_the_ids_of_the_account(shell: str, has_names: bool, cache: dict[str, str]) -> None:
    with answering(200, PEOPLE) as server:
        out = offered(LINE, {**at(server), **cache}, shell)
    assert re.findall(r"ada\w*|eve", out) == ["ada", "adam"]
    assert ("Adam" in out) == has_names
    assert KEY not in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_has_a_script_that_calls_the_command(shell: str) -> None:
    ended = run_here("completion", shell, settings={})
    assert (ended.code, ended.err) == (0, "")
    assert "_UNIQOS_COMPLETE" in ended.out
    assert f"complete_{shell}" in ended.out


@posix_only
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_real_bash_completes_commands_options_and_ids(cache: dict[str, str], tmp_path: Path) -> None:
    program = tmp_path / "uniqos"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    script = """
    source <(uniqos completion bash)
    complete_line() {
      COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      _uniqos_completion uniqos
      echo "${COMPREPLY[*]}"
    }
    complete_line "uniqos person"
    complete_line "uniqos personalities create --source-"
    complete_line "uniqos end-users get ad"
    """
    with answering(200, PEOPLE) as server:
        env = environment({**at(server), **cache})
        env = {**env, "PATH": f"{tmp_path}:{env['PATH']}", "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=env, timeout=50)
    assert done.stdout.split("\n")[:3] == ["personalities", "--source-ref", "ada adam"]
    assert done.stderr == ""


@posix_only
def test_ids_are_kept_for_a_minute_in_a_private_file_that_does_not_hold_the_key(
    cache: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(200, PEOPLE) as server:
        for _ in range(2):
            assert offered(LINE, {**at(server), **cache}) == "ada\nadam\n"
        assert len(server.requests) == 1
        assert offered(LINE, {**at(server), **cache, "UNIQOS_API_KEY": KEY + "x"}) == "ada\nadam\n"
        assert len(server.requests) == 2, "another key is another account"
        now = time.time()
        monkeypatch.setattr(completion.time, "time", lambda: now + 61)
        offered(LINE, {**at(server), **cache})
        assert len(server.requests) == 3
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    for file in files:
        assert KEY not in file.name + file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("settings", [{}, {"UNIQOS_API_KEY": "nonsense"}])
def test_without_an_account_no_id_is_offered_and_nothing_is_asked(settings: dict[str, str]) -> None:
    assert offered(LINE, settings).strip() == ""


def test_a_server_that_fails_or_is_slow_costs_one_short_attempt(
    cache: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "_SECONDS_TO_WAIT", 0.2)

    def wait(connection: socket.socket, request: bytes, number: int) -> None:
        connection.recv(1)  # until the client gives up

    for server in (RawServer(wait), answering(503, {}), answering(200, {"data": [3]})):
        with server:
            assert offered(LINE, {**at(server), **cache}).strip() == ""
        assert len(server.requests) == 1
        assert header(server.requests[0], "Authorization") == f"Bearer {KEY}"


def test_completing_a_command_builds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniqos.cli.resources.command", None)
    assert offered("uniqos pers", {}) == "personalities\n"
    assert offered("uniqos con", {}) == "contract\n"


def test_the_manual_has_every_command_option_and_exit_code() -> None:
    ended = run_here("man", settings={})
    assert (ended.code, ended.err) == (0, "")
    page = ended.out.replace(r"\-", "-")
    for name in [*COMMANDS, *(name.replace(".", " ").replace("_", "-") for name in operations())]:
        assert f".SS uniqos {name}\n" in page
    for option in ("--format", "--query", "--dry-run", "--idempotency-key", "--group-by", "--yes"):
        assert f"\n.B {option}" in page
    words = " ".join(page.split())
    for code in ExitCode:
        assert f" {code.value} {code.__doc__} " in words


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_reads_the_manual_without_a_warning() -> None:
    page = run_here("man", settings={}).out
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=page.encode(), capture_output=True, check=True, timeout=30
    )
    assert done.stderr == b""
    assert b"uniqos personalities create" in done.stdout


def test_each_command_of_the_table_has_the_first_line_of_its_help() -> None:
    for name, (_, line) in COMMANDS.items():
        ended = run_here(*name.split(), "--help", settings={})
        assert ended.code == 0
        assert line in " ".join(ended.out.split()), name
    assert json.dumps(sorted(COMMANDS)).count('"man"') == 1


@pytest.mark.parametrize("name", ["", "batch", "batch run", "personalities", "webhooks", *COMMANDS])
def test_no_help_is_wider_than_a_terminal_of_80_columns_or_leaves_out_words(name: str) -> None:
    ended = run_here(*name.split(), "--help", settings={"COLUMNS": "80"})
    assert [line for line in ended.out.splitlines() if len(line) > 80] == []
    assert [line for line in ended.out.partition("\nCommands:")[2].splitlines() if "..." in line] == []


@pytest.mark.parametrize("name", ["batch run", "batch retry", "personalities list", *COMMANDS])
def test_each_command_that_calls_the_api_takes_the_options_of_an_account(name: str) -> None:
    out = run_here(*name.split(), "--help", settings={}).out
    if "--base-url" in out and name != "login":  # login makes a profile.
        assert {"--profile", "--timeout", "--debug"} <= set(out.split())
    if re.search(r"--(user|personality)\b", out) and name != "login":
        assert "--personality, --personality-id ID" in out
