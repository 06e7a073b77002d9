"""Webhooks of the sandbox: what it sends is what the SDK believes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests._async.support import client_of
from tests.support.receiver import Receiver, receiving
from uniqos import AsyncUniqOS, construct_event, errors, models
from uniqos.sandbox import Sandbox, serve

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def paid_sandbox() -> Iterator[Sandbox]:
    with serve(pause=0) as sandbox:
        sandbox._settings.webhook_pauses = (0, 0)
        yield sandbox


@pytest.fixture
def alone(paid_sandbox: Sandbox) -> Sandbox:
    """A sandbox as it was when it started, which tries to deliver three times without a pause."""
    paid_sandbox.reset()
    return paid_sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


async def settled(client: AsyncUniqOS, webhook_id: str) -> list[models.WebhookDelivery]:
    """The deliveries, newest first, once none is under way."""
    while True:
        deliveries = (await client.webhooks.list_deliveries(webhook_id)).data
        assert deliveries is not None
        if not any(delivery["status"] == "pending" for delivery in deliveries):
            return deliveries
        time.sleep(0.002)


async def test_a_secret_is_shown_once(alone: Sandbox) -> None:
    async with client_of(alone) as client:
        made = await client.webhooks.create(url="https://example.com/hooks", subscriptions=["payment.failed"])
        assert made.secret.startswith("whsec_")
        assert made.http is not None
        assert made.http.status == 201
        kept = await client.webhooks.get(made.id)
        assert kept.to_dict() == {
            "id": made.id,
            "created_at": made["created_at"],
            "url": "https://example.com/hooks",
            "subscriptions": ["payment.failed"],
            "status": "enabled",
        }
        newer = await client.webhooks.create(url="https://example.com/2", subscriptions=["payment.failed"])
        assert [hook["id"] for hook in (await client.webhooks.list()).data] == [newer.id, made.id]
        assert made.secret not in json.dumps((await client.webhooks.list()).to_dict())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"subscriptions": ["payment.failed"]}, "url"),
        ({"url": "http://example.com", "subscriptions": ["payment.failed"]}, "url"),
        ({"url": "ftp://127.0.0.1", "subscriptions": ["payment.failed"]}, "url"),
        ({"url": "https://", "subscriptions": ["payment.failed"]}, "url"),
        ({"url": "https://[", "subscriptions": ["payment.failed"]}, "url"),
        ({"url": "https://example.com"}, "subscriptions"),
        ({"url": "https://example.com", "subscriptions": []}, "subscriptions"),
        ({"url": "https://example.com", "subscriptions": ["payment failed"]}, "subscriptions"),
    ],
)
async def test_an_endpoint_that_cannot_be_is_refused(alone: Sandbox, body: models.WebhookCreate, field: str) -> None:
    async with client_of(alone) as client:
        with pytest.raises(errors.ValidationError) as caught:
            await client.webhooks.create(body)
        assert caught.value.details == [{"field": field}]


async def test_webhooks_of_others_are_not_found(alone: Sandbox) -> None:
    async with client_of(alone) as client, client_of(alone, access_token="sandbox.login.eve@example.com") as eve:
        made = await client.webhooks.create(url="https://example.com", subscriptions=["payment.failed"])
        for call in (eve.webhooks.get, eve.webhooks.disable, eve.webhooks.regenerate_secret):
            with pytest.raises(errors.NotFoundError):
                await call(made.id)
        with pytest.raises(errors.NotFoundError):
            await eve.webhooks.list_deliveries(made.id)
        with pytest.raises(errors.NotFoundError):
            await client.webhooks.redeliver(made.id, "whd_nobody")
        assert (await eve.webhooks.list()).data == []


async def test_an_event_arrives_signed_and_only_where_it_is_wanted(alone: Sandbox, receiver: Receiver) -> None:
    async with client_of(alone) as client:
        wants = await client.webhooks.create(url=receiver.url, subscriptions=["subscription.updated"])
        other = await client.webhooks.create(url=receiver.url, subscriptions=["payment.failed"])
        await client.billing.subscription.suspend()
        event = receiver.event(wants.secret)
        assert (event.type, event.data) == ("subscription.updated", {"plan": "scale", "status": "suspended"})
        (delivery,) = await settled(client, wants.id)
        assert (delivery["id"], delivery["type"], delivery["status"]) == (event.id, event.type, "delivered")
        ((attempt),) = delivery["attempts"]
        assert (attempt["status"], attempt["error"]) == (204, None)
        assert await settled(client, other.id) == []
        assert receiver.is_empty


async def test_a_delivery_is_tried_again_with_the_same_bytes(alone: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500, 302]
    async with client_of(alone) as client:
        hook = await client.webhooks.create(url=receiver.url, subscriptions=["subscription.updated"])
        await client.billing.subscription.suspend()
        first, second, third = receiver.take(), receiver.take(), receiver.take()
        assert first == second == third
        (delivery,) = await settled(client, hook.id)
        assert delivery["status"] == "delivered"
        assert [(attempt["status"], attempt["error"]) for attempt in delivery["attempts"]] == [
            (500, "answered 500"),
            (302, "answered 302"),
            (204, None),
        ]


async def test_what_nobody_takes_has_failed_and_can_be_delivered_anew(alone: Sandbox, receiver: Receiver) -> None:
    receiver.statuses = [500, 500, 500]
    async with client_of(alone) as client:
        hook = await client.webhooks.create(url=receiver.url, subscriptions=["subscription.updated"])
        await client.billing.subscription.suspend()
        old, _, _ = [receiver.event(hook.secret) for _ in range(3)]
        (failed,) = await settled(client, hook.id)
        assert (failed["status"], failed["next_attempt_at"], len(failed["attempts"])) == ("failed", None, 3)
        fresh = await client.webhooks.redeliver(hook.id, failed["id"])
        assert fresh.http is not None
        assert fresh.http.status == 202
        event = receiver.event(hook.secret)
        assert event.id == fresh.id != old.id
        assert (event.type, event.data) == (old.type, old.data)
        newest, before = await settled(client, hook.id)
        assert (newest["status"], newest["redelivery_of"]) == ("delivered", before["id"])
        assert newest["event_id"] == before["event_id"]
        assert before == failed


async def test_a_connection_that_fails_is_told(alone: Sandbox) -> None:
    with receiving() as gone:
        url = gone.url
    async with client_of(alone) as client:
        hook = await client.webhooks.create(url=url, subscriptions=["subscription.updated"])
        await client.billing.subscription.suspend()
        (delivery,) = await settled(client, hook.id)
        assert delivery["status"] == "failed"
        assert {attempt["status"] for attempt in delivery["attempts"]} == {None}
        assert delivery["attempts"][0]["error"].startswith("ConnectError")


async def test_a_new_secret_signs_from_now_on_and_the_old_one_never(alone: Sandbox, receiver: Receiver) -> None:
    async with client_of(alone) as client:
        hook = await client.webhooks.create(url=receiver.url, subscriptions=["subscription.updated"])
        new = (await client.webhooks.regenerate_secret(hook.id))["secret"]
        assert new != hook.secret
        await client.billing.subscription.suspend()
        body, signature = receiver.take()
        assert construct_event(body, signature, new)
        with pytest.raises(errors.WebhookSignatureError) as caught:
            construct_event(body, signature, hook.secret)
        assert caught.value.reason == "signature_mismatch"


async def test_a_disabled_endpoint_hears_nothing_more(alone: Sandbox, receiver: Receiver) -> None:
    async with client_of(alone) as client:
        hook = await client.webhooks.create(url=receiver.url, subscriptions=["subscription.updated"])
        await client.billing.subscription.suspend()
        receiver.take()
        (delivery,) = await settled(client, hook.id)
        assert (await client.webhooks.disable(hook.id))["status"] == "disabled"
        assert (await client.webhooks.disable(hook.id))["status"] == "disabled"
        await client.billing.subscription.reactivate()
        with pytest.raises(errors.ConflictError):
            await client.webhooks.regenerate_secret(hook.id)
        with pytest.raises(errors.ConflictError):
            await client.webhooks.redeliver(hook.id, delivery["id"])
        assert await settled(client, hook.id) == [delivery]
        assert receiver.is_empty
