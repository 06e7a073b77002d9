"""Batches in processes of their own, which are killed or interrupted while calls are under way."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.rawserver import RawServer, body, header, reply
from uniqos import UniqOS
from uniqos.batch import Batch, Report, read_report
from uniqos.sandbox import Sandbox, serve

ROWS = 60
FLAVOURS = pytest.mark.parametrize("flavour", ["sync", "asyncio", "trio"])


@pytest.fixture(scope="module")
def slow() -> Iterator[Sandbox]:
    """Run a sandbox whose turns take a moment, so that a crash meets calls under way."""
    with serve() as running:
        yield running


@pytest.fixture(autouse=True)
def clean(slow: Sandbox) -> None:
    slow.reset()
    slow.fault(path="/v1/respond", latency={"ms": 30})


def start(flavour: str, url: str, sandbox: Sandbox, folder: Path) -> subprocess.Popen[str]:
    arguments = [url, sandbox.api_key, sandbox.personality_id, folder / "run.ledger", folder / "out.jsonl", ROWS, 8]
    command = [sys.executable, "-m", "tests.support.batch_program", flavour, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_answers(ledger: Path, least: int, process: subprocess.Popen[str]) -> None:
    """Wait until the ledger of a running batch holds some answers."""
    while process.poll() is None:
        try:
            with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as found:
                (done,) = found.execute("select count(*) from records where state = 'done'").fetchone()
            if done >= least:
                return
        except sqlite3.OperationalError:
            pass  # There is no ledger yet.
        time.sleep(0.005)


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, error = process.communicate(timeout=50)
    assert process.returncode == 0, error
    found: dict[str, Any] = json.loads(out)
    return found


def rerun(sandbox: Sandbox, folder: Path, url: str | None = None, **options: Any) -> Report:
    """Run the batch of the program to its end, in this process. Both flavours share the format of the ledger."""
    rows = [{"id": f"r{number}", "message": f"message {number}"} for number in range(ROWS)]
    fixed = {"personality_id": sandbox.personality_id, "mode": "stateless"}
    with UniqOS(sandbox.api_key, base_url=url or sandbox.url) as client:
        batch = Batch(client, "respond", rows, id="id", ledger=folder / "run.ledger", fixed=fixed, **options)
        return batch.write(folder / "out.jsonl")


@FLAVOURS
def test_a_killed_run_goes_on_where_it_was_and_no_record_is_paid_twice(
    flavour: str, slow: Sandbox, tmp_path: Path
) -> None:
    process = start(flavour, slow.url, slow, tmp_path)
    wait_for_answers(tmp_path / "run.ledger", 15, process)
    process.kill()
    process.communicate()
    assert not (tmp_path / "out.jsonl").exists()
    assert not read_report(tmp_path / "run.ledger").is_complete
    report = rerun(slow, tmp_path)
    assert (report.is_complete, report.done) == (True, ROWS)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"r{number}" for number in range(ROWS)]
    assert slow.turns_billed == ROWS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@FLAVOURS
def test_the_first_interrupt_drains_a_run(flavour: str, slow: Sandbox, tmp_path: Path) -> None:
    process = start(flavour, slow.url, slow, tmp_path)
    wait_for_answers(tmp_path / "run.ledger", 5, process)
    process.send_signal(signal.SIGINT)
    assert finish(process) == {"complete": False, "stopped": "interrupted", "unknown": 0}
    report = read_report(tmp_path / "run.ledger")
    assert report.done == report.turns == slow.turns_billed < ROWS
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@FLAVOURS
def test_the_second_interrupt_aborts_a_run(flavour: str, slow: Sandbox, tmp_path: Path) -> None:
    slow.clear_faults()
    slow.fault(path="/v1/respond", nth=20, latency={"ms": 20_000})
    process = start(flavour, slow.url, slow, tmp_path)
    wait_for_answers(tmp_path / "run.ledger", 25, process)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert process.returncode != 0
    # On Python 3.10, which has no Task.uncancel, anyio.run of anyio 4 ends with a CancelledError.
    assert "KeyboardInterrupt" in error or (sys.version_info < (3, 11) and "CancelledError" in error), error
    assert read_report(tmp_path / "run.ledger").unknown == 1


def test_with_a_server_that_forgets_keys_only_records_on_hold_are_never_paid_twice(
    slow: Sandbox, tmp_path: Path
) -> None:
    answer = json.dumps({"response": "Hello!"}).encode()
    paid: Counter[str] = Counter()
    keys: dict[str, set[str | None]] = {}

    def forget(connection: socket.socket, request: bytes, number: int) -> None:
        message = json.loads(body(request))["message"]
        paid[message] += 1
        keys.setdefault(message, set()).add(header(request, "idempotency-key"))
        time.sleep(0.03)
        reply(connection, 200, answer)

    with RawServer(forget) as server:
        process = start("asyncio", server.url, slow, tmp_path)
        wait_for_answers(tmp_path / "run.ledger", 10, process)
        process.kill()
        process.communicate()
        lost = read_report(tmp_path / "run.ledger").unknown
        assert 0 < lost <= 12  # The calls under way, and those that were about to begin.
        held = rerun(slow, tmp_path, server.url, unknown="hold")
        assert (held.unknown, held.done, max(paid.values())) == (lost, ROWS - lost, 1)
        sent_again = rerun(slow, tmp_path, server.url)
        assert (sent_again.unknown, sent_again.done) == (0, ROWS)
    assert sum(count - 1 for count in paid.values()) <= lost
    assert all(len(sent) == 1 for sent in keys.values())
