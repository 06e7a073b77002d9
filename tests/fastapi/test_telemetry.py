"""The spans of an instrumented FastAPI service: the turn's span stands between the request and the http_client."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.support.rawserver import RawServer, header, reply
from uniqos import AsyncUniqOS

pytest.importorskip("fastapi", reason="FastAPI is not installed")
pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="its instrumentation is not installed")

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from uniqos import telemetry

pytestmark = pytest.mark.anyio
KEY = "uniq_test_abcd1234"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_turn_in_a_service_belongs_to_the_trace_of_its_caller() -> None:
    exporter, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    app = FastAPI()
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with RawServer(lambda connection, request, number: reply(connection, 200, b'{"response": "Hi!"}')) as server:
        client = AsyncUniqOS(KEY, base_url=server.url, telemetry=telemetry.Telemetry(tracer_provider=tracers))

        @app.post("/chat")
        async def chat() -> str:
            return (await client.respond(personality_id="pers_1", message="Hello!")).response

        FastAPIInstrumentor.instrument_app(app, tracer_provider=tracers)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as browser:
            answer = await browser.post("/chat", headers={"traceparent": caller})
            assert answer.json() == "Hi!"
        await client.aclose()
    spans = exporter.get_finished_spans()
    turn = next(span for span in spans if span.kind is SpanKind.CLIENT)
    request = next(span for span in spans if span.kind is SpanKind.SERVER)
    assert (request.name, turn.name) == ("POST /chat", "invoke_agent pers_1")
    assert turn.parent is not None
    assert turn.parent.span_id == request.context.span_id
    assert {f"{span.context.trace_id:032x}" for span in spans} == {caller.split("-")[1]}
    assert f"-{turn.context.span_id:016x}-" in (header(server.requests[0], "traceparent") or "")
    tracers.shutdown()


def test_automatic_instrumentation_finds_the_instrumentor() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    found = re.search(r'opentelemetry_instrumentor]\nuniqos = "([\w.]+):(\w+)"', project)
    assert found is not None
    assert found[1] == telemetry.__name__
    instrumentor = getattr(telemetry, found[2])()
    assert list(instrumentor.instrumentation_dependencies()) == []
    instrumentor.instrument(skip_dep_check=True)
    try:
        assert instrumentor.is_instrumented_by_opentelemetry
    finally:
        instrumentor.uninstrument()
    assert not instrumentor.is_instrumented_by_opentelemetry
