"""Rows of a turn through a FastAPI service: CPU of the service's process, with the SDK and with httpx by hand."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from contextlib import ExitStack, contextmanager

from ..passthrough.service import ask, body_of, service
from ..support.clients import event_loop
from ..support.measure import Bench, Case, Measure, Sided

_KINDS = {"base": "bytes", "httpx_models": "models", "readme": "sse", "sdk": "sdk"}
"""Services by side. ``readme`` is the README's service, and ``sdk`` the same with the responses that cost less."""


def passed(message: str) -> Case:
    """Return the case of the service's CPU per turn; the base copies bytes with httpx."""
    streamed = message != "now"
    path = "/chat/stream" if streamed else "/chat"
    body = body_of(message)

    @contextmanager
    def case(bench: Bench) -> Sided:
        with ExitStack() as stack:
            run = stack.enter_context(event_loop())
            ports = {side: stack.enter_context(service(kind, bench.url)).port for side, kind in _KINDS.items()}

            def cpu_per_turn(port: int) -> Measure:
                browsers, turns = bench.sizes.browsers, bench.sizes.turns

                def measure() -> float:
                    before = service_cpu(port)
                    run(_browsers(port, path, body, browsers, turns))
                    return (service_cpu(port) - before) / (browsers * turns)

                return measure

            yield {side: cpu_per_turn(port) for side, port in ports.items()}

    return case


def service_cpu(port: int) -> float:
    """Return the CPU seconds that a service has used; it tells them itself, on every system."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/cpu") as answer:
        seconds: float = json.load(answer)
    return seconds


async def _browsers(port: int, path: str, body: bytes, browsers: int, turns: int) -> None:
    async def browser() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(turns):
            await ask(reader, writer, path, body)
        writer.close()

    await asyncio.gather(*(browser() for _ in range(browsers)))
