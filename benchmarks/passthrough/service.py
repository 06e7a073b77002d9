"""A pass-through service in a process of its own, and the browsers that call it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from ..support.apis import KEY
from ..support.environments import ROOT

_START_SECONDS = 30.0


@dataclass(frozen=True)
class Service:
    """A running service."""

    port: int
    process: int
    """Process id."""


@contextmanager
def service(kind: str, upstream: str) -> Generator[Service, None, None]:
    """Run one kind of service, which calls the API at the URL ``upstream``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.passthrough.passthrough_app", kind, upstream, str(port)]
    env = {**os.environ, "UNIQOS_API_KEY": KEY, "UNIQOS_BASE_URL": upstream}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE) as process:
        try:
            _wait_until_it_listens(port, process)
            yield Service(port, process.pid)
        finally:
            process.terminate()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)


def body_of(message: str) -> bytes:
    """Return a turn as a browser sends it."""
    return json.dumps({"personality_id": "pers_01J9ZC5T7Q", "message": message, "mode": "stateless"}).encode()


async def ask(reader: StreamReader, writer: StreamWriter, path: str, body: bytes) -> None:
    """Send one turn over a browser's connection, and read the answer to its end."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    received = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"chunked" in received:
        received += await reader.readuntil(b"0\r\n\r\n")
        assert b"event: completion" in received, received[:300]
    else:
        length = int(received.partition(b"content-length:")[2].partition(b"\r\n")[0])
        received += await reader.readexactly(length)
    assert received.startswith(b"http/1.1 200"), received[:300]
