"""Worker that may be killed at any moment.

``python -m tests.support.resumed_jobs FLAVOUR URL KEY PERSONALITY JOBS RECORDS`` runs it.

Each line of the file JOBS is the idempotency key of a job, written before any call. The worker adds a job to the file
RECORDS after its answer has arrived. A job without a record is done again with the same key.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import BinaryIO

from uniqos import AsyncUniqOS, UniqOS

flavour, url, api_key, personality, jobs, records = sys.argv[1:]


def open_jobs() -> list[str]:
    done = {line.split(" ")[0] for line in Path(records).read_text().splitlines()}
    return [key for key in Path(jobs).read_text().split() if key not in done]


def record(file: BinaryIO, key: str, interaction: str | None) -> None:
    file.write(f"{key} {interaction}\n".encode())
    os.fsync(file.fileno())


def work(file: BinaryIO) -> None:
    with UniqOS(api_key, base_url=url) as client:
        for key in open_jobs():
            answer = client.respond(personality_id=personality, message=f"job {key}", idempotency_key=key)
            record(file, key, answer.interaction_id)


async def work_async(file: BinaryIO) -> None:
    async with AsyncUniqOS(api_key, base_url=url) as client:
        for key in open_jobs():
            answer = await client.respond(personality_id=personality, message=f"job {key}", idempotency_key=key)
            record(file, key, answer.interaction_id)


with open(records, "ab", buffering=0) as records_file:
    if flavour == "sync":
        work(records_file)
    else:
        asyncio.run(work_async(records_file))
