"""The type of everything a user can call, as the type checkers see it. Never run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal

import httpx
from pydantic import BaseModel
from typing_extensions import assert_type

from uniqos import (
    AsyncRespondStream,
    AsyncUniqOS,
    HttpInfo,
    RateLimit,
    RateLimitError,
    RespondStreamEvent,
    ResponseValidationError,
    StreamEventCompletion,
    StreamEventError,
    StreamEventGuardrailModulation,
    StreamEventMetadata,
    StreamEventText,
    StreamEventUnknown,
    models,
)


class Foreign(BaseModel):
    personality_id: str
    message: str


async def make() -> AsyncUniqOS:
    client = AsyncUniqOS()
    assert_type(AsyncUniqOS("uniq_test_abcd1234", timeout=3, deadline=9, max_retries=1), AsyncUniqOS)
    assert_type(AsyncUniqOS(access_token="t", base_url="https://x", http_client=httpx.AsyncClient()), AsyncUniqOS)
    assert_type(AsyncUniqOS(log_level="debug", on_invalid_response="salvage"), AsyncUniqOS)
    assert_type(client.environment, Literal["live", "test"] | None)
    assert_type(client.base_url, str)
    assert_type(client.with_options(timeout=5, max_retries=0), AsyncUniqOS)
    async with client as same:
        assert_type(same, AsyncUniqOS)
    await client.aclose()
    return client


async def respond(client: AsyncUniqOS, body: dict[str, Any], typed: models.RespondRequest) -> None:
    r = await client.respond(personality_id="p", message="m")
    assert_type(r, models.RespondResult)
    assert_type(r.response, str)
    assert_type(r.inferred_emotional_state, models.EmotionalState | None)
    assert_type(r.usage, models.TurnUsage | None)
    assert_type(r.memory, models.TurnMemory | None)
    assert_type(r.guardrails, models.TurnGuardrails | None)
    assert_type(r.latency_ms, int | None)
    assert_type(r.http, HttpInfo | None)
    assert_type(dict(r), dict[str, Any])
    assert_type({**r}, dict[str, Any])
    if r.http:
        assert_type(r.http.request_id, str | None)
        assert_type(r.http.rate_limit, RateLimit | None)
        assert_type(r.http.headers, Mapping[str, str])
    if r.inferred_emotional_state:
        assert_type(r.inferred_emotional_state.primary, str | None)
        assert_type(r.inferred_emotional_state.secondary, list[str] | None)
    assert_type(
        await client.respond(
            personality_id="p",
            message="m",
            user_id=None,
            mode="stateful",
            context={"a": 1},
            guardrails_behavior="x",
            llm_override=None,
            timeout=5,
            deadline=6,
            max_retries=0,
            headers={"X": "y"},
            idempotency_key="k",
            on_invalid_response="salvage",
        ),
        models.RespondResult,
    )
    for given in (body, typed, Foreign(personality_id="p", message="m")):
        assert_type(await client.respond(given, timeout=3), models.RespondResult)
        assert_type(await client.engine.respond(given), models.RespondResult)
        assert_type(await client.respond(given, return_format="modulator_pack"), models.ModulatorPack)
        assert_type(client.respond(given, stream=True), AsyncRespondStream)
    assert_type(await client.respond({"personality_id": "p", "message": "m"}), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", return_format="text"), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", stream=False), models.RespondResult)
    assert_type(
        await client.respond(personality_id="p", message="m", return_format="modulator_pack"), models.ModulatorPack
    )
    assert_type(client.respond(personality_id="p", message="m", stream=True), AsyncRespondStream)
    assert_type(client.engine.respond(personality_id="p", message="m", stream=True, timeout=3), AsyncRespondStream)
    # async only: begin
    assert_type(await client.respond(personality_id="p", message="m", stream=True), AsyncRespondStream)
    first, second = await asyncio.gather(client.respond(personality_id="p", message="m"), client.personalities.get("p"))
    assert_type(first, models.RespondResult)
    assert_type(second, models.Personality)
    task = asyncio.create_task(client.personalities.get("p"))
    assert_type(await task, models.Personality)
    turn = client.respond(personality_id="p", message="m")
    assert_type(await asyncio.wait_for(turn, 3), models.RespondResult)
    # async only: end
    assert_type(await client.engine.infer_state({"message": "m"}), models.InferredState)
    assert_type(await client.engine.infer_state(message="m", timeout=3), models.InferredState)
    assert_type(await client.engine.recall_memory(body={"query": "q"}), models.RecalledMemory)


async def stream(client: AsyncUniqOS) -> None:
    async for event in client.respond(personality_id="p", message="m", stream=True):
        assert_type(event, RespondStreamEvent)
        if event.type == "text":
            assert_type(event, StreamEventText)
            assert_type(event.delta, str)
        elif event.type == "metadata":
            assert_type(event, StreamEventMetadata)
            assert_type(event.memory.consulted, bool)
        elif event.type == "guardrail_modulation":
            assert_type(event, StreamEventGuardrailModulation)
            assert_type(event.applied, list[str])
        elif event.type == "completion":
            assert_type(event, StreamEventCompletion)
            assert_type(event.latency_ms, int)
            assert_type(event.usage.turns_consumed, int)
        elif event.type == "error":
            assert_type(event, StreamEventError)
            assert_type(event.category, str | None)
        else:
            assert_type(event, StreamEventUnknown)
            assert_type(event.name, str)
    async with client.respond(personality_id="p", message="m", stream=True) as opened:
        assert_type(opened, AsyncRespondStream)
        async for piece in opened.text_stream:
            assert_type(piece, str)
        assert_type(opened.text, str)
        assert_type(opened.metadata, StreamEventMetadata | None)
        assert_type(opened.completion, StreamEventCompletion | None)
        assert_type(opened.error, StreamEventError | None)
        assert_type(opened.events_emitted, int)
        assert_type(opened.http, HttpInfo | None)
    again = client.respond(personality_id="p", message="m", stream=True)
    assert_type(await again.open(), AsyncRespondStream)
    assert_type(await again.until_done(), AsyncRespondStream)
    await again.aclose()


async def personalities(client: AsyncUniqOS, body: dict[str, Any]) -> None:
    p = client.personalities
    assert_type(await p.list(), models.PersonalityPage)
    assert_type((await p.list({"limit": 3}, timeout=3)).data, list[models.Personality])
    made = await p.create(name="X", source="guided_prompt", source_ref="d", timeout=5)
    assert_type(made, models.Personality)
    assert_type(made.id, str)
    assert_type(made.name, str | None)
    assert_type(await p.create({"name": "X"}, idempotency_key="k"), models.Personality)
    assert_type(await p.create(body=body), models.Personality)
    assert_type(await p.create(models.PersonalityCreate(name="X")), models.Personality)
    assert_type(await p.get("p"), models.Personality)
    assert_type(await p.get(personality_id="p", timeout=3), models.Personality)
    assert_type(await p.archive("p"), models.ArchivedPersonality)
    assert_type(await p.new_version("p", {"name": "Y"}), models.PersonalityVersion)
    assert_type(await p.new_version("p", name="Y", timeout=3), models.PersonalityVersion)
    assert_type(await p.from_guided_prompt({"description": "d"}), models.GuidedProposal)
    assert_type(await p.from_guided_prompt(description="d"), models.GuidedProposal)
    assert_type(await p.from_catalog(slug="s", name="n", timeout=3), models.ClonedPersonality)
    assert_type(await p.from_catalog({"slug": "s"}, idempotency_key="k"), models.ClonedPersonality)
    assert_type(await p.dry_run("p", {"message": "m"}), models.DryRunResult)
    assert_type(await p.versions("p"), models.PersonalityVersions)
    assert_type(await p.submit_for_review("p"), models.ReviewSubmission)
    assert_type(await p.review_status("p"), models.ReviewStatus)
    assert_type(await p.appeal("p", {"reason": "r"}, headers={"X": "y"}), models.AppealResult)


async def interactions(client: AsyncUniqOS, since: datetime) -> None:
    i = client.interactions
    page = await i.list(user_id="u", relationship_id="r", from_=since, to=since, limit=3, cursor="c", timeout=3)
    assert_type(page, models.InteractionPage)
    assert_type(page.data, list[models.Interaction])
    assert_type(page.next_cursor, str | None)
    assert_type(await i.list({"user_id": "u", "from": since}), models.InteractionPage)
    assert_type(await i.list(models.InteractionQuery(limit=3)), models.InteractionPage)
    assert_type(i.iterate(user_id="u"), AsyncIterator[models.Interaction])
    async for one in i.iterate():
        assert_type(one, models.Interaction)
    assert_type(await i.get("i"), models.Interaction)
    numbers = await i.aggregates(group_by="week", user_id="u")
    assert_type(numbers, models.InteractionAggregates)
    assert_type(numbers.data, list[models.InteractionBucket])
    assert_type(numbers.data[0].period_start, datetime | None)
    assert_type(numbers.data[0].total_turns, int)


def errors(limited: RateLimitError, broken: ResponseValidationError) -> None:
    assert_type(limited.retry_after_seconds, float | None)
    assert_type(limited.code, str)
    assert_type(limited.request_id, str | None)
    assert_type(limited.http_status, int | None)
    assert_type(broken.body, bytes)
    assert_type(broken.partial, models.Model | None)
