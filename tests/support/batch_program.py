"""Program that runs one batch and is killed by a test: FLAVOUR URL KEY PERSONALITY LEDGER OUTPUT ROWS CONCURRENCY."""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio

from uniqos import AsyncUniqOS, UniqOS
from uniqos.batch import AsyncBatch, Batch, Report

_, flavour, url, key, personality, ledger, output, count, concurrency = sys.argv
rows = [{"id": f"r{number}", "message": f"message {number}"} for number in range(int(count))]
options: dict[str, Any] = {
    "id": "id",
    "ledger": ledger,
    "fixed": {"personality_id": personality, "mode": "stateless"},
    "concurrency": int(concurrency),
}


async def in_event_loop() -> Report:
    async with AsyncUniqOS(key, base_url=url) as client:
        return await AsyncBatch(client, "respond", rows, **options).write(output)


def in_threads() -> Report:
    with UniqOS(key, base_url=url) as client:
        return Batch(client, "respond", rows, **options).write(output)


report = in_threads() if flavour == "sync" else anyio.run(in_event_loop, backend=flavour)
print(json.dumps({"complete": report.is_complete, "stopped": report.stopped, "unknown": report.unknown}))
