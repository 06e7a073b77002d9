"""Names of OpenTelemetry's conventions for generative AI, which are still in development, and names of this SDK.

Source: open-telemetry/semantic-conventions-genai v0.1.0, docs/gen-ai/gen-ai-agent-spans.md, gen-ai-spans.md and
gen-ai-metrics.md. A change of the conventions is a change of this module alone.
"""

from __future__ import annotations

from typing import Final

PROVIDER: Final = "uniqos"
CAPTURE_CONTENT: Final = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The variable of the environment that allows the texts of messages on spans."""
CONTENT_ON_SPANS: Final = frozenset({"true", "1", "span_only", "span_and_event"})
"""Its values that allow them. ``event_only`` does not: this SDK writes no log events."""

OPERATIONS: Final = {
    "POST /v1/respond": "invoke_agent",
    "POST /v1/recall-memory": "search_memory",
    "DELETE /v1/relationships/{relationship_id}/memory": "delete_memory",
    "DELETE /v1/relationships/{relationship_id}": "delete_memory",
    "DELETE /v1/end-users/{user_id}": "delete_memory",
    "POST /v1/personalities": "create_agent",
    "POST /v1/infer-state": "infer_state",
}
"""The value of ``gen_ai.operation.name`` by operation of the API. ``infer_state`` is a value of this SDK."""

# Attributes of the conventions
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
AGENT_ID: Final = "gen_ai.agent.id"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
MEMORY_QUERY: Final = "gen_ai.memory.query.text"
ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
STATUS_CODE: Final = "http.response.status_code"
RESEND_COUNT: Final = "http.request.resend_count"
CONNECTION_STATE: Final = "http.connection.state"

# Attributes and events of this SDK
OPERATION: Final = "uniqos.operation"
OUTCOME: Final = "uniqos.outcome"
REQUEST_ID: Final = "uniqos.request_id"
ATTEMPT: Final = "uniqos.attempt"
DELAY: Final = "uniqos.delay"
ELAPSED: Final = "uniqos.elapsed"
EMOTION: Final = "uniqos.emotion"
EVENT_ATTEMPT: Final = "uniqos.attempt"
EVENT_ANSWER: Final = "uniqos.answer"
EVENT_RETRY: Final = "uniqos.retry"

# Metrics
DURATION: Final = "gen_ai.client.operation.duration"
FIRST_CHUNK: Final = "gen_ai.client.operation.time_to_first_chunk"
OTHER_DURATION: Final = "uniqos.client.operation.duration"
TURNS: Final = "uniqos.client.turns"
RETRIES: Final = "uniqos.client.retries"
CONNECTIONS: Final = "uniqos.client.connections"
SECONDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The boundaries of the conventions for durations."""
CHUNK_SECONDS: Final = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0),
)
"""The boundaries of the conventions for the time to the first chunk."""
