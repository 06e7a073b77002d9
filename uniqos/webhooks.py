"""Deliveries of webhooks: verified against the raw body before anything in them is believed."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic import AwareDatetime

from ._model import Model, from_wire
from .errors import ConfigurationError, WebhookSignatureError

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")


class WebhookEvent(Model, source="docs"):
    """A delivery whose signature was right (source: docs and official SDK)."""

    id: str
    """Id of the delivery: the same when it is sent again, so that duplicates can be told."""
    type: str
    """e.g. ``payment.failed`` or ``quota.threshold_reached``; the whole list is undocumented."""
    created_at: AwareDatetime
    data: Any = None
    """What happened; its shape depends on the type and is undocumented."""


def construct_event(
    raw_body: bytes | str,
    signature_header: str | None,
    secret: str | Sequence[str],
    *,
    tolerance: float = 300,
    _now: float | None = None,
) -> WebhookEvent:
    """Verify a delivery and give its event.

    Args:
        raw_body: The body exactly as it came; parsed and written again it would not match.
        signature_header: The header ``x-uniqos-signature``: ``sha256=`` and 64 hexadecimal digits.
        secret: The endpoint's secret; several while one is being replaced.
        tolerance: Seconds that ``created_at``, which is signed, may lie in the past or the future; 0 is any.

    Returns:
        The event.

    Raises:
        WebhookSignatureError: ``reason`` says why: ``missing_signature``, ``malformed_signature``,
            ``signature_mismatch``, ``invalid_payload`` or ``stale_timestamp``.
        ConfigurationError: ``secret`` or ``tolerance`` is none.

    Source: docs and official SDK (which does not look at timestamps in the future).
    """
    if not signature_header or not signature_header.strip():
        raise WebhookSignatureError("the header x-uniqos-signature is missing", reason="missing_signature")
    signature = _SIGNATURE.fullmatch(signature_header.strip())
    if signature is None:
        raise WebhookSignatureError(
            "the header x-uniqos-signature must be sha256= and 64 hexadecimal digits", reason="malformed_signature"
        )
    # Half a surrogate pair is no text that anybody has signed, so it ends as a signature that does not belong to it.
    body = raw_body.encode(errors="surrogatepass") if isinstance(raw_body, str) else bytes(raw_body)
    presented = bytes.fromhex(signature[1])
    secrets = [secret] if isinstance(secret, str) else secret
    if not isinstance(secrets, Sequence) or not all(isinstance(one, str) for one in secrets):
        raise ConfigurationError("a webhook secret must be a string, e.g. whsec_...")
    if not any(secrets):
        raise ConfigurationError("no webhook secret was given: it is empty, as a setting is that nobody has set")
    if not isinstance(tolerance, (int, float)) or not tolerance >= 0:  # NaN too: it would believe any age
        raise ConfigurationError(f"tolerance must be a number of seconds, 0 or more (0 is any), got {tolerance!r}")
    # No early end: how long this takes must not tell which of the secrets is the right one.
    matches = [
        hmac.compare_digest(presented, hmac.digest(one.encode(errors="surrogatepass"), body, hashlib.sha256))
        for one in secrets
        if one
    ]
    if not any(matches):
        raise WebhookSignatureError(
            "the signature does not belong to this body: is it the raw body, and the right secret?",
            reason="signature_mismatch",
        )
    try:
        event = from_wire(WebhookEvent, body)
    except pydantic.ValidationError as exc:
        from ._operation import describe, problems  # rarely needed

        raise WebhookSignatureError(
            f"the body is not a delivery: {describe(problems(exc))}", reason="invalid_payload"
        ) from None
    except ValueError as exc:
        raise WebhookSignatureError(f"the body is not JSON: {exc}", reason="invalid_payload") from None
    if not isinstance(event["created_at"], str):
        raise WebhookSignatureError("the body is not a delivery: created_at is no text", reason="invalid_payload")
    age = (time.time() if _now is None else _now) - event.created_at.timestamp()
    if tolerance > 0 and abs(age) > tolerance:
        when = "ago" if age > 0 else "in the future"
        raise WebhookSignatureError(
            f"the delivery was made {abs(age):.0f} s {when}; more than {tolerance:g} s are not believed",
            reason="stale_timestamp",
        )
    return event
