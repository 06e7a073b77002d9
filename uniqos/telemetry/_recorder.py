"""The spans and metrics of calls, made from what an observer and a middleware are told."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from .._policy.observer import CallEnded, CallStarted, FirstEvent, Observer, Retrying
from .._policy.telemetry import Telemetry
from .._version import __version__
from ..errors import UniqOSError
from ..middleware import Answer, Attempt
from . import _conventions as names
from ._answers import AnswerCopy, fields_of, id_of, name_of

_PROPAGATOR = TraceContextTextMapPropagator()
_EMOTION_FIELDS = ("primary", "confidence", "intensity", "valence", "arousal")
_MOST_CALLS = 100_000
"""How many calls are followed at once. More can only be streams whose event loop ended before they were closed."""


class Connections(Protocol):
    """The connections of a client, which can be counted."""

    @property
    def address(self) -> str:
        """Host and port of the server."""
        ...

    def count(self) -> tuple[int, int]:
        """Return the numbers of busy and of idle connections."""
        ...


class Call:
    """What is known of one call while it runs."""

    __slots__ = ("answer", "attributes", "parent", "span", "started", "started_ns")

    def __init__(self) -> None:
        self.parent: Context = context.get_current()
        self.started: float = time.perf_counter()
        self.started_ns: int = time.time_ns()
        self.span: Span | None = None
        self.attributes: dict[str, Any] = {}
        """The attributes of its metrics."""
        self.answer: AnswerCopy | None = None


class Recorder(Observer):
    """Makes the spans and metrics of all calls of one setting."""

    def __init__(self, settings: Telemetry) -> None:
        self._settings: Telemetry = settings
        self._calls: dict[int, Call] = {}
        self._connections: WeakSet[Connections] = WeakSet()
        self._tracer = trace.get_tracer("uniqos", __version__, settings.tracer_provider)
        meter = metrics.get_meter("uniqos", __version__, settings.meter_provider)
        self._duration = _histogram(meter, names.DURATION, "Duration of a call with its retries.", names.SECONDS)
        self._other_duration = _histogram(
            meter, names.OTHER_DURATION, "Duration of a call that is no GenAI operation.", names.SECONDS
        )
        self._first_chunk = _histogram(
            meter, names.FIRST_CHUNK, "Time to the first event of a stream.", names.CHUNK_SECONDS
        )
        self._turns = meter.create_counter(names.TURNS, unit="{turn}", description="Turns by their outcome.")
        self._retries = meter.create_counter(names.RETRIES, unit="{retry}", description="Retries by their reason.")
        meter.create_observable_up_down_counter(
            names.CONNECTIONS, [self._count_connections], unit="{connection}", description="Connections by their state."
        )

    def add_connections(self, connections: Connections) -> None:
        """Count these connections from now on."""
        self._connections.add(connections)

    def _count_connections(self, options: CallbackOptions) -> Iterable[Observation]:
        totals: dict[str, list[int]] = {}
        for connections in list(self._connections):
            total = totals.setdefault(connections.address, [0, 0])
            for index, count in enumerate(connections.count()):
                total[index] += count
        for address, counts in totals.items():
            server = _server(address)
            for state, count in zip(("active", "idle"), counts, strict=True):
                yield Observation(count, {**server, names.CONNECTION_STATE: state})

    # The events of the call

    def call_started(self, event: CallStarted) -> None:
        if len(self._calls) < _MOST_CALLS:
            self._calls[event.call_id] = Call()

    def retrying(self, event: Retrying) -> None:
        call = self._calls.get(event.call_id)
        if call is None:
            return
        self._retries.add(1, {**call.attributes, names.ERROR_TYPE: event.code})
        if call.span is not None and call.span.is_recording():
            attributes: dict[str, Any] = {
                names.ATTEMPT: event.attempt,
                names.ERROR_TYPE: event.code,
                names.DELAY: round(event.delay_seconds, 3),
            }
            call.span.add_event(names.EVENT_RETRY, attributes | _status(event.http_status))

    def first_event(self, event: FirstEvent) -> None:
        call = self._calls.get(event.call_id)
        if call is None:
            return
        elapsed = time.perf_counter() - call.started
        self._first_chunk.record(elapsed, call.attributes)
        if call.span is not None:
            call.span.set_attribute(names.TIME_TO_FIRST_CHUNK, elapsed)

    def call_ended(self, event: CallEnded) -> None:
        call = self._calls.pop(event.call_id, None)
        if call is None:
            return
        if call.span is None:  # Nothing was sent.
            call.attributes = _metric_attributes(event.operation, {})
            call.span = self._start(call, event.operation, event.operation, call.attributes)
        error = event.code or ("cancelled" if event.outcome == "cancelled" else None)
        attributes = call.attributes if error is None else {**call.attributes, names.ERROR_TYPE: error}
        is_genai = names.OPERATION_NAME in attributes
        duration = self._duration if is_genai else self._other_duration
        duration.record(time.perf_counter() - call.started, attributes, context=self._within(call))
        if attributes.get(names.OPERATION_NAME) == "invoke_agent":
            self._turns.add(1, {**attributes, names.OUTCOME: event.outcome})
        self._end(call, event, error)

    def _end(self, call: Call, event: CallEnded, error: str | None) -> None:
        span = call.span
        assert span is not None
        if span.is_recording():
            span.set_attributes({names.OUTCOME: event.outcome} | _status(event.http_status))
            if event.attempts > 1:
                span.set_attribute(names.RESEND_COUNT, event.attempts - 1)
            if event.request_id is not None:
                span.set_attribute(names.REQUEST_ID, event.request_id)
            if error is not None:
                span.set_attribute(names.ERROR_TYPE, error)
                span.set_status(Status(StatusCode.ERROR, error))
            if call.answer is not None:
                span.set_attributes(_answer_attributes(call.answer.turn(), self._settings.emotions, captures_content()))
        span.end()

    # The attempts of the call

    def begin_attempt(self, attempt: Attempt, address: str) -> tuple[Call | None, Attempt]:
        """Note that an attempt begins, and return it with ``traceparent``."""
        call = self._calls.get(attempt.call_id)
        if call is None:
            return None, attempt
        if call.span is None:
            self._begin_span(call, attempt, address)
        span = call.span
        assert span is not None
        if span.is_recording():
            span.add_event(names.EVENT_ATTEMPT, {names.ATTEMPT: attempt.number})
        if not self._settings.propagate or "traceparent" in attempt.headers:
            return call, attempt
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, self._within(call))
        return call, attempt.with_headers(carrier) if carrier else attempt

    def _begin_span(self, call: Call, attempt: Attempt, address: str) -> None:
        call.attributes = _metric_attributes(attempt.operation, _server(address))
        attributes = dict(call.attributes)
        operation = attributes.get(names.OPERATION_NAME)
        name = attempt.operation
        if operation is not None:
            fields = fields_of(attempt.content)
            agent = id_of(fields.get("personality_id"))
            name = f"{operation} {agent}" if agent else operation
            if agent:
                attributes[names.AGENT_ID] = agent
            if attempt.streamed:
                attributes[names.REQUEST_STREAM] = True
            if captures_content():
                attributes |= _request_content(operation, fields)
        attributes[names.OPERATION] = attempt.operation
        call.span = self._start(call, name, attempt.operation, attributes)

    def _start(self, call: Call, name: str, operation: str, attributes: Mapping[str, Any]) -> Span:
        kept = {**attributes, names.OPERATION: operation}
        return self._tracer.start_span(name, call.parent, SpanKind.CLIENT, kept, start_time=call.started_ns)

    def answer_received(self, call: Call, attempt: Attempt, answer: Answer) -> None:
        """Note the answer of an attempt, and have the body of a turn copied."""
        span = call.span
        if span is None or not span.is_recording():
            return
        span.add_event(
            names.EVENT_ANSWER,
            {names.ATTEMPT: attempt.number, names.ELAPSED: answer.elapsed} | _status(answer.status),
        )
        copy_to = getattr(answer, "copy_to", None)
        if answer.status == 200 and copy_to is not None and attempt.operation == "POST /v1/respond":
            call.answer = AnswerCopy(attempt.streamed, captures_content())
            copy_to(call.answer)

    def _within(self, call: Call) -> Context:
        """Return the context of what happens within the call."""
        return call.parent if call.span is None else trace.set_span_in_context(call.span, call.parent)

    def enter(self, call: Call) -> Any:
        """Make the span of the call the current one, and return the token that ends this."""
        assert call.span is not None
        return context.attach(trace.set_span_in_context(call.span))


@lru_cache(maxsize=64)
def recorder_of(settings: Telemetry) -> Recorder:
    """Return the recorder of these settings."""
    return Recorder(settings)


def captures_content() -> bool:
    """Return whether the environment allows the texts of messages on spans."""
    return os.environ.get(names.CAPTURE_CONTENT, "").lower() in names.CONTENT_ON_SPANS


def error_of(error: BaseException) -> str:
    """Return the code of an error, or else the name of its class."""
    return error.code if isinstance(error, UniqOSError) else type(error).__name__


def _histogram(meter: Meter, name: str, description: str, boundaries: tuple[float, ...]) -> Histogram:
    return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=boundaries)


def _metric_attributes(operation: str, server: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a call that have few values, and so fit metrics too."""
    name = names.OPERATIONS.get(operation)
    own = {names.OPERATION: operation} if name is None else {names.OPERATION_NAME: name}
    return {**own, names.PROVIDER_NAME: names.PROVIDER, **server}


@lru_cache(maxsize=64)
def _server(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return {names.SERVER_ADDRESS: parts.hostname or "", names.SERVER_PORT: port}


def _status(status: int | None) -> dict[str, Any]:
    return {names.STATUS_CODE: status} if status else {}


def _request_content(operation: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words of a request, for an environment that allows them."""
    if operation == "invoke_agent" and isinstance(fields.get("message"), str):
        return {names.INPUT_MESSAGES: _messages("user", fields["message"])}
    if operation == "search_memory" and isinstance(fields.get("query"), str):
        return {names.MEMORY_QUERY: fields["query"]}
    return {}


def _answer_attributes(turn: Mapping[str, Any], emotions: bool, content: bool) -> dict[str, Any]:
    """Return the attributes of a turn's answer."""
    usage, state = turn.get("usage"), turn.get("inferred_emotional_state")
    found: dict[str, Any] = {names.RESPONSE_ID: id_of(turn.get("interaction_id"))}
    if isinstance(usage, dict):
        found[names.RESPONSE_MODEL] = name_of(usage.get("llm_model"))
    if emotions and isinstance(state, dict):
        found |= {f"{names.EMOTION}.{field}": _scalar(state.get(field)) for field in _EMOTION_FIELDS}
    if content and isinstance(turn.get("response"), str):
        found[names.OUTPUT_MESSAGES] = _messages("assistant", turn["response"], finish_reason="stop")
    return {name: value for name, value in found.items() if value is not None}


def _scalar(value: object) -> float | str | None:
    return float(value) if isinstance(value, (int, float)) else name_of(value)


def _messages(role: str, text: str, **more: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}], **more}], ensure_ascii=False)
