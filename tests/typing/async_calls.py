"""The type of every call, as the type checkers see it. Never run; the synchronous twin is made from it."""

# pyright: strict
# pyright: reportUnnecessaryIsInstance=false, reportUnusedImport=false

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import httpx
import loguru
from pydantic import BaseModel
from typing_extensions import assert_never, assert_type

from uniqos import (
    AsyncRespondStream,
    AsyncUniqOS,
    CallEnded,
    HttpInfo,
    Logger,
    Observer,
    RespondStreamEvent,
    Retrying,
    StreamEventCompletion,
    StreamEventError,
    StreamEventGuardrailModulation,
    StreamEventMetadata,
    StreamEventText,
    StreamEventUnknown,
    models,
)
from uniqos.middleware import Answer, AsyncNext, AsyncReceivedAnswer, Attempt
from uniqos.telemetry import Telemetry


class Foreign(BaseModel):
    personality_id: str
    message: str


class Watcher(Observer):
    """Writes one method and leaves the others."""

    def retrying(self, event: Retrying) -> None:
        assert_type(event.delay_seconds, float)
        assert_type(event.code, str)
        assert_type(event.http_status, int | None)

    def call_ended(self, event: CallEnded) -> None:
        assert_type(event.outcome, Literal["success", "error", "cancelled", "closed"])
        assert_type(event.elapsed_seconds, float)


class Mine(AsyncUniqOS):
    """A client of the user's own."""


class Feeling(models.Model):
    """An answer that the SDK does not know."""

    word: str


async def make(sink: Logger) -> AsyncUniqOS:
    client = AsyncUniqOS()
    assert_type(AsyncUniqOS("uniq_test_abcd1234", timeout=3, deadline=9.5, max_retries=1), AsyncUniqOS)
    assert_type(AsyncUniqOS(api_key="uniq_test_abcd1234", logger=sink, log_level="debug"), AsyncUniqOS)
    assert_type(AsyncUniqOS(access_token="t", base_url="https://x", http_client=httpx.AsyncClient()), AsyncUniqOS)
    assert_type(AsyncUniqOS(logger=logging.getLogger("mine"), on_invalid_response="salvage"), AsyncUniqOS)
    assert_type(AsyncUniqOS(logger=logging.LoggerAdapter(logging.getLogger("mine"), {})), AsyncUniqOS)
    assert_type(AsyncUniqOS(logger=loguru.logger), AsyncUniqOS)
    assert_type(
        AsyncUniqOS(
            None,
            access_token=None,
            base_url=None,
            timeout=None,
            deadline=None,
            max_retries=None,
            log_level=None,
            logger=None,
            http_client=None,
            on_invalid_response=None,
            max_connections=None,
            max_response_bytes=None,
            proxy=None,
            verify=None,
            observer=None,
        ),
        AsyncUniqOS,
    )
    assert_type(AsyncUniqOS(proxy="http://h:1", verify=Path("ca.pem"), max_connections=9), AsyncUniqOS)
    assert_type(AsyncUniqOS(verify=ssl.create_default_context(), max_response_bytes=9), AsyncUniqOS)
    assert_type(AsyncUniqOS(observer=Watcher()), AsyncUniqOS)
    assert_type(await client.warm_up(), None)
    assert_type(client.environment, Literal["live", "test"] | None)
    assert_type(client.base_url, str)
    assert_type(repr(client), str)
    assert_type(client.with_options(), AsyncUniqOS)
    assert_type(
        client.with_options(
            timeout=5,
            deadline=9.5,
            max_retries=0,
            log_level="silent",
            logger=sink,
            on_invalid_response="raise",
            max_response_bytes=9,
            observer=Watcher(),
        ),
        AsyncUniqOS,
    )
    assert_type(await client.with_options(timeout=5).personalities.get("p"), models.Personality)
    assert_type(await client.request("GET", "/v1/mood"), models.UndocumentedAnswer)
    assert_type(await client.request("PUT", "/v1/mood", body={"x": 1}, model=None), models.UndocumentedAnswer)
    assert_type(await client.request("GET", "/v1/{id}", params={"id": "x"}, model=models.Deletion), models.Deletion)
    assert_type(await client.request("POST", "/v1/mood", model=Feeling, idempotency_key="k", timeout=3), Feeling)
    assert_type((await client.request("GET", "/v1/mood", query={"limit": 5}, model=Feeling)).word, str)
    async with client as same:
        assert_type(same, AsyncUniqOS)
    async with Mine() as mine:
        assert_type(mine, Mine)
        assert_type(mine.with_options(max_retries=0), Mine)
    assert_type(await client.aclose(), None)
    return client


async def respond(client: AsyncUniqOS) -> None:
    assert_type(await client.respond(personality_id="p", message="m"), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", stream=False), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", return_format="text"), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", return_format=None), models.RespondResult)
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
            deadline=6.5,
            max_retries=0,
            headers={"X": "y"},
            idempotency_key="k",
            on_invalid_response="salvage",
        ),
        models.RespondResult,
    )
    assert_type(
        await client.respond(
            personality_id="p",
            message="m",
            timeout=None,
            deadline=None,
            max_retries=None,
            headers=None,
            idempotency_key=None,
            on_invalid_response=None,
        ),
        models.RespondResult,
    )
    assert_type(
        await client.respond(personality_id="p", message="m", return_format="modulator_pack", timeout=3),
        models.ModulatorPack,
    )
    assert_type(client.respond(personality_id="p", message="m", stream=True), AsyncRespondStream)
    assert_type(
        client.respond(personality_id="p", message="m", stream=True, return_format="text", timeout=3),
        AsyncRespondStream,
    )


async def respond_with_a_flag(client: AsyncUniqOS, flag: bool) -> None:
    turn = models.RespondRequest(personality_id="p", message="m")
    for made in (client.respond(turn, stream=flag), client.respond(personality_id="p", message="m", stream=flag)):
        if isinstance(made, AsyncRespondStream):
            assert_type(made.text, str)
        else:
            assert_type(await made, models.RespondResult)


async def respond_with_one_object(client: AsyncUniqOS, body: dict[str, Any], view: Mapping[str, object]) -> None:
    typed = models.RespondRequest(personality_id="p", message="m", mode="stateless")
    foreign = Foreign(personality_id="p", message="m")
    assert_type(await client.respond(typed), models.RespondResult)
    assert_type(await client.respond(typed, timeout=3, idempotency_key="k"), models.RespondResult)
    assert_type(await client.respond(typed, return_format="modulator_pack"), models.ModulatorPack)
    assert_type(client.respond(typed, stream=True), AsyncRespondStream)
    assert_type(await client.respond({"personality_id": "p", "message": "m"}), models.RespondResult)
    assert_type(await client.respond({"personality_id": "p", "message": "m"}, timeout=3), models.RespondResult)
    assert_type(await client.respond(body, return_format="modulator_pack", max_retries=0), models.ModulatorPack)
    assert_type(client.respond(body, stream=True, headers={"X": "y"}), AsyncRespondStream)
    assert_type(await client.respond(view), models.RespondResult)
    assert_type(await client.respond(foreign), models.RespondResult)
    assert_type(await client.respond(foreign, return_format="modulator_pack"), models.ModulatorPack)
    assert_type(client.respond(foreign, stream=True), AsyncRespondStream)


async def engine(client: AsyncUniqOS, body: dict[str, Any]) -> None:
    e = client.engine
    typed = models.RespondRequest(personality_id="p", message="m")
    foreign = Foreign(personality_id="p", message="m")
    assert_type(await e.respond(personality_id="p", message="m", deadline=9), models.RespondResult)
    assert_type(await e.respond(typed), models.RespondResult)
    assert_type(await e.respond(body, timeout=3), models.RespondResult)
    assert_type(await e.respond(foreign), models.RespondResult)
    assert_type(await e.respond(personality_id="p", message="m", return_format="modulator_pack"), models.ModulatorPack)
    assert_type(await e.respond(typed, return_format="modulator_pack"), models.ModulatorPack)
    assert_type(e.respond(personality_id="p", message="m", stream=True, timeout=3), AsyncRespondStream)
    assert_type(e.respond(body, stream=True), AsyncRespondStream)
    assert_type(await e.infer_state({"message": "m"}), models.InferredState)
    assert_type(await e.infer_state(message="m", timeout=3), models.InferredState)
    assert_type(await e.infer_state(models.InferStateRequest.model_validate(body)), models.InferredState)
    assert_type(await e.infer_state(foreign, max_retries=0), models.InferredState)
    assert_type(await e.infer_state(body=body), models.InferredState)
    assert_type(await e.recall_memory({"query": "q"}), models.RecalledMemory)
    assert_type(await e.recall_memory(query="q", deadline=3), models.RecalledMemory)
    assert_type(await e.recall_memory(models.RecallMemoryRequest.model_validate(body)), models.RecalledMemory)
    assert_type(await e.recall_memory(foreign, headers={"X": "y"}), models.RecalledMemory)
    assert_type(await e.recall_memory(body=body), models.RecalledMemory)


# async only: begin
async def at_once(client: AsyncUniqOS) -> None:
    first, second = await asyncio.gather(client.respond(personality_id="p", message="m"), client.personalities.get("p"))
    assert_type(first, models.RespondResult)
    assert_type(second, models.Personality)
    task = asyncio.create_task(client.respond(personality_id="p", message="m"))
    assert_type(await task, models.RespondResult)
    other = asyncio.create_task(client.respond({}, return_format="modulator_pack"))
    assert_type(await other, models.ModulatorPack)
    third = asyncio.create_task(client.interactions.list())
    assert_type(await third, models.InteractionPage)
    turn = client.respond(personality_id="p", message="m")
    assert_type(await asyncio.wait_for(turn, 3), models.RespondResult)
    assert_type(await client.respond(personality_id="p", message="m", stream=True), AsyncRespondStream)


# async only: end
async def stream(client: AsyncUniqOS) -> None:
    async for event in client.respond(personality_id="p", message="m", stream=True):
        assert_type(event, RespondStreamEvent)
        assert_type(event.http, HttpInfo | None)
        if event.type == "text":
            assert_type(event, StreamEventText)
            assert_type(event.delta, str)
        elif event.type == "metadata":
            assert_type(event, StreamEventMetadata)
        elif event.type == "guardrail_modulation":
            assert_type(event, StreamEventGuardrailModulation)
        elif event.type == "completion":
            assert_type(event, StreamEventCompletion)
        elif event.type == "error":
            assert_type(event, StreamEventError)
        else:
            assert_type(event, StreamEventUnknown)
            assert_type(event.name, str)
    async with client.respond(personality_id="p", message="m", stream=True) as opened:
        assert_type(opened, AsyncRespondStream)
        async for piece in opened.text_stream:
            assert_type(piece, str)
        async for event in opened:
            assert_type(event, RespondStreamEvent)
    again = client.engine.respond(personality_id="p", message="m", stream=True)
    assert_type(await again.open(), AsyncRespondStream)
    assert_type(await anext(again), RespondStreamEvent)
    assert_type(again.text_stream, AsyncIterator[str])
    assert_type(await again.until_done(), AsyncRespondStream)
    assert_type((await again.until_done()).text, str)
    assert_type(again.text, str)
    assert_type(again.metadata, StreamEventMetadata | None)
    assert_type(again.completion, StreamEventCompletion | None)
    assert_type(again.error, StreamEventError | None)
    assert_type(again.events_emitted, int)
    assert_type(again.http, HttpInfo | None)
    if again.completion is not None:
        assert_type(again.completion.usage.turns_consumed, int)
    assert_type(await again.aclose(), None)


async def stream_by_class(client: AsyncUniqOS) -> None:
    async for event in client.respond(personality_id="p", message="m", stream=True):
        if isinstance(event, StreamEventText):
            assert_type(event, StreamEventText)
        elif isinstance(event, (StreamEventMetadata, StreamEventCompletion)):
            assert_type(event, StreamEventMetadata | StreamEventCompletion)
        elif isinstance(event, StreamEventGuardrailModulation):
            assert_type(event.modulation_summary, str)
        elif isinstance(event, StreamEventError):
            assert_type(event.code, str)
        elif isinstance(event, StreamEventUnknown):
            assert_type(event.name, str)
        else:
            assert_never(event)
        match event:
            case StreamEventText(delta=delta):
                assert_type(delta, str)
            case StreamEventCompletion():
                assert_type(event, StreamEventCompletion)
            case _:
                pass


async def personalities(client: AsyncUniqOS, body: dict[str, Any], foreign: Foreign) -> None:
    p = client.personalities
    assert_type(await p.list(), models.PersonalityPage)
    assert_type(await p.list({"limit": 3}, timeout=3), models.PersonalityPage)
    assert_type(await p.list(limit=3, max_retries=0), models.PersonalityPage)
    assert_type(await p.list(query=models.PersonalityQuery.model_validate(body)), models.PersonalityPage)
    assert_type(await p.create(), models.Personality)
    assert_type(await p.create(name="X", source="guided_prompt", source_ref="d", timeout=5), models.Personality)
    assert_type(await p.create({"name": "X"}, idempotency_key="k"), models.Personality)
    assert_type(await p.create({"name": "X", "big_five_facets": {}}), models.Personality)
    assert_type(await p.create(body=body), models.Personality)
    assert_type(await p.create(models.PersonalityCreate(name="X")), models.Personality)
    assert_type(await p.create(foreign), models.Personality)
    assert_type(await p.get("p"), models.Personality)
    assert_type(await p.get(personality_id="p", timeout=3, headers={"X": "y"}), models.Personality)
    assert_type(await p.archive("p"), models.ArchivedPersonality)
    assert_type(await p.archive(personality_id="p", max_retries=0), models.ArchivedPersonality)
    assert_type(await p.new_version("p", {"name": "Y"}), models.PersonalityVersion)
    assert_type(await p.new_version("p", name="Y", timeout=3), models.PersonalityVersion)
    assert_type(await p.new_version(personality_id="p", body=body, idempotency_key="k"), models.PersonalityVersion)
    assert_type(await p.new_version("p", models.PersonalityNewVersion.model_validate(body)), models.PersonalityVersion)
    assert_type(await p.from_guided_prompt({"description": "d"}), models.GuidedProposal)
    assert_type(await p.from_guided_prompt(description="d", deadline=99), models.GuidedProposal)
    assert_type(await p.from_guided_prompt(body=body), models.GuidedProposal)
    assert_type(await p.from_guided_prompt(models.GuidedPrompt.model_validate(body)), models.GuidedProposal)
    assert_type(await p.from_catalog(slug="s", name="n", timeout=3), models.ClonedPersonality)
    assert_type(await p.from_catalog({"slug": "s"}, idempotency_key="k"), models.ClonedPersonality)
    assert_type(await p.from_catalog(body=body), models.ClonedPersonality)
    assert_type(await p.from_catalog(models.CatalogClone(slug="s")), models.ClonedPersonality)
    assert_type(await p.from_catalog(foreign), models.ClonedPersonality)
    assert_type(await p.dry_run("p", {"message": "m"}), models.DryRunResult)
    assert_type(await p.dry_run("p", message="m", timeout=3), models.DryRunResult)
    assert_type(await p.dry_run(personality_id="p", body=body), models.DryRunResult)
    assert_type(await p.dry_run("p", models.DryRun.model_validate(body)), models.DryRunResult)
    assert_type(await p.versions("p"), models.PersonalityVersions)
    assert_type(await p.versions(personality_id="p", on_invalid_response="salvage"), models.PersonalityVersions)
    assert_type(await p.submit_for_review("p"), models.ReviewSubmission)
    assert_type(await p.submit_for_review(personality_id="p", timeout=3), models.ReviewSubmission)
    assert_type(await p.review_status("p"), models.ReviewStatus)
    assert_type(await p.review_status(personality_id="p", timeout=3), models.ReviewStatus)
    assert_type(await p.appeal("p", {"reason": "r"}, headers={"X": "y"}), models.AppealResult)
    assert_type(await p.appeal("p", reason="r"), models.AppealResult)
    assert_type(await p.appeal(personality_id="p", body=body), models.AppealResult)
    assert_type(await p.appeal("p", models.Appeal.model_validate(body)), models.AppealResult)


async def interactions(client: AsyncUniqOS, since: datetime, query: dict[str, Any]) -> None:
    i = client.interactions
    assert_type(await i.list(), models.InteractionPage)
    assert_type(
        await i.list(user_id="u", relationship_id="r", from_=since, to=since, limit=3, cursor="c", timeout=3),
        models.InteractionPage,
    )
    assert_type(await i.list({"user_id": "u", "from": since}, max_retries=0), models.InteractionPage)
    assert_type(await i.list(query=query), models.InteractionPage)
    assert_type(await i.list(models.InteractionQuery(limit=3)), models.InteractionPage)
    assert_type(i.iterate(user_id="u", limit=3, timeout=3), AsyncIterator[models.Interaction])
    assert_type(i.iterate({"user_id": "u"}), AsyncIterator[models.Interaction])
    assert_type(i.iterate(query=models.InteractionQuery(limit=3)), AsyncIterator[models.Interaction])
    async for one in i.iterate():
        assert_type(one, models.Interaction)
    assert_type([one async for one in i.iterate()], list[models.Interaction])
    assert_type(await i.get("i"), models.Interaction)
    assert_type(await i.get(interaction_id="i", timeout=3), models.Interaction)
    assert_type(await i.aggregates(), models.InteractionAggregates)
    assert_type(
        await i.aggregates(group_by="week", user_id="u", relationship_id="r", from_=since, to=since, timeout=3),
        models.InteractionAggregates,
    )
    assert_type(await i.aggregates({"group_by": "day"}), models.InteractionAggregates)
    assert_type(await i.aggregates(query=models.AggregateQuery(group_by="month")), models.InteractionAggregates)


async def middleware(attempt: Attempt, next: AsyncNext) -> Answer:
    assert_type(attempt.content, bytes | None)
    answer = await next(attempt.with_headers({"X-Release": "1"}))
    assert_type(answer, AsyncReceivedAnswer)
    assert_type(await answer.read(), bytes)
    assert_type((answer.status, answer.elapsed, answer.request_id), tuple[int, float, str | None])
    return Answer(200, json={}) if answer.status == 404 else answer


async def fetch_key() -> str:
    return "k"


def seams(client: AsyncUniqOS) -> None:
    AsyncUniqOS(fetch_key, middleware=[middleware], telemetry=True, verify="system")
    AsyncUniqOS(lambda: "k", telemetry=Telemetry(emotions=True))
    client.with_options(middleware=(middleware,), telemetry=False)
    client.with_credentials(fetch_key)
