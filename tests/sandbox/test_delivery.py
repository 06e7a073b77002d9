"""Deliveries beside the calls: the golden signature, and what a receiver must not believe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.support.receiver import Receiver, receiving
from uniqos import WebhookSignatureError, construct_event
from uniqos.sandbox.http.call import Call, Settings
from uniqos.sandbox.http.caller import Caller
from uniqos.sandbox.routes.billing.pdf import page_of
from uniqos.sandbox.routes.delivery import BAD, deliver_badly, emit, signature
from uniqos.sandbox.state.store import Store

SECRET = "whsec_test"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def call(receiver: Receiver) -> Iterator[Call]:
    """A request of an organization with one endpoint, wh_1, that wants to know of failed payments."""
    store = Store(":memory:")
    call = Call(Settings(0, 0, store, webhook_pauses=(0, 0)), {}, None, None, None, Caller("key"))
    hook = {"url": receiver.url, "subscriptions": ["payment.failed"], "status": "enabled", "secret": SECRET}
    store.put("webhook", "wh_1", hook, owner="org_sandbox", created_at=call.now)
    yield call
    store.close()


def run_jobs(call: Call) -> list[dict[str, Any]]:
    """Do what is to be done after the answer; the deliveries after it, newest first."""

    async def main() -> None:
        await asyncio.gather(*[job() for job in call.jobs])

    asyncio.run(main())
    return call.store.records("webhook_delivery", owner="wh_1")


def test_the_signature_is_the_golden_one() -> None:
    body = (
        b'{"id":"whd_golden_1","type":"quota.threshold_reached","created_at":"2026-07-15T12:00:00.000Z",'
        b'"data":{"alert_id":"qa_1","threshold":0.8}}'
    )
    signed = signature("whsec_golden_secret", body)
    assert signed == "sha256=669d70487a020b63106c483780be89df2a75a304d05e010403c1df00f7f92c00"


def test_what_is_emitted_is_believed(call: Call, receiver: Receiver) -> None:
    emit(call, "payment.failed", {"name": "Zoë"})
    emit(call, "invoice.paid", {})
    (delivery,) = run_jobs(call)
    event = receiver.event(SECRET)
    assert (event.id, event.type, event.data) == (delivery["id"], "payment.failed", {"name": "Zoë"})
    assert receiver.is_empty


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("stale", "stale_timestamp"),
        ("wrongly_signed", "signature_mismatch"),
        ("unsigned", "missing_signature"),
        ("cut", "invalid_payload"),
    ],
)
def test_what_is_delivered_badly_is_not_believed(call: Call, receiver: Receiver, kind: str, reason: str) -> None:
    receiver.statuses = [400]
    identifier = deliver_badly(kind, call, "wh_1", "invoice.paid", {})
    (delivery,) = run_jobs(call)
    with pytest.raises(WebhookSignatureError) as caught:
        receiver.event(SECRET)
    assert caught.value.reason == reason
    assert (delivery["id"], delivery["fault"], delivery["status"]) == (identifier, kind, "failed")
    assert receiver.is_empty


def test_a_duplicate_is_the_same_delivery_again(call: Call, receiver: Receiver) -> None:
    deliver_badly("duplicate", call, "wh_1", "invoice.paid", {})
    (delivery,) = run_jobs(call)
    first, second = receiver.take(), receiver.take()
    assert first == second
    assert construct_event(*first, SECRET).id == delivery["id"]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [204, 204]
    assert receiver.is_empty


def test_another_kind_is_no_kind(call: Call) -> None:
    with pytest.raises(ValueError, match="stale, duplicate"):
        deliver_badly("nonsense", call, "wh_1", "invoice.paid", {})
    assert set(BAD) == {"stale", "duplicate", "wrongly_signed", "unsigned", "cut"}


def test_a_delivery_under_way_stops_when_its_endpoint_is_disabled(call: Call, receiver: Receiver) -> None:
    emit(call, "payment.failed", {})
    hook = call.store.get("webhook", "wh_1")
    assert hook is not None
    call.store.change("webhook", hook, status="disabled")
    (delivery,) = run_jobs(call)
    assert delivery["status"] == "failed"
    assert [attempt["error"] for attempt in delivery["attempts"]] == ["the endpoint is disabled"]
    assert receiver.is_empty


def test_what_is_forgotten_meanwhile_is_not_sent(call: Call, receiver: Receiver) -> None:
    emit(call, "payment.failed", {})
    with closing(Store(":memory:")) as empty:
        call.settings.start_from(empty)
    assert run_jobs(call) == []
    assert receiver.is_empty


def test_brackets_and_other_letters_are_text_in_a_pdf() -> None:
    content = page_of(["a (b) \\ é", "第"])
    assert rb"(a \(b\) \\ " + "é".encode("cp1252") + b") '" in content
    assert b"(?) '" in content


def test_a_request_has_one_instant(call: Call) -> None:
    now = call.now
    call.settings.clock.advance(60)
    assert call.now == now
