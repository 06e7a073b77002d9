"""A batch on a real Ray cluster of two actors: each record once, also when an actor is killed."""

from __future__ import annotations

import os
import pathlib
import signal
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("ray", reason="Ray is not installed, which is too large for the development environment")
pytest.importorskip("pyarrow", reason="the extra batch is not installed")

import ray

from tests.support.paidturns import PaidTurns
from tests.support.rawserver import RawServer
from uniqos import ConfigurationError, UniqOS
from uniqos.batch.ray import RayWorker, divide

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]  # Ray's own warnings
KEY = "uniq_test_abcd1234"
FIXED = {"personality_id": "pers_1", "mode": "stateless"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": os.getcwd()}}
    )
    yield
    ray.shutdown()


@pytest.fixture
def api() -> PaidTurns:
    return PaidTurns()


@pytest.fixture
def server(api: PaidTurns) -> Iterator[RawServer]:
    with RawServer(api) as running:
        yield running


def answers(rows: Any, server: RawServer, folder: pathlib.Path, worker: type[RayWorker] = RayWorker) -> dict[str, Any]:
    parts = divide(
        "respond",
        rows,
        id="id",
        map={"message": "text"},
        fixed=FIXED,
        ledger=folder / "ledgers",
        partitions=4,
        concurrency=4,
    )
    settings = {"client": UniqOS(KEY, base_url=server.url), "workers": 2}
    dataset = ray.data.from_items(parts, override_num_blocks=len(parts))
    mapped = dataset.map_batches(worker, fn_constructor_kwargs=settings, batch_size=1, concurrency=2)
    return {row["record_id"]: row for row in mapped.take_all()}


def make_rows(count: int) -> list[dict[str, object]]:
    return [{"id": f"r{number}", "text": f"message {number}"} for number in range(count)]


def test_each_row_of_a_dataset_is_answered_once(
    cluster: None, server: RawServer, api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    found = answers(ray.data.from_items([*make_rows(40), {"id": "bad", "text": ""}]), server, tmp_path)
    assert len(found) == 41
    assert found["r7"]["response"] == "Re: message 7"
    assert found["bad"]["record_status"] in ("rejected", "done")
    count = len(api.keys)
    assert {len(keys) for keys in api.keys.values()} == {1}
    assert answers([*make_rows(40), {"id": "bad", "text": ""}], server, tmp_path).keys() == found.keys()
    assert len(api.keys) == count


def test_an_actor_that_is_killed_costs_no_second_turn(
    cluster: None, server: RawServer, api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    class Recorded(RayWorker):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            (tmp_path / f"{os.getpid()}.pid").touch()

    def kill(number: int) -> None:
        if number == 30:
            os.kill(int(next(tmp_path.glob("*.pid")).stem), signal.SIGKILL)

    api.before = kill
    found = answers(make_rows(120), server, tmp_path, Recorded)
    assert len(list(tmp_path.glob("*.pid"))) >= 3
    assert {row["record_status"] for row in found.values()} == {"done"}
    assert len(found) == len(api.keys) == 120
    assert {len(keys) for keys in api.keys.values()} == {1}


def test_an_exhausted_quota_raises_and_a_second_run_goes_on(
    cluster: None, server: RawServer, api: PaidTurns, tmp_path: pathlib.Path
) -> None:
    api.refusal = {"status": 429, "code": "quota_exhausted", "message": "no turns left"}
    with pytest.raises(Exception, match="the batch is incomplete"):
        answers(make_rows(20), server, tmp_path)
    api.refusal = None
    assert len(answers(make_rows(20), server, tmp_path)) == 20
    assert {len(keys) for keys in api.keys.values()} == {1}


def test_a_wrong_number_of_partitions_or_workers_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ConfigurationError, match="partitions must be"):
        divide("respond", [], id="id", ledger=tmp_path, partitions=0)
    with pytest.raises(ConfigurationError, match="workers must be"):
        RayWorker(workers=0)
