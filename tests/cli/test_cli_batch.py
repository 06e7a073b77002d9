"""``uniqos batch`` in a process of its own: files in and out, exit codes, interrupts, a terminal."""

from __future__ import annotations

import csv
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

import uniqos.sandbox
from tests.support.commandline import INTERRUPTIBLE, at, environment, posix_only, run, start
from tests.support.paidturns import PaidTurns
from tests.support.rawserver import RawServer, reply
from uniqos.batch import Report
from uniqos.cli.batch_display import Progress, duration


class Api(PaidTurns):
    """A server that answers turns, and holds them back when asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.arrived = threading.Semaphore(0)
        self.failing: set[str] = set()

    def answer(self, connection: socket.socket, message: str) -> None:
        self.arrived.release()
        if not self.open.wait(20):
            return
        if message in self.failing:
            reply(connection, 400, b'{"error": {"code": "guardrail_blocked", "message": "blocked"}}')
            return
        state = {"primary": "fear" if "afraid" in message else "joy"}
        reply(connection, 200, json.dumps({"response": message, "inferred_emotional_state": state}).encode())

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.arrived.acquire(timeout=20)


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def server(api: Api) -> Iterator[RawServer]:
    with RawServer(api) as running:
        yield running
        api.open.set()


@pytest.fixture
def table(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ticket", "text", "comment"])
        writer.writerows([f"t{number}", f"message {number}", "x"] for number in range(20))
    return path


def add(table: pathlib.Path, *rows: str) -> None:
    with table.open("a", encoding="utf-8") as file:
        file.write("".join(f"{row}\n" for row in rows))


def lines(path: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def arguments(table: pathlib.Path | str, *more: str, out: pathlib.Path | None = None) -> list[str]:
    out = out or pathlib.Path(table).with_name("out.jsonl")
    return ["batch", "respond", str(table), "-o", str(out), "--id", "ticket", "--map", "message=text", *more]


def test_a_table_is_answered_in_its_order_and_a_second_run_pays_nothing(
    server: RawServer, api: Api, table: pathlib.Path
) -> None:
    code, out, err = run(*arguments(table), settings=at(server))
    assert (code, out) == (0, "")
    assert "20 done, 0 retries, 20 turns" in err
    assert "columns that were not sent: 'comment'" in err
    answers = table.with_name("out.jsonl")
    assert [line["id"] for line in lines(answers)] == [f"t{number}" for number in range(20)]
    assert [line["answer"]["response"] for line in lines(answers)] == [f"message {number}" for number in range(20)]
    before = answers.read_bytes()
    code, _, err = run(*arguments(table), settings=at(server))
    assert code == 0
    assert "20 done (20 without a new turn)" in err
    assert answers.read_bytes() == before
    assert len(server.requests) == 20


def test_a_row_that_cannot_be_sent_is_in_the_rejects_and_the_exit_code_says_so(
    server: RawServer, table: pathlib.Path
) -> None:
    add(table, "t3,again,x", ",no id,x", "t99,,x")
    code, _, err = run(*arguments(table), settings=at(server))
    assert code == 3
    assert "3 rejected" in err
    rejects = table.with_name("out.rejects.jsonl")
    assert f"with reasons: {rejects}" in err
    found = [(line["id"], line["problems"][0]["code"]) for line in lines(rejects)]
    assert found == [("t3", "duplicate_id"), (None, "missing_id"), ("t99", "missing")]


def test_a_dry_run_names_each_bad_row_counts_the_turns_and_sends_nothing(
    server: RawServer, table: pathlib.Path
) -> None:
    add(table, "t3,again,x", ",no id,x")
    code, out, err = run(*arguments(table, "--dry-run"), settings=at(server))
    assert code == 3
    assert out.splitlines() == [
        "row 21 (t3): ticket: an earlier row has the same id",
        "row 22 (no id): ticket: the row has no id; give each row one that no other row has",
    ]
    assert "22 rows: 20 turns to send, 2 rejected. Nothing was sent." in err
    assert not table.with_name("out.jsonl").exists()
    assert server.requests == []
    assert run(*arguments(table), settings=at(server))[0] == 3
    _, out, err = run(*arguments(table, "--dry-run", "--jsonl"), settings=at(server))
    assert "0 turns to send, 2 rejected; the ledger has the answers of 20 more" in err
    assert [json.loads(line)["row"] for line in out.splitlines()] == [21, 22]


def test_a_csv_file_of_another_kind_is_read_as_it_is(server: RawServer, api: Api, tmp_path: pathlib.Path) -> None:
    for name, delimiter, character in (("a", ";", ";"), ("b", r"\t", "\t")):
        table = tmp_path / f"{name}.csv"
        table.write_text(
            "ticket;text;comment\n1;good;x\n2;NA;x\n3;;x\n4;n/a;x\n".replace(";", character), encoding="utf-8"
        )
        more = ("--delimiter", delimiter, "--csv-null", "NA", "--csv-null", "n/a", "--csv-null", "")
        out = tmp_path / f"{name}.jsonl"
        code, _, err = run(*arguments(table, *more, "--dry-run", out=out), settings=at(server))
        assert code == 3
        assert "4 rows: 1 turns to send, 3 rejected" in err
        code, _, _ = run(*arguments(table, *more, out=out), settings=at(server))
        assert code == 3
        assert [line["id"] for line in lines(out)] == ["1"]
    assert list(api.keys) == ["good"]
    code, _, err = run(*arguments(tmp_path / "a.csv", "--delimiter", "ab"), settings=at(server))
    assert code == 2
    assert "delimiter must be the one character" in err


def test_a_second_run_on_one_ledger_and_other_settings_are_wrong_usage(
    server: RawServer, table: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    code, _, _ = run(*arguments(table), settings=at(server))
    assert code == 0
    code, _, err = run(*arguments(table, "--set", "mode=stateful"), settings=at(server))
    assert code == 2
    assert "ledger_mismatch" in err
    with closing(sqlite3.connect(tmp_path / "out.jsonl.ledger-lock", isolation_level=None)) as other:
        other.execute("begin exclusive")
        code, _, err = run(*arguments(table), settings=at(server))
    assert code == 2
    assert "another run uses the ledger" in err
    assert len(server.requests) == 20


@posix_only
def test_an_output_that_cannot_be_written_at_the_end_is_incomplete_and_pays_nothing_again(
    server: RawServer, api: Api, table: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    command = arguments(table, "--ledger", str(tmp_path / "ledger"), out=folder / "out.jsonl")
    api.open.clear()
    process = start(*command, settings=at(server))
    api.wait(1)
    shutil.rmtree(folder)
    api.open.set()
    _, err = process.communicate(timeout=50)
    assert process.returncode == 4
    assert b"all answers are in the ledger" in err
    folder.mkdir()
    code, _, _ = run(*command, settings=at(server))
    assert code == 0
    assert len(server.requests) == 20


def test_failed_records_are_sent_again_by_retry_and_not_otherwise(
    server: RawServer, api: Api, table: pathlib.Path
) -> None:
    api.failing = {"message 4", "message 9"}
    code, _, err = run(*arguments(table), settings=at(server))
    assert code == 3
    answers = table.with_name("out.jsonl")
    assert f"uniqos batch retry {answers}" in err
    assert run(*arguments(table), settings=at(server))[0] == 3
    assert len(server.requests) == 20
    api.failing = set()
    assert run("batch", "retry", str(answers), settings=at(server))[0] == 0
    assert len(server.requests) == 22
    assert len(lines(answers)) == 20
    assert {len(keys) for keys in api.keys.values()} == {1}


def test_status_tells_of_a_run_with_its_exit_code(server: RawServer, table: pathlib.Path) -> None:
    add(table, "t3,again,x")
    run(*arguments(table), settings=at(server))
    code, out, _ = run("batch", "status", str(table.with_name("out.jsonl")))
    assert code == 3
    assert out.split() == [
        *("rows", "21", "done", "20", "rejected", "1", "failed", "0", "unknown", "0"),
        *("in", "flight", "0", "turns", "20", "complete", "yes"),
    ]
    code, out, _ = run("batch", "status", str(table.with_name("out.jsonl.ledger")), "--json")
    assert code == 3
    assert json.loads(out)["done"] == 20


def test_a_budget_leaves_the_run_incomplete_without_an_output(server: RawServer, table: pathlib.Path) -> None:
    code, _, err = run(*arguments(table, "--max-turns", "7"), settings=at(server))
    assert code == 4
    assert "The same command goes on, and no turn is paid twice" in err
    assert len(server.requests) == 7
    assert not table.with_name("out.jsonl").exists()
    assert run("batch", "status", str(table.with_name("out.jsonl")))[0] == 4
    assert run(*arguments(table, "--max-turns", "20"), settings=at(server))[0] == 0
    assert len(server.requests) == 20


def test_standard_input_is_read_and_results_are_printed_as_they_come(server: RawServer, tmp_path: pathlib.Path) -> None:
    rows = b"".join(b'{"n": %d, "message": "message %d"}\n' % (number, number) for number in range(5))
    ledger = str(tmp_path / "a.ledger")
    code, out, _ = run(
        "batch", "respond", "-", "--id", "n", "--jsonl", "--ledger", ledger, stdin=rows, settings=at(server)
    )
    assert code == 0
    assert sorted(json.loads(line)["id"] for line in out.splitlines()) == list("01234")
    code, _, err = run("batch", "retry", ledger, settings=at(server))
    assert code == 2
    assert "the rows came from standard input" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "x.jsonl"], "give --id COL"),
        (["-o", "x.jsonl", "--id", "n", "--row-numbers"], "give --id COL"),
        (["--id", "n"], "give -o OUT"),
        (["-o", "x.jsonl", "--id", "n", "--map", "text"], "--map takes NAME=VALUE"),
        (["-o", "x.jsonl", "--id", "n", "--jsonl", "--dask", "tcp://localhost:1"], "--jsonl prints"),
        (["-o", "missing/x.jsonl", "--id", "n"], "missing"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(
    server: RawServer, table: pathlib.Path, options: list[str], words: str
) -> None:
    code, _, err = run("batch", "respond", str(table), *options, settings=at(server))
    assert code == 2 or words == "missing"
    assert code != 0
    assert words in err
    assert server.requests == []


def test_an_unknown_operation_is_refused_with_a_similar_name(server: RawServer, table: pathlib.Path) -> None:
    code, _, err = run(
        "batch", "infer-stat", str(table), "-o", str(table.with_name("o.jsonl")), "--id", "ticket", settings=at(server)
    )
    assert code == 2
    assert "did you mean 'infer_state'" in err


@posix_only
def test_the_first_interrupt_drains_and_the_same_command_goes_on(
    server: RawServer, api: Api, table: pathlib.Path
) -> None:
    api.open.clear()
    process = start(*arguments(table, "--concurrency", "4"), command=INTERRUPTIBLE, settings=at(server))
    api.wait(4)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # The answers must not arrive before the interrupt does.
    api.open.set()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"interrupted" in err
    assert b"Traceback" not in err
    assert 4 <= len(server.requests) < 20
    assert not table.with_name("out.jsonl").exists()
    assert run(*arguments(table), settings=at(server))[0] == 0
    assert len(server.requests) == 20
    assert {len(keys) for keys in api.keys.values()} == {1}


@posix_only
def test_the_second_interrupt_aborts_and_no_turn_is_paid_twice(
    server: RawServer, api: Api, table: pathlib.Path
) -> None:
    api.open.clear()
    process = start(*arguments(table, "--concurrency", "4"), command=INTERRUPTIBLE, settings=at(server))
    api.wait(4)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # Signals that arrive together are one.
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    api.open.set()
    assert run(*arguments(table), settings=at(server))[0] == 0
    assert len(lines(table.with_name("out.jsonl"))) == 20
    assert {len(keys) for keys in api.keys.values()} == {1}


def read_terminal(arguments: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """Run ``uniqos`` on a pseudo-terminal; return its exit code and all that it wrote."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "uniqos", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment(settings), "TERM": "xterm-256color"},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # The terminal is closed on Linux when the process has ended.
            break
        if not data:
            break
        written += data
    os.close(ours)
    return process.wait(30), written.decode()


@posix_only
def test_a_terminal_shows_rate_counts_and_emotions(table: pathlib.Path) -> None:
    add(table, *[f"a{number},I am so afraid of this,x" for number in range(10)], "t3,again,x")
    with uniqos.sandbox.serve() as local:
        settings = {
            "UNIQOS_API_KEY": local.api_key,
            "UNIQOS_BASE_URL": local.url,
            "UNIQOS_PERSONALITY": local.personality_id,
        }
        code, written = read_terminal(arguments(table, "--set", "mode=stateless"), settings)
    assert code == 3, written
    for word in ("respond:", "100%", "/s", "30 \x1b", "1 \x1b", "done", "rejected", "turns", "fear", "━", "█"):
        assert word in written, written
    assert "Traceback" not in written


def test_a_dask_cluster_runs_it(server: RawServer, api: Api, table: pathlib.Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        code, _, err = run(*arguments(table, "--dask", cluster.scheduler_address), settings=at(server))
        assert code == 0, err
    assert [line["id"] for line in lines(table.with_name("out.jsonl"))] == [f"t{number}" for number in range(20)]
    assert {len(keys) for keys in api.keys.values()} == {1}
    code, out, _ = run("batch", "status", str(table.with_name("out.jsonl")), "--json")
    assert (code, json.loads(out)["done"]) == (0, 20)


def test_the_progress_has_a_rate_and_the_time_that_is_left() -> None:
    now = 100.0
    progress = Progress(lambda: now)
    assert progress.line() == "batch: nothing is read yet"
    progress.note(Report(rows=50, total=1000, done=40, replayed=40, in_flight=10))
    assert progress.rate == 0
    assert progress.seconds_left is None
    now = 104.0
    progress.note(Report(rows=150, total=1000, done=140, replayed=40, in_flight=10, retries=2, turns=100))
    assert progress.rate == 25.0
    assert progress.fraction == 0.14
    assert progress.seconds_left == pytest.approx(34.4)
    assert progress.line() == ("batch: 14%, 140 done (40 without a new turn), 2 retries, 100 turns, 25.0/s, 0:34 left")
    now = 200.0
    progress.note(Report(rows=1000, total=1000, done=990, failed=10, is_complete=True))
    assert progress.fraction == 1.0
    assert "left" not in progress.line()


def test_the_progress_of_a_file_follows_the_part_that_was_read() -> None:
    now = 0.0
    progress = Progress(lambda: now)
    progress.note(Report(rows=100, done=50), 0.2)
    assert progress.fraction == pytest.approx(0.1)
    progress.note(Report(rows=400, done=300), None)  # the file is read to its end
    assert progress.fraction == pytest.approx(0.75)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (61, "1:01"), (3723, "1:02:03")])
def test_a_duration_is_written_as_a_clock_does(seconds: float, text: str) -> None:
    assert duration(seconds) == text
