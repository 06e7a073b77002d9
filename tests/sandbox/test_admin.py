"""The sandbox's own routes under /_sandbox, as a test in any language uses them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.receiver import receiving
from uniqos import ConfigurationError, WebhookSignatureError, construct_event
from uniqos.sandbox import Sandbox, serve


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def admin(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/_sandbox") as client:
        yield client


def turn(sandbox: Sandbox) -> httpx.Response:
    body = {"personality_id": sandbox.personality_id, "message": "hello"}
    return httpx.post(f"{sandbox.url}/v1/respond", json=body, headers={"Authorization": f"Bearer {sandbox.api_key}"})


def test_rules_are_added_listed_and_removed(sandbox: Sandbox, admin: httpx.Client) -> None:
    made = admin.post("/rules", json={"path": "/v1/respond", "code": "service_unavailable"}).json()
    assert turn(sandbox).status_code == 503
    (shown,) = admin.get("/state").json()["rules"]
    assert (shown["id"], shown["seen"], shown["used"]) == (made["id"], 1, 1)
    assert admin.delete(f"/rules/{made['id']}").status_code == 204
    assert admin.delete(f"/rules/{made['id']}").status_code == 404
    assert turn(sandbox).status_code == 200
    assert admin.post("/rules", json={"nonsense": 1}).status_code == 422


def test_the_journal_tells_what_was_asked(sandbox: Sandbox, admin: httpx.Client) -> None:
    turn(sandbox)
    entry = admin.get("/journal").json()["requests"][0]
    assert (entry["method"], entry["path"], entry["status"], entry["turns_billed"]) == ("POST", "/v1/respond", 200, 1)
    with admin.stream("GET", "/journal/live") as live:
        lines = live.iter_lines()
        assert next(lines).startswith(":")
        turn(sandbox)
        data = next(line for line in lines if line.startswith("data: "))
    assert json.loads(data[6:])["path"] == "/v1/respond"


def test_a_snapshot_can_be_restored(sandbox: Sandbox, admin: httpx.Client) -> None:
    turn(sandbox)
    kept = admin.get("/snapshot").json()
    turn(sandbox)
    assert sandbox.turns_billed == 2
    assert admin.post("/restore", json=kept).status_code == 204
    assert sandbox.turns_billed == 1
    assert turn(sandbox).status_code == 200
    assert admin.post("/reset", json={}).status_code == 204
    assert sandbox.turns_billed == 0


def test_the_time_is_told_to_stand_still_and_to_move(admin: httpx.Client) -> None:
    frozen = admin.post("/clock", json={"freeze": "2030-01-01T00:00:00Z"}).json()["now"]
    assert frozen == admin.get("/state").json()["now"] == "2030-01-01T00:00:00.000Z"
    assert admin.post("/clock", json={"advance_seconds": 60}).json()["now"] == "2030-01-01T00:01:00.000Z"
    assert admin.post("/clock", json={"freeze": False}).json()["now"].startswith("2030-01-01T00:01:0")


def test_deliveries_are_sent_on_request_and_bad_ones_are_not_believed(sandbox: Sandbox, admin: httpx.Client) -> None:
    with receiving() as receiver, sandbox.client() as client:
        hook = client.webhooks.create(url=receiver.url, subscriptions=["payment.failed"])
        admin.post(f"/webhooks/{hook.id}/emit", json={"type": "payment.failed", "data": {"a": 1}}).raise_for_status()
        assert receiver.event(hook.secret).data == {"a": 1}
        for bad in ("stale", "wrongly_signed", "unsigned", "cut"):
            admin.post(f"/webhooks/{hook.id}/emit", json={"type": "payment.failed", "bad": bad}).raise_for_status()
            body, signature = receiver.take()
            with pytest.raises(WebhookSignatureError):
                construct_event(body, signature, hook.secret)
        assert admin.post("/webhooks/wh_none/emit", json={"type": "x"}).status_code == 404


def test_no_page_of_somebody_elses_can_change_anything(admin: httpx.Client) -> None:
    for path in ("/rules", "/clock", "/reset", "/restore"):
        answer = admin.post(path, content=b'{"code": "internal_error"}', headers={"Content-Type": "text/plain"})
        assert answer.status_code in (403, 422)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("[::1", 403),
        ("localhost", 200),
        ("sandbox.localhost:1", 200),
        ("sandbox:8000", 200),
        ("192.168.0.7:1", 200),
        ("[::1]:1", 200),
    ],
)
def test_a_name_that_has_come_to_mean_this_machine_is_refused(admin: httpx.Client, host: str, status: int) -> None:
    for path in ("/state", "/access"):
        assert admin.get(path, headers={"Host": host}).status_code == status
        assert admin.get(path, headers={"Host": host, "Origin": f"http://{host}"}).status_code == status


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "nonsense",
        "create table mine (a);",
        "attach 'stolen.db' as stolen; create table stolen.t (a);",
        "pragma journal_mode = delete;",
        "select load_extension('x');",
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n;",
        "insert into counters select x, x from (with recursive n(x) as (select 1 union all select x + 1 from n)"
        " select x from n);",
        "create trigger slow after insert on interactions begin delete from answers; end;",
        "create view all_of_it as select * from answers;",
        "create table counters_too as select * from counters;",
        "create index mine on counters (value);",
        "insert into counters values ('a', length(randomblob(1000000000)));",
        "insert into counters values ('a', (select 1));",
        "update counters set value = value + 1;",
        "delete from answers;",
        "create virtual table words using fts5(x);",
        "vacuum into 'stolen.db';",
        "begin;",
    ],
)
def test_what_is_no_snapshot_is_refused_and_changes_nothing(
    sandbox: Sandbox, admin: httpx.Client, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    turn(sandbox)
    kept = admin.get("/snapshot").json()["sql"]
    for given in (sql, kept.replace("COMMIT;", f"{sql or 'drop table answers'};COMMIT;")):
        refused = admin.post("/restore", json={"sql": given})
        assert refused.status_code == 422
        assert "no snapshot" in refused.json()["detail"]
        assert sandbox.turns_billed == 1
    assert not list(tmp_path.iterdir())
    assert turn(sandbox).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"advance_seconds": -1},
        {"advance_seconds": 1e300},
        {"advance_seconds": 4e10},
        {"freeze": "9999-12-31T00:00:00Z"},
        {"freeze": "1999-12-31T00:00:00Z"},
    ],
)
def test_a_time_that_the_clock_cannot_tell_is_refused(admin: httpx.Client, change: dict[str, Any]) -> None:
    before = admin.post("/clock", json={"freeze": True}).json()["now"]
    assert admin.post("/clock", json=change).status_code == 422
    assert admin.get("/state").json()["now"] == before


def test_a_clock_stands_at_instants_with_a_zone_only(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigurationError, match="time zone"):
        sandbox.clock.freeze(datetime(2030, 1, 1))
    with pytest.raises(ConfigurationError, match="forward"):
        sandbox.clock.advance(float("nan"))


def test_deliveries_of_before_a_reset_are_not_written_into_what_is_after_it(
    sandbox: Sandbox, admin: httpx.Client
) -> None:
    sandbox._settings.webhook_pauses = (0.2,)
    with receiving() as receiver, sandbox.client() as client:
        receiver.statuses = [500, 204]
        for _ in range(2):
            sandbox.reset()  # the ids are the same each time
            hook = client.webhooks.create(url=receiver.url, subscriptions=["payment.failed"])
            admin.post(f"/webhooks/{hook.id}/emit", json={"type": "payment.failed"}).raise_for_status()
            receiver.take()
        while sandbox._settings.tasks:
            time.sleep(0.01)
        (only,) = client.webhooks.list_deliveries(hook.id).data or []
        assert (only["status"], len(only["attempts"])) == ("delivered", 1)
        assert receiver.is_empty
