"""The subscription of an organization: its plan, its periods of 30 days, and what happens beyond its limits.

All shapes are the sandbox's own. A period is invoiced when somebody looks after its end: each plan by the days it ran
(none while suspended), and the turns beyond the plan of the last day. Status is ``active``, ``suspended`` or
``past_due`` (an invoice could not be charged); only active ones may respond. The first organization begins with Scale
and a card, any other with Free. ``plan`` changes at once; ``overage_policy`` is ``block`` or ``allow``.
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
_MOST_PERIODS_AT_ONCE = 120


def current(call: Call) -> dict[str, Any]:
    """The caller's subscription, once every period that has ended is invoiced."""
    held = call.store.get("subscription", call.caller.organization_id) or _begun(call)
    while held["current_period_end"] <= call.now:
        _close_period(call, held)
    return held


def save(call: Call, held: dict[str, Any]) -> None:
    """Keep a subscription as it is now."""
    call.store.change("subscription", held)


def pay(call: Call, held: dict[str, Any]) -> None:
    """Charge what is open; the status tells how it went."""
    paid = charge_open(call)
    if held["status"] != "suspended":
        held["status"] = "active" if paid else "past_due"
    save(call, held)


def _begun(call: Call) -> dict[str, Any]:
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
    return {
        "current_period_start": start,
        "current_period_end": instant(_moment(start) + timedelta(days=_DAYS)),
        "used": dict.fromkeys(COMPONENTS, 0),
        "stretches": [[plan, start]],
    }


def _close_period(call: Call, held: dict[str, Any]) -> None:
    end = held["current_period_end"]
    lines = _lines(held)
    invoice = {
        "status": "open",
        "currency": CURRENCY,
        "lines": lines,
        "total_cents": sum(line["amount_cents"] for line in lines),
        "period_start": held["current_period_start"],
        "period_end": end,
        "paid_at": None,
        "payment_method_id": None,
    }
    call.store.put("invoice", call.store.new_id("inv"), invoice, owner=held["id"], created_at=end)
    held.update(_period(_next_start(end, call.now), held["stretches"][-1][0]))
    pay(call, held)


def _next_start(end: str, now: str) -> str:
    """Return when the next period begins. A clock that leaps over centuries leaves periods out, or all would wait."""
    periods_behind = (_moment(now) - _moment(end)) // timedelta(days=_DAYS)
    left_out = max(0, periods_behind - _MOST_PERIODS_AT_ONCE)
    return instant(_moment(end) + left_out * timedelta(days=_DAYS))


def _lines(held: dict[str, Any]) -> list[dict[str, Any]]:
    ran: dict[str, timedelta] = {}
    ends = [since for _, since in held["stretches"][1:]] + [held["current_period_end"]]
    for (plan, since), until in zip(held["stretches"], ends, strict=True):
        if plan is not None:
            ran[plan] = ran.get(plan, timedelta()) + (_moment(until) - _moment(since))
    lines: list[dict[str, Any]] = []
    for name, time in ran.items():
        days = time / timedelta(days=1)
        amount = round(PLANS[name].price_cents * days / _DAYS)
        lines.append({"description": f"{PLANS[name].name}, {days:.4g} of {_DAYS} days", "amount_cents": amount})
    plan = PLANS[held["plan"]]
    beyond = held["used"]["turns"] - plan.limits["turns"]
    if beyond > 0 and plan.overage_cents_per_turn:
        amount = beyond * plan.overage_cents_per_turn
        lines.append({"description": f"{beyond} turn(s) beyond {plan.name}", "amount_cents": amount})
    return lines


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _shown(held: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in held.items() if name not in ("id", "stretches")}
    return {"organization_id": held["id"], **shown}


def _changed(call: Call, held: dict[str, Any]) -> Answer:
    save(call, held)
    emit(call, "subscription.updated", {"plan": held["plan"], "status": held["status"]})
    return Answer(_shown(held))


def _get(call: Call) -> Answer:
    return Answer(_shown(current(call)))


def _update(call: Call) -> Answer:
    held, plan = current(call), plan_of(call.fields().get("plan"))
    if held["status"] == "suspended":
        raise Refusal("conflict", "The subscription is suspended; reactivate it first.")
    if plan.price_cents and default_method(call) is None:
        raise Refusal("payment_required", f"{plan.name} needs a payment method.")
    if plan.id == held["plan"]:
        return Answer(_shown(held))
    held["plan"] = plan.id
    held["stretches"].append([plan.id, call.now])
    if plan.overage_cents_per_turn is None:
        held["overage_policy"] = "block"
    return _changed(call, held)


def _suspend(call: Call) -> Answer:
    held = current(call)
    if held["status"] == "suspended":
        raise Refusal("conflict", "The subscription is suspended already.")
    held["status"] = "suspended"
    held["stretches"].append([None, call.now])
    return _changed(call, held)


def _reactivate(call: Call) -> Answer:
    held = current(call)
    if held["status"] == "active":
        raise Refusal("conflict", "The subscription is active.")
    if held["status"] == "suspended":
        held["stretches"].append([held["plan"], call.now])
    held["status"] = "active"
    pay(call, held)
    return _changed(call, held)


def _overage_policy(call: Call) -> Answer:
    held, policy = current(call), call.fields().get("policy")
    if policy not in ("block", "allow"):
        raise invalid("policy", "policy is block or allow.")
    plan = PLANS[held["plan"]]
    if policy == "allow" and plan.overage_cents_per_turn is None:
        raise Refusal("conflict", f"{plan.name} has no turns beyond its limit.")
    held["overage_policy"] = policy
    save(call, held)
    return Answer({"policy": policy, "overage_cents_per_turn": plan.overage_cents_per_turn})


HANDLERS: dict[str, Handler] = {
    "billing.subscription.get": _get,
    "billing.subscription.update": _update,
    "billing.subscription.suspend": _suspend,
    "billing.subscription.reactivate": _reactivate,
    "billing.overage_policy.update": _overage_policy,
}
