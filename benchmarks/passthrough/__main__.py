"""The command ``python -m benchmarks.passthrough``: many streamed chats at once through one FastAPI process.

Five services are compared. ``sdk``, ``sse`` and ``frames`` use the SDK, which validates every event: ``sdk`` sends a
``TurnResponse``, ``sse`` FastAPI's server-sent events as the README shows it, and ``frames`` the stream's frames.
``bytes`` and ``models`` use httpx: ``bytes`` copies bytes, the least possible work, and ``models`` validates by plain
pydantic models. Each service runs under uvicorn in its own process, and the same browsers read all.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from ..support.loopback import server
from ..support.measure import Sizes
from ..support.processes import cpu_seconds, open_sockets, resident
from .service import ask, body_of, service

BODY = body_of("chunked")


async def read_chats(port: int, chats: int, seconds: float) -> int:
    """Let many browsers ask again and again for so long; return how many streams they read to the end."""
    until = time.monotonic() + seconds

    async def browser() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.monotonic() < until:
            await ask(reader, writer, "/chat/stream", BODY)
            done += 1
        writer.close()
        return done

    return sum(await asyncio.gather(*(browser() for _ in range(chats))))


def measure(kind: str, upstream: str, chats: int, seconds: float) -> None:
    """Measure one kind of service, and print its line."""
    with service(kind, upstream) as running:
        port, process = running.port, running.process
        asyncio.run(read_chats(port, chats, 2))  # fills the connection pool and builds the schemas
        before, spent = resident(process), cpu_seconds(process)
        start = time.monotonic()
        done = asyncio.run(read_chats(port, chats, seconds))
        took, spent = time.monotonic() - start, cpu_seconds(process) - spent
        time.sleep(1)
        print(
            f"{kind}: {done} chats in {took:.0f} s, {done / took:.0f}/s, {spent / done * 1000:.2f} ms of CPU each; "
            f"memory {before:.1f} -> {resident(process):.1f} MiB; {open_sockets(process)} sockets open after"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passthrough")
    parser.add_argument("--chats", type=int, default=200, help="streamed chats at once")
    parser.add_argument("--seconds", type=float, default=60, help="of each service")
    parser.add_argument("--events", type=int, default=40, help="text events of one answer")
    options = parser.parse_args()
    with server(Sizes(events=options.events)) as upstream:
        for kind in ("sdk", "sse", "frames", "bytes", "models"):
            measure(kind, upstream.url, options.chats, options.seconds)


if __name__ == "__main__":
    main()
