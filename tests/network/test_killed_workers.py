"""Workers that are killed in the middle of their turns: every job is done, and each of them is billed once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from uniqos.sandbox import Sandbox, serve

ROOT = Path(__file__).parent.parent.parent
WORKERS = 2
JOBS = 80
KILLS = 3


@pytest.fixture
def billing() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


class Worker:
    """A process with jobs and records of its own, whichever process that is at the moment."""

    def __init__(self, flavour: str, sandbox: Sandbox, folder: Path, chance: random.Random) -> None:
        self.jobs = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(JOBS)]
        self.records = folder / "records"
        folder.mkdir()
        (folder / "jobs").write_text("\n".join(self.jobs))
        self.records.touch()
        self._command = [sys.executable, "-m", "tests.support.resumed_jobs", flavour, sandbox.url, sandbox.api_key]
        self._command += [sandbox.personality_id, str(folder / "jobs"), str(self.records)]
        self.killed = 0
        self._chance = chance
        self.start()

    def start(self) -> None:
        # It dies anywhere in the next few turns: before a request, while it runs, before its record is written.
        self._lives_until = len(self.done()) + self._chance.randint(1, JOBS // 10)
        self.process = subprocess.Popen(self._command, cwd=ROOT)

    def done(self) -> list[tuple[str, str]]:
        """What stands in the records, in order."""
        return [(line.split(" ")[0], line.split(" ")[1]) for line in self.records.read_text().splitlines()]

    def kill_in_time(self) -> None:
        """Once its time has come, end the process (SIGKILL, or TerminateProcess on Windows), and start another."""
        assert self.process.poll() is None, "it ended by itself"
        if len(self.done()) >= self._lives_until:
            time.sleep(self._chance.random() * 0.005)
            self.process.kill()
            assert self.process.wait() != 0, "it was done before it was killed"
            self.killed += 1
            self.start()

    def finish(self) -> None:
        assert self.process.wait(30) == 0


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_every_job_of_killed_workers_is_done_and_billed_once(flavour: str, billing: Sandbox, tmp_path: Path) -> None:
    chance = random.Random(7)
    workers = [Worker(flavour, billing, tmp_path / str(number), chance) for number in range(WORKERS)]

    def killed() -> int:
        return sum(worker.killed for worker in workers)

    def sent_again() -> int:
        """How many jobs were killed between their request and their record."""
        return sum(call["attempts"] > 1 for call in billing.journal.calls())

    try:
        while killed() < KILLS or not sent_again():
            for worker in workers:
                worker.kill_in_time()
            time.sleep(0.001)
        for worker in workers:
            worker.finish()
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()
    assert killed() >= KILLS
    assert sent_again()
    records = [record for worker in workers for record in worker.done()]
    assert {key for key, _ in records} == {key for worker in workers for key in worker.jobs}
    assert len(records) == len({interaction for _, interaction in records}) == JOBS * WORKERS
    assert billing.turns_billed == JOBS * WORKERS
