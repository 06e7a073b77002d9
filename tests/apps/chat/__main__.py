"""The command ``python -m tests.apps.chat``, which calls the real API if UNIQOS_API_KEY is set, else a sandbox."""

import argparse
import hashlib
import hmac
import json
import os
import uuid
from datetime import datetime, timezone

import uvicorn

import uniqos

from .app import make_app


def sign(secret: str) -> tuple[bytes, str]:
    """Return a webhook delivery with its signature."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data = {"alert_id": "qa_1", "threshold": 0.8}
    event = {"id": f"whd_{uuid.uuid4().hex[:8]}", "type": "quota.threshold_reached", "created_at": now, "data": data}
    body = json.dumps(event).encode()
    return body, "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.apps.chat")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if os.environ.get("UNIQOS_API_KEY"):
        uvicorn.run(make_app(), port=port)
        return
    with uniqos.sandbox.serve() as sandbox:
        print("UNIQOS_API_KEY is not set, so an embedded sandbox answers, a stand-in for the real engine")
        uvicorn.run(make_app(sandbox.async_client, sign), port=port)


if __name__ == "__main__":
    main()
