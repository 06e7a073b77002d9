"""Tests of the model and the session for the OpenAI Agents SDK, in real runs against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

pytest.importorskip("agents.retry", reason="the OpenAI Agents SDK needs Python 3.11 and a newer pydantic")

from agents import (
    Agent,
    ModelRefusalError,
    ModelRetrySettings,
    ModelSettings,
    RunConfig,
    Runner,
    SQLiteSession,
    function_tool,
    retry_policies,
    set_trace_processors,
)
from agents.testing import ModelStep, ScriptedModel
from pydantic import BaseModel

from tests.support.lostturns import hold, keys_of, turns_after
from uniqos import AsyncUniqOS, errors
from uniqos.integrations.openai_agents import UniqOSModel, UniqOSSession
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True, scope="module")
def no_exporter() -> None:
    """Keep the traces of the runs in this process."""
    set_trace_processors([])


@pytest.fixture
async def client(fresh: Sandbox) -> AsyncIterator[AsyncUniqOS]:
    async with fresh.async_client(max_retries=0) as client:
        yield client


@pytest.fixture
def history() -> Iterator[SQLiteSession]:
    session = SQLiteSession("ada")
    yield session
    session.close()


def retrying(**options: Any) -> ModelSettings:
    return ModelSettings(
        retry=ModelRetrySettings(
            max_retries=2, backoff={"initial_delay": 0.0, "jitter": False}, policy=retry_policies.provider_suggested()
        ),
        **options,
    )


def agent_of(client: AsyncUniqOS, personality_id: str, **options: Any) -> Agent[Any]:
    return Agent("Friend", model=UniqOSModel(client, personality_id), **options)


async def test_a_run_is_one_turn_with_its_emotion_and_usage(fresh: Sandbox, client: AsyncUniqOS) -> None:
    run = await Runner.run(agent_of(client, fresh.personality_id), "I am glad")
    details: Any = run.raw_responses[0].output[0].provider_data  # type: ignore[union-attr]
    assert run.final_output
    assert details["inferred_emotional_state"]["primary"] == "joy"
    assert details["usage"]["turns_consumed"] == 1
    assert run.raw_responses[0].response_id == details["interaction_id"]
    assert run.context_wrapper.usage.requests == 1
    assert fresh.turns_billed == 1


async def test_a_streamed_run_gives_the_words_as_they_arrive(fresh: Sandbox, client: AsyncUniqOS) -> None:
    run = Runner.run_streamed(agent_of(client, fresh.personality_id), "I am glad")
    events = [event.data async for event in run.stream_events() if event.type == "raw_response_event"]
    words = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len(words) > 3
    assert "".join(words) == run.final_output
    assert [event.type for event in events if "delta" not in event.type] == [
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    details: Any = run.raw_responses[0].output[0].provider_data  # type: ignore[union-attr]
    assert details["inferred_emotional_state"]["primary"] == "joy"
    assert run.context_wrapper.usage.requests == 1
    assert fresh.turns_billed == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_lost_answer_that_the_runner_retries_is_billed_once(
    fresh: Sandbox, client: AsyncUniqOS, streamed: bool
) -> None:
    agent = agent_of(client, fresh.personality_id, model_settings=retrying())
    fresh.fault(path="/v1/respond", drop=True, times=2)
    if streamed:
        run = Runner.run_streamed(agent, "Hi")
        async for _ in run.stream_events():
            pass
        assert run.final_output
    else:
        assert (await Runner.run(agent, "Hi")).final_output
    assert fresh.turns_billed == 1
    assert len(keys_of(fresh)) == 3
    assert len(set(keys_of(fresh))) == 1
    await Runner.run(agent, "Hi")
    assert fresh.turns_billed == 2, "a new run with the same words is a new turn"


async def test_a_new_run_after_a_lost_answer_is_a_new_turn_unless_tracing_is_off(
    fresh: Sandbox, client: AsyncUniqOS
) -> None:
    agent = agent_of(client, fresh.personality_id)
    for config in (RunConfig(), RunConfig(tracing_disabled=True)):
        fresh.fault(path="/v1/respond", drop=True, times=1)
        with pytest.raises(errors.NetworkError):
            await Runner.run(agent, "Hi", run_config=config)
        await Runner.run(agent, "Hi", run_config=config)
    first, second, third, fourth = keys_of(fresh)
    assert first != second
    assert third == fourth
    assert fresh.turns_billed == 3


async def test_an_attempt_that_the_runner_gave_up_keeps_its_key() -> None:
    settings = ModelSettings(
        timeout=0.2,
        retry=ModelRetrySettings(max_retries=1, backoff={"initial_delay": 0.0}, policy=lambda context: True),
    )
    with turns_after(hold) as (url, sent):
        async with AsyncUniqOS("uniq_test_abcd1234", base_url=url) as client:
            run = await Runner.run(agent_of(client, "pers_1", model_settings=settings), "Hi")
    assert run.final_output == "Hi"
    assert len(sent) == 2
    assert len(set(sent)) == 1


async def test_a_stream_that_broke_after_its_first_words_is_not_sent_again(fresh: Sandbox, client: AsyncUniqOS) -> None:
    run = Runner.run_streamed(
        agent_of(client, fresh.personality_id, model_settings=retrying()), "[[uniqos:stream=drop_after:3]] Hi"
    )
    said = ""
    with pytest.raises(errors.NetworkError) as caught:
        async for event in run.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                said += event.data.delta
    assert said == caught.value.text != ""
    assert len(keys_of(fresh)) == 1


ERRORS = [
    ("quota_exhausted", errors.QuotaExhaustedError, 1),
    ("authentication_error", errors.AuthenticationError, 1),
    ("guardrail_blocked", ModelRefusalError, 1),
    ("rate_limit_exceeded;retry_after=0", errors.RateLimitError, 3),
    ("service_unavailable", errors.ServiceUnavailableError, 3),
]


@pytest.mark.parametrize(("code", "error", "attempts"), ERRORS)
async def test_a_refusal_is_retried_only_where_that_may_help(
    fresh: Sandbox, client: AsyncUniqOS, code: str, error: Any, attempts: int
) -> None:
    agent = agent_of(client, fresh.personality_id, model_settings=retrying())
    with pytest.raises(error) as caught:
        await Runner.run(agent, f"[[uniqos:error={code}]] secret words")
    assert "secret words" not in str(caught.value)
    if error is ModelRefusalError:
        assert isinstance(caught.value.__cause__, errors.GuardrailBlockError)
    assert len(keys_of(fresh)) == attempts
    assert fresh.turns_billed == 0


class City(BaseModel):
    name: str


@function_tool
def nothing() -> str:
    """Do nothing."""
    return ""


IMAGE = [{"role": "user", "content": [{"type": "input_image", "image_url": "https://example.com/a.png"}]}]
UNSENDABLE: list[tuple[dict[str, Any], Any, str]] = [
    ({"instructions": "Be kind"}, "Hi", "an instruction"),
    ({"tools": [nothing]}, "Hi", "a tool or handoff"),
    ({"handoffs": [Agent("Other")]}, "Hi", "a tool or handoff"),
    ({"output_type": City}, "Hi", "an output_type"),
    ({}, IMAGE, "a content part of the type input_image"),
    ({}, [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}], "a system or developer"),
    ({}, [{"role": "assistant", "content": "Hi"}], "a request that does not end with a message of the user"),
]


@pytest.mark.parametrize(("options", "words", "named"), UNSENDABLE, ids=lambda value: str(value)[:20])
async def test_an_input_that_cannot_be_sent_is_refused_before_anything_is_sent(
    fresh: Sandbox, client: AsyncUniqOS, options: dict[str, Any], words: Any, named: str
) -> None:
    agent = agent_of(client, fresh.personality_id, **options)
    with pytest.raises(errors.RequestValidationError, match=named) as caught:
        await Runner.run(agent, words)
    assert caught.value.code == "unsupported_input"
    assert keys_of(fresh) == []


async def test_extra_arguments_are_those_of_a_turn(fresh: Sandbox, client: AsyncUniqOS) -> None:
    ada = RunConfig(model_settings=ModelSettings(extra_args={"user_id": "ada", "mode": "stateful"}))
    await Runner.run(agent_of(client, fresh.personality_id), "My dog is called Rex", run_config=ada)
    memory = await client.engine.recall_memory(personality_id=fresh.personality_id, user_id="ada")
    assert "1 time(s)" in memory["summary"]
    wrong = RunConfig(model_settings=ModelSettings(extra_args={"temperature": 1}))
    with pytest.raises(TypeError, match="temperature"):
        await Runner.run(agent_of(client, fresh.personality_id), "Hi", run_config=wrong)


async def test_replies_stay_in_a_session_and_the_last_message_alone_is_sent(
    fresh: Sandbox, client: AsyncUniqOS, history: SQLiteSession
) -> None:
    agent = agent_of(client, fresh.personality_id)
    for words in ("Hi", "Hi"):
        await Runner.run(agent, words, session=history)
    roles = [item.get("role") for item in await history.get_items()]
    assert roles == ["user", "assistant", "user", "assistant"]
    assert fresh.turns_billed == 2


async def test_another_model_begins_with_the_memories_and_they_are_not_stored(
    fresh: Sandbox, client: AsyncUniqOS, history: SQLiteSession
) -> None:
    turn = {"personality_id": fresh.personality_id, "user_id": "ada", "mode": "stateful"}
    await client.respond({**turn, "message": "My dog is called Rex"})
    session = UniqOSSession(history, client, fresh.personality_id, user_id="ada")
    reply: Any = await Runner.run(agent_of(client, fresh.personality_id), "Hi")
    model = ScriptedModel([ModelStep(output=reply.raw_responses[0].output) for _ in range(2)])
    for words in ("Hello", "Again"):
        await Runner.run(Agent("Other", model=model), words, session=session)
    sent = [[item.get("role") for item in call.input] for call in model.calls]
    assert sent == [["system", "user"], ["system", "user", "assistant", "user"]]
    assert "dog" in model.calls[0].input[0]["content"]
    assert [item.get("role") for item in await history.get_items()] == ["user", "assistant"] * 2
    assert [item.get("role") for item in await session.get_items(3)] == ["assistant", "user", "assistant"]
    assert await session.pop_item() is not None
    await session.clear_session()
    assert [item.get("role") for item in await session.get_items()] == ["system"]


async def test_a_memory_that_cannot_be_read_is_an_error(
    fresh: Sandbox, client: AsyncUniqOS, history: SQLiteSession
) -> None:
    fresh.fault(path="/v1/recall-memory", code="service_unavailable", times=1)
    session = UniqOSSession(history, client, fresh.personality_id, user_id="ada")
    with pytest.raises(errors.ServiceUnavailableError):
        await Runner.run(Agent("Other", model=ScriptedModel()), "Hello", session=session)
    assert await history.get_items() == []
