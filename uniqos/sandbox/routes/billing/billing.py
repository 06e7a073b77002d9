"""The table of all handlers of billing."""

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
