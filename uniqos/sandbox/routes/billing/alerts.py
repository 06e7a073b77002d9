"""The handlers of usage alerts, which send a webhook once in a period. Shapes are the sandbox's own.

An alert takes ``threshold``, a fraction above 0 and up to 1, and ``component``: ``turns`` or ``active_relationships``.
"""

from __future__ import annotations

from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import invalid
from ...http.own_records import own_record, own_records
from ..delivery import emit
from .plans import COMPONENTS, PLANS
from .subscriptions import current


def send_alerts(call: Call, subscription: dict[str, Any]) -> None:
    """Send the alerts whose threshold the use of a subscription has reached for the first time in this period."""
    period = subscription["current_period_start"]
    for alert in own_records(call, "alert"):
        component, threshold = alert["component"], alert["threshold"]
        if (
            subscription["used"][component] / PLANS[subscription["plan"]].limits[component] < threshold
            or alert["reached_in"] == period
        ):
            continue
        call.store.change("alert", alert, reached_in=period)
        emit(call, "quota.threshold_reached", {"alert_id": alert["id"], "threshold": threshold})


def _list(call: Call) -> Answer:
    return Answer({"data": own_records(call, "alert")})


def _create(call: Call) -> Answer:
    fields = call.fields()
    threshold, component = fields.get("threshold"), fields.get("component", "turns")
    if not isinstance(threshold, (int, float)) or isinstance(threshold, bool) or not 0 < threshold <= 1:
        raise invalid("threshold", "threshold is above 0 and up to 1.")
    if component not in COMPONENTS:
        raise invalid("component", f"component is one of {', '.join(COMPONENTS)}.")
    identifier = call.store.new_id("qa")
    record = {"threshold": threshold, "component": component, "reached_in": None}
    call.store.put("alert", identifier, record, owner=call.caller.organization_id, created_at=call.now)
    send_alerts(call, current(call))
    return Answer(own_record(call, "alert", identifier), 201)


def _delete(call: Call) -> Answer:
    identifier = own_record(call, "alert", call.path["alert_id"])["id"]
    call.store.drop("alert", identifier)
    return Answer({"id": identifier, "deleted": True})


HANDLERS: dict[str, Handler] = {
    "billing.alerts.list": _list,
    "billing.alerts.create": _create,
    "billing.alerts.delete": _delete,
}
