# Generated from _async/calls/test_telemetry.py by python -m uniqos._generate. Do not edit.
"""Spans and metrics of calls, collected by the OpenTelemetry SDK."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests._sync.calls.test_calls import ANSWER, OK, answers, failing
from tests._sync.streams.test_streams import COMPLETION, HE, LLO, METADATA, stream_of, streaming
from tests._sync.support import KEY, make_client
from tests.support.rawserver import RawServer, header, reply
from uniqos import UniqOS, errors
from uniqos.middleware import Answer, Attempt, Next

pytest.importorskip("opentelemetry.sdk.trace", reason="the OpenTelemetry SDK is not installed")

from opentelemetry import baggage, context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode

from uniqos.telemetry import Telemetry, UniqOSInstrumentor

USER = "user_person_42"
WORDS = "My secret words"
TURN: dict[str, Any] = {"personality_id": "pers_1", "message": WORDS, "user_id": USER}
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
LIMITED = failing(429, "rate_limit_exceeded", Retry_After="2")


class Collected:
    """The spans and metrics of one test."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])

    def settings(self, **options: Any) -> Telemetry:
        return Telemetry(tracer_provider=self.tracers, meter_provider=self.meters, **options)

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        [span] = self.spans
        return span

    def metrics(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        if data is None:
            return {}
        return {
            metric.name: list(metric.data.data_points)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def text(self) -> str:
        """All that was collected."""
        data = self.reader.get_metrics_data()
        return "".join(span.to_json() for span in self.spans) + ("" if data is None else data.to_json())


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collected]:
    monkeypatch.delenv(CAPTURE, raising=False)
    found = Collected()
    yield found
    text = found.text()
    assert KEY not in text
    assert USER not in text
    found.tracers.shutdown()
    found.meters.shutdown()


def traced(request: bytes) -> tuple[int, int, bool]:
    """The ids of the trace and the span that a request names, and whether the trace is sampled."""
    version, trace_id, span_id, flags = (header(request, "traceparent") or "").split("-")
    assert version == "00"
    return int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & 1)


def named(span: ReadableSpan) -> list[str]:
    return [event.name for event in span.events]


def test_a_turn_is_one_client_span_with_the_names_of_the_conventions(collected: Collected) -> None:
    tracer = collected.tracers.get_tracer("test")
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            with tracer.start_as_current_span("parent") as parent:
                client.respond(**TURN)
    span = next(span for span in collected.spans if span.name != "parent")
    assert (span.name, span.kind) == ("invoke_agent pers_1", SpanKind.CLIENT)
    assert span.parent is not None
    assert span.parent.span_id == parent.get_span_context().span_id
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "uniqos",
        "gen_ai.agent.id": "pers_1",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "http.response.status_code": 200,
        "uniqos.operation": "POST /v1/respond",
        "uniqos.outcome": "success",
        "uniqos.request_id": "req_1",
    }
    assert span.status.status_code is StatusCode.UNSET
    assert named(span) == ["uniqos.attempt", "uniqos.answer"]
    assert WORDS not in collected.text()
    assert traced(server.requests[0]) == (span.context.trace_id, span.context.span_id, True)


def test_a_retried_turn_is_one_span_whose_events_are_its_attempts(collected: Collected) -> None:
    with RawServer(answers(LIMITED, OK)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            client.respond(**TURN)
    span = collected.span
    assert named(span) == ["uniqos.attempt", "uniqos.answer", "uniqos.retry", "uniqos.attempt", "uniqos.answer"]
    retry = dict(span.events[2].attributes or {})
    assert retry.pop("uniqos.delay") == pytest.approx(2, abs=1)
    assert retry == {"uniqos.attempt": 1, "error.type": "rate_limit_exceeded", "http.response.status_code": 429}
    assert span.attributes is not None
    assert span.attributes["http.request.resend_count"] == 1
    assert {traced(request) for request in server.requests} == {(span.context.trace_id, span.context.span_id, True)}
    metrics = collected.metrics()
    [retries] = metrics["uniqos.client.retries"]
    assert (retries.value, retries.attributes["error.type"]) == (1, "rate_limit_exceeded")
    [turns] = metrics["uniqos.client.turns"]
    assert (turns.value, turns.attributes["uniqos.outcome"]) == (1, "success")
    [duration] = metrics["gen_ai.client.operation.duration"]
    assert duration.count == 1
    assert duration.attributes["gen_ai.operation.name"] == "invoke_agent"


def test_a_stream_is_one_span_until_its_end(collected: Collected) -> None:
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            stream = client.respond(**TURN, stream=True)
            for _ in stream:
                assert not collected.spans
    attributes = dict(collected.span.attributes or {})
    assert attributes["gen_ai.request.stream"] is True
    assert attributes["gen_ai.response.id"] == "int_1"
    assert attributes["gen_ai.response.model"] == "c"
    assert attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert attributes["uniqos.outcome"] == "success"
    assert "joy" not in collected.text()
    assert "Hé" not in collected.text()
    [first] = collected.metrics()["gen_ai.client.operation.time_to_first_chunk"]
    assert first.count == 1


def test_a_refused_stream_ends_its_span_with_the_code(collected: Collected) -> None:
    with RawServer(answers(failing(402, "payment_required"))) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            with pytest.raises(errors.PaymentRequiredError):
                client.respond(**TURN, stream=True).open()
    span = collected.span
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert (span.attributes["error.type"], span.attributes["http.response.status_code"]) == ("payment_required", 402)
    [turns] = collected.metrics()["uniqos.client.turns"]
    assert turns.attributes["uniqos.outcome"] == "error"


def test_a_broken_stream_ends_its_span_with_the_code(collected: Collected) -> None:
    with RawServer(streaming(METADATA, HE, close=True)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            with pytest.raises(errors.NetworkError):
                client.respond(**TURN, stream=True).until_done()
    span = collected.span
    assert span.attributes is not None
    assert span.attributes["error.type"] == "stream_interrupted"
    assert span.attributes["gen_ai.response.id"] == "int_1"
    assert span.status.status_code is StatusCode.ERROR


def test_a_stream_that_is_closed_early_is_no_error(collected: Collected) -> None:
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            stream = stream_of(client).open()
            next(stream.text_stream)
            stream.close()
    span = collected.span
    assert span.attributes is not None
    assert span.attributes["uniqos.outcome"] == "closed"
    assert span.status.status_code is StatusCode.UNSET


def test_a_call_that_reaches_no_server_has_a_span_too(collected: Collected) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with make_client(f"http://127.0.0.1:{port}", telemetry=collected.settings(), max_retries=0) as client:
        with pytest.raises(errors.NetworkError):
            client.respond(**TURN)
    span = collected.span
    assert span.attributes is not None
    assert span.attributes["error.type"] == "connection_refused"
    assert named(span) == ["uniqos.attempt"]


def test_parallel_calls_have_their_own_parents(collected: Collected) -> None:
    tracer = collected.tracers.get_tracer("test")
    parents: dict[str, int] = {}

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 429 if number % 5 == 1 else 200, ANSWER if number % 5 != 1 else LIMITED[2])

    with RawServer(handle) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:

            def call(number: int) -> None:
                with tracer.start_as_current_span(f"parent {number}") as parent:
                    parents[f"pers_{number}"] = parent.get_span_context().span_id
                    client.respond(personality_id=f"pers_{number}", message=WORDS)

            if not parents:
                with ThreadPoolExecutor(8) as threads:
                    list(threads.map(call, range(20)))
    calls = [span for span in collected.spans if span.kind is SpanKind.CLIENT]
    assert len(calls) == 20
    for span in calls:
        assert span.attributes is not None
        assert span.parent is not None
        assert parents[str(span.attributes["gen_ai.agent.id"])] == span.parent.span_id
    [duration] = collected.metrics()["gen_ai.client.operation.duration"]
    assert duration.count == 20


@pytest.mark.parametrize("value", ["true", "SPAN_ONLY", "span_and_event"])
@pytest.mark.parametrize("streamed", [False, True])
def test_words_are_on_the_span_only_where_the_environment_allows_them(
    value: str, streamed: bool, collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CAPTURE, value)
    handler = streaming(METADATA, HE, LLO, COMPLETION) if streamed else answers(OK)
    with RawServer(handler) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            if streamed:
                client.respond(**TURN, stream=True).until_done()
            else:
                client.respond(**TURN)
    attributes = dict(collected.span.attributes or {})
    assert json.loads(str(attributes["gen_ai.input.messages"])) == [
        {"role": "user", "parts": [{"type": "text", "content": WORDS}]}
    ]
    assert json.loads(str(attributes["gen_ai.output.messages"])) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Héllo" if streamed else "Hi!"}],
            "finish_reason": "stop",
        }
    ]
    assert not any("emotion" in name for name in attributes)
    data = collected.reader.get_metrics_data()
    assert data is None or WORDS not in data.to_json()


@pytest.mark.parametrize("value", ["", "false", "NO_CONTENT", "EVENT_ONLY", "yes please"])
def test_other_values_of_the_environment_allow_no_words(
    value: str, collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CAPTURE, value)
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            client.respond(**TURN)
    assert WORDS not in collected.text()
    assert "Hi!" not in collected.text()


def test_emotions_are_on_the_span_only_when_asked_for(collected: Collected) -> None:
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=collected.settings(emotions=True)) as client:
            client.respond(**TURN)
    attributes = dict(collected.span.attributes or {})
    assert attributes["uniqos.emotion.primary"] == "joy"
    assert attributes["uniqos.emotion.confidence"] == 0.9
    data = collected.reader.get_metrics_data()
    assert data is None or "joy" not in data.to_json()


@pytest.mark.parametrize(
    ("method", "path", "name", "operation"),
    [
        ("POST", "/v1/recall-memory", "search_memory", "search_memory"),
        ("DELETE", "/v1/relationships/{relationship_id}/memory", "delete_memory", "delete_memory"),
        ("GET", "/v1/relationships/{relationship_id}", "GET /v1/relationships/{relationship_id}", None),
    ],
)
def test_other_operations_have_their_names_and_no_ids(
    method: Any, path: str, name: str, operation: str | None, collected: Collected
) -> None:
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            params = {"relationship_id": USER} if "{" in path else {}
            body = {"query": WORDS, "user_id": USER} if method == "POST" else None
            client.request(method, path, params=params, body=body)
    assert collected.span.name == name
    assert (collected.span.attributes or {}).get("gen_ai.operation.name") == operation
    assert WORDS not in collected.text()
    is_genai = operation is not None
    metrics = collected.metrics()
    assert ("gen_ai.client.operation.duration" in metrics) is is_genai
    assert ("uniqos.client.operation.duration" in metrics) is not is_genai


def test_neither_baggage_nor_a_callers_own_traceparent_is_replaced(collected: Collected) -> None:
    own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            token = context.attach(baggage.set_baggage("user", USER))
            try:
                client.respond(**TURN)
                client.respond(**TURN, headers={"Traceparent": own})
            finally:
                context.detach(token)
            quiet = client.with_options(telemetry=collected.settings(propagate=False))
            quiet.respond(**TURN)
    first, second, third = server.requests
    assert header(first, "baggage") is None
    assert header(first, "traceparent")
    assert header(second, "traceparent") == own
    assert header(third, "traceparent") is None
    assert len(collected.spans) == 3


def test_the_span_is_the_current_one_for_middleware_and_not_after_the_call(collected: Collected) -> None:
    seen: list[int] = []

    def look(attempt: Attempt, next: Next) -> Answer:
        seen.append(trace.get_current_span().get_span_context().span_id)
        return Answer(200, content=ANSWER)

    with make_client("http://127.0.0.1:9", telemetry=collected.settings(), middleware=[look]) as client:
        client.respond(**TURN)
    assert seen == [collected.span.context.span_id]
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_trace_that_is_not_sampled_writes_nothing_and_is_still_sent_on(collected: Collected) -> None:
    unsampled = TracerProvider(sampler=ALWAYS_OFF)
    settings = Telemetry(tracer_provider=unsampled, meter_provider=collected.meters)
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=settings) as client:
            assert (client.respond(**TURN)).response == "Hi!"
    assert not collected.spans
    assert traced(server.requests[0])[2] is False
    assert "gen_ai.client.operation.duration" in collected.metrics()
    unsampled.shutdown()


class FailingSampler(Sampler):
    """Fails at each decision."""

    def should_sample(self, *args: Any, **options: Any) -> SamplingResult:
        raise RuntimeError("no decision")

    def get_description(self) -> str:
        return "fails"


class FailingProcessor(SpanProcessor):
    """Fails at each beginning and end of a span."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        raise RuntimeError("no start")

    def on_end(self, span: ReadableSpan) -> None:
        raise RuntimeError("no end")


@pytest.mark.parametrize("part", ["sampler", "processor"])
def test_a_tracer_that_fails_loses_no_turn(part: str, caplog: pytest.LogCaptureFixture) -> None:
    tracers = TracerProvider(sampler=FailingSampler()) if part == "sampler" else TracerProvider()
    tracers.add_span_processor(FailingProcessor())
    with RawServer(answers(OK)) as server:
        with make_client(server.url, telemetry=Telemetry(tracer_provider=tracers)) as client:
            assert (client.respond(**TURN)).response == "Hi!"
    assert len(server.requests) == 1
    assert "telemetry failed error=RuntimeError" in caplog.text


def test_connections_are_counted_by_their_state(collected: Collected) -> None:
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        with make_client(server.url, telemetry=collected.settings()) as client:
            stream = stream_of(client).open()
            states = {
                point.attributes["http.connection.state"]: point.value
                for point in collected.metrics()["uniqos.client.connections"]
                if point.attributes["server.port"] == server.port
            }
            stream.until_done()
    assert states == {"active": 1, "idle": 0}


def test_the_instrumentor_turns_telemetry_on_for_all_clients_and_off_again(collected: Collected) -> None:
    instrumentor = UniqOSInstrumentor()
    with RawServer(answers(OK)) as server:
        with make_client(server.url) as client:
            instrumentor.instrument(
                tracer_provider=collected.tracers, meter_provider=collected.meters, skip_dep_check=True
            )
            try:
                client.respond(**TURN)
                client.with_options(telemetry=False).respond(**TURN)
                client.with_options(telemetry=collected.settings()).respond(**TURN)
            finally:
                instrumentor.uninstrument()
            client.respond(**TURN)
    assert len(collected.spans) == 2
    assert [header(request, "traceparent") is not None for request in server.requests] == [True, False, True, False]


@pytest.mark.parametrize("telemetry", ["yes", 1, {}])
def test_something_that_is_no_setting_is_refused(telemetry: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"telemetry must be"):
        UniqOS(KEY, telemetry=telemetry)
