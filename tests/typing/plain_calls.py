"""The type of what is the same in both flavours: answers, events, errors, webhooks, the sandbox. Never run."""

# pyright: strict
# pyright: reportUnnecessaryComparison=false

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping
from datetime import datetime
from typing import Any, Literal

from typing_extensions import assert_type

import uniqos
from uniqos import (
    APIError,
    AsyncUniqOS,
    ConfigurationError,
    HttpInfo,
    Logger,
    LogLevel,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExhaustedError,
    RateLimit,
    RateLimitError,
    RequestValidationError,
    RespondStreamEvent,
    ResponseDecodeError,
    ResponseValidationError,
    StreamEventCompletion,
    StreamEventError,
    StreamEventGuardrailModulation,
    StreamEventMetadata,
    StreamEventText,
    StreamEventUnknown,
    UniqOS,
    UniqOSError,
    WebhookEvent,
    WebhookSignatureError,
    construct_event,
    models,
)


def turn(result: models.RespondResult) -> None:
    assert_type(result.response, str)
    assert_type(result.inferred_emotional_state, models.EmotionalState | None)
    assert_type(result.interaction_id, str | None)
    assert_type(result.memory, models.TurnMemory | None)
    assert_type(result.guardrails, models.TurnGuardrails | None)
    assert_type(result.usage, models.TurnUsage | None)
    assert_type(result.latency_ms, int | None)
    if result.inferred_emotional_state:
        assert_type(result.inferred_emotional_state.primary, str | None)
        assert_type(result.inferred_emotional_state.confidence, float | None)
        assert_type(result.inferred_emotional_state.secondary, list[str] | None)
        assert_type(result.inferred_emotional_state.intensity, str | None)
        assert_type(result.inferred_emotional_state.valence, float | None)
        assert_type(result.inferred_emotional_state.arousal, float | None)
    if result.memory:
        assert_type(result.memory.consulted, bool | None)
        assert_type(result.memory.summary_used, str | None)
        assert_type(result.memory.significant_moments_referenced, int | None)
        assert_type(result.memory.model_updated, bool | None)
    if result.guardrails:
        assert_type(result.guardrails.applied, list[str])
    if result.usage:
        assert_type(result.usage.turns_consumed, int | None)
        assert_type(result.usage.active_relationship_counted, bool | None)
        assert_type(result.usage.llm_provider, str | None)
        assert_type(result.usage.llm_model, str | None)


def as_mapping(result: models.RespondResult, other: models.ModulatorPack) -> None:
    assert_type(result["response"], Any)
    assert_type(result.get("response"), Any | None)
    assert_type(dict(result), dict[str, Any])
    assert_type({**result}, dict[str, Any])
    more: dict[str, Any] = {**result, "more": 1}
    assert_type(more, dict[str, Any])
    assert_type(result.to_dict(), dict[str, Any])
    assert_type(result.keys(), KeysView[str])
    assert_type(result.items(), ItemsView[str, Any])
    assert_type(iter(result), Iterator[str])
    assert_type(list(result.keys()), list[str])
    assert_type(len(result), int)
    assert_type("response" in result, bool)
    assert_type(result == {"response": "x"}, bool)
    assert_type(result == other, bool)
    for key in result:
        assert_type(key, str)
    match result:
        case {"response": str() as said}:
            assert_type(said, str)
        case _:
            pass
    views: list[Mapping[str, Any]] = [result, other]
    assert_type(views, list[Mapping[str, Any]])
    assert_type(result.model_copy(update={"response": "x"}), models.RespondResult)


def exchange(result: models.RespondResult, limit: RateLimit) -> None:
    assert_type(result.http, HttpInfo | None)
    if result.http:
        assert_type(result.http.status, int)
        assert_type(result.http.request_id, str | None)
        assert_type(result.http.rate_limit, RateLimit | None)
        assert_type(result.http.headers, Mapping[str, str])
        assert_type(result.http.headers["X-Any"], str)
        assert_type(result.http.raw_headers, tuple[tuple[bytes, bytes], ...])
        assert_type(result.http.retries, int)
        assert_type(result.http.elapsed, float)
        assert_type(result.http.problems, tuple[dict[str, Any], ...])
    assert_type(limit.limit, int)
    assert_type(limit.remaining, int)
    assert_type(limit.reset, datetime | None)
    most, left, full = limit
    assert_type((most, left, full), tuple[int, int, datetime | None])


def events(
    metadata: StreamEventMetadata,
    text: StreamEventText,
    modulation: StreamEventGuardrailModulation,
    completion: StreamEventCompletion,
    error: StreamEventError,
    unknown: StreamEventUnknown,
) -> list[RespondStreamEvent]:
    assert_type(metadata.type, Literal["metadata"])
    assert_type(metadata.interaction_id, str)
    assert_type(metadata.inferred_emotional_state, models.EmotionalState | None)
    assert_type(metadata.memory, models.StreamMetadataMemory)
    assert_type(metadata.memory.consulted, bool)
    assert_type(metadata.memory.summary_used, str | None)
    assert_type(metadata.memory.significant_moments_referenced, int)
    assert_type(text.type, Literal["text"])
    assert_type(text.delta, str)
    assert_type(text["delta"], Any)
    assert_type(modulation.type, Literal["guardrail_modulation"])
    assert_type(modulation.applied, list[str])
    assert_type(modulation.modulation_summary, str)
    assert_type(completion.type, Literal["completion"])
    assert_type(completion.memory, models.StreamCompletionMemory)
    assert_type(completion.memory.summary_used, str | None)
    assert_type(completion.memory.model_updated, bool)
    assert_type(completion.guardrails, models.TurnGuardrails)
    assert_type(completion.usage, models.StreamUsage)
    assert_type(completion.usage.turns_consumed, int)
    assert_type(completion.usage.active_relationship_counted, bool)
    assert_type(completion.usage.llm_provider, str)
    assert_type(completion.usage.llm_model, str)
    assert_type(completion.latency_ms, int)
    assert_type(error.type, Literal["error"])
    assert_type(error.code, str)
    assert_type(error.message, str | None)
    assert_type(error.guardrail, str | None)
    assert_type(error.category, str | None)
    assert_type(unknown.type, Literal["unknown"])
    assert_type(unknown.name, str)
    return [metadata, text, modulation, completion, error, unknown]


def stored(
    personality: models.Personality,
    listed: models.PersonalityPage,
    lineage: models.PersonalityVersions,
    review: models.ReviewSubmission,
    page: models.InteractionPage,
    numbers: models.InteractionAggregates,
) -> None:
    assert_type(personality.id, str)
    assert_type(personality.name, str | None)
    assert_type(personality.default_mode, Literal["stateless", "stateful"] | str | None)
    assert_type(personality.source, Literal["guided_prompt"] | str | None)
    assert_type(personality.source_ref, str | None)
    assert_type(personality["big_five_facets"], Any)
    assert_type(listed.data, list[models.Personality])
    assert_type(lineage.data, list[models.Personality])
    assert_type(review.status, Literal["pending_review"] | str)
    assert_type(page.data, list[models.Interaction])
    assert_type(page.data[0]["status"], Any)
    assert_type(page.next_cursor, str | None)
    assert_type(numbers.data, list[models.InteractionBucket])
    assert_type(numbers.data[0].period_start, datetime | None)
    assert_type(numbers.data[0].total_turns, int)
    assert_type(numbers.data[0].avg_latency_ms, float | None)
    assert_type(numbers.data[0].unique_personalities_count, int)


def requests(since: datetime) -> None:
    request = models.RespondRequest(personality_id="p", message="m", user_id="u", mode="stateful", context={"a": 1})
    assert_type(request.mode, Literal["stateless", "stateful"] | None)
    request.message = "another"
    request.mode = None
    assert_type(models.PersonalityCreate(name="X", source="guided_prompt").name, str | None)
    assert_type(models.CatalogClone(slug="s").slug, str)
    assert_type(models.InteractionQuery(user_id="u", to=since, limit=3, cursor="c").limit, int | None)
    assert_type(models.AggregateQuery(group_by="day").group_by, Literal["day", "week", "month"] | None)
    assert_type(request.to_dict(), dict[str, Any])


def errors(client: UniqOS) -> None:
    try:
        client.respond(personality_id="p", message="m")
    except RateLimitError as limited:
        assert_type(limited.retry_after_seconds, float | None)
    except (NotFoundError, PermissionDeniedError, QuotaExhaustedError, uniqos.PermissionError) as refused:
        assert_type(refused.retry_after_seconds, float | None)
    except APIError as said_no:
        assert_type(said_no.code, str)
        assert_type(said_no.request_id, str | None)
        assert_type(said_no.http_status, int | None)
    except ResponseValidationError as broken:
        assert_type(broken.body, bytes)
        assert_type(broken.partial, models.Model | None)
        assert_type(broken.text, str)
    except ResponseDecodeError as undecodable:
        assert_type(undecodable.body, bytes)
        assert_type(undecodable.content_type, str | None)
    except NetworkError as cut:
        assert_type(cut.sent, bool)
        assert_type(cut.text, str)
        assert_type(cut.interaction_id, str | None)
    except RequestValidationError as wrong:
        setting: ConfigurationError = wrong
        assert_type(setting.message, str)
    except UniqOSError as error:
        assert_type(error.message, str)
        assert_type(error.code, str)
        assert_type(error.request_id, str | None)
        assert_type(error.http_status, int | None)
    assert_type(uniqos.errors.PermissionError, type[PermissionDeniedError])


def webhooks(raw: bytes, headers: Mapping[str, str]) -> None:
    event = construct_event(raw, headers.get("x-uniqos-signature"), "secret")
    assert_type(event, WebhookEvent)
    assert_type(construct_event("{}", "sha256=", ["old", "new"], tolerance=60), WebhookEvent)
    assert_type(construct_event(raw_body=raw, signature_header=None, secret=("a",), tolerance=0.5), WebhookEvent)
    assert_type(uniqos.webhooks.construct_event(raw, None, "secret"), models.WebhookEvent)
    assert_type(event.id, str)
    assert_type(event.type, str)
    assert_type(event.created_at, datetime)
    assert_type(event["data"], Any)
    try:
        construct_event(raw, None, "secret")
    except WebhookSignatureError as bad:
        assert_type(bad.reason, str)


class Sink:
    """A sink of the user's own, as the official SDK asks for one."""

    def debug(self, message: str, context: Mapping[str, Any] | None = None) -> None: ...
    def info(self, message: str, context: Mapping[str, Any] | None = None) -> None: ...
    def warning(self, message: str, context: Mapping[str, Any] | None = None) -> None: ...
    def error(self, message: str, context: Mapping[str, Any] | None = None) -> None: ...


def logging_of_ones_own() -> None:
    level: LogLevel = "debug"
    sink: Logger = Sink()
    assert_type(UniqOS(log_level=level, logger=sink), UniqOS)
    assert_type(AsyncUniqOS(logger=Sink()), AsyncUniqOS)
    assert_type(uniqos.__version__, str)


def sandbox() -> None:
    with uniqos.sandbox.serve(port=0, seed=3) as running:
        assert_type(running, uniqos.sandbox.Sandbox)
        assert_type(running.url, str)
        assert_type(running.api_key, str)
        assert_type(running.access_token, str)
        assert_type(running.personality_id, str)
        assert_type(running.turns_billed, int)
        assert_type(running.client(timeout=3), UniqOS)
        assert_type(running.async_client(), AsyncUniqOS)
