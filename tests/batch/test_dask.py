"""A batch on a real Dask cluster of two worker processes: each record once, also when a worker is killed."""

from __future__ import annotations

import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

pytest.importorskip("distributed", reason="the extra dask is not installed")

import distributed
from dask import config

from tests.support.paidturns import PaidTurns
from tests.support.rawserver import RawServer
from uniqos import AsyncUniqOS, ConfigurationError, UniqOS
from uniqos.batch import BatchError, Report
from uniqos.batch.dask import DaskBatch, connect

KEY = "uniq_test_abcd1234"
FIXED = {"personality_id": "pers_1", "mode": "stateless"}
CONCURRENCY = 4

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="the cluster of this test ends its workers by POSIX signals"),
    pytest.mark.timeout(120),
]


@pytest.fixture(scope="module")
def dask() -> Iterator[distributed.Client]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        with distributed.Client(cluster) as client:
            yield client


@contextmanager
def silenced() -> Iterator[None]:
    """Keep Dask from logging that a connection was lost."""
    log = logging.getLogger("distributed")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


@pytest.fixture
def api() -> PaidTurns:
    return PaidTurns()


@pytest.fixture
def server(api: PaidTurns) -> Iterator[RawServer]:
    with RawServer(api) as running:
        yield running


@pytest.fixture
def make(dask: distributed.Client, server: RawServer, tmp_path: pathlib.Path) -> Callable[..., DaskBatch]:
    def make_batch(rows: Any, **options: Any) -> DaskBatch:
        settings: dict[str, Any] = {
            "id": "id",
            "map": {"message": "text"},
            "fixed": FIXED,
            "ledger": tmp_path / "ledgers",
            "concurrency": CONCURRENCY,
            "partitions": 4,
            **options,
        }
        client = settings.pop("client", None) or UniqOS(KEY, base_url=server.url)
        return DaskBatch(client, "respond", rows, dask=dask, **settings)

    return make_batch


def make_rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"r{number}", "text": f"good {number}"} for number in range(count)]


def test_each_record_is_answered_once_and_written_in_the_order_of_the_input(
    make: Callable[..., DaskBatch], api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    rows = [*make_rows(40), {"id": "r7", "text": "again"}, {"id": "bad", "text": 5}, {"text": "without id"}]
    batch = make(rows)
    report = batch.write(tmp_path / "answers.jsonl")
    assert (report.done, report.rejected, report.turns, report.is_complete) == (40, 3, 40, True)
    api.assert_paid_once(40)
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"r{number}" for number in range(40)]
    assert [line["answer"]["response"] for line in lines] == [f"Re: good {number}" for number in range(40)]
    rejects = [json.loads(line) for line in (tmp_path / "answers.rejects.jsonl").read_text().splitlines()]
    assert [(line["row"], line["problems"][0]["code"]) for line in rejects] == [
        (41, "duplicate_id"),
        (42, "string_type"),
        (43, "missing_id"),
    ]
    assert batch.emotions == Counter(joy=40)
    again = make(rows).write(tmp_path / "again.jsonl")
    assert (again.done, again.replayed, again.turns) == (40, 40, 40)
    assert len(api.order) == 40
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "answers.jsonl").read_bytes()


def test_a_worker_process_has_one_client_and_one_loop_that_outlive_a_task(
    make: Callable[..., DaskBatch], server: RawServer, dask: distributed.Client, tmp_path: pathlib.Path
) -> None:
    assert make(make_rows(40)).run().is_complete
    connections = server.connections
    assert connections <= 2 * 2 * CONCURRENCY  # two processes, and a call more may begin before an older one has ended
    assert make(make_rows(40), ledger=tmp_path / "others").run().turns == 40
    assert server.connections <= 2 * 2 * CONCURRENCY

    def shares(dask_worker: Any) -> list[float]:
        clients = dask_worker.plugins["uniqos-loop"].loop._clients
        return [client._requester.connections.rate_share for client in clients]

    found = dask.run(shares)
    assert len(found) == 2
    assert {share for shares in found.values() for share in shares} == {0.5}


def test_the_turns_of_a_conversation_run_in_the_order_of_the_input(
    make: Callable[..., DaskBatch], api: PaidTurns
) -> None:
    rows = [{"id": f"{turn}-{user}", "text": f"{user} {turn}", "user_id": user} for turn in range(6) for user in "abcd"]
    assert make(rows, fixed={"personality_id": "pers_1", "mode": "stateful"}).run().done == 24
    for user in "abcd":
        assert [text for text in api.order if text[0] == user] == [f"{user} {turn}" for turn in range(6)]


def test_a_worker_that_is_killed_costs_no_second_turn(
    make: Callable[..., DaskBatch], api: PaidTurns, dask: distributed.Client, tmp_path: pathlib.Path
) -> None:
    victim = next(iter(dask.run(os.getpid).values()))

    def kill(number: int) -> None:
        if number == 30:
            os.kill(victim, signal.SIGKILL)

    api.before = kill
    report = make(make_rows(120)).write(tmp_path / "answers.jsonl")
    assert report.is_complete
    assert (report.done, report.unknown) == (120, 0)
    api.assert_paid_once(120)
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"r{number}" for number in range(120)]
    dask.wait_for_workers(2)
    assert victim not in dask.run(os.getpid).values()


def test_a_partition_that_kills_its_workers_is_a_clear_error_and_goes_on_later(
    make: Callable[..., DaskBatch], api: PaidTurns, dask: distributed.Client
) -> None:
    victims = list(dask.run(os.getpid).values())

    def allow_failures(count: int) -> None:
        dask.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, "allowed_failures", count))

    def kill(number: int) -> None:
        if number == 20:
            os.kill(victims[0], signal.SIGKILL)

    allow_failures(0)
    api.before = kill
    try:
        with pytest.raises(BatchError, match=r"partition \d+ was lost: KilledWorker") as lost:
            make(make_rows(80)).run()
    finally:
        allow_failures(3)
    assert lost.value.code == "cluster_failed"
    report = make(make_rows(80)).run()
    assert (report.done, report.is_complete) == (80, True)
    api.assert_paid_once(80)
    dask.wait_for_workers(2)


def test_a_scheduler_that_is_lost_is_a_clear_error_and_the_run_goes_on_later(
    server: RawServer, api: PaidTurns, tmp_path: pathlib.Path, dask: distributed.Client
) -> None:
    def batch_on(cluster: distributed.Client) -> DaskBatch:
        sender = UniqOS(KEY, base_url=server.url)
        options: dict[str, Any] = {"id": "id", "map": {"message": "text"}, "fixed": FIXED, "partitions": 4}
        return DaskBatch(sender, "respond", make_rows(80), dask=cluster, ledger=tmp_path / "ledgers", **options)

    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--dashboard-address",
        ":0",
        "--scheduler-file",
    ]
    address = tmp_path / "scheduler.json"
    scheduler = subprocess.Popen([*command, address], stderr=subprocess.DEVNULL)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1"]
    worker = subprocess.Popen([*command, "--scheduler-file", address], stderr=subprocess.DEVNULL)
    api.before = lambda number: scheduler.kill() if number == 10 else None
    try:
        with config.set({"distributed.comm.timeouts.connect": "2s"}), silenced():
            with distributed.Client(scheduler_file=str(address), set_as_default=False, timeout=5) as client:
                client.wait_for_workers(1, timeout=20)
                with pytest.raises(BatchError, match="the Dask cluster was lost") as lost:
                    batch_on(client).run()
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    assert lost.value.code == "cluster_failed"
    assert "Futures:" not in str(lost.value)
    report = batch_on(dask).run()
    assert (report.done, report.is_complete) == (80, True)
    api.assert_paid_once(80)


def test_a_scheduler_that_does_not_answer_is_a_clear_error() -> None:
    with config.set({"distributed.comm.timeouts.connect": "1s"}):
        with pytest.raises(ConfigurationError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
            connect("tcp://127.0.0.1:9")


def test_a_file_is_read_with_the_options_of_csv(
    make: Callable[..., DaskBatch], api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    table = tmp_path / "in.csv"
    table.write_text("id;text\n1;good, but late\n2;NULL\n", encoding="utf-8")
    report = make(str(table), delimiter=";", csv_nulls=["NULL"]).run()
    assert (report.done, report.rejected) == (1, 1)
    assert list(api.keys) == ["good, but late"]


def test_a_budget_of_turns_holds_for_all_partitions_together(
    make: Callable[..., DaskBatch], api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    report = make(make_rows(30), max_turns=17).write(tmp_path / "answers.jsonl")
    assert (report.done, report.turns, report.is_complete, report.stopped) == (17, 17, False, "max_turns")
    assert not (tmp_path / "answers.jsonl").exists()
    report = make(make_rows(30), max_turns=30).write(tmp_path / "answers.jsonl")
    assert (report.done, report.turns, report.is_complete) == (30, 30, True)
    api.assert_paid_once(30)


def test_an_exhausted_quota_ends_the_run_which_goes_on_later(make: Callable[..., DaskBatch], api: PaidTurns) -> None:
    api.refusal = {"status": 429, "code": "quota_exhausted", "message": "no turns left"}
    report = make(make_rows(200)).run()
    assert (report.stopped, report.done, report.is_complete) == ("quota_exhausted", 0, False)
    api.refusal = None
    report = make(make_rows(200)).run()
    assert (report.done, report.is_complete) == (200, True)
    api.assert_paid_once(200)


def test_a_run_that_is_stopped_is_incomplete_and_goes_on_later(make: Callable[..., DaskBatch], api: PaidTurns) -> None:
    batch = make(make_rows(400))
    api.before = lambda number: batch.stop() if number == 10 else None
    report = batch.run()
    assert (report.stopped, report.is_complete) == ("interrupted", False)
    done = report.done
    assert 0 < done < 400
    report = make(make_rows(400)).run()
    assert (report.done, report.is_complete) == (400, True)
    api.assert_paid_once(400)


def test_the_driver_is_told_of_the_progress(make: Callable[..., DaskBatch]) -> None:
    reports: list[Report] = []
    make(make_rows(20), on_progress=reports.append).run()
    assert reports[-1].done == reports[-1].total == 20


def test_a_bag_holds_the_results(make: Callable[..., DaskBatch]) -> None:
    batch = make(make_rows(10))
    batch.run()
    bag = batch.to_bag()
    assert bag.npartitions == 4
    assert sorted(line["id"] for line in bag.compute()) == sorted(f"r{number}" for number in range(10))


def test_a_data_frame_holds_the_results_in_the_columns_of_the_schema(make: Callable[..., DaskBatch]) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    pytest.importorskip("pyarrow", reason="the extra batch is not installed")
    batch = make([*make_rows(10), {"id": "bad", "text": 5}])
    batch.run()
    frame = batch.to_dataframe()
    assert frame.npartitions == 4
    found = frame.compute().set_index("record_id")
    assert dict(found["record_status"].value_counts()) == {"done": 10, "rejected": 1}
    assert found["response"]["r3"] == "Re: good 3"


def test_the_rows_of_a_bag_are_read_one_partition_at_a_time(make: Callable[..., DaskBatch], api: PaidTurns) -> None:
    bag = pytest.importorskip("dask.bag").from_sequence(make_rows(10), npartitions=3)
    assert make(bag).run().done == 10
    api.assert_paid_once(10)


def test_options_of_another_run_are_refused(make: Callable[..., DaskBatch], api: PaidTurns) -> None:
    make(make_rows(4)).run()
    with pytest.raises(BatchError, match="another map; give the same map, or another folder"):
        make(make_rows(4), map={}).run()
    assert len(api.order) == 4


def test_a_wrong_option_is_refused_before_anything_is_sent(
    make: Callable[..., DaskBatch], tmp_path: pathlib.Path
) -> None:
    with pytest.raises(ConfigurationError, match="partitions must be a whole number"):
        make([], partitions=0)
    with pytest.raises(ConfigurationError, match="http_client"):
        make([], client=AsyncUniqOS(KEY, http_client=httpx.AsyncClient()))
    with pytest.raises(BatchError, match="cannot be used"):
        (tmp_path / "file").touch()
        make([], ledger=tmp_path / "file" / "below").run()


def test_no_word_of_a_person_and_no_key_is_in_the_plan(make: Callable[..., DaskBatch], tmp_path: pathlib.Path) -> None:
    make(make_rows(4), fixed={"personality_id": "pers_1", "situation": "a secret visit"}).run()
    plan = (tmp_path / "ledgers" / "plan.json").read_text()
    assert "secret" not in plan
    assert KEY not in plan
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "ledgers").iterdir() if path.suffix == ".rows"} == {0}


def test_workers_in_another_directory_find_a_relative_folder(
    make: Callable[..., DaskBatch],
    api: PaidTurns,
    dask: distributed.Client,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = next(iter(dask.run(os.getcwd).values()))
    (tmp_path / "elsewhere").mkdir()
    dask.run(os.chdir, tmp_path / "elsewhere")
    try:
        batch = make(make_rows(8), ledger="ledgers")
        assert batch.run().turns == 8
        assert batch.to_bag().count().compute() == 8
    finally:
        dask.run(os.chdir, before)
    api.assert_paid_once(8)
