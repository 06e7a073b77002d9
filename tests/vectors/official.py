"""Plays the vectors through the official SDK, and says where they are not what it sends.

Run it in an environment that has ``uniqos==0.6.0`` instead of this project; it needs nothing else.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

HERE = Path(__file__).parent
sys.path[:] = [path for path in sys.path if path and Path(path).resolve() not in (HERE, HERE.parent.parent)]
sys.path.append(str(HERE.parent / "support"))

import rawserver  # noqa: E402

import uniqos  # noqa: E402


def main() -> int:
    """Print each difference; the exit code says whether there is any."""
    assert uniqos.__version__ == "0.6.0", "this is about the official SDK"
    vectors = [v for file in sorted(HERE.glob("*.json")) for v in json.loads(file.read_text("utf-8")) if v["official"]]
    wrong = 0
    for vector in vectors:
        sent = request_of(vector)
        wanted = {**vector["request"], "query": sorted(parse_qsl(vector["request"]["query"]))}
        if vector["request"]["idempotency_key"] == "ours":
            wanted["idempotency_key"] = False
        if sent != wanted:
            wrong += 1
            print(f"{vector['operation']}: the official SDK sends {sent}, the vector says {wanted}")
    print(f"{len(vectors)} vectors, {wrong} differ")
    return int(bool(wrong))


def request_of(vector: dict[str, Any]) -> dict[str, Any]:
    def answer(connection: Any, request: bytes, number: int) -> None:
        is_stream = "events" in vector["answer"]
        rawserver.reply(
            connection,
            vector["answer"]["status"],
            b"event: error\ndata: {}\n\n" if is_stream else b"{}" if vector["answer"]["body"] is not None else b"",
            {"Content-Type": "text/event-stream" if is_stream else "application/json"},
        )

    with rawserver.RawServer(answer) as server:
        with uniqos.UniqOS(api_key="uniq_test_abcd1234", base_url=server.url, max_retries=0) as client:
            method: Any = client
            for name in vector["operation"].split("."):
                method = getattr(method, name)
            answered = method(*vector["args"], **vector["kwargs"])
            if "events" in vector["answer"]:
                next(iter(answered), None)
        (request,) = server.requests
    verb, target, _ = request.split(b"\r\n", 1)[0].decode().split(" ")
    path, _, query = target.partition("?")
    key = rawserver.header(request, "Idempotency-Key")
    body = rawserver.body(request)
    made = key is not None and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key) is not None
    return {
        "method": verb,
        "path": path,
        "query": sorted(parse_qsl(query, keep_blank_values=True)),
        "body": json.loads(body) if body else None,
        "idempotency_key": True if made else key or False,
    }


if __name__ == "__main__":
    sys.exit(main())
