"""``python -m benchmarks.passthrough``: many streamed chats at once through one FastAPI process, beside plain httpx.

The services with the SDK check every event and send it on under its name: by FastAPI's own server-sent events (sdk),
and by the stream's frames. Of those with httpx one copies bytes, which is the least that anything can do, and one has
models. Each runs under uvicorn in a process of its own; the same clients read them all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from ..support.apis import APIS, KEY
from ..support.loopback import server
from ..support.measure import Sizes
from ..table.memory import resident

BODY = json.dumps({**APIS["uniqos"].turn("chunked"), "stream": False}).encode()


async def chat(port: int, until: float) -> int:
    """One browser: it asks again and again, and reads each stream to its end; gives how many it read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /chat/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}"
    done = 0
    while time.monotonic() < until:
        writer.write(head.encode() + b"\r\n\r\n" + BODY)
        answer = await reader.readuntil(b"0\r\n\r\n")
        assert b"event: completion" in answer, answer[:300]
        done += 1
    writer.close()
    return done


def cpu(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sockets(pid: int) -> int:
    """How many sockets a process holds open."""
    return sum("socket" in os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir())


async def many(port: int, chats: int, seconds: float) -> int:
    until = time.monotonic() + seconds
    return sum(await asyncio.gather(*(chat(port, until) for _ in range(chats))))


def measure(kind: str, upstream: str, chats: int, seconds: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.passthrough.passthrough_app", kind, upstream, str(port)]
    env = {**os.environ, "UNIQOS_API_KEY": KEY, "UNIQOS_BASE_URL": upstream}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE) as process:
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.05)
            asyncio.run(many(port, chats, 2))  # warm: the pool is full, the schemas are built
            before, spent = resident(process.pid), cpu(process.pid)
            start = time.monotonic()
            done = asyncio.run(many(port, chats, seconds))
            took, spent = time.monotonic() - start, cpu(process.pid) - spent
            time.sleep(1)
            print(
                f"{kind}: {done} chats in {took:.0f} s, {done / took:.0f}/s, {spent / done * 1000:.2f} ms of CPU each; "
                f"memory {before:.1f} -> {resident(process.pid):.1f} MiB; {sockets(process.pid)} sockets open after"
            )
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passthrough")
    parser.add_argument("--chats", type=int, default=200, help="at once")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--events", type=int, default=40, help="text events of one answer")
    options = parser.parse_args()
    with server(Sizes(events=options.events)) as upstream:
        for kind in ("sdk", "frames", "bytes", "models"):
            measure(kind, upstream.url, options.chats, options.seconds)


if __name__ == "__main__":
    main()
