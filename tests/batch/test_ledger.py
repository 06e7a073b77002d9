"""The ledger, the keys and the verdicts of a batch, without a server."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from uniqos import UniqOS, errors
from uniqos.batch import Batch, BatchError, read_report, read_results
from uniqos.batch._keys import body_digest, key_maker
from uniqos.batch._ledger import Entry, Ledger
from uniqos.batch._problems import Problem
from uniqos.batch._verdict import judge, may_resend

PROBLEMS = (Problem("id", "missing_id", "none"),)
SETTINGS = {"operation": "engine.respond", "id": "id", "map": "{}", "fixed": ""}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "run.ledger", SETTINGS, None)
    yield opened
    opened.close()


def entry(ledger: Ledger, id: str, number: int) -> Entry:
    return Entry(0, id, b"d" * 16, number, ledger.number_of_pass, "pending", "key", 1.0, 1, None, None, None)


def test_a_sent_record_without_an_answer_is_unknown_to_the_next_run(ledger: Ledger, tmp_path: Path) -> None:
    one, two = entry(ledger, "b", 2), entry(ledger, "a", 1)
    ledger.write([ledger.sent(one), ledger.sent(two), ledger.rejected(3, None, PROBLEMS, takes_id=False)])
    two.state, two.answer, two.exchange = "done", b'{"response": "Hi"}', '{"status": 200}'
    ledger.write([ledger.settled(two)])
    running = read_report(tmp_path / "run.ledger")
    assert (running.done, running.in_flight, running.unknown, running.rejected) == (1, 1, 0, 1)
    ledger.close()
    report = read_report(tmp_path / "run.ledger")
    assert (report.done, report.in_flight, report.unknown, report.turns, report.is_complete) == (1, 0, 1, 2, False)
    results = list(read_results(tmp_path / "run.ledger"))
    assert [(r.number, r.id, r.status) for r in results] == [
        (1, "a", "done"),
        (2, "b", "unknown"),
        (3, None, "rejected"),
    ]


def test_a_broken_row_does_not_take_the_id_that_it_shows(ledger: Ledger) -> None:
    ledger.write([ledger.rejected(1, "a", PROBLEMS, takes_id=False), ledger.rejected(2, "b", PROBLEMS, takes_id=True)])
    assert [ledger.has_rejected(id) for id in ("a", "b", "c")] == [False, True, False]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights than modes")
def test_only_its_owner_may_read_a_ledger(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write([ledger.sent(entry(ledger, "a", 1))])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert "run.ledger-wal" in modes
    assert set(modes.values()) == {0o600}


def test_a_full_disk_is_named_and_leaves_what_was_durable(ledger: Ledger, tmp_path: Path) -> None:
    ledger.write([ledger.sent(entry(ledger, "a", 1))])
    (pages,) = ledger._writer.execute("pragma page_count").fetchone()
    ledger._writer.execute(f"pragma max_page_count = {pages}")
    large = entry(ledger, "b", 2)
    changes = [ledger.sent(large)]
    large.answer = b"x" * 1_000_000
    with pytest.raises(BatchError, match="free some space") as full:
        ledger.write([*changes, ledger.settled(large)])
    assert full.value.code == "disk_full"
    ledger.close()
    assert read_report(tmp_path / "run.ledger").unknown == 1


@pytest.mark.parametrize(
    "content", [b"no ledger at all, but a text of some length" * 40, None], ids=["text", "another"]
)
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("create table people (name)")
        other.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(BatchError) as refused:
        Ledger(path, SETTINGS, None)
    assert refused.value.code == "ledger_unreadable"
    assert path.read_bytes() == before
    with pytest.raises(BatchError, match="there is no ledger"):
        read_report(tmp_path / "missing")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permissions of this kind")
def test_a_folder_that_cannot_be_written_is_named_and_costs_no_turn(tmp_path: Path) -> None:
    program = """
import os, sys
from uniqos import UniqOS
from uniqos.batch import Batch, BatchError

client = UniqOS("uniq_test_abcd1234", base_url="http://127.0.0.1:9")
batch = Batch(client, "respond", [{"id": "a", "message": "hello"}], id="id", ledger=sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)  # Root may write anywhere.
try:
    list(batch)
except BatchError as error:
    print(error.code, error)
"""
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o500)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    command = [sys.executable, "-c", program, folder / "run.ledger"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert ended.stdout.startswith("ledger_unwritable"), ended.stderr
    assert "give a path in a folder that you may write to" in ended.stdout
    assert not [*folder.iterdir()]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="give a path in a folder") as refused:
        Ledger(tmp_path / "missing" / "run.ledger", SETTINGS, None)
    assert refused.value.code == "ledger_unwritable"


def test_a_disk_that_is_nearly_full_stops_a_run_before_it_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1_000_000))
    rows = [{"id": "a", "message": "hello", "personality_id": "p"}]
    with UniqOS("uniq_test_abcd1234", base_url="http://127.0.0.1:9") as client:
        with Batch(client, "respond", rows, id="id", ledger=tmp_path / "run.ledger") as batch:
            assert list(batch) == []
    assert (batch.report.stopped, batch.report.is_complete, batch.report.turns) == ("disk_full", False, 0)


def test_a_key_is_a_uuid_and_differs_by_run_operation_record_and_body() -> None:
    digest = body_digest("/v1/respond", b"{}")
    assert digest != body_digest("/v1/respond", b"{ }") != body_digest("/v1/respond{", b"}")
    keys = {
        key_maker("run", "engine.respond")("a", digest),
        key_maker("run", "engine.respond")("a", digest[::-1]),
        key_maker("run", "engine.respond")("b", digest),
        key_maker("run", "engine.respondb")("", digest),
        key_maker("rune", "ngine.respond")("a", digest),
    }
    assert len(keys) == 5
    assert all(str(UUID(key)) == key and UUID(key).version == 4 for key in keys)
    assert key_maker("run", "engine.respond")("a", digest) == "98ffaac5-865c-423c-a4e3-c5196601c8b2"


class Case(NamedTuple):
    error: errors.UniqOSError
    kind: str
    is_billed: bool


def api(kind: type[errors.APIError], status: int, **fields: Any) -> errors.APIError:
    return kind("refused", http_status=status, **fields)


@pytest.mark.parametrize(
    "case",
    [
        Case(api(errors.QuotaExhaustedError, 429), "stop", False),
        Case(api(errors.PaymentRequiredError, 402), "stop", False),
        Case(api(errors.AuthenticationError, 401), "stop", False),
        Case(api(errors.PermissionError, 403), "stop", False),
        Case(errors.ConfigurationError("closed", code="client_closed"), "stop", False),
        Case(api(errors.RateLimitError, 429), "again", False),
        Case(api(errors.ServiceUnavailableError, 503, from_api=True), "again", False),
        Case(api(errors.ServiceUnavailableError, 503), "failed", True),
        Case(errors.NetworkError("refused", sent=False), "again", False),
        Case(errors.NetworkError("cut"), "unknown", True),
        Case(errors.ResponseDecodeError("no JSON"), "unknown", True),
        Case(errors.UnexpectedError("a status of 304"), "unknown", True),
        Case(errors.ResponseValidationError("no response"), "failed", True),
        Case(api(errors.ValidationError, 422), "failed", False),
        Case(api(errors.NotFoundError, 404), "failed", False),
        Case(api(errors.GuardrailBlockError, 400), "failed", False),
        Case(api(errors.TurnTimeoutError, 504), "failed", False),
        Case(api(errors.UpstreamLLMError, 502), "failed", True),
        Case(api(errors.APIError, 500), "failed", True),
    ],
    ids=lambda case: f"{type(case.error).__name__}-{case.error.http_status or case.error.code}-{case.kind}",
)
def test_what_follows_from_a_failed_call(case: Case) -> None:
    verdict = judge(case.error)
    assert (verdict.kind, verdict.is_billed) == (case.kind, case.is_billed)


@pytest.mark.parametrize(
    ("age", "window", "wanted"),
    [(0, 0, True), (10, 10, True), (11, 10, False), (-60, 10, True), (-301, 10, False), (1e9, 86400, False)],
)
def test_a_lost_record_is_sent_again_while_its_age_is_surely_within_the_window(
    age: float, window: float, wanted: bool
) -> None:
    assert may_resend(5000.0, 5000.0 + age, window) is wanted
    assert may_resend(None, 5000.0, window) is False
