# Generated from _async/sandbox/test_billing.py by python -m uniqos._generate. Do not edit.
"""Money in the sandbox: plans, periods, cards, quotas, alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from tests._sync.support import client_of
from tests.support.receiver import Receiver, receiving
from uniqos import UniqOS, errors
from uniqos.sandbox import Sandbox, serve

DAY = 24 * 60 * 60
CARD = {"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2098}
DECLINED = {**CARD, "number": "4000000000000002"}


@pytest.fixture(scope="module")
def paid_sandbox() -> Iterator[Sandbox]:
    with serve(pause=0) as sandbox:
        sandbox._settings.webhook_pauses = ()
        yield sandbox


@pytest.fixture
def alone(paid_sandbox: Sandbox) -> Sandbox:
    """A sandbox as it was when it started, on the first of a month."""
    paid_sandbox.reset()
    paid_sandbox.clock.freeze(datetime(2026, 7, 1, 12, tzinfo=timezone.utc))
    return paid_sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def say(client: UniqOS, sandbox: Sandbox, times: int = 1, **more: Any) -> None:
    for _ in range(times):
        client.respond(personality_id=sandbox.personality_id, message="hello", **more)


def arrived(receiver: Receiver) -> dict[str, Any]:
    """The next delivery; when it was made is the sandbox's time, not the machine's."""
    return dict(json.loads(receiver.take()[0]))


def test_there_are_four_plans_with_limits_and_prices(alone: Sandbox) -> None:
    with client_of(alone) as client:
        plans = (client.billing.plans.list()).data
        assert [plan["name"] for plan in plans] == ["Free", "Pro", "Scale", "Enterprise"]
        assert plans[0]["limits"] == {"turns": 50, "active_relationships": 5}
        prices = [plan["price"]["amount_cents"] for plan in plans]
        assert prices == sorted(prices)


def test_a_subscription_begins_and_changes_its_plan(alone: Sandbox) -> None:
    with client_of(alone) as client:
        assert (client.billing.subscription.get()).to_dict() == {
            "organization_id": "org_sandbox",
            "created_at": "2026-07-01T12:00:00.000Z",
            "plan": "scale",
            "status": "active",
            "overage_policy": "block",
            "current_period_start": "2026-07-01T12:00:00.000Z",
            "current_period_end": "2026-07-31T12:00:00.000Z",
            "used": {"turns": 0, "active_relationships": 0},
        }
        assert (client.billing.subscription.update(plan="pro"))["plan"] == "pro"
        assert (client.billing.subscription.get())["plan"] == "pro"
        with pytest.raises(errors.ValidationError) as caught:
            client.billing.subscription.update(plan="gold")
        assert caught.value.details == [{"field": "plan"}]


def test_others_begin_with_free_and_pay_for_more(alone: Sandbox) -> None:
    with client_of(alone, access_token="sandbox.login.ada@example.com") as ada:
        assert (ada.billing.subscription.get())["plan"] == "free"
        with pytest.raises(errors.PaymentRequiredError):
            ada.billing.subscription.update(plan="pro")
        ada.billing.payment_methods.add(CARD)
        assert (ada.billing.subscription.update(plan="pro"))["plan"] == "pro"
    with client_of(alone) as client:
        assert (client.billing.subscription.get())["plan"] == "scale"


def test_suspended_nobody_responds_until_it_is_reactivated(alone: Sandbox) -> None:
    with client_of(alone) as client:
        assert (client.billing.subscription.suspend())["status"] == "suspended"
        for more in ({}, {"return_format": "modulator_pack"}):
            with pytest.raises(errors.PaymentRequiredError) as caught:
                say(client, alone, **more)
            assert caught.value.http_status == 402
        with pytest.raises(errors.PaymentRequiredError):
            client.respond(personality_id=alone.personality_id, message="hello", stream=True).open()
        with pytest.raises(errors.ConflictError):
            client.billing.subscription.suspend()
        with pytest.raises(errors.ConflictError):
            client.billing.subscription.update(plan="pro")
        assert alone.turns_billed == 0
        assert (client.billing.subscription.reactivate())["status"] == "active"
        say(client, alone)
        with pytest.raises(errors.ConflictError):
            client.billing.subscription.reactivate()


def test_of_a_card_only_the_last_four_digits_are_kept(alone: Sandbox) -> None:
    with client_of(alone) as client:
        made = client.billing.payment_methods.add({**CARD, "name": "Ada"})
        assert made.http is not None
        assert made.http.status == 201
        assert (made["brand"], made["last4"], made["default"]) == ("visa", "4242", False)
        assert "424242424242" not in alone._settings.store.dump().replace(" ", "")
        listed = (client.billing.payment_methods.list()).data
        assert listed is not None
        assert [method["id"] for method in listed] == [made["id"], "pm_sandbox"]
        changed = client.billing.payment_methods.update(made["id"], default=True, name="Bob", exp_year=2097)
        assert (changed["default"], changed["name"], changed["exp_year"]) == (True, "Bob", 2097)
        listed = (client.billing.payment_methods.list()).data
        assert listed is not None
        assert [method["default"] for method in listed] == [True, False]
        assert (client.billing.payment_methods.remove(made["id"])).to_dict() == {
            "id": made["id"],
            "removed": True,
        }
        listed = (client.billing.payment_methods.list()).data
        assert listed is not None
        assert [method["default"] for method in listed] == [True]
        with pytest.raises(errors.ConflictError):
            client.billing.payment_methods.remove("pm_sandbox")
        with pytest.raises(errors.NotFoundError):
            client.billing.payment_methods.remove(made["id"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "4242"}, "number"),
        ({"number": None}, "number"),
        ({"exp_month": 13}, "exp_month"),
        ({"exp_month": "12"}, "exp_month"),
        ({"exp_year": 2020}, "exp_year"),
        ({"exp_month": 6, "exp_year": 2026}, "exp_year"),
        ({"name": 7}, "name"),
    ],
)
def test_a_card_that_cannot_be_is_refused(alone: Sandbox, changes: dict[str, Any], field: str) -> None:
    with client_of(alone) as client:
        with pytest.raises(errors.ValidationError) as caught:
            client.billing.payment_methods.add({**CARD, **changes})
        assert caught.value.details == [{"field": field}]


def test_each_period_has_an_invoice_of_the_days_each_plan_ran(alone: Sandbox) -> None:
    with client_of(alone) as client:
        assert (client.billing.invoices.list()).data == []
        alone.clock.advance(15 * DAY)
        client.billing.subscription.update(plan="pro")
        alone.clock.advance(6 * DAY)
        client.billing.subscription.suspend()
        alone.clock.advance(3 * DAY)
        client.billing.subscription.reactivate()
        alone.clock.advance(66 * DAY)
        page = client.billing.invoices.list(limit=2)
        assert page.data is not None
        assert (len(page.data), bool(page.next_cursor)) == (2, True)
        invoices = [invoice for invoice in client.billing.invoices.iterate(limit=2)]
        assert [invoice["total_cents"] for invoice in invoices] == [4900, 4900, 9950 + 1960]
        assert invoices[2]["lines"] == [
            {"description": "Scale, 15 of 30 days", "amount_cents": 9950},
            {"description": "Pro, 12 of 30 days", "amount_cents": 1960},
        ]
        assert (invoices[2]["status"], invoices[2]["payment_method_id"]) == ("paid", "pm_sandbox")
        assert invoices[1]["period_start"] == invoices[2]["period_end"] == "2026-07-31T12:00:00.000Z"
        assert client.billing.invoices.get(invoices[1]["id"]) == invoices[1]
        with pytest.raises(errors.NotFoundError):
            client.billing.invoices.get("inv_nobody")
        with pytest.raises(errors.ValidationError):
            client.billing.invoices.list(limit=0)


def test_an_invoice_is_a_pdf_that_can_be_read(alone: Sandbox) -> None:
    with client_of(alone) as client:
        client.billing.subscription.get()
        alone.clock.advance(30 * DAY)
        (invoice,) = (client.billing.invoices.list()).data or []
        file = client.billing.invoices.pdf(invoice["id"])
        assert file.content_type == "application/pdf"
        text = "\n".join(pdf_lines(file.content))
        assert invoice["id"] in text
        assert re.search(r"Scale, 30 of 30 days +199\.00 USD", text)
        assert re.search(r"Total +199\.00 USD", text)
        with pytest.raises(errors.NotFoundError):
            client.billing.invoices.pdf("inv_nobody")


def pdf_lines(content: bytes) -> list[str]:
    """The text of a PDF of one page, found as a reader finds it: from the end, by the table of offsets."""
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    head, first, *entries = (
        content[start : content.index(b"trailer", start)].splitlines(keepends=True)[:1]
        + content[start : content.index(b"trailer", start)].splitlines(keepends=True)[2:]
    )
    assert head == b"xref\n"
    assert first == b"0000000000 65535 f \n"
    objects: dict[int, bytes] = {}
    for number, entry in enumerate(entries, 1):
        assert len(entry) == 20
        begun = content[int(entry[:10]) :]
        opening = b"%d 0 obj\n" % number
        assert begun.startswith(opening)
        objects[number] = begun[len(opening) : begun.index(b"\nendobj\n")]

    def follow(holder: bytes, name: bytes) -> bytes:
        reference = re.search(rb"/%b \[?(\d+) 0 R" % name, holder)
        assert reference is not None
        return objects[int(reference[1])]

    page = follow(follow(follow(content[content.rindex(b"trailer") :], b"Root"), b"Pages"), b"Kids")
    stream = follow(page, b"Contents")
    length = re.match(rb"<< /Length (\d+) >>\nstream\n", stream)
    assert length is not None
    drawn = stream[length.end() : -len(b"\nendstream")]
    assert len(drawn) == int(length[1])
    return [re.sub(r"\\(.)", r"\1", line[1:-3]) for line in drawn.decode("cp1252").splitlines()[1:-1]]


def test_a_charge_that_fails_is_told_and_stops_turns_until_it_is_paid(alone: Sandbox, receiver: Receiver) -> None:
    with client_of(alone) as client:
        client.webhooks.create(url=receiver.url, subscriptions=["payment.failed", "invoice.paid"])
        bad = client.billing.payment_methods.add({**DECLINED, "default": True})
        alone.clock.advance(30 * DAY)
        assert (client.billing.subscription.get())["status"] == "past_due"
        (invoice,) = (client.billing.invoices.list()).data or []
        assert invoice["status"] == "open"
        told = arrived(receiver)
        failure = {
            "invoice_id": invoice["id"],
            "amount_cents": 19900,
            "currency": "USD",
            "payment_method_id": bad["id"],
        }
        assert (told["type"], told["data"]) == ("payment.failed", {**failure, "reason": "card_declined"})
        with pytest.raises(errors.PaymentRequiredError):
            say(client, alone)
        assert (client.billing.subscription.reactivate())["status"] == "past_due"
        assert arrived(receiver)["type"] == "payment.failed"
        client.billing.payment_methods.update("pm_sandbox", default=True)
        told = arrived(receiver)
        assert (told["type"], told["data"]) == ("invoice.paid", {**failure, "payment_method_id": "pm_sandbox"})
        assert (client.billing.invoices.get(invoice["id"]))["status"] == "paid"
        assert (client.billing.subscription.get())["status"] == "active"
        say(client, alone)
        assert receiver.is_empty


def test_a_card_that_has_expired_is_not_charged(alone: Sandbox, receiver: Receiver) -> None:
    with client_of(alone) as client:
        client.webhooks.create(url=receiver.url, subscriptions=["payment.failed"])
        client.billing.payment_methods.add({**CARD, "exp_month": 7, "exp_year": 2026, "default": True})
        alone.clock.advance(31 * DAY)
        assert (client.billing.subscription.get())["status"] == "past_due"
        assert arrived(receiver)["data"]["reason"] == "expired_card"


def test_turns_are_counted_by_day(alone: Sandbox) -> None:
    with client_of(alone) as client:
        say(client, alone, 2)
        client.engine.infer_state(message="hello")
        say(client, alone, return_format="modulator_pack")
        alone.clock.advance(DAY)
        say(client, alone, mode="stateful", user_id="ada")
        say(client, alone, mode="stateful", user_id="ada")
        say(client, alone, mode="stateful", user_id="bob")
        days = [{"day": "2026-07-02", "turns": 3}, {"day": "2026-07-01", "turns": 2}]
        assert (client.billing.usage.turns()).to_dict() == {"data": days}
        assert (client.billing.usage.turns({"from": "2026-07-02"})).to_dict() == {"data": days[:1]}
        assert (client.billing.usage.turns(to="2026-07-01")).to_dict() == {"data": days[1:]}
        with pytest.raises(errors.ValidationError):
            client.billing.usage.turns(to="yesterday")
        active = client.billing.usage.active_relationships()
        assert (active["used"], active["limit"], active["remaining"]) == (2, 5000, 4998)
        credits = client.billing.usage.credits()
        assert credits["turns"] == {"used": 5, "limit": 100_000, "remaining": 99_995}
        assert credits["resets_at"] == "2026-07-31T12:00:00.000Z"
        alone.clock.advance(29 * DAY)
        assert (client.billing.usage.credits())["turns"]["used"] == 0
        say(client, alone, mode="stateful", user_id="ada")
        assert (client.billing.usage.active_relationships())["used"] == 1
        assert [item["turns"] for item in (client.billing.usage.turns()).data] == [1, 3, 2]


def test_when_the_turns_are_used_up_they_are_refused_or_billed(alone: Sandbox) -> None:
    with client_of(alone) as client:
        client.billing.subscription.update(plan="free")
        say(client, alone, 50)
        with pytest.raises(errors.QuotaExhaustedError) as caught:
            say(client, alone)
        assert (caught.value.http_status, caught.value.details) == (429, {"component": "turns"})
        assert alone.turns_billed == 50
        assert len([turn for turn in client.interactions.iterate(limit=100)]) == 50
        with pytest.raises(errors.ConflictError):
            client.billing.overage_policy.update(policy="allow")
        with pytest.raises(errors.ValidationError):
            client.billing.overage_policy.update(policy="perhaps")
        alone.clock.advance(30 * DAY)
        say(client, alone)


def test_turns_beyond_the_plan_are_on_the_invoice(alone: Sandbox) -> None:
    with client_of(alone) as client:
        client.billing.subscription.update(plan="pro")
        held = alone._settings.store.get("subscription", "org_sandbox")
        assert held is not None
        alone._settings.store.change("subscription", held, used={"turns": 9_999, "active_relationships": 500})
        say(client, alone)
        with pytest.raises(errors.QuotaExhaustedError):
            say(client, alone)
        assert (client.billing.overage_policy.update(policy="allow"))["policy"] == "allow"
        say(client, alone, 3, mode="stateful", user_id="ada")
        alone.clock.advance(30 * DAY)
        (invoice,) = (client.billing.invoices.list()).data or []
        assert invoice["lines"][-1] == {"description": "3 turn(s) beyond Pro", "amount_cents": 6}


def test_relationships_have_a_limit_too(alone: Sandbox) -> None:
    with client_of(alone) as client:
        client.billing.subscription.update(plan="free")
        for number in range(5):
            say(client, alone, 2, mode="stateful", user_id=f"user_{number}")
        with pytest.raises(errors.QuotaExhaustedError) as caught:
            say(client, alone, mode="stateful", user_id="user_5")
        assert caught.value.details == {"component": "active_relationships"}
        say(client, alone, mode="stateful", user_id="user_4")
        say(client, alone)


def test_a_threshold_is_told_of_once_a_period(alone: Sandbox, receiver: Receiver) -> None:
    with client_of(alone) as client:
        client.webhooks.create(url=receiver.url, subscriptions=["quota.threshold_reached"])
        client.billing.subscription.update(plan="free")
        alert = client.billing.alerts.create(threshold=0.1)
        assert alert.http is not None
        assert alert.http.status == 201
        say(client, alone, 4)
        assert receiver.is_empty
        say(client, alone)
        told = arrived(receiver)
        assert (told["type"], told["data"]) == (
            "quota.threshold_reached",
            {"alert_id": alert["id"], "threshold": 0.1},
        )
        say(client, alone, 3)
        assert receiver.is_empty
        late = client.billing.alerts.create(threshold=0.05)
        assert arrived(receiver)["data"]["alert_id"] == late["id"]
        listed = (client.billing.alerts.list()).data
        assert listed is not None
        assert [one["id"] for one in listed] == [late["id"], alert["id"]]
        assert (client.billing.alerts.delete(late["id"])).to_dict() == {"id": late["id"], "deleted": True}
        alone.clock.advance(30 * DAY)
        say(client, alone, 6)
        assert arrived(receiver)["data"]["alert_id"] == alert["id"]
        assert receiver.is_empty
        with pytest.raises(errors.NotFoundError):
            client.billing.alerts.delete(late["id"])


def test_relationships_can_be_watched_too(alone: Sandbox, receiver: Receiver) -> None:
    with client_of(alone) as client:
        client.webhooks.create(url=receiver.url, subscriptions=["quota.threshold_reached"])
        client.billing.subscription.update(plan="free")
        client.billing.alerts.create(threshold=0.2, component="active_relationships")
        say(client, alone)
        assert receiver.is_empty
        say(client, alone, mode="stateful", user_id="ada")
        assert arrived(receiver)["data"]["threshold"] == 0.2


@pytest.mark.parametrize("body", [{}, {"threshold": 0}, {"threshold": 1.1}, {"threshold": True}, {"threshold": "1"}])
def test_a_threshold_is_a_fraction(alone: Sandbox, body: dict[str, Any]) -> None:
    with client_of(alone) as client:
        with pytest.raises(errors.ValidationError) as caught:
            client.billing.alerts.create(body)
        assert caught.value.details == [{"field": "threshold"}]
        with pytest.raises(errors.ValidationError):
            client.billing.alerts.create(threshold=0.5, component="tokens")
