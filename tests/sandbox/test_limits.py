"""What one request, message or snapshot can take from all others of a sandbox: bounded time, bounded memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import fields

import httpx
import pytest

from uniqos import ConfigurationError
from uniqos.sandbox import Rule, Sandbox, serve
from uniqos.sandbox.faults.magic import Errors, Magic, read
from uniqos.sandbox.faults.rules import Rules
from uniqos.sandbox.persona.emotion import infer
from uniqos.sandbox.refusal import Refusal
from uniqos.sandbox.state.counts import Counts
from uniqos.sandbox.state.journal import Entry, Journal
from uniqos.sandbox.state.store import Store

LONG = 1_000_000


def test_a_counter_forgets_the_keys_that_were_not_seen_for_longest() -> None:
    counts = Counts(max_keys=3)
    assert [counts.add(key) for key in "abca"] == [1, 1, 1, 2]
    assert [counts.add(key) for key in "da"] == [1, 3]
    assert counts.add("b") == 1  # d took its place
    assert len(counts._counts) == 3
    counts.clear()
    assert counts.add("a") == 1


@pytest.mark.parametrize("counted", ["errors", "journal"])
def test_what_counts_attempts_does_not_grow_with_the_keys(counted: str) -> None:
    errors, journal = Errors(), Journal()
    counts = errors._counts if counted == "errors" else journal._attempts
    counts._max_keys = 100
    magic = Magic("", error="internal_error", options={"times": "0"})
    for number in range(500):
        if counted == "errors":
            errors.check(magic, f"{number}" * 100)
        else:
            journal.attempt(f"{number}" * 100)
    assert len(counts._counts) == 100
    assert max(map(len, counts._counts)) == 32


def test_whoever_listens_to_the_journal_and_does_not_read_gets_the_newest() -> None:
    names = [field.name for field in fields(Entry) if field.name != "number"]

    async def listen() -> None:
        journal = Journal()
        queue = journal.listen()
        for _ in range(2500):
            journal.add(**dict.fromkeys(names, ""))
        assert queue.qsize() == 1000
        assert queue.get_nowait().number == 1501

    asyncio.run(listen())


def test_a_long_path_or_key_is_kept_in_part(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": "k" * 5000}
    httpx.post(f"{sandbox.url}/v1/{'p' * 5000}", headers=headers, trust_env=False)
    noted = sandbox.journal.entries()[0]
    assert (len(noted["path"]), len(noted["idempotency_key"])) == (1000, 1000)


def test_rules_that_are_spent_make_room_and_too_many_that_are_not_are_refused() -> None:
    rules = Rules()
    spent = rules.add(Rule(drop=True, times=1))
    assert rules.for_request("GET", "/") is not None
    for _ in range(1000):
        rules.add(Rule(drop=True, path="/never"))
    assert spent not in rules.active
    with pytest.raises(ConfigurationError, match="1000 rules"):
        rules.add(Rule(drop=True))
    assert len(rules.active) == 1000


def test_the_admin_route_says_that_there_are_too_many_rules() -> None:
    with serve(pause=0) as sandbox:
        for _ in range(1000):
            sandbox.fault(drop=True, path="/never")
        answer = httpx.post(f"{sandbox.url}/_sandbox/rules", json={"drop": True}, trust_env=False)
    assert answer.status_code == 409
    assert "remove some" in answer.json()["detail"]


def refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except Refusal:
        return True
    return False


@pytest.mark.parametrize(
    "message",
    [
        "[[uniqos:" + " " * LONG,
        " " * LONG + "[[uniqos:emotion=joy]]",
        "[[uniqos:" * (LONG // 9),
        " [[uniqos:emotion=joy]] " * (LONG // 24),
        "[[uniqos:" + "]" * LONG,
    ],
    ids=["spaces after a mark", "spaces before a mark", "marks without an end", "many marks", "an end too many"],
)
def test_marks_are_read_in_time_that_grows_with_the_message(message: str) -> None:
    started = time.process_time()
    refused(lambda: read(message))
    assert time.process_time() - started < 5  # it was minutes


def test_marks_are_taken_out_with_the_space_before_them() -> None:
    found = read("  I won! [[uniqos:emotion=joy]] And \n [[uniqos:stream=ping]]")
    assert (found.text, found.emotion, found.fault) == ("I won! And", "joy", "ping")
    assert read("[[uniqos:emotion=joy]]").text == "hello"
    assert refused(lambda: read("hello [[uniqos:emotion=joy"))
    assert refused(lambda: read("[[uniqos:[[uniqos:emotion=joy]]]]"))


def test_an_emotion_is_inferred_in_time_that_grows_with_the_message() -> None:
    started = time.process_time()
    assert infer("but good " * (LONG // 9))["primary"] == "joy"
    assert time.process_time() - started < 5  # it was more than ten minutes


def test_a_clock_that_leaps_over_centuries_holds_up_nobody() -> None:
    with serve(pause=0) as sandbox, sandbox.client() as client:
        client.billing.subscription.get()
        sandbox.clock.advance(900 * 365 * 86400)
        started = time.process_time()
        held = client.billing.subscription.get()
        assert time.process_time() - started < 10  # it was hours
        now = httpx.get(f"{sandbox.url}/_sandbox/state", trust_env=False).json()["now"]
        assert held["current_period_start"] <= now < held["current_period_end"]
        assert 120 <= len(list(client.billing.invoices.iterate(limit=100))) <= 122


def test_a_large_body_for_an_admin_route_is_refused(sandbox: Sandbox) -> None:
    def large() -> Iterator[bytes]:
        yield b'{"sql": "'
        for _ in range(65):
            yield b"x" * 2**20
        yield b'"}'

    headers = {"Content-Type": "application/json"}
    try:
        answer = httpx.post(f"{sandbox.url}/_sandbox/restore", content=large(), headers=headers, trust_env=False)
    except httpx.WriteError:  # it was refused before all of it was sent
        return
    assert answer.status_code == 413


def test_a_snapshot_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniqos.sandbox.state.store._SECONDS_FOR_A_SNAPSHOT", -1.0)
    with serve(pause=0) as sandbox:
        kept = sandbox._settings.store.dump()
        index = "CREATE INDEX turns_used_by_relationship"
        assert index in kept
        more = "".join(f"insert into turns_used values ('o', '{number}', 'r');" for number in range(20_000))
        sql = {"sql": kept.replace(index, f"{more}{index}")}
        answer = httpx.post(f"{sandbox.url}/_sandbox/restore", json=sql, trust_env=False, timeout=60)
    assert answer.status_code == 422
    assert "interrupted" in answer.json()["detail"]


def test_others_are_answered_while_a_snapshot_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    with serve(pause=0) as sandbox:
        kept = sandbox._settings.store.dump()

        def slow(path: str, sql: str | None = None) -> Store:
            seen.append(httpx.get(f"{sandbox.url}/", trust_env=False, timeout=10).json()["name"])
            return Store(path, sql)

        monkeypatch.setattr("uniqos.sandbox.inspect.admin.Store", slow)
        answer = httpx.post(f"{sandbox.url}/_sandbox/restore", json={"sql": kept}, trust_env=False, timeout=30)
    assert answer.status_code == 204
    assert seen == ["uniqOS sandbox"]
