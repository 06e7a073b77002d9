"""One iterator for several workers: each item goes to one of them, and none is lost."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from urllib.parse import parse_qs, urlsplit

from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, UniqOS

KEY = "uniq_test_abcd1234"
PAGES = 10


def page(connection: socket.socket, request: bytes, number: int) -> None:
    asked = parse_qs(urlsplit(request.split(b" ")[1].decode()).query)
    start = int(asked.get("cursor", ["0"])[0])
    time.sleep(0.002)
    items = [{"user_id": f"u{start * 10 + index}"} for index in range(10)]
    following = str(start + 1) if start + 1 < PAGES else None
    reply(connection, 200, json.dumps({"data": items, "next_cursor": following}).encode())


def test_threads_share_an_iterator() -> None:
    found: list[str] = []
    with RawServer(page) as server, UniqOS(KEY, base_url=server.url) as client:
        items = client.end_users.iterate()
        workers = [threading.Thread(target=lambda: found.extend(item.user_id for item in items)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(server.requests) == PAGES
    assert sorted(found) == sorted(f"u{number}" for number in range(PAGES * 10))


def test_tasks_share_an_iterator() -> None:
    async def main(url: str) -> list[str]:
        found: list[str] = []
        async with AsyncUniqOS(KEY, base_url=url) as client:
            items = client.end_users.iterate()

            async def work() -> None:
                async for item in items:
                    found.append(item.user_id)

            await asyncio.gather(*(work() for _ in range(8)))
        return found

    with RawServer(page) as server:
        found = asyncio.run(main(server.url))
        assert len(server.requests) == PAGES
    assert sorted(found) == sorted(f"u{number}" for number in range(PAGES * 10))
