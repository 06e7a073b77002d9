"""A batch against the sandbox: what is sent, what is kept, and what a second run does."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests._async.support import AsyncFakeClock, client_of
from tests.support.rawserver import RawServer, body, reply
from uniqos import AsyncUniqOS, ConfigurationError, NetworkError, RequestValidationError
from uniqos.batch import ROW_NUMBER, AsyncBatch, BatchError, Done, Failed, Rejected, Report, Result, read_report
from uniqos.models import ModulatorPack, RespondResult
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def clean(sandbox: Sandbox) -> Iterator[None]:
    sandbox.reset()
    yield
    sandbox.reset()


def turns(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "message": f"message {number}", **fields} for number in range(1, count + 1)]


def batch_of(
    client: AsyncUniqOS, rows: Any, folder: Path, sandbox: Sandbox, **options: Any
) -> AsyncBatch[RespondResult]:
    fixed = {"personality_id": sandbox.personality_id, "mode": "stateless", **options.pop("fixed", {})}
    return AsyncBatch(client, "respond", rows, id="id", ledger=folder / "run.ledger", fixed=fixed, **options)


async def run(*arguments: Any, **options: Any) -> tuple[list[Result[RespondResult]], Report]:
    async with batch_of(*arguments, **options) as batch:
        results = [result async for result in batch]
    return results, batch.report


async def test_each_row_gives_a_result_and_a_bad_one_says_why(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = [*turns(20), {"id": "r3", "message": "x"}, {"message": "x"}, {"id": "bad", "message": 4, "mode": "no"}]
    async with client_of(sandbox) as client:
        results, report = await run(client, rows, tmp_path, sandbox)
    done = {result.id: result for result in results if isinstance(result, Done)}
    assert done.keys() == {f"r{number}" for number in range(1, 21)}
    assert all(result.answer.response and result.http.status == 200 for result in done.values() if result.http)
    assert done["r7"].number == 7
    assert done["r7"].row == rows[6]
    rejected = {result.number: result for result in results if isinstance(result, Rejected)}
    codes = {number: [(p.path, p.code) for p in result.problems] for number, result in rejected.items()}
    assert codes == {
        21: [("id", "duplicate_id")],
        22: [("id", "missing_id")],
        23: [("message", "string_type"), ("mode", "literal_error")],
    }
    assert [rejected[number].id for number in (21, 22, 23)] == ["r3", None, "bad"]
    assert (report.done, report.rejected, report.turns, report.is_complete) == (20, 3, 20, True)
    assert sandbox.turns_billed == 20


async def test_a_second_run_pays_nothing_and_gives_the_same_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        first, _ = await run(client, turns(10), tmp_path, sandbox)
        second, report = await run(client, turns(10), tmp_path, sandbox)
    answers = [{r.id: r.answer.raw for r in results if isinstance(r, Done)} for results in (first, second)]
    assert answers[0] == answers[1]
    assert len(answers[1]) == 10
    assert all(isinstance(r, Done) and r.is_replayed and r.http and r.http.request_id for r in second)
    assert (report.replayed, report.turns, sandbox.turns_billed) == (10, 10, 10)


async def test_a_corrected_row_is_a_new_call_and_the_old_answer_is_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    old, new = turns(3), turns(3)
    new[1]["message"] = "corrected"
    async with client_of(sandbox) as client:
        first, _ = await run(client, old, tmp_path, sandbox)
        second, _ = await run(client, new, tmp_path, sandbox)
        third, report = await run(client, old, tmp_path, sandbox)
    keys = [{r.id: r.idempotency_key for r in results if isinstance(r, Done)} for results in (first, second, third)]
    assert keys[0] == keys[2]
    assert {id for id in keys[0] if keys[0][id] != keys[1][id]} == {"r2"}
    assert (report.replayed, sandbox.turns_billed) == (3, 4)


async def test_the_turns_of_a_conversation_run_in_the_order_of_the_input(sandbox: Sandbox, tmp_path: Path) -> None:
    users = ("ada", "bob", "eve")
    sent: list[str] = []
    first_turns = threading.Barrier(len(users), timeout=20)

    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        message = json.loads(body(request))["message"]
        sent.append(message)
        if message.startswith("0"):
            first_turns.wait()  # All rows of ada come first, but the other users do not wait for her.
        reply(connection, 200, b'{"response": "Hello!"}')

    rows = [
        {"id": f"{turn}-{user}", "message": f"{turn} {user}", "user_id": user, "mode": "stateful"}
        for user in users
        for turn in range(6)
    ]
    with RawServer(answer) as server:
        async with client_of(sandbox, base_url=server.url) as client:
            _, report = await run(client, rows, tmp_path, sandbox, concurrency=12)
    assert (report.done, report.failed, first_turns.broken) == (18, 0, False)
    for user in users:
        assert [message for message in sent if message.endswith(user)] == [f"{turn} {user}" for turn in range(6)]


@pytest.mark.parametrize(
    ("code", "stopped"),
    [
        ("quota_exhausted", "quota_exhausted"),
        ("payment_required", "payment_required"),
        ("permission_denied", "permission"),
        ("authentication_error", "credentials"),
    ],
)
async def test_an_error_that_all_calls_would_meet_stops_the_run_and_the_next_one_goes_on(
    code: str, stopped: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    async with client_of(sandbox) as client:
        sandbox.fault(path="/v1/respond", code=code, nth=3)
        results, report = await run(client, turns(24), tmp_path, sandbox, concurrency=2)
        assert not report.is_complete
        assert report.stopped == stopped
        assert report.reason is not None
        assert "run the batch again" in report.reason
        assert all(isinstance(result, Done) for result in results)
        assert len(results) == report.done == report.turns == sandbox.turns_billed < 10
        sandbox.clear_faults()
        results, report = await run(client, turns(24), tmp_path, sandbox)
    assert (report.is_complete, report.done, sandbox.turns_billed) == (True, 24, 24)


async def test_no_more_turns_are_sent_than_the_budget_has_over_all_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        for _ in range(2):
            _, report = await run(client, turns(30), tmp_path, sandbox, max_turns=12)
            assert (report.stopped, report.turns, report.done, report.is_complete) == ("max_turns", 12, 12, False)
        assert sandbox.turns_billed == 12
        _, report = await run(client, turns(30), tmp_path, sandbox, max_turns=30)
    assert (report.is_complete, sandbox.turns_billed) == (True, 30)


async def test_a_call_that_failed_gives_its_turn_back_to_the_budget(sandbox: Sandbox, tmp_path: Path) -> None:
    rows = turns(5)
    rows[0]["message"] = "[[uniqos:error=turn_timeout]]"
    async with client_of(sandbox) as client:
        results, report = await run(client, rows, tmp_path, sandbox, max_turns=4, concurrency=1)
    assert (report.failed, report.done, report.turns, report.is_complete) == (1, 4, 4, True)
    (failed,) = (result for result in results if isinstance(result, Failed))
    assert (failed.id, failed.state, failed.error.code) == ("r1", "failed", "turn_timeout")


async def test_a_rate_limit_slows_the_run_down_and_fails_no_record(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        sandbox.fault(path="/v1/respond", code="rate_limit_exceeded", retry_after="1", times=16)
        _, report = await run(client, turns(24), tmp_path, sandbox, concurrency=8)
    assert (report.done, report.is_complete, sandbox.turns_billed) == (24, True, 24)
    assert report.retries > 0


async def test_a_server_that_runs_nothing_stops_the_run_and_no_record_fails(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        sandbox.fault(path="/v1/respond", code="service_unavailable", retry_after="0")
        results, report = await run(client, turns(24), tmp_path, sandbox, concurrency=2)
        assert (report.stopped, report.failed, report.turns, results) == ("unreachable", 0, 0, [])
        sandbox.clear_faults()
        _, report = await run(client, turns(24), tmp_path, sandbox)
    assert (report.done, report.is_complete) == (24, True)


async def test_a_failed_record_is_sent_again_only_where_that_is_asked_for(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        sandbox.fault(path="/v1/respond", code="turn_timeout", times=1)
        first, _ = await run(client, turns(2), tmp_path, sandbox, concurrency=1)
        second, report = await run(client, turns(2), tmp_path, sandbox)
        assert [r.status for r in first] == [r.status for r in second] == ["failed", "done"]
        (kept,) = (result for result in second if isinstance(result, Failed))
        assert (type(kept.error).__name__, kept.error.code, kept.error.http_status) == (
            "TurnTimeoutError",
            "turn_timeout",
            504,
        )
        third, report = await run(client, turns(2), tmp_path, sandbox, retry_failed=True)
    assert [result.status for result in third] == ["done", "done"]
    assert (report.done, report.failed, report.replayed) == (2, 0, 1)
    assert sandbox.turns_billed == 2


async def lose_an_answer(client: AsyncUniqOS, sandbox: Sandbox, folder: Path) -> Failed:
    """Run a batch of one turn, whose answer is lost after it was billed."""
    sandbox.fault(path="/v1/respond", drop=True)
    (lost,), report = await run(client, turns(1), folder, sandbox, unknown="hold")
    sandbox.clear_faults()
    assert isinstance(lost, Failed)
    assert (lost.state, report.unknown, sandbox.turns_billed) == ("unknown", 1, 1)
    return lost


async def test_a_record_whose_answer_was_lost_is_sent_again_with_its_own_key(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        lost = await lose_an_answer(client, sandbox, tmp_path)
        (done,), report = await run(client, turns(1), tmp_path, sandbox)
    assert isinstance(done, Done)
    assert done.idempotency_key == lost.idempotency_key
    assert done.is_replayed
    assert (report.turns, sandbox.turns_billed) == (1, 1)


async def test_a_lost_record_is_sent_again_at_the_end_of_its_own_run(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        sandbox.fault(path="/v1/respond", drop=True, times=2)
        results, report = await run(client, turns(6), tmp_path, sandbox, concurrency=1)
    assert [(r.id, r.status) for r in results][-2:] == [("r1", "done"), ("r2", "done")]
    assert (report.done, report.unknown, report.turns, sandbox.turns_billed) == (6, 0, 6, 6)


async def test_a_lost_turn_of_a_conversation_is_sent_again_before_the_next_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        sandbox.fault(path="/v1/respond", drop=True, nth=2)
        rows = turns(4, user_id="ada", mode="stateful")
        results, _ = await run(client, rows, tmp_path, sandbox, concurrency=4)
    assert [(r.id, r.status) for r in results] == [(f"r{number}", "done") for number in range(1, 5)]
    assert sandbox.turns_billed == 4


async def test_a_server_whose_answers_are_all_lost_stops_the_run(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        sandbox.fault(path="/v1/respond", drop=True)
        results, report = await run(client, turns(60), tmp_path, sandbox, concurrency=4)
        assert (report.stopped, report.is_complete) == ("unreachable", False)
        assert report.unknown == len(results) == report.turns == sandbox.turns_billed < 30
        sandbox.clear_faults()
        _, report = await run(client, turns(60), tmp_path, sandbox)
    assert (report.done, report.unknown, sandbox.turns_billed) == (60, 0, 60)


async def test_on_hold_a_record_whose_answer_was_lost_is_left_for_people(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        await lose_an_answer(client, sandbox, tmp_path)
        (held,), report = await run(client, turns(1), tmp_path, sandbox, unknown="hold")
    assert isinstance(held, Failed)
    assert isinstance(held.error, NetworkError)
    assert (held.state, report.unknown, report.is_complete) == ("unknown", 1, True)
    assert len([entry for entry in sandbox.journal.entries() if entry["path"] == "/v1/respond"]) == 1


@pytest.mark.parametrize("jump", [3601.0, -3600.0], ids=["past the window", "into the past"])
async def test_a_record_whose_age_the_clock_does_not_show_is_not_sent_again(
    jump: float, sandbox: Sandbox, tmp_path: Path
) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        await lose_an_answer(client, sandbox, tmp_path)
        clock = client._requester.clock
        assert isinstance(clock, AsyncFakeClock)
        clock.now += jump
        (held,), report = await run(client, turns(1), tmp_path, sandbox, key_window=timedelta(hours=1))
    assert (held.status, report.unknown, sandbox.turns_billed) == ("unknown", 1, 1)


async def test_a_stop_lets_the_calls_under_way_end_and_the_next_run_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        async with batch_of(client, turns(80), tmp_path, sandbox, concurrency=4) as batch:
            results = [await anext(batch)]
            batch.stop()
            results += [result async for result in batch]
        assert (batch.report.stopped, batch.report.is_complete) == ("interrupted", False)
        assert len(results) == batch.report.done == sandbox.turns_billed < 80
        _, report = await run(client, turns(80), tmp_path, sandbox)
    assert (report.is_complete, report.done, report.unknown, sandbox.turns_billed) == (True, 80, 0, 80)


async def test_after_an_abort_the_calls_under_way_are_replayed(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        async with batch_of(client, turns(50), tmp_path, sandbox, concurrency=16) as batch:
            await anext(batch)
        with pytest.raises(BatchError) as closed:
            while True:  # The results that are durable come first.
                await anext(batch)
        assert closed.value.code == "batch_closed"
        _, report = await run(client, turns(50), tmp_path, sandbox)
    assert (report.is_complete, report.done, sandbox.turns_billed) == (True, 50, 50)


async def test_an_input_that_raises_does_so_after_the_calls_under_way(sandbox: Sandbox, tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from turns(3)
        raise OSError("the database is gone")

    async with client_of(sandbox) as client:
        batch = batch_of(client, rows(), tmp_path, sandbox)
        results = []
        with pytest.raises(OSError, match="the database is gone"):
            async for result in batch:
                results.append(result)
        assert not batch.report.is_complete
        _, report = await run(client, turns(3), tmp_path, sandbox)
    assert (report.done, sandbox.turns_billed) == (3, 3)


async def test_an_input_file_that_changes_under_the_run_makes_it_incomplete(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in turns(24)))
    async with client_of(sandbox) as client:
        async with batch_of(client, path, tmp_path, sandbox, concurrency=2) as batch:
            await anext(batch)
            with path.open("a") as file:
                file.write(json.dumps({"id": "late", "message": "hello"}) + "\n")
            async for _ in batch:
                pass
        assert (batch.report.stopped, batch.report.is_complete) == ("input_changed", False)
        _, report = await run(client, path, tmp_path, sandbox)
    assert (report.is_complete, report.done, sandbox.turns_billed) == (True, 25, 25)


async def test_two_runs_cannot_use_one_ledger(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        async with batch_of(client, turns(20), tmp_path, sandbox) as batch:
            await anext(batch)
            with pytest.raises(BatchError, match="another run uses the ledger") as refused:
                await run(client, turns(20), tmp_path, sandbox)
            assert refused.value.code == "ledger_in_use"
        _, report = await run(client, turns(20), tmp_path, sandbox)
    assert report.is_complete


async def test_a_ledger_belongs_to_its_settings(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        await run(client, turns(1), tmp_path, sandbox)
        with pytest.raises(BatchError, match="another fixed") as refused:
            await run(client, turns(1), tmp_path, sandbox, fixed={"context": {"a": 1}})
    assert refused.value.code == "ledger_mismatch"


def has_nan(row: dict[str, Any]) -> bool:
    return "NaN" in json.dumps(row)


async def test_check_refuses_exactly_the_rows_that_a_call_refuses(sandbox: Sandbox, tmp_path: Path) -> None:
    turn = {"personality_id": sandbox.personality_id, "message": "hello"}
    rows: list[dict[str, Any]] = [
        turn,
        {**turn, "message": 4},
        {**turn, "message": None},
        {**turn, "message": "\ud800"},
        {**turn, "mode": "stateful"},
        {**turn, "mode": "stateful", "user_id": "ada"},
        {**turn, "mode": "STATEFUL"},
        {**turn, "context": {"a": [1, {"b": None}]}},
        {**turn, "context": "text"},
        {**turn, "context": {"a": float("nan")}},
        {**turn, "stream": True},
        {**turn, "return_format": "modulator_pack"},
        {"message": "hello"},
    ]
    async with client_of(sandbox) as client:
        batch = AsyncBatch(client, "respond", [], id=ROW_NUMBER, ledger=tmp_path / "ledger")
        for row in rows:
            try:
                await client.respond({name: value for name, value in row.items() if value is not None})
                is_refused = False
            except RequestValidationError:
                is_refused = True
            problems = batch.check(row)
            if has_nan(row):  # A call refuses NaN; in a table it is a null.
                assert is_refused
                assert not problems
                continue
            assert bool(problems) == is_refused, row
            assert all(problem.reason and str(row.get("message")) not in problem.reason for problem in problems)
    assert not (tmp_path / "ledger").exists()


async def test_rows_may_come_from_an_iterable_that_waits_for_results(sandbox: Sandbox, tmp_path: Path) -> None:
    seen: list[str] = []

    async def rows() -> AsyncIterator[dict[str, Any]]:
        for row in turns(5):
            seen.append(row["id"])
            yield row

    async with client_of(sandbox) as client:
        results, report = await run(client, rows(), tmp_path, sandbox)
    assert (len(results), report.done, seen) == (5, 5, [row["id"] for row in turns(5)])


async def test_an_abort_keeps_the_answers_that_are_in_and_marks_nothing_as_sent_that_was_not(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    slow = "message 7"
    released = threading.Event()
    arrived: list[str] = []

    def answer(connection: socket.socket, request: bytes, number: int) -> None:
        message = json.loads(body(request))["message"]
        arrived.append(message)
        if message == slow:
            released.wait(20)
        reply(connection, 200, b'{"response": "Hello!"}')

    with RawServer(answer) as server:
        async with client_of(sandbox, base_url=server.url) as client:
            async with batch_of(client, turns(200), tmp_path, sandbox, concurrency=4) as batch:
                async for result in batch:
                    if result.number >= 20:
                        break
            released.set()
            assert (batch.report.stopped, batch.report.in_flight) == ("interrupted", 0)
            kept = read_report(tmp_path / "run.ledger")
            assert kept.done >= batch.report.done >= 19
            assert (
                kept.unknown == batch.report.unknown <= 6
            )  # The calls under way, and half as many that were to begin.
            held, report = await run(client, turns(200), tmp_path, sandbox, unknown="hold")
    assert report.done == 200 - kept.unknown
    assert sum(isinstance(result, Failed) for result in held) == kept.unknown
    assert len(arrived) == len(set(arrived))


async def test_an_exception_of_on_progress_is_raised_when_the_calls_under_way_have_ended(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def tell(report: Report) -> None:
        raise ValueError("no display")

    async with client_of(sandbox) as client:
        with pytest.raises(ValueError, match="no display"):
            await run(client, turns(300), tmp_path, sandbox, on_progress=tell)
        kept = read_report(tmp_path / "run.ledger")
        assert (kept.unknown, kept.done, kept.is_complete) == (0, sandbox.turns_billed, False)
        _, report = await run(client, turns(300), tmp_path, sandbox)
    assert (report.done, sandbox.turns_billed) == (300, 300)


async def test_a_conflict_of_a_lost_record_leaves_it_unknown(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        await lose_an_answer(client, sandbox, tmp_path)
        sandbox.fault(path="/v1/respond", code="conflict", times=2)
        (lost,), report = await run(client, turns(1), tmp_path, sandbox)
        assert (lost.status, report.unknown, report.turns) == ("unknown", 1, 1)
        (done,), report = await run(client, turns(1), tmp_path, sandbox)
    assert (done.status, report.turns, sandbox.turns_billed) == ("done", 1, 1)


async def test_standard_input_is_read_while_it_is_written(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb", buffering=0) as pipe, open(reader, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        pipe.write(b'{"id": "r1", "message": "hello"}\n{"id": "r2", "mess')
        async with client_of(sandbox) as client:
            async with batch_of(client, "-", tmp_path, sandbox) as batch:
                first = await anext(batch)
                assert (first.id, first.status) == ("r1", "done")  # It has not waited for the second row.
                pipe.write(b'age": "hello"}\n{"id": "r3"')
                pipe.close()
                rest = [(result.number, result.status) async for result in batch]
    assert sorted(rest) == [(2, "done"), (3, "rejected")]
    assert batch.report.is_complete
    assert sandbox.turns_billed == 2


def exit_code_of(function: Callable[[], int]) -> int:
    """Return the exit code of a forked child that calls a function."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = function()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
async def test_a_forked_child_leaves_the_run_of_its_parent_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        async with batch_of(client, turns(60), tmp_path, sandbox, concurrency=4) as batch:
            await anext(batch)

            def in_child() -> int:
                with pytest.raises(BatchError, match="began in the parent process"):
                    batch._open()
                closing: Any = batch.aclose()
                if closing is not None:
                    with pytest.raises(StopIteration):
                        closing.send(None)
                return 7

            assert exit_code_of(in_child) == 7
            rest = [result async for result in batch]
    assert (len(rest), batch.report.done, batch.report.is_complete, sandbox.turns_billed) == (59, 60, True, 60)


async def test_other_operations_run_too(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        people = [{"n": number, "user_id": f"person-{number}", "secret": "x"} for number in range(5)]
        async with AsyncBatch(client, "end_users.create", people, id="n", ledger=tmp_path / "people") as batch:
            created = [result async for result in batch]
        assert [result.status for result in created] == ["done"] * 5
        assert batch.report.columns_left_out == ("secret",)
        assert batch.report.turns == 0
        rows = [{"n": number, "message": "I am happy"} for number in range(5)]
        async with AsyncBatch(client, "infer_state", rows, id="n", ledger=tmp_path / "states") as moods:
            states = [result async for result in moods]
        assert [result.status for result in states] == ["done"] * 5
        packs = AsyncBatch(
            client,
            "respond",
            turns(1, personality_id=sandbox.personality_id),
            id="id",
            ledger=tmp_path / "packs",
            return_format="modulator_pack",
        )
        async with packs:
            (pack,) = [result async for result in packs]
        assert isinstance(pack, Done)
        assert isinstance(pack.answer, ModulatorPack)


async def test_files_are_written_in_the_order_of_the_input_and_only_when_whole(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    rows = [*turns(30), {"id": "bad"}]
    async with client_of(sandbox) as client:
        report = await batch_of(client, rows, tmp_path, sandbox, max_turns=7).write(out)
        assert not report.is_complete
        assert {path.name for path in tmp_path.iterdir()} <= {"run.ledger", "run.ledger-lock"}
        report = await batch_of(client, rows, tmp_path, sandbox).write(out)
        assert report.is_complete
        text = out.read_bytes()
        again = await batch_of(client, rows, tmp_path, sandbox).write(out)
    assert again.replayed == 30
    assert out.read_bytes() == text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for row in turns(30)]
    assert all(line["status"] == "done" and line["answer"]["response"] for line in lines)
    (reject,) = (json.loads(line) for line in (tmp_path / "out.rejects.jsonl").read_text().splitlines())
    assert (reject["id"], reject["status"]) == ("bad", "rejected")
    assert sandbox.turns_billed == 30


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no open file")
async def test_the_answers_of_a_ledger_that_is_deleted_during_the_run_are_written(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from turns(20)
        for path in tmp_path.glob("run.ledger*"):
            path.unlink()
        yield {"id": "last", "message": "hello"}

    async with client_of(sandbox) as client:
        report = await batch_of(client, rows(), tmp_path, sandbox, concurrency=2).write(tmp_path / "out.jsonl")
    assert (report.is_complete, sandbox.turns_billed) == (True, 21)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 21


@pytest.mark.parametrize(
    ("output", "rejects"),
    [("in.jsonl", None), ("out.jsonl", "out.jsonl"), ("run.jsonl", None), ("out.jsonl", "folder/../in.jsonl")],
    ids=["output and input", "output and rejects", "output and ledger", "rejects and input"],
)
async def test_no_file_of_a_run_replaces_another_one(
    output: str, rejects: str | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = tmp_path / "in.jsonl"
    rows.write_text('{"id": "r1", "message": "hello"}\n')
    (tmp_path / "folder").mkdir()
    fixed = {"personality_id": sandbox.personality_id, "mode": "stateless"}
    async with client_of(sandbox) as client:
        batch = AsyncBatch(client, "respond", rows, id="id", ledger=tmp_path / "run.jsonl", fixed=fixed)
        with pytest.raises(ConfigurationError, match="two files of the run"):
            await batch.write(tmp_path / output, None if rejects is None else tmp_path / rejects)
    assert "hello" in rows.read_text()
    assert sandbox.turns_billed == 0


async def test_an_output_that_cannot_be_written_costs_no_turn(sandbox: Sandbox, tmp_path: Path) -> None:
    async with client_of(sandbox) as client:
        with pytest.raises(Exception, match="cannot") as refused:
            await batch_of(client, turns(3), tmp_path, sandbox).write(tmp_path / "no folder" / "out.jsonl")
    assert getattr(refused.value, "code", "") == "cannot_write_file"
    assert sandbox.turns_billed == 0
