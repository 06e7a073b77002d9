"""All of billing: plans, subscription, payment methods, invoices, usage and alerts, a file each."""

from __future__ import annotations

from ...http.call import Handler
from . import alerts, invoices, payment_methods, plans, subscriptions, usage

HANDLERS: dict[str, Handler] = {
    **plans.HANDLERS,
    **subscriptions.HANDLERS,
    **payment_methods.HANDLERS,
    **invoices.HANDLERS,
    **usage.HANDLERS,
    **alerts.HANDLERS,
}
