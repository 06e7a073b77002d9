"""The events that a sandbox is asked to send."""

from __future__ import annotations

import time
from typing import Any

import httpx

import uniqos

from ... import errors

_SECONDS_BETWEEN_LOOKS = 0.05


def webhooks_for(client: uniqos.UniqOS, type: str) -> list[str]:
    """Return the ids of the sandbox's enabled endpoints that subscribe to a type.

    Raises:
        ConfigurationError: There is none.
    """
    hooks = [hook.to_dict() for hook in client.webhooks.list().data]
    enabled = [hook for hook in hooks if hook.get("status") == "enabled"]
    found = [str(hook["id"]) for hook in enabled if type in hook.get("subscriptions", [])]
    if not found:
        others = ", ".join(str(hook.get("id")) for hook in enabled) or "none"
        raise errors.ConfigurationError(
            f"no enabled endpoint subscribes to {type}: run uniqos webhooks listen --event {type}, or name one by "
            f"--webhook (enabled: {others})",
            code="no_endpoint",
        )
    return found


def emit(client: uniqos.UniqOS, webhook_id: str, type: str, data: Any, bad: str | None, wait: float) -> dict[str, Any]:
    """Let the sandbox send an event, and return the delivery after its first attempt.

    Args:
        client: A client of the sandbox.
        webhook_id: The endpoint; it need not have subscribed to the type.
        type: The type of the event.
        data: The data of the event.
        bad: The kind of a fault; None sends a good delivery.
        wait: Seconds after which the delivery is returned even without an attempt.

    Raises:
        ConfigurationError: The sandbox refused the event.
        NetworkError: The sandbox does not answer.
    """
    url = httpx.URL(client.base_url).join(f"/_sandbox/webhooks/{webhook_id}/emit")
    body = {"type": type, "data": data, **({"bad": bad} if bad else {})}
    try:
        response = httpx.post(url, json=body, timeout=10, trust_env=False)
    except httpx.HTTPError as exc:
        raise errors.NetworkError(f"the sandbox at {client.base_url} does not answer: {exc}") from None
    if response.status_code != 202:
        raise errors.ConfigurationError(
            f"the sandbox refused the event with status {response.status_code}: {response.text[:300]}",
            code="event_refused",
        )
    its_id = response.json()["id"]
    end = time.monotonic() + wait
    while True:
        listed = client.webhooks.list_deliveries(webhook_id).data or []
        found: dict[str, Any] = next(
            (one.to_dict() for one in listed if one.to_dict().get("id") == its_id), {"id": its_id}
        )
        if found.get("attempts") or time.monotonic() >= end:
            return found
        time.sleep(_SECONDS_BETWEEN_LOOKS)
