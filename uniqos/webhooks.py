"""Verification of webhook deliveries.

The API signs the raw body of each delivery with the secret of your endpoint, and sends the signature in a header:

```text
x-uniqos-signature: sha256=<HMAC-SHA256 of the raw body, 64 hexadecimal digits>
```

```python
import os

from uniqos import WebhookEvent, WebhookSignatureError, construct_event

SECRET = os.environ["UNIQOS_WEBHOOK_SECRET"]


def receive(raw_body: bytes, signature: str | None) -> WebhookEvent | None:
    try:
        return construct_event(raw_body, signature, SECRET)
    except WebhookSignatureError as error:
        print(f"refused: {error.reason}")  # answer with 400
        return None


receive(b"{}", None)
```

- **The raw body**: verify the bytes as they came. A body that was parsed and written again has another signature.
- **Old deliveries**: a delivery whose ``created_at`` is more than 300 seconds from now is refused, so that it cannot be
  replayed later. ``tolerance=`` changes the limit; 0 is no limit.
- **Rotation of the secret**: while a secret is being replaced, give both as a list. One match is enough.
- **Duplicates**: the same event can be delivered more than once. Its ``id`` stays the same, so keep the ids that you
  have handled.

In FastAPI, `uniqos.fastapi.webhook` does all of this as a dependency.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from typing import Any

import pydantic
from pydantic import AwareDatetime, SecretStr

from ._base.model import Model
from ._base.response import from_wire
from ._base.secret import Secret, hide
from .errors import ConfigurationError, WebhookSignatureError

__all__ = ["WebhookEvent", "construct_event"]

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")


class WebhookEvent(Model, source="docs"):
    """A verified delivery (source: docs and official SDK)."""

    id: str
    """Id of the delivery: the same when it is sent again, so that you can recognise duplicates."""
    type: str
    """e.g. ``payment.failed`` or ``quota.threshold_reached``; the whole list is undocumented."""
    created_at: AwareDatetime
    data: Any = None
    """The data of the event; their shape depends on the type and is undocumented."""


def construct_event(
    raw_body: bytes | bytearray | memoryview | str,
    signature_header: str | bytes | None,
    secret: str | SecretStr | Sequence[str | SecretStr],
    *,
    tolerance: float = 300,
    _now: float | None = None,
) -> WebhookEvent:
    """Verify a delivery and return its event.

    Args:
        raw_body: The body exactly as it came; parsed and written again it would not match.
        signature_header: The value of the header ``x-uniqos-signature``: ``sha256=`` and 64 hexadecimal digits. None
            where there is no such header.
        secret: The endpoint's secret, as text or as pydantic's ``SecretStr``; several while one is being replaced.
        tolerance: Seconds that ``created_at``, which is signed, may lie in the past or the future; 0 is no limit.

    Returns:
        The event.

    Raises:
        WebhookSignatureError: ``reason`` says why: ``missing_signature``, ``malformed_signature``,
            ``signature_mismatch``, ``invalid_payload`` or ``stale_timestamp``.
        ConfigurationError: An argument has a wrong type, there is no secret, or ``tolerance`` is negative.

    Source: docs and official SDK (which accepts timestamps in the future).
    """
    secret = hide_secrets(secret)  # First, so that no traceback with local variables shows it.
    secrets = check_secrets(secret)
    check_tolerance(tolerance)
    body = _bytes_of(raw_body)
    header = _text_of(signature_header)
    if not header:
        raise WebhookSignatureError("the header x-uniqos-signature is missing", reason="missing_signature")
    signature = _SIGNATURE.fullmatch(header)
    if signature is None:
        raise WebhookSignatureError(
            "the header x-uniqos-signature must be sha256= and 64 hexadecimal digits", reason="malformed_signature"
        )
    presented = bytes.fromhex(signature[1])
    # All secrets are compared: the duration must not reveal which of them matches.
    matches = [
        hmac.compare_digest(presented, hmac.digest(one.encode(errors="surrogatepass"), body, hashlib.sha256))
        for one in secrets
    ]
    if not any(matches):
        raise WebhookSignatureError(
            "the signature does not match the body: pass the raw body, and check the secret",
            reason="signature_mismatch",
        )
    try:
        event = from_wire(WebhookEvent, body)
    except pydantic.ValidationError as exc:
        from ._wire.decode import describe, problems  # rarely needed

        raise WebhookSignatureError(
            f"the body is not a delivery: {describe(problems(exc))}", reason="invalid_payload"
        ) from None
    except ValueError as exc:
        raise WebhookSignatureError(f"the body is not JSON: {exc}", reason="invalid_payload") from None
    if not isinstance(event["created_at"], str):
        raise WebhookSignatureError("the body is not a delivery: created_at is not a string", reason="invalid_payload")
    age = (time.time() if _now is None else _now) - event.created_at.timestamp()
    if tolerance > 0 and abs(age) > tolerance:
        when = "ago" if age > 0 else "in the future"
        raise WebhookSignatureError(
            f"the delivery was made {abs(age):.0f} s {when}; the tolerance is {tolerance:g} s",
            reason="stale_timestamp",
        )
    return event


def hide_secrets(secret: Any) -> list[Any]:
    """Return one or several secrets as a list, in a form that a traceback with local variables does not show."""
    several = isinstance(secret, Sequence) and not isinstance(secret, (str, bytes, bytearray, memoryview))
    return [hide(_revealed(one)) for one in (secret if several else [secret])]


def _revealed(secret: Any) -> Any:
    """Return the text inside a ``SecretStr`` of pydantic; any other value unchanged."""
    return secret.get_secret_value() if isinstance(secret, SecretStr) else secret


def signature_of(body: bytes, secret: str) -> str:
    """Return the value of the header ``x-uniqos-signature`` for a body."""
    return "sha256=" + hmac.digest(secret.encode(errors="surrogatepass"), body, hashlib.sha256).hex()


def check_secrets(secrets: list[Any]) -> list[Secret]:
    """Return the secrets that are not empty.

    Raises:
        ConfigurationError: No secret is given, or one is not a string.
    """
    if not all(isinstance(one, Secret) for one in secrets):
        raise ConfigurationError("a webhook secret must be a string, e.g. whsec_...")
    if not any(secrets):
        raise ConfigurationError("the webhook secret is empty: pass the secret of the endpoint, e.g. whsec_...")
    return [one for one in secrets if one]


def check_tolerance(tolerance: Any) -> None:
    """Check a tolerance.

    Raises:
        ConfigurationError: It is not a number of seconds, or is negative.
    """
    if not isinstance(tolerance, (int, float)) or not tolerance >= 0:  # Also refuses NaN, which would accept any age.
        raise ConfigurationError(f"tolerance must be a number of seconds, 0 or more (0 is no limit), got {tolerance!r}")


def _bytes_of(raw_body: Any) -> bytes:
    if isinstance(raw_body, str):
        # Half a surrogate pair cannot have been signed, so the signature will not match.
        return raw_body.encode(errors="surrogatepass")
    if isinstance(raw_body, (bytes, bytearray, memoryview)):
        return bytes(raw_body)
    raise ConfigurationError(
        f"raw_body must be the body of the request as it came, as bytes or str, got {type(raw_body).__name__}: a body "
        "that was parsed, and is written again, does not match its signature"
    )


def _text_of(header: Any) -> str:
    if isinstance(header, (bytes, bytearray, memoryview)):  # as in ASGI
        header = bytes(header).decode("latin-1")
    if header is None or isinstance(header, str):
        return (header or "").strip()
    raise ConfigurationError(
        f"signature_header must be the value of the header x-uniqos-signature, got {type(header).__name__}"
    )
