"""The charging of invoices. A card is declined when its number ends in 0002, or when it has expired.

The events and their data are the sandbox's own.
"""

from __future__ import annotations

from typing import Any

from ...http.call import Call
from ...http.own_records import own_records
from ..delivery import emit

DECLINED = "0002"


def default_method(call: Call) -> dict[str, Any] | None:
    """Return the payment method that is charged, or None."""
    return next((method for method in own_records(call, "payment_method") if method["default"]), None)


def charge_open(call: Call) -> bool:
    """Charge the open invoices, oldest first, until a charge fails.

    Returns:
        Whether all invoices are paid.
    """
    for invoice in reversed(own_records(call, "invoice")):
        if invoice["status"] != "open":
            continue
        total = invoice["total_cents"]
        method = default_method(call) if total else None
        reason = _problem(call, method) if total else None
        event = {
            "invoice_id": invoice["id"],
            "amount_cents": total,
            "currency": invoice["currency"],
            "payment_method_id": method["id"] if method else None,
        }
        if reason is not None:
            emit(call, "payment.failed", {**event, "reason": reason})
            return False
        paid = {"status": "paid", "paid_at": call.now, "payment_method_id": event["payment_method_id"]}
        call.store.change("invoice", invoice, **paid)
        emit(call, "invoice.paid", event)
    return True


def _problem(call: Call, method: dict[str, Any] | None) -> str | None:
    if method is None:
        return "no_payment_method"
    if call.now[:7] > f"{method['exp_year']}-{method['exp_month']:02}":
        return "expired_card"
    return "card_declined" if method["last4"] == DECLINED else None
