"""``client.billing``: subscription, payment methods, invoices, usage, overage policy, alerts and plans."""

from __future__ import annotations

from typing import Final

from .._base.model import Model, OpenRequest
from .._wire.file import File
from .._wire.operation import Operation


class Subscription(Model):
    """The subscription of the active organization (fields: undocumented)."""


class SubscriptionUpdate(OpenRequest):
    """Body of ``billing.subscription.update`` (keys: undocumented, so any are sent)."""


class SuspendedSubscription(Model):
    """Answer of ``billing.subscription.suspend`` (fields: undocumented)."""


class ReactivatedSubscription(Model):
    """Answer of ``billing.subscription.reactivate`` (fields: undocumented)."""


class PaymentMethod(Model):
    """A way to pay (fields: undocumented)."""


class PaymentMethodList(Model):
    """Answer of ``billing.payment_methods.list`` (undocumented; the key ``data`` is presumed)."""

    data: list[PaymentMethod] | None = None


class PaymentMethodAdd(OpenRequest):
    """Body of ``billing.payment_methods.add`` (keys: undocumented, so any are sent)."""


class PaymentMethodUpdate(OpenRequest):
    """Body of ``billing.payment_methods.update`` (keys: undocumented, so any are sent)."""


class RemovedPaymentMethod(Model):
    """Answer of ``billing.payment_methods.remove`` (fields: undocumented)."""


class InvoiceQuery(OpenRequest):
    """Query of ``billing.invoices.list`` (keys: undocumented, so any are sent; ``cursor`` is presumed)."""


class Invoice(Model):
    """An invoice (fields: undocumented)."""


class InvoicePage(Model):
    """Answer of ``billing.invoices.list`` (undocumented; both keys are presumed, as for interactions)."""

    data: list[Invoice] | None = None
    next_cursor: str | None = None
    """Cursor of the next page; None on the last page."""


class TurnsUsageQuery(OpenRequest):
    """Query of ``billing.usage.turns`` (keys: undocumented, so any are sent)."""


class TurnsUsageItem(Model):
    """One line of the turns used (fields: undocumented)."""


class TurnsUsage(Model, source="official SDK"):
    """Answer of ``billing.usage.turns``: the whole account's turns (source: official SDK)."""

    data: list[TurnsUsageItem]


class ActiveRelationships(Model):
    """Answer of ``billing.usage.active_relationships`` (fields: undocumented)."""


class Credits(Model):
    """Answer of ``billing.usage.credits`` (fields: undocumented)."""


class OveragePolicyUpdate(OpenRequest):
    """Body of ``billing.overage_policy.update`` (keys: undocumented, so any are sent)."""


class OveragePolicy(Model):
    """The rule for turns beyond the plan (fields: undocumented)."""


class QuotaAlert(Model):
    """A threshold of use; a webhook is sent when it is reached (fields: undocumented)."""


class QuotaAlertList(Model):
    """Answer of ``billing.alerts.list`` (undocumented; the key ``data`` is presumed)."""

    data: list[QuotaAlert] | None = None


class QuotaAlertCreate(OpenRequest):
    """Body of ``billing.alerts.create`` (keys: undocumented, so any are sent)."""


class DeletedQuotaAlert(Model):
    """Answer of ``billing.alerts.delete`` (fields: undocumented)."""


class Plan(Model):
    """A plan that can be subscribed to: Free, Pro, Scale, Enterprise (fields: undocumented)."""


class PlanList(Model, source="official SDK"):
    """Answer of ``billing.plans.list`` (source: official SDK)."""

    data: list[Plan]


_METHODS = "/v1/billing/payment-methods"
_INVOICES = "/v1/billing/invoices"

SUBSCRIPTION_GET: Final = Operation("GET", "/v1/billing/subscription", Subscription)
SUBSCRIPTION_UPDATE: Final = Operation("PATCH", "/v1/billing/subscription", Subscription, body=SubscriptionUpdate)
SUBSCRIPTION_SUSPEND: Final = Operation("POST", "/v1/billing/subscription/suspend", SuspendedSubscription)
SUBSCRIPTION_REACTIVATE: Final = Operation("POST", "/v1/billing/subscription/reactivate", ReactivatedSubscription)

PAYMENT_METHODS_LIST: Final = Operation("GET", _METHODS, PaymentMethodList)
PAYMENT_METHODS_ADD: Final = Operation("POST", _METHODS, PaymentMethod, body=PaymentMethodAdd, resend="keyed")
PAYMENT_METHODS_UPDATE: Final = Operation(
    "PATCH", f"{_METHODS}/{{payment_method_id}}", PaymentMethod, body=PaymentMethodUpdate
)
PAYMENT_METHODS_REMOVE: Final = Operation("DELETE", f"{_METHODS}/{{payment_method_id}}", RemovedPaymentMethod)

INVOICES_LIST: Final = Operation("GET", _INVOICES, InvoicePage, query=InvoiceQuery)
INVOICES_GET: Final = Operation("GET", f"{_INVOICES}/{{invoice_id}}", Invoice)
INVOICES_PDF: Final = Operation("GET", f"{_INVOICES}/{{invoice_id}}/pdf", File)

USAGE_TURNS: Final = Operation("GET", "/v1/usage/turns", TurnsUsage, query=TurnsUsageQuery)
USAGE_ACTIVE_RELATIONSHIPS: Final = Operation("GET", "/v1/usage/active-relationships", ActiveRelationships)
USAGE_CREDITS: Final = Operation("GET", "/v1/billing/credits", Credits)

OVERAGE_POLICY_UPDATE: Final = Operation("PATCH", "/v1/billing/overage-policy", OveragePolicy, body=OveragePolicyUpdate)

ALERTS_LIST: Final = Operation("GET", "/v1/billing/alerts", QuotaAlertList)
ALERTS_CREATE: Final = Operation("POST", "/v1/billing/alerts", QuotaAlert, body=QuotaAlertCreate, resend="keyed")
ALERTS_DELETE: Final = Operation("DELETE", "/v1/billing/alerts/{alert_id}", DeletedQuotaAlert)

PLANS_LIST: Final = Operation("GET", "/v1/billing/plans", PlanList)
