"""The handlers of usage: turns and active relationships, by day and by period. Shapes are the sandbox's own.

``usage.turns`` takes ``from`` and ``to``, which are days of UTC; both are included.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import invalid
from ...refusal import Refusal
from .alerts import send_alerts
from .plans import COMPONENTS, PLANS
from .subscriptions import current, save


def permit(call: Call) -> None:
    """Refuse a turn, a free one too, when the subscription is not active.

    Raises:
        Refusal: ``payment_required``.
    """
    status = current(call)["status"]
    if status != "active":
        raise Refusal("payment_required", "The subscription is suspended." if status == "suspended" else None)


def count_turn(call: Call, relationship_id: str | None) -> None:
    """Count a turn, and its relationship for the first time in a period.

    Raises:
        Refusal: ``quota_exhausted``: the plan's limit is reached.
    """
    subscription = current(call)
    counted = ["turns"]
    if relationship_id is not None and not _is_active(call, subscription, relationship_id):
        counted.append("active_relationships")
    for component in counted:
        subscription["used"][component] += 1
        if (
            subscription["overage_policy"] == "block"
            and subscription["used"][component] > PLANS[subscription["plan"]].limits[component]
        ):
            raise Refusal("quota_exhausted", details={"component": component})
    save(call, subscription)
    call.store.run("insert into turns_used values (?, ?, ?)", call.caller.organization_id, call.now, relationship_id)
    send_alerts(call, subscription)


def _is_active(call: Call, subscription: dict[str, Any], relationship_id: str) -> bool:
    sql = "select 1 from turns_used where organization_id = ? and relationship_id = ? and created_at >= ?"
    return call.store.one(sql, subscription["id"], relationship_id, subscription["current_period_start"]) is not None


def _turns(call: Call) -> Answer:
    query = call.fields()
    rows = call.store.all(
        "select substr(created_at, 1, 10) as day, count(*) as turns from turns_used"
        " where organization_id = ? and day >= ? and day <= ? group by day order by day desc",
        call.caller.organization_id,
        _day(query, "from", "0000"),
        _day(query, "to", "9999"),
    )
    return Answer({"data": rows})


def _day(query: dict[str, Any], name: str, default: str) -> str:
    given = query.get(name)
    try:
        return date.fromisoformat(given).isoformat() if given is not None else default
    except (TypeError, ValueError):
        raise invalid(name, f"{name} is a day: 2026-07-15.") from None


def _active_relationships(call: Call) -> Answer:
    subscription = current(call)
    period = {name: subscription[name] for name in ("current_period_start", "current_period_end")}
    return Answer({**_credit(subscription, "active_relationships"), **period})


def _credits(call: Call) -> Answer:
    subscription = current(call)
    used = {component: _credit(subscription, component) for component in COMPONENTS}
    return Answer({**used, "resets_at": subscription["current_period_end"]})


def _credit(subscription: dict[str, Any], component: str) -> dict[str, int]:
    used, limit = subscription["used"][component], PLANS[subscription["plan"]].limits[component]
    return {"used": used, "limit": limit, "remaining": max(0, limit - used)}


HANDLERS: dict[str, Handler] = {
    "billing.usage.turns": _turns,
    "billing.usage.active_relationships": _active_relationships,
    "billing.usage.credits": _credits,
}
