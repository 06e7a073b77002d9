"""The handlers of webhooks and their deliveries.

Chosen by the sandbox: all fields but ``id``, ``url``, ``subscriptions`` and ``secret``. An http address must be one of
this machine. Every well-formed type can be subscribed to, since the list of types is not public. A redelivery is a new
delivery with a new id and the present time, since receivers refuse old ones.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from ..http.addresses import webhook_address
from ..http.call import Answer, Call, Handler
from ..http.checks import invalid
from ..http.own_records import own_record, own_records
from ..http.paging import MAX_LIMIT
from ..refusal import Refusal
from .delivery import queue

_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+", re.ASCII)


def _list(call: Call) -> Answer:
    return Answer({"data": [_view(hook) for hook in own_records(call, "webhook")]})


def _create(call: Call) -> Answer:
    fields = call.fields()
    url, types = fields.get("url") or "", fields.get("subscriptions") or []
    try:
        webhook_address(url)
    except ValueError as exc:
        raise invalid("url", str(exc)) from None
    if not types or not all(_TYPE.fullmatch(type) for type in types):
        raise invalid(
            "subscriptions", "subscriptions are types of events: payment.failed, quota.threshold_reached, ..."
        )
    identifier = call.store.new_id("wh")
    hook = {"url": url, "subscriptions": list(dict.fromkeys(types)), "status": "enabled", "secret": _secret()}
    call.store.put("webhook", identifier, hook, owner=call.caller.organization_id, created_at=call.now)
    return Answer({"id": identifier, "created_at": call.now, **hook}, 201)


def _get(call: Call) -> Answer:
    return Answer(_view(_existing(call)))


def _disable(call: Call) -> Answer:
    return Answer(_view(call.store.change("webhook", _existing(call), status="disabled")))


def _regenerate_secret(call: Call) -> Answer:
    hook = call.store.change("webhook", _require_enabled(call), secret=_secret())
    return Answer({**_view(hook), "secret": hook["secret"]})


def _list_deliveries(call: Call) -> Answer:
    deliveries = call.store.records("webhook_delivery", owner=_existing(call)["id"], limit=MAX_LIMIT)
    return Answer({"data": [_view(delivery) for delivery in deliveries]})


def _redeliver(call: Call) -> Answer:
    hook = _require_enabled(call)
    old = call.store.get("webhook_delivery", call.path["delivery_id"])
    if old is None or old["webhook_id"] != hook["id"]:
        raise Refusal("not_found", f"There is no delivery {call.path['delivery_id']}.")
    if old["fault"] == "cut":
        raise Refusal("conflict", "A delivery that was cut holds no event.")
    data = json.loads(old["body"])["data"]
    fresh = queue(call, hook["id"], old["event_id"], old["type"], data, redelivery_of=old["id"])
    delivery = call.store.get("webhook_delivery", fresh)
    assert delivery is not None
    return Answer(_view(delivery), 202)


def _secret() -> str:
    return f"whsec_{secrets.token_hex(24)}"


def _existing(call: Call) -> dict[str, Any]:
    return own_record(call, "webhook", call.path["webhook_id"])


def _require_enabled(call: Call) -> dict[str, Any]:
    hook = _existing(call)
    if hook["status"] == "disabled":
        raise Refusal("conflict", f"The webhook {hook['id']} is disabled.")
    return hook


def _view(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("number", "secret")}


HANDLERS: dict[str, Handler] = {
    "webhooks.list": _list,
    "webhooks.create": _create,
    "webhooks.get": _get,
    "webhooks.disable": _disable,
    "webhooks.regenerate_secret": _regenerate_secret,
    "webhooks.list_deliveries": _list_deliveries,
    "webhooks.redeliver": _redeliver,
}
