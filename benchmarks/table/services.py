"""A turn passed through a FastAPI service: the CPU of the service's process, with us and with httpx by hand."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

from ..support.apis import APIS, KEY
from ..support.clients import event_loop
from ..support.environments import ROOT
from ..support.measure import Bench, Case, Measure, Sided

_KINDS = {"base": "bytes", "httpx_models": "models", "sdk": "sdk"}
_START_SECONDS = 30.0


def passed(message: str) -> Case:
    """CPU of the service per turn; the base copies bytes with httpx."""
    streamed = message != "now"
    path = "/chat/stream" if streamed else "/chat"
    body = json.dumps(APIS["uniqos"].turn(message)).encode()

    @contextmanager
    def case(bench: Bench) -> Sided:
        with ExitStack() as stack:
            run = stack.enter_context(event_loop())
            ports = {side: stack.enter_context(service(kind, bench.url)) for side, kind in _KINDS.items()}

            def measured(port: int) -> Measure:
                browsers, turns = bench.sizes.browsers, bench.sizes.turns

                def measure() -> float:
                    before = cpu_of(port)
                    run(many(port, path, body, browsers, turns))
                    return (cpu_of(port) - before) / (browsers * turns)

                return measure

            yield {side: measured(port) for side, port in ports.items()}

    return case


@contextmanager
def service(kind: str, upstream: str) -> Generator[int, None, None]:
    """The port of a running service."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.passthrough.passthrough_app", kind, upstream, str(port)]
    env = {**os.environ, "UNIQOS_API_KEY": KEY, "UNIQOS_BASE_URL": upstream}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE) as process:
        try:
            _until(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), process)
            yield port
        finally:
            process.terminate()


def _until(works: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            works()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)


def cpu_of(port: int) -> float:
    """CPU seconds of a service so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/cpu") as answer:
        seconds: float = json.load(answer)
    return seconds


async def many(port: int, path: str, body: bytes, browsers: int, turns: int) -> None:
    await asyncio.gather(*(_browser(port, path, body, turns) for _ in range(browsers)))


async def _browser(port: int, path: str, body: bytes, turns: int) -> None:
    """One browser: turn after turn, each read to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(turns):
        writer.write(head.encode() + body)
        received = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b"chunked" in received:
            received += await reader.readuntil(b"0\r\n\r\n")
            assert b"event: completion" in received, received[:300]
        else:
            length = int(received.partition(b"content-length:")[2].partition(b"\r\n")[0])
            received += await reader.readexactly(length)
        assert received.startswith(b"http/1.1 200"), received[:300]
    writer.close()
