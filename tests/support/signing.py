"""Webhook deliveries with the API's signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any


def delivery(secret: str, **more: Any) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a delivery with the present time."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    body = json.dumps({"id": "whd_1", "type": "payment.failed", "created_at": now, "data": {}, **more}).encode()
    return body, {"X-Uniqos-Signature": "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()}
