"""The delivery of webhooks: signed, over HTTP, and again after a pause when an attempt fails.

The signature and the body are the API's; the ``id`` in the body is that of the delivery, the same in every attempt.
Chosen by the sandbox: the types of events, the pauses, and the fields of a stored delivery. An attempt succeeds with an
answer of 2xx within 5 seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from ..._wire.urls import is_loopback
from ..http.addresses import connectable, webhook_address
from ..http.call import Call, Settings
from ..state.store import dumps, instant

BAD: dict[str, str] = {
    "stale": "created an hour ago, and signed correctly",
    "duplicate": "sent twice with the same id, though the first attempt succeeded",
    "wrongly_signed": "signed with a secret that is not the endpoint's",
    "unsigned": "without the header of the signature",
    "cut": "half of the body, and signed correctly",
}
"""The kinds of ``deliver_badly``."""
_TIMEOUT = 5.0


def emit(call: Call, type: str, data: dict[str, Any]) -> None:
    """Send an event to the webhooks of the caller's organization that have subscribed to its type.

    Args:
        call: The request that causes the event, which is sent once the answer is stored.
        type: The type of the event, such as ``payment.failed``.
        data: The data of the event.
    """
    event_id = call.store.new_id("evt")
    for webhook in call.store.records("webhook", owner=call.caller.organization_id):
        if webhook["status"] == "enabled" and type in webhook["subscriptions"]:
            queue(call, webhook["id"], event_id, type, data)


def queue(
    call: Call,
    webhook_id: str,
    event_id: str,
    type: str,
    data: Any,
    *,
    redelivery_of: str | None = None,
    fault: str | None = None,
) -> str:
    """Store a delivery to one webhook, which is sent once the answer to the request is stored.

    Args:
        call: The request.
        webhook_id: The webhook; it need not have subscribed to the type.
        event_id: The event.
        type: The type of the event.
        data: The data of the event.
        redelivery_of: The id of the delivery that this one repeats.
        fault: One of ``BAD``.

    Returns:
        The id of the delivery.
    """
    identifier = call.store.new_id("whd")
    made = instant(call.settings.clock.now() - timedelta(hours=1)) if fault == "stale" else call.now
    body = dumps({"id": identifier, "type": type, "created_at": made, "data": data})
    fields: dict[str, Any] = {
        "webhook_id": webhook_id,
        "event_id": event_id,
        "type": type,
        "status": "pending",
        "attempts": [],
        "next_attempt_at": call.now,
        "redelivery_of": redelivery_of,
        "fault": fault,
        "body": body[: len(body) // 2] if fault == "cut" else body,
    }
    call.store.put("webhook_delivery", identifier, fields, owner=webhook_id, created_at=call.now)
    call.jobs.append(partial(_deliver, call.settings, identifier))
    return identifier


def deliver_badly(kind: str, call: Call, webhook_id: str, type: str, data: dict[str, Any]) -> str:
    """Send a delivery that the receiver must refuse, or of which it must ignore the repetition.

    Only a duplicate is sent twice.

    Args:
        kind: One of ``BAD``.
        call: The request.
        webhook_id: The webhook; it need not have subscribed to the type.
        type: The type of the event.
        data: The data of the event.

    Returns:
        The id of the delivery.

    Raises:
        ValueError: There is no such kind.
    """
    if kind not in BAD:
        raise ValueError(f"{kind} is none of {', '.join(BAD)}")
    return queue(call, webhook_id, call.store.new_id("evt"), type, data, fault=kind)


def signature(secret: str, content: bytes) -> str:
    """Return the header ``x-uniqos-signature`` for a body."""
    return "sha256=" + hmac.digest(secret.encode(), content, hashlib.sha256).hex()


async def _deliver(settings: Settings, identifier: str) -> None:
    number, generation = 0, settings.generation
    while (pause := await _attempt(settings, identifier, number, generation)) is not None:
        await asyncio.sleep(pause)
        number += 1


async def _attempt(settings: Settings, identifier: str, number: int, generation: int) -> float | None:
    """Send a delivery once, and store the result. Return the pause before the next attempt; None for no further one."""
    delivery = settings.store.get("webhook_delivery", identifier)
    webhook = settings.store.get("webhook", delivery["webhook_id"]) if delivery else None
    if delivery is None or webhook is None or settings.generation != generation:
        return None
    fault, at = delivery["fault"], settings.clock.text()
    pauses = (0.0,) if fault == "duplicate" else () if fault else settings.webhook_pauses
    pause = pauses[number] if number < len(pauses) else None
    status: int | None = None
    error: str | None = "the endpoint is disabled"
    if webhook["status"] == "disabled":
        pause = None
    else:
        status, error = await _send(webhook["url"], webhook["secret"], delivery["body"].encode(), fault)
        if error is None and fault != "duplicate":
            pause = None
    due = None if pause is None else instant(settings.clock.now() + timedelta(seconds=pause))
    with settings.store as store:
        if settings.generation != generation or store.get("webhook_delivery", identifier) is None:
            return None  # the sandbox was reset during the attempt, and may have a new delivery with this id
        store.change(
            "webhook_delivery",
            delivery,
            status="pending" if pause is not None else "failed" if error else "delivered",
            attempts=[*delivery["attempts"], {"at": at, "status": status, "error": error}],
            next_attempt_at=due,
        )
    return pause


async def _send(url: str, secret: str, content: bytes, fault: str | None) -> tuple[int | None, str | None]:
    """Return the status of the answer, and the error, if any."""
    headers = {"Content-Type": "application/json", "User-Agent": "uniqos-sandbox"}
    if fault != "unsigned":
        signing = f"{secret}_of_somebody_else" if fault == "wrongly_signed" else secret
        headers["X-Uniqos-Signature"] = signature(signing, content)
    try:
        address = webhook_address(url)  # a restored snapshot may hold addresses that were never checked
        headers["Host"] = address.netloc.decode("ascii")
        status = await asyncio.wait_for(_post(address, content, headers), _TIMEOUT)
    except asyncio.TimeoutError:
        return None, f"no answer within {_TIMEOUT:g} seconds"
    except (httpx.HTTPError, ValueError, OSError) as exc:
        return None, f"{type(exc).__name__}: {exc}"
    return status, None if 200 <= status < 300 else f"answered {status}"


async def _post(address: httpx.URL, content: bytes, headers: dict[str, str]) -> int:
    """Return the status of the answer. Redirects are not followed, since they could lead to any address."""
    is_secure = address.scheme == "https"
    # Without https no certificates need to be loaded. The proxy of the environment cannot reach this machine.
    trust_env = is_secure and not is_loopback(address.host)
    async with httpx.AsyncClient(timeout=None, follow_redirects=False, verify=is_secure, trust_env=trust_env) as client:
        *others, last = await connectable(address)
        for target in others:
            with suppress(httpx.ConnectError):
                return await _status_of(client, target, content, headers)
        return await _status_of(client, last, content, headers)


async def _status_of(client: httpx.AsyncClient, target: httpx.URL, content: bytes, headers: dict[str, str]) -> int:
    # The body of the answer is not read, since it may be endless.
    async with client.stream("POST", target, content=content, headers=headers) as response:
        return response.status_code
