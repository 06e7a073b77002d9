"""Tests of ``uniqos chat``, at a terminal and by pipe."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

import uniqos
from uniqos import errors
from uniqos.cli.charts import bar, bar_rows, line_over_time
from uniqos.cli.chat.conversation import cost_of
from uniqos.cli.chat.lines import _Terminal, next_message
from uniqos.cli.chat.transcript import Transcript
from uniqos.cli.exits import ExitCode
from uniqos.sandbox import Sandbox

from ..support.commandline import (
    COMMAND,
    COMPLETION,
    METADATA,
    at,
    environment,
    open_stream,
    posix_only,
    run,
    send_event,
)
from ..support.inprocess_commandline import run_here
from ..support.rawserver import RawServer, body, header
from ..support.terminal import terminal

BREAK = "[[uniqos:stream=drop_after:4]] "


@pytest.fixture
def local(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Return the settings by which the command line calls a running sandbox."""
    return {
        "UNIQOS_BASE_URL": sandbox.url,
        "UNIQOS_API_KEY": sandbox.api_key,
        "UNIQOS_PERSONALITY": sandbox.personality_id,
        "UNIQOS_CONFIG_DIR": str(tmp_path / "config"),
    }


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@posix_only
def test_a_conversation_shows_emotions_memory_and_goes_on_with_a_relationship(
    sandbox: Sandbox, local: dict[str, str], tmp_path: Path
) -> None:
    with sandbox.client() as client:
        client.respond(
            personality_id=sandbox.personality_id, message="My dog is ill.", user_id="chat-1", mode="stateful"
        )
    with terminal("chat", "--user", "chat-1", settings=local) as shown:
        shown.wait_for("goes on: turns 1")
        shown.wait_for_prompt()
        shown.type("[[uniqos:emotion=joy]] Hello!\r")
        shown.wait_for("valence")
        assert "(joy" in shown.picture, "the emotion is beside the answer"
        shown.wait_for_prompt()
        shown.type("[[uniqos:emotion=anger]] The rent,\x1b\rand Monday.\r")
        shown.wait_for("(anger")
        shown.wait_for("valence", 2)
        line = next(line for line in reversed(shown.picture.splitlines()) if line.startswith("valence"))
        assert len(line.split()[1]) == 2, "one character for each turn"
        shown.wait_for_prompt()
        shown.type("/memory\r")
        shown.wait_for("topics")
        assert "dog" in shown.picture
        shown.wait_for_prompt()
        shown.type("/state\r")
        shown.wait_for("emotions: joy, anger")
        shown.wait_for_prompt()
        shown.type("/who\r")
        shown.wait_for("default_mode")
        shown.wait_for_prompt()
        shown.type(f"/export {tmp_path / 'all.json'}\r")
        shown.wait_for("everything that the API holds")
        shown.wait_for_prompt()
        shown.type("/nonsense\r")
        shown.wait_for("there is no command /nonsense")
        shown.wait_for_prompt()
        shown.type("\x03")
        shown.wait_for("stopped; Ctrl-D")
        shown.wait_for_prompt()
        shown.type("/quit\r")
        assert shown.end() == 0
        assert "turns consumed: 2" in shown.picture
    assert json.loads((tmp_path / "all.json").read_text())["end_user"]["user_id"] == "chat-1"
    history = tmp_path / "config" / "chat-history"
    assert "Hello!" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


@posix_only
def test_a_broken_answer_is_asked_for_again_with_its_own_key_and_billed_once(
    sandbox: Sandbox, local: dict[str, str]
) -> None:
    before = sandbox.turns_billed
    with terminal("chat", "--no-history", settings=local) as shown:
        shown.wait_for_prompt()
        shown.type(BREAK + "Hello!\r")
        shown.wait_for("may have run and been billed")
        shown.wait_for_prompt()
        shown.type("/retry\r")
        shown.wait_for("| 1 turn")
        assert sandbox.turns_billed == before + 1
        shown.wait_for_prompt()
        shown.type("/retry\r")
        shown.wait_for("this is a new turn, and billed as one")
        shown.wait_for("may have run and been billed", 2)  # The mark breaks the new turn too.
        shown.wait_for_prompt()
        shown.type("\x04")
        assert shown.end() == 0
        assert "turns consumed: 1; perhaps billed without an answer: 1" in " ".join(shown.picture.split())
    assert sandbox.turns_billed == before + 2


@posix_only
def test_ctrl_c_stops_an_answer_and_not_the_program() -> None:
    release = threading.Event()

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        open_stream(connection)
        send_event(connection, "metadata", METADATA)
        send_event(connection, "text", {"delta": "It was a dark"})
        if number == 1:
            release.wait(20)
        send_event(connection, "text", {"delta": " and stormy night"})
        send_event(connection, "completion", COMPLETION)
        connection.close()

    with RawServer(handler) as server, terminal("chat", "--no-history", settings=at(server)) as shown:
        shown.wait_for_prompt()
        shown.type("Hi\r")
        shown.wait_for("a dark")
        shown.type("\x03")
        shown.wait_for("stopped")
        release.set()
        shown.wait_for_prompt()
        shown.type("/retry\r")
        shown.wait_for("stormy night")
        shown.wait_for_prompt()
        shown.type("/quit\r")
        assert shown.end() == 0
        keys = [header(request, "idempotency-key") for request in server.requests]
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert b"\x1b[2m" in shown.raw, "notes are dim at a terminal"


@posix_only
def test_a_narrow_terminal_without_home_utf_8_and_writable_folder_is_enough(
    local: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    settings = {**local, "UNIQOS_CONFIG_DIR": str(folder / "x"), "HOME": "", "LC_ALL": "C", "PYTHONUTF8": "0"}
    settings |= {"PYTHONIOENCODING": "ascii", "TERM": "dumb"}
    with terminal("chat", settings=settings, columns=20) as shown:
        shown.wait_for_prompt()
        shown.type("[[uniqos:emotion=joy]] Ol\u00e1\r")
        shown.wait_for("valence")
        shown.wait_for_prompt()
        shown.type("/quit\r")
        assert shown.end() == 0
    assert shown.raw.decode(errors="replace").count("valence #") + shown.raw.count(b"valence *") == 1


def test_lines_of_a_pipe_are_messages_and_the_transcript_has_each_turn(
    sandbox: Sandbox, local: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "talk.jsonl"
    lines = '[[uniqos:emotion=joy]] Hello!\n\n"""\ntwo\nlines\n"""\n//not a command\n/state\n'
    code, out, err = run("chat", "--transcript", str(path), stdin=lines.encode(), settings=local)
    assert code == 0
    assert len(out.splitlines()) == 4
    assert json.loads(out.splitlines()[3])["type"] == "state"
    assert "turns consumed: 3" in err
    sent, ended = ([one for one in records(path) if one["type"] == kind] for kind in ("sent", "turn"))
    assert [one["message"] for one in sent] == ["[[uniqos:emotion=joy]] Hello!", "two\nlines", "/not a command"]
    assert [one["idempotency_key"] for one in sent] == [one["idempotency_key"] for one in ended]
    assert [one["response"] for one in ended] == out.splitlines()[:3]
    assert {(one["status"], one["cost"], one["usage"]["turns_consumed"]) for one in ended} == {
        ("completed", "billed", 1)
    }
    assert ended[0]["inferred_emotional_state"]["primary"] == "joy"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or os.name == "nt"


def test_the_first_failure_of_a_pipe_ends_the_program_and_names_the_key(local: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    arguments = ("chat", "--json", "--transcript", str(path))
    code, out, err = astuple(run_here(*arguments, stdin=(BREAK + "Hello!\nNever sent\n").encode(), settings=local))
    assert code == ExitCode.INCOMPLETE
    (failed,) = map(json.loads, out.splitlines())
    assert (failed["status"], failed["cost"]) == ("interrupted", "perhaps billed")
    assert failed["response"], "the part that arrived is kept"
    assert err.count(failed["idempotency_key"]) == 2
    assert "stream_interrupted" in err
    assert len(records(path)) == 2


def test_a_turn_that_a_killed_program_left_is_asked_for_by_its_key(
    sandbox: Sandbox, local: dict[str, str], tmp_path: Path
) -> None:
    key = "9d6f2f0e-0000-4000-8000-0123456789ab"
    turn: dict[str, Any] = {"personality_id": sandbox.personality_id, "message": "Are you there?", "mode": "stateless"}
    with sandbox.client() as client:
        client.respond(turn, stream=True, idempotency_key=key).until_done()
    before = sandbox.turns_billed
    path = tmp_path / "talk.jsonl"
    path.write_text(json.dumps({"type": "sent", "user_id": None, "idempotency_key": key, **turn}) + '\n{"type": "tu')
    code, out, err = astuple(run_here("chat", "--transcript", str(path), stdin=b"/retry\n", settings=local))
    assert code == 0
    assert out.strip()
    assert key in err
    assert sandbox.turns_billed == before
    assert json.loads(path.read_text().splitlines()[-1])["status"] == "completed"


@posix_only
def test_sigterm_in_an_answer_closes_the_transcript_and_says_what_may_be_billed(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    release = threading.Event()

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        open_stream(connection)
        send_event(connection, "metadata", METADATA)
        send_event(connection, "text", {"delta": "Half an\n"})
        release.wait(20)

    with RawServer(handler) as server:
        with subprocess.Popen(
            [*COMMAND, "chat", "--transcript", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(at(server)),
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"Hi\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"Half an\n"
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=20)
        release.set()
    assert process.returncode == ExitCode.TERMINATED
    assert b"perhaps billed without an answer: 1" in err
    assert [one.get("status") for one in records(path)] == [None, "interrupted"]


def test_without_a_standard_output_nothing_is_sent() -> None:
    with RawServer(lambda *_: None) as server:
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "chat"],
            input=b"Hi\n",
            stderr=subprocess.PIPE,
            env=environment(at(server)),
            timeout=30,
        )
        assert not server.requests
    assert (done.returncode, b"standard output is closed" in done.stderr) == (ExitCode.USAGE, True)


def test_a_user_has_stateful_turns_by_default() -> None:
    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        open_stream(connection)
        send_event(connection, "metadata", METADATA)
        send_event(connection, "completion", COMPLETION)
        connection.close()

    with RawServer(handler) as server:
        assert run_here("chat", "--user", "ada", stdin=b"Hi\n", settings=at(server)).code == 0
    turn = json.loads(body(server.requests[-1]))
    assert (turn["user_id"], turn["mode"], turn["message"]) == ("ada", "stateful", "Hi")


@pytest.mark.parametrize(
    ("error", "cost"),
    [
        (errors.NetworkError("x", sent=False), "not billed"),
        (errors.NetworkError("x", sent=True), "perhaps billed"),
        (errors.NetworkError("x", code="stream_interrupted"), "perhaps billed"),
        (errors.TurnTimeoutError("x", http_status=504), "not billed"),
        (errors.RateLimitError("x", http_status=429, from_api=True), "not billed"),
        (errors.APIError("x", http_status=400, from_api=False), "perhaps billed"),
        (errors.GuardrailBlockError("x", http_status=200), "perhaps billed"),
        (errors.UpstreamLLMError("x", http_status=502, from_api=True), "perhaps billed"),
        (errors.ServiceUnavailableError("x", http_status=503, from_api=True), "not billed"),
        (errors.ServiceUnavailableError("x", http_status=503), "perhaps billed"),
        (errors.ResponseValidationError("x"), "perhaps billed"),
        (errors.RequestValidationError("x"), "not billed"),
    ],
)
def test_the_cost_of_a_failed_turn_is_only_none_where_it_is_known(error: uniqos.UniqOSError, cost: str) -> None:
    assert cost_of(error) == cost


def test_a_file_that_is_no_transcript_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(uniqos.ConfigurationError, match="no transcript"):
        Transcript(path)
    assert path.read_text() == "dear diary\n"


def test_a_message_between_fences_ends_with_the_input() -> None:
    class Given:
        is_terminal = False

        def __init__(self, *lines: str) -> None:
            self._lines = list(lines)

        def read(self, prompt: str) -> str | None:
            return self._lines.pop(0) if self._lines else None

    assert next_message(Given("", '"""one', 'two"""', "three"), "> ") == "one\ntwo"
    assert next_message(Given('"""', "open"), "> ") == "open"
    assert next_message(Given(" ", ""), "> ") is None


@pytest.mark.parametrize(
    ("values", "blocks", "line"),
    [
        ([-1.0, 0.0, 1.0], True, "▁▅█"),
        ([-1.0, None, 1.0], False, "_ @"),
        ([0.0, 5.0, 10.0], True, "▁▅█"),
        ([3.0, 3.0], True, "▁▁"),
        ([], True, ""),
    ],
)
def test_a_line_over_time(values: list[float | None], blocks: bool, line: str) -> None:
    assert line_over_time(values, width=10, blocks=blocks) == line


def test_charts_fit_their_width_and_show_small_values() -> None:
    assert line_over_time([0.5] * 9, width=4) == line_over_time([0.5] * 4, width=4)
    assert (bar(1, 1000, width=10), bar(0, 10, width=10), bar(99, 10, width=3)) == ("▏", "", "███")
    assert bar(1, 1000, width=10, blocks=False) == "#"
    for width in (5, 20, 80):
        rows = bar_rows([("2026-11-30", 12.0), ("2026-12-01", 1.0)], width=width)
        assert all(len(row) <= max(width, len("2026-11-30 12")) for row in rows)


def test_the_prompt_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    with pytest.raises(uniqos.ConfigurationError, match="prompt_toolkit") as caught:
        _Terminal([], None)
    assert caught.value.code == "missing_extra"
