"""The display of the deliveries that the API lists for an endpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import uniqos

from ...api.webhooks import WebhookDelivery
from .. import output


def poll_deliveries(client: uniqos.UniqOS, webhook_id: str, interval: float) -> None:
    """Print each delivery of an endpoint that is new or has changed, as one line of JSON, until Ctrl-C.

    Args:
        client: The client.
        webhook_id: The endpoint.
        interval: Seconds between two requests.

    Raises:
        UniqOSError: The API refused the first request. Later failures of the network are shown, and polling goes on.
    """
    output.note(
        "polling: the fields of these deliveries are undocumented, and they carry no signature, so that they cannot be "
        "verified or forwarded; Ctrl-C ends it"
    )
    known: dict[str, str] | None = None
    while True:
        try:
            found = client.webhooks.list_deliveries(webhook_id).data or []
        except uniqos.NetworkError as exc:
            if known is None:
                raise
            output.note(f"error: {exc.message}; the next poll tries again", "red")
        else:
            known = _show_changes(found, known or {})
        time.sleep(interval)


def _show_changes(found: Sequence[WebhookDelivery], known: Mapping[str, str]) -> dict[str, str]:
    """Print the deliveries that are not known as they are now; return those listed, as text by id."""
    listed: dict[str, str] = {}
    for delivery in reversed(found):  # The newest comes first, as in other lists of the API.
        fields = delivery.to_dict()
        text = output.json_text(fields, pretty=False)
        its_id = str(fields.get("id", text))
        listed[its_id] = text
        if known.get(its_id) != text:
            output.write(text)
    return listed
