"""All of billing: plans, subscription, payment methods, invoices, usage and alerts, a file each."""

from __future__ import annotations

from . import alerts, invoices, payment_methods, plans, subscriptions, usage
from .call import Handler

HANDLERS: dict[str, Handler] = {
    **plans.HANDLERS,
    **subscriptions.HANDLERS,
    **payment_methods.HANDLERS,
    **invoices.HANDLERS,
    **usage.HANDLERS,
    **alerts.HANDLERS,
}
