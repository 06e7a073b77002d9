"""Spans and metrics of OpenTelemetry for each call, by its conventions for generative AI (extra ``otel``).

```python
from uniqos import UniqOS

client = UniqOS(telemetry=True)
client.respond(personality_id="pers_...", message="Hello!")
```

The extra needs ``opentelemetry-api`` alone. Where the spans go is up to the OpenTelemetry SDK of your service, or to a
package such as logfire. `Telemetry` has the settings:

```python
from uniqos import UniqOS
from uniqos.telemetry import Telemetry

client = UniqOS(telemetry=Telemetry(emotions=True, propagate=False))
print(client.respond(personality_id="pers_...", message="Hello!").response)
```

For all clients of a process, run it by ``opentelemetry-instrument``, or call `UniqOSInstrumentor`:

```python
from uniqos.telemetry import UniqOSInstrumentor

UniqOSInstrumentor().instrument()
UniqOSInstrumentor().uninstrument()
```

## Spans

A call has one span of the kind CLIENT, over all its attempts and the whole stream. Its parent is the span that is
current when the call begins; a stream begins when it is opened. During an attempt it is the current span, so the spans
of your middleware and of an instrumented ``http_client`` are its children. ``traceparent`` is sent along, and baggage
is not. An exception of a sampler or span processor is logged, and no call fails by it.

| Operation | Name of the span | ``gen_ai.operation.name`` |
|---|---|---|
| ``respond`` | ``invoke_agent pers_...`` | ``invoke_agent`` |
| ``recall_memory`` | ``search_memory pers_...`` | ``search_memory`` |
| ``infer_state`` | ``infer_state`` | ``infer_state`` |
| ``personalities.create`` | ``create_agent`` | ``create_agent`` |
| deletions of end users, relationships and memories | ``delete_memory`` | ``delete_memory`` |
| any other | ``GET /v1/personalities`` | |

Its attributes: ``gen_ai.provider.name`` (``uniqos``), ``gen_ai.agent.id`` (the personality), ``server.address``,
``http.response.status_code``, ``error.type`` (the error's code), ``http.request.resend_count``,
``uniqos.request_id`` and ``uniqos.outcome``. A turn also has ``gen_ai.response.id`` (the interaction) and
``gen_ai.response.model``, a stream ``gen_ai.response.time_to_first_chunk``. The events ``uniqos.attempt``,
``uniqos.answer`` and ``uniqos.retry`` tell of each attempt.

## Metrics

- ``gen_ai.client.operation.duration`` and ``gen_ai.client.operation.time_to_first_chunk``, in seconds. The duration of
  other operations is ``uniqos.client.operation.duration``.
- ``uniqos.client.turns``, ``uniqos.client.retries`` and ``uniqos.client.connections``.

## What is personal

No key and no id of an end user is ever on a span or metric. The words of a turn are on its span only if
``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` is ``true``, ``span_only`` or ``span_and_event``. The emotional
state is there only with ``emotions=True``.

The conventions for generative AI are still in development, so the names may change with a new version of this SDK.
"""

from __future__ import annotations

from .._extras import missing_extra

try:
    import opentelemetry.metrics as _metrics  # noqa: F401
    import opentelemetry.trace as _trace  # noqa: F401
except ModuleNotFoundError as _missing:
    raise missing_extra("telemetry needs OpenTelemetry's API", "otel") from _missing

from .._policy.telemetry import Telemetry as Telemetry
from ._instrumentor import UniqOSInstrumentor as UniqOSInstrumentor

__all__ = ["Telemetry", "UniqOSInstrumentor"]
