"""Webhook deliveries: only a signed, fresh and complete delivery becomes an event."""

from __future__ import annotations

import hashlib
import hmac
import traceback
from datetime import datetime, timezone
from typing import Any

import pytest

from uniqos import ConfigurationError, UniqOSError, WebhookSignatureError, construct_event, models

BODY = (
    b'{"id":"whd_golden_1","type":"quota.threshold_reached","created_at":"2026-07-15T12:00:00.000Z",'
    b'"data":{"alert_id":"qa_1","threshold":0.8}}'
)
SECRET = "whsec_golden_secret"
SIGNATURE = "sha256=669d70487a020b63106c483780be89df2a75a304d05e010403c1df00f7f92c00"
NOW = datetime(2026, 7, 15, 12, 1, tzinfo=timezone.utc).timestamp()
MADE_OF_NUMBERS = b'{"id":1,"type":2,"created_at":"2026-07-15T12:00:00Z"}'
AT_A_NUMBER = b'{"id":"1","type":"t","created_at":1784116800}'


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
        (BODY, "SHA256=" + SIGNATURE[7:], SECRET, NOW, "malformed_signature"),
        (BODY, SIGNATURE + "0", SECRET, NOW, "malformed_signature"),
        (BODY, SIGNATURE[:-1] + "g", SECRET, NOW, "malformed_signature"),
        (BODY, f"{SIGNATURE},{SIGNATURE}", SECRET, NOW, "malformed_signature"),
        (BODY + b" ", SIGNATURE, SECRET, NOW, "signature_mismatch"),
        (BODY, SIGNATURE, "whsec_other", NOW, "signature_mismatch"),
        (b"nonsense", signed(b"nonsense"), SECRET, NOW, "invalid_payload"),
        (b"[]", signed(b"[]"), SECRET, NOW, "invalid_payload"),
        (b'{"id":"1"}', signed(b'{"id":"1"}'), SECRET, NOW, "invalid_payload"),
        (AT_A_NUMBER, signed(AT_A_NUMBER), SECRET, NOW, "invalid_payload"),
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


@pytest.mark.parametrize(
    ("body", "signature", "now", "says"),
    [
        (BODY, None, NOW, "the header x-uniqos-signature is missing"),
        (BODY, "sha256=", NOW, "the header x-uniqos-signature must be sha256= and 64 hexadecimal digits"),
        (
            BODY + b" ",
            SIGNATURE,
            NOW,
            "the signature does not match the body: pass the raw body, and check the secret",
        ),
        (
            MADE_OF_NUMBERS,
            signed(MADE_OF_NUMBERS),
            NOW,
            "the body is not a delivery: id: Input should be a valid string; type: Input should be a valid string",
        ),
        (AT_A_NUMBER, signed(AT_A_NUMBER), NOW, "the body is not a delivery: created_at is not a string"),
        (BODY, SIGNATURE, NOW + 241, "the delivery was made 301 s ago; the tolerance is 300 s"),
        (BODY, SIGNATURE, NOW - 361, "the delivery was made 301 s in the future; the tolerance is 300 s"),
    ],
)
def test_a_failure_says_what_is_wrong(body: bytes, signature: str | None, now: float, says: str) -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        construct_event(body, signature, SECRET, _now=now)
    assert str(caught.value) == says


@pytest.mark.parametrize("body", [b'{"id":', BODY.replace(b"0.8", b"NaN"), BODY.replace(b"0.8", b"-Infinity")])
def test_a_signed_body_that_is_not_json_is_an_invalid_payload(body: bytes) -> None:
    with pytest.raises(WebhookSignatureError, match=r"^the body is not .*line 1 column") as caught:
        construct_event(body, signed(body), SECRET, _now=NOW)
    assert caught.value.reason == "invalid_payload"


def test_a_signed_text_that_is_no_delivery_is_not_repeated_in_the_error() -> None:
    body = b'{"id":["my secret"],"type":"t","created_at":"my secret"}'
    with pytest.raises(WebhookSignatureError) as caught:
        construct_event(body, signed(body), SECRET, _now=NOW)
    assert "my secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (memoryview(BODY), SIGNATURE),
        (BODY, SIGNATURE.encode()),
        (BODY, f" {SIGNATURE}\t".encode()),
        (bytearray(BODY), bytearray(SIGNATURE.encode())),
    ],
)
def test_body_and_header_may_come_in_the_types_of_any_framework(body: Any, signature: Any) -> None:
    assert construct_event(body, signature, SECRET, _now=NOW).id == "whd_golden_1"


@pytest.mark.parametrize(("header", "reason"), [(b"", "missing_signature"), (b"sha256=\xff", "malformed_signature")])
def test_a_header_in_bytes_fails_as_one_in_text_does(header: bytes, reason: str) -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        construct_event(BODY, header, SECRET, _now=NOW)
    assert caught.value.reason == reason


@pytest.mark.parametrize("body", [{"id": "e"}, None, 7, [1, 2], models.WebhookEvent], ids=repr)
def test_a_body_that_is_no_raw_body_is_named(body: Any) -> None:
    with pytest.raises(ConfigurationError, match="raw_body must be the body of the request as it came") as caught:
        construct_event(body, SIGNATURE, SECRET, _now=NOW)
    assert f"got {type(body).__name__}" in str(caught.value)


@pytest.mark.parametrize("header", [[SIGNATURE], (SIGNATURE,), {"x-uniqos-signature": SIGNATURE}, 7, True], ids=repr)
def test_a_header_that_is_no_text_is_named(header: Any) -> None:
    with pytest.raises(ConfigurationError, match="signature_header must be the value of the header") as caught:
        construct_event(BODY, header, SECRET, _now=NOW)
    assert f"got {type(header).__name__}" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "header", "secret"),
    [
        (BODY, SIGNATURE, SECRET),
        (BODY, SIGNATURE, [SECRET, "whsec_golden_2"]),
        (BODY, None, SECRET),
        (None, SIGNATURE, SECRET),
        (BODY, [], SECRET),
        (BODY, SIGNATURE, [SECRET, 7]),
        (BODY, SIGNATURE, SECRET.encode()),
        (BODY, SIGNATURE, {SECRET}),
        (BODY, SIGNATURE, {"secret": SECRET}),
    ],
)
def test_no_failure_shows_the_secret_in_a_local_variable(body: Any, header: Any, secret: Any) -> None:
    with pytest.raises(UniqOSError) as caught:
        construct_event(body, header, secret, _now=0)
    seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "secret" in repr(seen.stack[1].locals)
    assert "golden_secret" not in repr([frame.locals for frame in seen.stack[1:]]) + str(caught.value)


@pytest.mark.parametrize("secret", [SECRET.encode(), [SECRET, 7], [None], None, 7, {SECRET}], ids=repr)
def test_a_secret_that_is_no_text_is_a_wrong_setting(secret: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        construct_event(BODY, SIGNATURE, secret, _now=NOW)
    assert str(caught.value) == "a webhook secret must be a string, e.g. whsec_..."


def test_a_delivery_is_measured_by_the_clock_of_the_machine() -> None:
    body = b'{"id":"1","type":"t","created_at":"%s"}' % datetime.now(timezone.utc).isoformat().encode()
    assert construct_event(body, signed(body), SECRET).id == "1"
    with pytest.raises(WebhookSignatureError, match=" s ago"):
        construct_event(BODY.replace(b"2026", b"2020"), signed(BODY.replace(b"2026", b"2020")), SECRET)


@pytest.mark.parametrize(
    ("late", "says"), [(0.75, "1 s ago; the tolerance is 0.5 s"), (-0.75, "1 s in the future; the tolerance is 0.5 s")]
)
def test_a_tolerance_may_be_less_than_a_second(late: float, says: str) -> None:
    made = NOW - 60
    assert construct_event(BODY, SIGNATURE, SECRET, tolerance=0.5, _now=made + late / 2)
    with pytest.raises(WebhookSignatureError, match=says):
        construct_event(BODY, SIGNATURE, SECRET, tolerance=0.5, _now=made + late)


@pytest.mark.parametrize("now", [NOW + 240, NOW - 360])
def test_the_tolerance_is_inclusive_on_both_sides(now: float) -> None:
    assert construct_event(BODY, SIGNATURE, SECRET, _now=now)


def test_a_tolerance_of_0_believes_any_time() -> None:
    assert construct_event(BODY, SIGNATURE, SECRET, tolerance=0, _now=0)


@pytest.mark.parametrize("wrong", [-1, float("nan"), "300", None])
def test_a_tolerance_that_is_none_is_refused_instead_of_believing_any_time(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="tolerance must be"):
        construct_event(BODY, SIGNATURE, SECRET, tolerance=wrong, _now=0)


@pytest.mark.parametrize("secret", ["", [], [""]], ids=repr)
def test_a_secret_that_nobody_has_set_is_a_wrong_setting(secret: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        construct_event(BODY, signed(BODY, ""), secret, _now=NOW)
    assert str(caught.value) == "the webhook secret is empty: pass the secret of the endpoint, e.g. whsec_..."


@pytest.mark.parametrize(("body", "secret"), [("\ud800", SECRET), (BODY, "\ud800"), (BODY, ["\udfff", "whsec_other"])])
def test_half_a_surrogate_pair_was_signed_by_nobody(body: Any, secret: Any) -> None:
    with pytest.raises(WebhookSignatureError) as caught:
        construct_event(body, SIGNATURE, secret, _now=NOW)
    assert caught.value.reason == "signature_mismatch"
