"""``client.webhooks``: the endpoints that receive events. ``uniqos.construct_event`` verifies a delivery."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from .._base.model import Model, RequestModel
from .._wire.operation import Operation


class Webhook(Model):
    """A registered endpoint of yours (fields: undocumented)."""


class WebhookList(Model, source="official SDK"):
    """Answer of ``webhooks.list`` (source: official SDK)."""

    data: list[Webhook]


class WebhookCreate(RequestModel, source="official SDK"):
    """Body of ``webhooks.create`` (source: official SDK)."""

    url: str | None = None
    """https address that events are sent to."""
    subscriptions: list[str] | None = None
    """Types of events, e.g. ``payment.failed``; the full list is undocumented."""


class CreatedWebhook(Model, source="official SDK"):
    """Answer of ``webhooks.create`` (source: official SDK; further fields are undocumented)."""

    id: str
    secret: str = Field(repr=False)
    """Secret to verify deliveries with; only this answer shows it."""


class DisabledWebhook(Model):
    """Answer of ``webhooks.disable`` (fields: undocumented)."""


class RegeneratedSecret(Model):
    """Answer of ``webhooks.regenerate_secret``, the only one with the new secret (fields: undocumented)."""


class WebhookDelivery(Model):
    """One delivery of an event (fields: undocumented)."""


class WebhookDeliveryList(Model):
    """Answer of ``webhooks.list_deliveries`` (undocumented; the key ``data`` is presumed)."""

    data: list[WebhookDelivery] | None = None


class Redelivery(Model, source="official SDK"):
    """Answer of ``webhooks.redeliver``: the fresh delivery (source: official SDK)."""

    id: str


_ONE = "/v1/webhooks/{webhook_id}"

LIST: Final = Operation("GET", "/v1/webhooks", WebhookList)
CREATE: Final = Operation("POST", "/v1/webhooks", CreatedWebhook, body=WebhookCreate, resend="keyed")
GET: Final = Operation("GET", _ONE, Webhook)
DISABLE: Final = Operation("DELETE", _ONE, DisabledWebhook)
REGENERATE_SECRET: Final = Operation("POST", f"{_ONE}/regenerate-secret", RegeneratedSecret)
LIST_DELIVERIES: Final = Operation("GET", f"{_ONE}/deliveries", WebhookDeliveryList)
REDELIVER: Final = Operation("POST", f"{_ONE}/deliveries/{{delivery_id}}/redeliver", Redelivery)
