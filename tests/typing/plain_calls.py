"""The type of what is the same in both flavours: answers, events, errors, webhooks, the sandbox. Never run."""

# pyright: strict
# pyright: reportUnnecessaryComparison=false

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from typing_extensions import assert_type

import uniqos
from uniqos import (
    APIError,
    AsyncUniqOS,
    ConfigurationError,
    DriftReport,
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
    WaitTimeoutError,
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
        assert_type(result.http.attempts, int)
        assert_type(result.http.idempotency_key, str | None)
        assert_type(result.http.replayed, bool)
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
    assert_type(numbers.data, list[models.InteractionBucket] | None)
    assert numbers.data
    assert_type(numbers.data[0].period_start, datetime | None)
    assert_type(numbers.data[0].total_turns, int)
    assert_type(numbers.data[0].avg_latency_ms, float | None)
    assert_type(numbers.data[0].unique_personalities_count, int)


def people(
    person: models.EndUser,
    people: models.EndUserPage,
    related: models.RelationshipPage,
    receipt: models.DeletionReceipt,
    deletion: models.Deletion,
) -> None:
    assert_type(person.user_id, str)
    assert_type(person.metadata, dict[str, Any] | None)
    assert_type(person["relationships"], Any)
    assert_type(people.data, list[models.EndUser] | None)
    assert_type(people.next_cursor, str | None)
    assert_type(related.data, list[models.Relationship] | None)
    assert related.data
    assert_type(related.data[0]["user_id"], Any)
    assert_type(related.next_cursor, str | None)
    assert_type(receipt.deletion_id, str)
    # A word that is not known yet is a str: comparing with one must stay possible.
    assert_type(receipt.status, Literal["deletion_pending", "partial_deletion_pending"] | str)
    receipt_status: str = receipt.status
    assert_type(receipt.status == "partial_deletion_pending", bool)
    assert_type(deletion.status, Literal["pending", "completed"] | str)
    deletion_status: str = deletion.status
    assert_type(deletion.status == "completed", bool)
    assert_type(deletion["completed_at"], Any)
    assert_type((receipt_status, deletion_status), tuple[str, str])


def account(
    member: models.Member,
    members: models.MemberList,
    invitation: models.Invitation,
    accepted: models.AcceptedInvitation,
    ended: models.RevokedSessions,
    requested: models.OrganizationDeletionReceipt,
    exported: models.OrganizationExport,
    keys: models.ApiKeyList,
) -> None:
    assert_type(member.id, str)
    assert_type(member.role, Literal["admin", "developer"] | str)
    role: str = member.role
    assert_type(role == "admin", bool)
    assert_type(members.data, list[models.ListedMember] | None)
    assert members.data
    assert_type(members.data[0]["email"], Any)
    assert_type(invitation.id, str)
    assert_type(accepted.organization_id, str)
    assert_type(ended.revoked, int)
    assert_type(requested.status, Literal["deletion_pending"] | str)
    assert_type(exported.organization, dict[str, Any])
    assert_type(exported["members"], Any)
    assert_type(keys.data, list[models.ApiKey] | None)


def endpoints(
    made: models.CreatedWebhook,
    endpoints: models.WebhookList,
    sent: models.WebhookDeliveryList,
    again: models.Redelivery,
) -> None:
    assert_type(made.id, str)
    assert_type(made.secret, str)
    assert_type(made["url"], Any)
    assert_type(construct_event(b"{}", None, [made.secret]), WebhookEvent)
    assert_type(endpoints.data, list[models.Webhook])
    assert_type(sent.data, list[models.WebhookDelivery] | None)
    assert_type(again.id, str)


def bills(
    page: models.InvoicePage, turns: models.TurnsUsage, plans: models.PlanList, alerts: models.QuotaAlertList
) -> None:
    assert_type(page.data, list[models.Invoice] | None)
    assert page.data
    assert_type(page.data[0].get("total"), Any | None)
    assert_type(page.next_cursor, str | None)
    assert_type(turns.data, list[models.TurnsUsageItem])
    assert_type(plans.data, list[models.Plan])
    assert_type(alerts.data, list[models.QuotaAlert] | None)


def files(pdf: models.File, saved: models.SavedFile) -> None:
    assert_type(pdf.content, bytes)
    assert_type(pdf.content_type, str | None)
    assert_type(pdf.save("invoice.pdf"), Path)
    assert_type(pdf.save(Path("folder") / "invoice.pdf").stat().st_size, int)
    assert_type(pdf.to_dict(), dict[str, Any])
    assert_type(models.File(content=b"%PDF"), models.File)
    assert_type(saved.path, Path)
    assert_type(saved.size, int)
    assert_type(saved.content_type, str | None)
    assert_type(saved.http, HttpInfo | None)
    if saved.http:
        assert_type(saved.http.elapsed, float)


def drift(report: DriftReport) -> None:
    assert_type(report.kind, Literal["unknown_field", "unknown_value", "unknown_event", "salvaged"])
    assert_type(report.operation, str)
    assert_type(report.model, str)
    assert_type(report.where, str)
    assert_type(report.found, str | None)
    assert_type(str(report), str)
    assert_type({report}, set[DriftReport])
    assert_type(uniqos.DriftReport, type[DriftReport])


def refusal(raw: bytes) -> None:
    envelope = models.ErrorEnvelope.model_validate_json(raw)
    assert_type(envelope, models.ErrorEnvelope)
    assert_type(envelope.error, models.ErrorBody)
    assert_type(envelope.error.code, str)
    assert_type(envelope.error.message, str)
    assert_type(envelope.error.type, str | None)
    assert_type(envelope.error.request_id, str | None)
    assert_type(envelope.error.details, Any)
    assert_type(envelope.error.documentation_url, str | None)


def contract(theirs: Mapping[str, Any]) -> None:
    assert_type(uniqos.contract.export(), dict[str, Any])
    assert_type(uniqos.contract.diff(theirs), list[uniqos.contract.Difference])
    for difference in uniqos.contract.diff(theirs, ours=uniqos.contract.export()):
        assert_type(difference.kind, str)
        assert_type(difference.operation, str)
        assert_type(difference.where, str)
        assert_type(difference.ours, str | None)
        assert_type(difference.theirs, str | None)


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
    assert_type(models.EndUserCreate(user_id="u", metadata={"a": 1}).metadata, Mapping[str, Any] | None)
    assert_type(models.EndUserUpdate(metadata={}).metadata, Mapping[str, Any])
    assert_type(models.EndUserDelete().cascade, Literal["all", "model_only", "memory_only"] | None)
    assert_type(models.RelationshipDelete(reason="r").cascade, Literal["all", "memory_only"] | None)
    assert_type(models.ReadableModelQuery(language="en").language, Literal["en", "es"] | None)
    assert_type(models.SwitchOrganization(organization_id="o").organization_id, str)
    assert_type(models.OrganizationDeletionRequest(confirm_name="n").confirm_name, str)
    assert_type(models.MemberInvite(email="e", role="admin").email, str | None)
    assert_type(models.WebhookCreate(url="https://x").subscriptions, list[str] | None)


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
        assert_type(said_no.http, HttpInfo | None)
    except ResponseValidationError as broken:
        assert_type(broken.body, bytes)
        assert_type(broken.partial, models.Model | None)
        assert_type(broken.text, str)
    except ResponseDecodeError as undecodable:
        assert_type(undecodable.body, bytes)
        assert_type(undecodable.content_type, str | None)
    except WaitTimeoutError as late:
        assert_type(late.details, Any)
        assert_type(late.http_status, int | None)
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


def options_of_a_sandbox() -> None:
    options: uniqos.sandbox.SandboxOptions = {"seed": 3, "database": Path("state.db")}
    server: uniqos.sandbox.ServerOptions = {"port": 4010, "seed": 3}
    with uniqos.sandbox.serve(**server), uniqos.sandbox.in_process(**options) as running:
        assert_type(running.clock, uniqos.sandbox.Clock)
        assert_type(running.journal, uniqos.sandbox.Journal)
    uniqos.sandbox.run(**server, on_ready=lambda running: print(running.url))
