"""The handlers of subscriptions: plans, billing periods of 30 days, and the policy for turns above the limits.

All shapes are the sandbox's own. A period that has ended is invoiced at the next request that reads the subscription.
The invoice has each plan by the days on which it was active, without the days of a suspension, and the turns above the
limit of the last plan.

The status is ``active``, ``suspended`` or ``past_due`` (an invoice could not be charged). Only an active subscription
permits turns. The built-in organization begins with the plan Scale and a card, and every other one with Free. A new
``plan`` applies at once. ``overage_policy`` is ``block`` or ``allow``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.caller import ORGANIZATION
from ...http.checks import invalid
from ...refusal import Refusal
from ...state.store import instant
from ..delivery import emit
from .charges import charge_open, default_method
from .plans import COMPONENTS, CURRENCY, PLANS, plan_of

_DAYS = 30
_MAX_PERIODS_AT_ONCE = 120


def current(call: Call) -> dict[str, Any]:
    """Return the caller's subscription, after invoicing every period that has ended."""
    subscription = call.store.get("subscription", call.caller.organization_id) or _start(call)
    while subscription["current_period_end"] <= call.now:
        _close_period(call, subscription)
    return subscription


def save(call: Call, subscription: dict[str, Any]) -> None:
    """Store a subscription."""
    call.store.change("subscription", subscription)


def pay(call: Call, subscription: dict[str, Any]) -> None:
    """Charge the open invoices, and set the status by the result."""
    paid = charge_open(call)
    if subscription["status"] != "suspended":
        subscription["status"] = "active" if paid else "past_due"
    save(call, subscription)


def _start(call: Call) -> dict[str, Any]:
    organization = call.caller.organization_id
    is_first = organization == ORGANIZATION
    plan = "scale" if is_first else "free"
    if is_first:
        card = {"type": "card", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2099}
        card |= {"name": None, "default": True}
        call.store.put("payment_method", "pm_sandbox", card, owner=organization, created_at=call.now)
    fields = {"plan": plan, "status": "active", "overage_policy": "block", **_period(call.now, plan)}
    call.store.put("subscription", organization, fields, owner=organization, created_at=call.now)
    return {"id": organization, "created_at": call.now, **fields}


def _period(start: str, plan: str | None) -> dict[str, Any]:
    """Return the fields of a new period. A stretch is a plan and its start; the plan is None during a suspension."""
    return {
        "current_period_start": start,
        "current_period_end": instant(_moment(start) + timedelta(days=_DAYS)),
        "used": dict.fromkeys(COMPONENTS, 0),
        "stretches": [[plan, start]],
    }


def _close_period(call: Call, subscription: dict[str, Any]) -> None:
    end = subscription["current_period_end"]
    lines = _lines(subscription)
    invoice = {
        "status": "open",
        "currency": CURRENCY,
        "lines": lines,
        "total_cents": sum(line["amount_cents"] for line in lines),
        "period_start": subscription["current_period_start"],
        "period_end": end,
        "paid_at": None,
        "payment_method_id": None,
    }
    call.store.put("invoice", call.store.new_id("inv"), invoice, owner=subscription["id"], created_at=end)
    subscription.update(_period(_next_start(end, call.now), subscription["stretches"][-1][0]))
    pay(call, subscription)


def _next_start(end: str, now: str) -> str:
    """Return the start of the next period.

    When the clock was moved by centuries, most periods are left out, since invoicing all of them would take too long.
    """
    periods_behind = (_moment(now) - _moment(end)) // timedelta(days=_DAYS)
    left_out = max(0, periods_behind - _MAX_PERIODS_AT_ONCE)
    return instant(_moment(end) + left_out * timedelta(days=_DAYS))


def _lines(subscription: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the invoice for the present period."""
    ran: dict[str, timedelta] = {}
    ends = [since for _, since in subscription["stretches"][1:]] + [subscription["current_period_end"]]
    for (plan, since), until in zip(subscription["stretches"], ends, strict=True):
        if plan is not None:
            ran[plan] = ran.get(plan, timedelta()) + (_moment(until) - _moment(since))
    lines: list[dict[str, Any]] = []
    for name, time in ran.items():
        days = time / timedelta(days=1)
        amount = round(PLANS[name].price_cents * days / _DAYS)
        lines.append({"description": f"{PLANS[name].name}, {days:.4g} of {_DAYS} days", "amount_cents": amount})
    plan = PLANS[subscription["plan"]]
    beyond = subscription["used"]["turns"] - plan.limits["turns"]
    if beyond > 0 and plan.overage_cents_per_turn:
        amount = beyond * plan.overage_cents_per_turn
        lines.append({"description": f"{beyond} turn(s) beyond {plan.name}", "amount_cents": amount})
    return lines


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _view(subscription: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in subscription.items() if name not in ("id", "stretches")}
    return {"organization_id": subscription["id"], **fields}


def _save_and_emit(call: Call, subscription: dict[str, Any]) -> Answer:
    save(call, subscription)
    emit(call, "subscription.updated", {"plan": subscription["plan"], "status": subscription["status"]})
    return Answer(_view(subscription))


def _get(call: Call) -> Answer:
    return Answer(_view(current(call)))


def _update(call: Call) -> Answer:
    subscription, plan = current(call), plan_of(call.fields().get("plan"))
    if subscription["status"] == "suspended":
        raise Refusal("conflict", "The subscription is suspended; reactivate it first.")
    if plan.price_cents and default_method(call) is None:
        raise Refusal("payment_required", f"{plan.name} needs a payment method.")
    if plan.id == subscription["plan"]:
        return Answer(_view(subscription))
    subscription["plan"] = plan.id
    subscription["stretches"].append([plan.id, call.now])
    if plan.overage_cents_per_turn is None:
        subscription["overage_policy"] = "block"
    return _save_and_emit(call, subscription)


def _suspend(call: Call) -> Answer:
    subscription = current(call)
    if subscription["status"] == "suspended":
        raise Refusal("conflict", "The subscription is suspended already.")
    subscription["status"] = "suspended"
    subscription["stretches"].append([None, call.now])
    return _save_and_emit(call, subscription)


def _reactivate(call: Call) -> Answer:
    subscription = current(call)
    if subscription["status"] == "active":
        raise Refusal("conflict", "The subscription is active.")
    if subscription["status"] == "suspended":
        subscription["stretches"].append([subscription["plan"], call.now])
    subscription["status"] = "active"
    pay(call, subscription)
    return _save_and_emit(call, subscription)


def _overage_policy(call: Call) -> Answer:
    subscription, policy = current(call), call.fields().get("policy")
    if policy not in ("block", "allow"):
        raise invalid("policy", "policy is block or allow.")
    plan = PLANS[subscription["plan"]]
    if policy == "allow" and plan.overage_cents_per_turn is None:
        raise Refusal("conflict", f"{plan.name} has no turns beyond its limit.")
    subscription["overage_policy"] = policy
    save(call, subscription)
    return Answer({"policy": policy, "overage_cents_per_turn": plan.overage_cents_per_turn})


HANDLERS: dict[str, Handler] = {
    "billing.subscription.get": _get,
    "billing.subscription.update": _update,
    "billing.subscription.suspend": _suspend,
    "billing.subscription.reactivate": _reactivate,
    "billing.overage_policy.update": _overage_policy,
}
