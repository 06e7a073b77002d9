"""The bookkeeping of a run, without a server."""

from __future__ import annotations

from pathlib import Path

from uniqos import errors
from uniqos.api.engine import RESPOND
from uniqos.batch._calls import Calls
from uniqos.batch._ledger import Ledger
from uniqos.batch._options import Settings
from uniqos.batch._row import Row
from uniqos.batch._run import Job, Run


def test_a_record_that_waits_for_another_attempt_when_the_run_stops_is_neither_sent_nor_billed(tmp_path: Path) -> None:
    calls = Calls("respond", "id", {}, {"personality_id": "pers_1"}, None)
    settings = Settings({"id": "id", "ledger": tmp_path / "ledger", "concurrency": 2})
    ledger = Ledger(settings.ledger, calls.settings, None)
    run = Run(calls, RESPOND, ledger, settings, lambda: 0.0)

    def next_jobs(count: int) -> list[Job]:
        run.release(count)
        group = run.take_group()
        ledger.write(group.changes)
        run.note_written(group)
        return group.jobs

    for number in range(4):
        run.admit(Row(number, {"id": str(number), "message": "Hi"}))
    refusal = errors.ServiceUnavailableError("later", http_status=503, from_api=True)
    for count in (1, 2, 2, 2, 2, 2):  # The last call before the stop leaves one of its pair in the line.
        for job in next_jobs(count):
            run.settle(job, refusal)
    assert run.is_stopped
    assert next_jobs(2) == []
    assert not run.has_work
    report = run.make_report(has_ended=True)
    assert (report.stopped, report.turns, report.failed, report.unknown) == ("unreachable", 0, 0, 0)
    assert ledger.counts() == {"pending": 2, "rejected": 0}
    ledger.close()
