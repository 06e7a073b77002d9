"""The handlers of invoices, of which each period has one. Shapes are the sandbox's own."""

from __future__ import annotations

from typing import Any

from ...http.call import Answer, Call, FileAnswer, Handler
from ...http.own_records import own_record
from ...http.paging import limit_of, number_of, page
from .pdf import page_of
from .subscriptions import current


def _list(call: Call) -> Answer:
    current(call)
    query = call.fields()
    limit = limit_of(query.get("limit"))
    before = number_of(query["cursor"]) if query.get("cursor") else None
    rows = call.store.records("invoice", owner=call.caller.organization_id, limit=limit + 1, before=before)
    on_page, next_cursor = page(rows, limit)
    data = [{name: value for name, value in row.items() if name != "number"} for row in on_page]
    return Answer({"data": data, "next_cursor": next_cursor})


def _get(call: Call) -> Answer:
    return Answer(_existing(call))


def _pdf(call: Call) -> FileAnswer:
    invoice = _existing(call)
    rows = [(line["description"], line["amount_cents"]) for line in invoice["lines"]]
    lines = [
        f"Invoice {invoice['id']}",
        "",
        f"To         {call.caller.organization_id}",
        f"Period     {invoice['period_start'][:10]} to {invoice['period_end'][:10]}",
        f"Status     {invoice['status']}",
        "",
        *[f"{name:<56}{_money(cents, invoice['currency']):>20}" for name, cents in rows],
        "-" * 76,
        f"{'Total':<56}{_money(invoice['total_cents'], invoice['currency']):>20}",
        "",
        "Made by the uniqOS sandbox. No money is owed.",
    ]
    return FileAnswer(page_of(lines), "application/pdf")


def _money(cents: int, currency: str) -> str:
    return f"{cents / 100:,.2f} {currency}"


def _existing(call: Call) -> dict[str, Any]:
    current(call)
    return own_record(call, "invoice", call.path["invoice_id"])


HANDLERS: dict[str, Handler] = {
    "billing.invoices.list": _list,
    "billing.invoices.get": _get,
    "billing.invoices.pdf": _pdf,
}
