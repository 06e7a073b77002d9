"""The handlers of payment methods, which are cards. Shapes are the sandbox's own.

A card has ``number``, ``exp_month`` and ``exp_year``, and may have ``name`` and ``default``. Only the last four digits
of the number are stored. The first card becomes the default. A new default is charged with the open invoices at once.
"""

from __future__ import annotations

import re
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import invalid
from ...http.own_records import own_record, own_records
from ...refusal import Refusal
from .charges import default_method
from .plans import PLANS
from .subscriptions import current, pay

_KIND = "payment_method"
_BRANDS = {"3": "amex", "4": "visa", "5": "mastercard"}


def _list(call: Call) -> Answer:
    current(call)
    return Answer({"data": own_records(call, _KIND)})


def _add(call: Call) -> Answer:
    subscription, fields = current(call), call.fields()
    number = re.sub("[ -]", "", str(fields.get("number")))
    if not re.fullmatch("[0-9]{12,19}", number):
        raise invalid("number", "A card has a number of 12 to 19 digits.")
    card = {"type": "card", "brand": _BRANDS.get(number[0], "card"), "last4": number[-4:], "default": False}
    is_default = default_method(call) is None or fields.get("default") is True
    identifier = call.store.new_id("pm")
    record = {**card, **_changeable(call, fields)}
    call.store.put(_KIND, identifier, record, owner=call.caller.organization_id, created_at=call.now)
    if is_default:
        _make_default(call, identifier)
        pay(call, subscription)
    return Answer(own_record(call, _KIND, identifier), 201)


def _update(call: Call) -> Answer:
    subscription, fields = current(call), call.fields()
    method = own_record(call, _KIND, call.path["payment_method_id"])
    if "number" in fields:
        raise invalid("number", "A number cannot be changed; add another card.")
    if fields.get("default") is False and method["default"]:
        raise invalid("default", "Make another card the default instead.")
    call.store.change(_KIND, method, **_changeable(call, {**method, **fields}))
    if method["default"] or fields.get("default") is True:
        _make_default(call, method["id"])
        pay(call, subscription)
    return Answer(own_record(call, _KIND, method["id"]))


def _remove(call: Call) -> Answer:
    subscription, method = current(call), own_record(call, _KIND, call.path["payment_method_id"])
    others = [other["id"] for other in own_records(call, _KIND) if other["id"] != method["id"]]
    if not others and (PLANS[subscription["plan"]].price_cents or subscription["status"] == "past_due"):
        raise Refusal("conflict", "The subscription needs a payment method; add another one first.")
    call.store.drop(_KIND, method["id"])
    if method["default"] and others:
        _make_default(call, others[0])
    return Answer({"id": method["id"], "removed": True})


def _changeable(call: Call, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a card that may change, after checking them."""
    month, year, name = fields.get("exp_month"), fields.get("exp_year"), fields.get("name")
    if not isinstance(month, int) or not 1 <= month <= 12:
        raise invalid("exp_month", "exp_month is from 1 to 12.")
    if not isinstance(year, int) or not 1000 <= year <= 9999 or f"{year}-{month:02}" < call.now[:7]:
        raise invalid("exp_year", "The card has expired.")
    if name is not None and not isinstance(name, str):
        raise invalid("name", "name is text.")
    return {"exp_month": month, "exp_year": year, "name": name}


def _make_default(call: Call, identifier: str) -> None:
    for method in own_records(call, _KIND):
        call.store.change(_KIND, method, default=method["id"] == identifier)


HANDLERS: dict[str, Handler] = {
    "billing.payment_methods.list": _list,
    "billing.payment_methods.add": _add,
    "billing.payment_methods.update": _update,
    "billing.payment_methods.remove": _remove,
}
