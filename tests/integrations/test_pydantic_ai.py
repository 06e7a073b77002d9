"""Tests of the model and the capability for Pydantic AI, in real agents against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("pydantic_ai.capabilities", reason="Pydantic AI 2 needs Python 3.11 and a newer pydantic")

from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ModelRequest, RetryModelRequest
from pydantic_ai import exceptions as theirs
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.direct import model_request
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.test import TestModel

from tests.support.lostturns import hold, keys_of, turns_after
from uniqos import AsyncUniqOS, errors
from uniqos.integrations.pydantic_ai import UniqOSCapability, UniqOSModel, UniqOSModelSettings
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio


class Retry(AbstractCapability[None]):
    """Sends a failed request again, at most twice."""

    async def on_model_request_error(self, ctx: Any, *, request_context: Any, error: Exception) -> Any:
        if request_context.attempt > 2:
            raise error
        raise RetryModelRequest()


@pytest.fixture
async def client(fresh: Sandbox) -> AsyncIterator[AsyncUniqOS]:
    async with fresh.async_client(max_retries=0) as client:
        yield client


async def test_a_run_is_one_turn_with_its_emotion_and_usage(fresh: Sandbox, client: AsyncUniqOS) -> None:
    run = await Agent(UniqOSModel(client, fresh.personality_id)).run("I am glad")
    assert run.output
    assert run.usage.details == {"turns": 1}
    assert run.response.provider_details is not None
    assert run.response.provider_details["inferred_emotional_state"]["primary"] == "joy"
    assert run.response.provider_response_id == run.response.provider_details["interaction_id"]
    assert (run.response.model_name, run.response.provider_name) == (fresh.personality_id, "uniqos")
    assert fresh.turns_billed == 1


async def test_a_streamed_run_gives_the_words_as_they_arrive(fresh: Sandbox, client: AsyncUniqOS) -> None:
    async with Agent(UniqOSModel(client, fresh.personality_id)).run_stream("I am glad") as run:
        words = [piece async for piece in run.stream_text(delta=True, debounce_by=None)]
    assert len(words) > 3
    assert "".join(words) == await run.get_output()
    assert run.usage.details == {"turns": 1}
    assert run.response.provider_details is not None
    assert run.response.provider_details["inferred_emotional_state"]["primary"] == "joy"
    assert run.response.finish_reason == "stop"
    assert fresh.turns_billed == 1


async def test_only_the_last_message_is_sent_and_a_stateful_personality_remembers(
    fresh: Sandbox, client: AsyncUniqOS
) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id))
    ada = UniqOSModelSettings(uniqos_user_id="ada", uniqos_mode="stateful")
    first = await agent.run("My dog is called Rex", model_settings=ada)
    await agent.run("I am sad", message_history=first.all_messages(), model_settings=ada)
    memory = await client.engine.recall_memory(personality_id=fresh.personality_id, user_id="ada")
    assert "2 time(s)" in memory["summary"]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_lost_answer_that_the_agent_retries_is_billed_once(
    fresh: Sandbox, client: AsyncUniqOS, streamed: bool
) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id), capabilities=[Retry()])
    fresh.fault(path="/v1/respond", drop=True, times=2)
    if streamed:
        async with agent.run_stream("Hi") as run:
            assert await run.get_output()
    else:
        assert (await agent.run("Hi")).output
    assert fresh.turns_billed == 1
    assert len(keys_of(fresh)) == 3
    assert len(set(keys_of(fresh))) == 1
    await agent.run("Hi")
    assert fresh.turns_billed == 2, "a new run with the same words is a new turn"


async def test_a_fallback_to_the_same_personality_is_the_same_turn(fresh: Sandbox, client: AsyncUniqOS) -> None:
    models = [UniqOSModel(client, fresh.personality_id) for _ in range(2)]
    fresh.fault(path="/v1/respond", drop=True, times=1)
    assert (await Agent(FallbackModel(*models)).run("Hi")).output
    assert len(keys_of(fresh)) == 2
    assert fresh.turns_billed == 1


async def test_a_new_run_after_a_lost_answer_is_a_new_turn(fresh: Sandbox, client: AsyncUniqOS) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id))
    fresh.fault(path="/v1/respond", drop=True, times=1)
    with pytest.raises(theirs.ModelConnectionError) as caught:
        await agent.run("Hi")
    assert caught.value.phase == "read"
    assert isinstance(caught.value.__cause__, errors.NetworkError)
    await agent.run("Hi")
    assert len(set(keys_of(fresh))) == 2


async def test_a_response_that_the_agent_rejects_is_asked_for_anew(fresh: Sandbox, client: AsyncUniqOS) -> None:
    class Critic(AbstractCapability[None]):
        async def after_model_request(self, ctx: Any, *, request_context: Any, response: Any) -> Any:
            if request_context.attempt == 1:
                raise RetryModelRequest()
            return response

    await Agent(UniqOSModel(client, fresh.personality_id), capabilities=[Critic()]).run("Hi")
    assert len(set(keys_of(fresh))) == 2
    assert fresh.turns_billed == 2


async def test_a_request_that_the_framework_gave_up_keeps_its_key() -> None:
    with turns_after(hold) as (url, keys):
        async with AsyncUniqOS("uniq_test_abcd1234", base_url=url) as client:
            agent = Agent(UniqOSModel(client, "pers_1"), capabilities=[Retry()])
            assert (await agent.run("Hi", model_settings={"request_timeout": 0.2})).output == "Hi"
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_direct_request_that_is_made_again_is_the_same_turn(fresh: Sandbox, client: AsyncUniqOS) -> None:
    model = UniqOSModel(client, fresh.personality_id)
    request = ModelRequest.user_text_prompt("Hi")
    fresh.fault(path="/v1/respond", drop=True, times=1)
    with pytest.raises(theirs.ModelConnectionError):
        await model_request(model, [request])
    await model_request(model, [request])
    await model_request(model, [ModelRequest.user_text_prompt("Hi")])
    assert len(set(keys_of(fresh))) == 2
    assert fresh.turns_billed == 2


ERRORS = [
    ("quota_exhausted", theirs.ModelQuotaExceededError, errors.QuotaExhaustedError),
    ("rate_limit_exceeded;retry_after=7", theirs.ModelRateLimitError, errors.RateLimitError),
    ("authentication_error", theirs.ModelAuthenticationError, errors.AuthenticationError),
    ("not_found", theirs.ModelNotFoundError, errors.NotFoundError),
    ("service_unavailable", theirs.ModelUnavailableError, errors.ServiceUnavailableError),
    ("turn_timeout", theirs.ModelServerError, errors.TurnTimeoutError),
    ("guardrail_blocked", theirs.ModelRequestRejectedError, errors.GuardrailBlockError),
]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(("code", "their_class", "our_class"), ERRORS)
async def test_a_refusal_is_an_error_of_the_framework_with_ours_as_its_cause(
    fresh: Sandbox, client: AsyncUniqOS, code: str, their_class: Any, our_class: Any, streamed: bool
) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id))
    with pytest.raises(their_class) as caught:
        if streamed:
            async with agent.run_stream(f"[[uniqos:error={code}]] secret words"):
                pass
        else:
            await agent.run(f"[[uniqos:error={code}]] secret words")
    assert isinstance(caught.value, theirs.ModelHTTPError)
    assert isinstance(caught.value.__cause__, our_class)
    assert caught.value.retry_after == (7 if "retry_after" in code else caught.value.__cause__.retry_after_seconds)
    assert "secret words" not in str(caught.value)


async def test_a_broken_stream_and_an_error_event_are_told_apart(fresh: Sandbox, client: AsyncUniqOS) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id))
    with pytest.raises(theirs.ModelConnectionError) as cut:
        async with agent.run_stream("[[uniqos:stream=drop_after:3]] Hi") as run:
            await run.get_output()
    assert cut.value.in_stream
    assert isinstance(cut.value.__cause__, errors.NetworkError)
    assert cut.value.__cause__.text
    with pytest.raises(theirs.ModelServerError) as failed:
        async with agent.run_stream("[[uniqos:stream=error_event]] Hi") as run:
            await run.get_output()
    assert failed.value.in_stream
    assert failed.value.provider_error_code == "internal_error"


async def test_a_stream_that_is_left_gives_its_connection_back(fresh: Sandbox, client: AsyncUniqOS) -> None:
    agent = Agent(UniqOSModel(client, fresh.personality_id))
    async with agent.run_stream("Hi") as run:
        async for _ in run.stream_text(delta=True, debounce_by=None):
            break
        await run.cancel()
    assert run.response.state == "interrupted"


class City(BaseModel):
    name: str


def tool() -> str:
    """Do nothing."""
    return ""


UNSENDABLE: list[tuple[dict[str, Any], Any, str]] = [
    ({"instructions": "Be kind"}, "Hi", "an instruction"),
    ({"system_prompt": "Be kind"}, "Hi", "a system prompt"),
    ({"tools": [tool]}, "Hi", "a tool"),
    ({"output_type": City}, "Hi", "an output_type"),
    ({}, ["Look", BinaryContent(b"\x89PNG", media_type="image/png")], "a BinaryImage|a BinaryContent"),
]


@pytest.mark.parametrize(("options", "prompt", "named"), UNSENDABLE, ids=lambda value: str(value)[:20])
async def test_an_input_that_cannot_be_sent_is_refused_before_anything_is_sent(
    fresh: Sandbox, client: AsyncUniqOS, options: dict[str, Any], prompt: Any, named: str
) -> None:
    agent: Any = Agent(UniqOSModel(client, fresh.personality_id), **options)
    with pytest.raises(errors.RequestValidationError, match=f"({named}) cannot be sent to a personality") as caught:
        await agent.run(prompt)
    assert caught.value.code == "unsupported_input"
    assert keys_of(fresh) == []


async def test_the_capability_tells_any_model_personality_and_emotion_and_reads_memories(
    fresh: Sandbox, client: AsyncUniqOS
) -> None:
    turn = {"personality_id": fresh.personality_id, "user_id": "ada", "mode": "stateful"}
    await client.respond({**turn, "message": "My dog is called Rex"})
    capability = UniqOSCapability[str](client, fresh.personality_id, user_id=lambda ctx: ctx.deps)
    agent = Agent(TestModel(), deps_type=str, capabilities=[capability])
    run = await agent.run("I am glad", deps="ada")
    request = run.all_messages()[0]
    assert isinstance(request, ModelRequest)
    assert request.instructions is not None
    assert '"joy"' in request.instructions
    assert '"big_five"' in request.instructions
    assert "dog" in run.output
    other = await agent.run("I am glad", deps="bob")
    assert "dog" not in other.output
    paths = [entry["path"] for entry in fresh.journal.entries()]
    assert paths.count("/v1/infer-state") == 4, "once a run for the instructions, once by the tool"
    assert fresh.turns_billed == 1


async def test_a_failure_of_a_tool_is_told_to_the_model_and_one_of_the_instructions_ends_the_run(
    fresh: Sandbox, client: AsyncUniqOS
) -> None:
    capability: UniqOSCapability[None] = UniqOSCapability(client, fresh.personality_id, user_id="ada")
    agent = Agent(TestModel(call_tools=["recall_memory"]), capabilities=[capability])
    fresh.fault(path="/v1/recall-memory", code="internal_error", times=1)
    run = await agent.run("Hi")
    returns = [part for message in run.all_messages() for part in message.parts if part.part_kind == "tool-return"]
    assert [part.outcome for part in returns] == ["failed"]
    fresh.fault(path="/v1/infer-state", code="service_unavailable", times=1)
    with pytest.raises(theirs.ModelUnavailableError):
        await agent.run("Hi")


async def test_runs_at_the_same_time_do_not_share_an_emotion(fresh: Sandbox, client: AsyncUniqOS) -> None:
    capability: UniqOSCapability[None] = UniqOSCapability(client, fresh.personality_id, user_id="ada")
    agent = Agent(TestModel(call_tools=[]), capabilities=[capability])
    glad, sad = await asyncio.gather(agent.run("I am glad"), agent.run("I am sad"))

    def instructions(run: Any) -> str:
        return str(run.all_messages()[0].instructions)

    assert '"joy"' in instructions(glad)
    assert '"joy"' not in instructions(sad)
