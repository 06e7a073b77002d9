"""Deliveries: only what is signed, fresh and whole becomes an event."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from typing import Any

import pytest

from uniqos import WebhookSignatureError, construct_event

BODY = (
    b'{"id":"whd_golden_1","type":"quota.threshold_reached","created_at":"2026-07-15T12:00:00.000Z",'
    b'"data":{"alert_id":"qa_1","threshold":0.8}}'
)
SECRET = "whsec_golden_secret"
SIGNATURE = "sha256=669d70487a020b63106c483780be89df2a75a304d05e010403c1df00f7f92c00"
NOW = datetime(2026, 7, 15, 12, 1, tzinfo=timezone.utc).timestamp()


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY, SIGNATURE, SECRET),
        (BODY.decode(), SIGNATURE, SECRET),
        (bytearray(BODY), SIGNATURE, SECRET),
        (BODY, "sha256=" + SIGNATURE[7:].upper(), SECRET),
        (BODY, f" {SIGNATURE} ", SECRET),
        (BODY, SIGNATURE, ["whsec_new", SECRET]),
        (BODY, SIGNATURE, ("", SECRET)),
    ],
)
def test_the_golden_delivery_verifies(body: Any, signature: str, secret: Any) -> None:
    event = construct_event(body, signature, secret, _now=NOW)
    assert (event.id, event.type) == ("whd_golden_1", "quota.threshold_reached")
    assert event.created_at == datetime(2026, 7, 15, 12, tzinfo=timezone.utc)
    assert event["created_at"] == "2026-07-15T12:00:00.000Z"
    assert event.data == event["data"] == {"alert_id": "qa_1", "threshold": 0.8}


@pytest.mark.parametrize(
    ("body", "signature", "secret", "now", "reason"),
    [
        (BODY, None, SECRET, NOW, "missing_signature"),
        (BODY, "", SECRET, NOW, "missing_signature"),
        (BODY, "  ", SECRET, NOW, "missing_signature"),
        (BODY, SIGNATURE[7:], SECRET, NOW, "malformed_signature"),
        (BODY, SIGNATURE[:-1], SECRET, NOW, "malformed_signature"),
        (BODY, "sha1=" + SIGNATURE[7:], SECRET, NOW, "malformed_signature"),
        (BODY + b" ", SIGNATURE, SECRET, NOW, "signature_mismatch"),
        (BODY, SIGNATURE, "whsec_other", NOW, "signature_mismatch"),
        (BODY, SIGNATURE, [], NOW, "signature_mismatch"),
        (BODY, SIGNATURE, "", NOW, "signature_mismatch"),
        (BODY, signed(BODY, ""), "", NOW, "signature_mismatch"),
        (b"nonsense", signed(b"nonsense"), SECRET, NOW, "invalid_payload"),
        (b"[]", signed(b"[]"), SECRET, NOW, "invalid_payload"),
        (b'{"id":"1"}', signed(b'{"id":"1"}'), SECRET, NOW, "invalid_payload"),
        (BODY, SIGNATURE, SECRET, NOW + 241, "stale_timestamp"),
        (BODY, SIGNATURE, SECRET, NOW - 361, "stale_timestamp"),
    ],
)
def test_each_failure_has_its_reason(body: bytes, signature: Any, secret: Any, now: float, reason: str) -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        construct_event(body, signature, secret, _now=now)
    assert caught.value.reason == reason
    assert caught.value.details == {"reason": reason}
    assert caught.value.code == "webhook_signature_verification_failed"


@pytest.mark.parametrize("now", [NOW + 240, NOW - 360])
def test_the_tolerance_is_inclusive_on_both_sides(now: float) -> None:
    assert construct_event(BODY, SIGNATURE, SECRET, _now=now)


def test_a_tolerance_of_0_believes_any_time() -> None:
    assert construct_event(BODY, SIGNATURE, SECRET, tolerance=0, _now=0)
