"""Tests of the chat model for LangChain, in real chains against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("langchain_core.exceptions", reason="LangChain needs Python 3.11 and a newer pydantic")

from langchain_core import exceptions as theirs
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField

from tests.support.lostturns import hold, keys_of, turns_after
from uniqos import AsyncUniqOS, UniqOS, errors
from uniqos.integrations.langchain import ChatUniqOS
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def model(fresh: Sandbox) -> AsyncIterator[ChatUniqOS]:
    with fresh.client(max_retries=0) as client:
        async with fresh.async_client(max_retries=0) as async_client:
            yield ChatUniqOS(client=client, async_client=async_client, personality_id=fresh.personality_id)


def check(message: Any, sandbox: Sandbox) -> None:
    details = message.response_metadata
    assert message.text
    assert details["inferred_emotional_state"]["primary"] == "joy"
    assert details["usage"]["turns_consumed"] == 1
    assert details["memory"]["consulted"] is False
    assert (details["model_provider"], details["model_name"]) == ("uniqos", sandbox.personality_id)
    assert details["interaction_id"].startswith("int_")
    assert message.usage_metadata is None, "the API reports no tokens"


async def test_a_call_is_one_turn_with_its_emotion_and_usage(fresh: Sandbox, model: ChatUniqOS) -> None:
    check(model.invoke("I am glad"), fresh)
    check(await model.ainvoke([AIMessage("Earlier words"), HumanMessage("I am glad")]), fresh)
    assert fresh.turns_billed == 2


async def test_a_stream_gives_words_as_they_arrive_and_the_same_details(fresh: Sandbox, model: ChatUniqOS) -> None:
    pieces = list(model.stream("I am glad"))
    later = [piece async for piece in model.astream("I am glad")]
    for chunks in (pieces, later):
        assert len([chunk for chunk in chunks if chunk.text]) > 3
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole = whole + chunk
        check(whole, fresh)
    assert fresh.turns_billed == 2


async def test_callbacks_get_every_piece(model: ChatUniqOS) -> None:
    class Listener(BaseCallbackHandler):
        words = ""

        def on_llm_new_token(self, token: Any, **_: Any) -> None:
            self.words += token

    class AsyncListener(AsyncCallbackHandler):
        words = ""

        async def on_llm_new_token(self, token: Any, **_: Any) -> None:
            self.words += token

    listener, async_listener = Listener(), AsyncListener()
    said = "".join(chunk.text for chunk in model.stream("I am glad", {"callbacks": [listener]}))
    assert listener.words == said
    said = "".join([c.text async for c in model.astream("I am glad", {"callbacks": [async_listener]})])
    assert async_listener.words == said


async def test_one_client_serves_both_kinds_of_calls_or_says_that_it_does_not(
    fresh: Sandbox, model: ChatUniqOS
) -> None:
    threaded = ChatUniqOS(client=model.client, personality_id=fresh.personality_id)
    check(await threaded.ainvoke("I am glad"), fresh)
    assert [piece.text async for piece in threaded.astream("I am glad")]
    lone = ChatUniqOS(async_client=model.async_client, personality_id=fresh.personality_id)
    check(await lone.ainvoke("I am glad"), fresh)
    with pytest.raises(errors.ConfigurationError, match="async client alone"):
        lone.invoke("Hi")
    with pytest.raises(errors.ConfigurationError, match="needs client="):
        ChatUniqOS(personality_id="pers_1")


@pytest.mark.parametrize("in_chain", [False, True])
async def test_a_lost_answer_that_the_framework_retries_is_billed_once(
    fresh: Sandbox, model: ChatUniqOS, in_chain: bool
) -> None:
    runnable: Any = ChatPromptTemplate.from_messages([("human", "{words}")]) | model if in_chain else model
    words: Any = {"words": "Hi"} if in_chain else "Hi"
    retrying = runnable.with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    fresh.fault(path="/v1/respond", drop=True, times=2)
    assert retrying.invoke(words).text
    assert fresh.turns_billed == 1
    assert len(keys_of(fresh)) == 3
    fresh.fault(path="/v1/respond", drop=True, times=2)
    assert (await retrying.ainvoke(words)).text
    assert fresh.turns_billed == 2, "a new call with the same words is a new turn"
    assert len(set(keys_of(fresh))) == 2


async def test_a_model_that_is_configured_for_each_call_bills_a_lost_answer_once(
    fresh: Sandbox, model: ChatUniqOS
) -> None:
    configurable = model.configurable_fields(user_id=ConfigurableField(id="user_id"))
    retrying = configurable.with_retry(stop_after_attempt=3, wait_exponential_jitter=False)
    fresh.fault(path="/v1/respond", drop=True, times=2)
    assert retrying.invoke("Hi", {"configurable": {"user_id": "ada"}}).text
    assert len(keys_of(fresh)) == 3
    assert fresh.turns_billed == 1


async def test_the_same_words_of_two_conversations_never_share_a_turn(fresh: Sandbox, model: ChatUniqOS) -> None:
    ada: Any = {"metadata": {"thread_id": "ada"}}
    bob: Any = {"metadata": {"thread_id": "bob"}}
    fresh.fault(path="/v1/respond", drop=True, times=1)
    with pytest.raises(theirs.ModelConnectionError):
        model.invoke("Hi", ada)
    model.invoke("Hi", bob)
    model.invoke("Hi", ada)
    first, second, third = keys_of(fresh)
    assert first == third != second
    assert fresh.turns_billed == 2


async def test_a_key_of_ones_own_is_sent(fresh: Sandbox, model: ChatUniqOS) -> None:
    model.invoke("Hi", idempotency_key="mine-1")
    model.invoke("Hi", idempotency_key="mine-1")
    assert keys_of(fresh) == ["mine-1", "mine-1"]
    assert fresh.turns_billed == 1


async def test_a_cancelled_call_that_is_made_again_has_the_same_key() -> None:
    import asyncio

    with turns_after(hold) as (url, sent):
        async with AsyncUniqOS("uniq_test_abcd1234", base_url=url) as client:
            model = ChatUniqOS(async_client=client, personality_id="pers_1")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(model.ainvoke("Hi"), 0.2)
            assert (await model.ainvoke("Hi")).text == "Hi"
    assert len(sent) == 2
    assert len(set(sent)) == 1


ERRORS = [
    ("quota_exhausted", theirs.ModelError, errors.QuotaExhaustedError, False),
    ("rate_limit_exceeded", theirs.ModelRateLimitError, errors.RateLimitError, True),
    ("authentication_error", theirs.ModelAuthenticationError, errors.AuthenticationError, False),
    ("permission_denied", theirs.ModelPermissionDeniedError, errors.PermissionError, False),
    ("not_found", theirs.ModelNotFoundError, errors.NotFoundError, False),
    ("service_unavailable", theirs.ModelAPIError, errors.ServiceUnavailableError, True),
    ("guardrail_blocked", theirs.ModelInvalidRequestError, errors.GuardrailBlockError, False),
]


@pytest.mark.parametrize(("code", "their_class", "our_class", "is_retryable"), ERRORS)
async def test_a_refusal_is_an_error_of_the_framework_with_ours_as_its_cause(
    model: ChatUniqOS, code: str, their_class: Any, our_class: Any, is_retryable: bool
) -> None:
    message = f"[[uniqos:error={code}]] secret words"
    for call in (lambda: model.invoke(message), lambda: list(model.stream(message))):
        with pytest.raises(their_class) as caught:
            call()
        assert type(caught.value) is their_class
        assert isinstance(caught.value.__cause__, our_class)
        assert caught.value.is_retryable == is_retryable
        assert "secret words" not in str(caught.value)


async def test_a_broken_stream_gives_its_words_and_then_raises(model: ChatUniqOS) -> None:
    message = "[[uniqos:stream=drop_after:3]] Hi"
    said: list[str] = []
    with pytest.raises(theirs.ModelConnectionError) as caught:
        for chunk in model.stream(message):
            said.append(chunk.text)
    assert isinstance(caught.value.__cause__, errors.NetworkError)
    assert "".join(said) == caught.value.__cause__.text != ""
    with pytest.raises(theirs.ModelAPIError):
        async for _ in model.astream("[[uniqos:stream=error_event]] Hi"):
            pass


UNSENDABLE: list[tuple[Any, dict[str, Any], str]] = [
    ([SystemMessage("Be kind"), HumanMessage("Hi")], {}, "a system message"),
    ([HumanMessage("Hi"), AIMessage("Hello")], {}, "a request that does not end with a message of the user"),
    (
        [HumanMessage([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}])],
        {},
        "a content block of the type image",
    ),
    ("Hi", {"stop": ["."]}, "stop"),
    ("Hi", {"tools": [{"name": "x"}]}, "a tool"),
]


@pytest.mark.parametrize(("words", "options", "named"), UNSENDABLE, ids=lambda value: str(value)[:20])
async def test_an_input_that_cannot_be_sent_is_refused_before_anything_is_sent(
    fresh: Sandbox, model: ChatUniqOS, words: Any, options: dict[str, Any], named: str
) -> None:
    with pytest.raises(errors.RequestValidationError, match=f"{named} cannot be sent to a personality"):
        model.invoke(words, **options)
    with pytest.raises(errors.RequestValidationError):
        await model.ainvoke(words, **options)
    assert keys_of(fresh) == []


async def test_an_unknown_argument_is_a_type_error_and_known_ones_take_effect(
    fresh: Sandbox, model: ChatUniqOS
) -> None:
    with pytest.raises(TypeError, match="temperature"):
        model.invoke("Hi", temperature=1)
    model.bind(user_id="ada", mode="stateful", timeout=30.0).invoke("My dog is called Rex")
    assert model.client is not None
    memory = model.client.engine.recall_memory(personality_id=fresh.personality_id, user_id="ada")
    assert "1 time(s)" in memory["summary"]


@pytest.fixture
def cache() -> InMemoryCache:
    return InMemoryCache()


async def test_the_cache_of_the_framework_never_gives_one_user_the_answer_of_another(
    fresh: Sandbox, cache: InMemoryCache
) -> None:
    with fresh.client() as client:
        for user in ("ada", "bob", "ada"):
            ChatUniqOS(client=client, personality_id=fresh.personality_id, user_id=user, cache=cache).invoke("Hi")
    assert fresh.turns_billed == 2


async def test_tracers_see_the_personality_as_the_model(fresh: Sandbox, model: ChatUniqOS) -> None:
    class Tracer(BaseCallbackHandler):
        metadata: Any = None

        def on_chat_model_start(self, serialized: Any, messages: Any, *, metadata: Any, **_: Any) -> None:
            self.metadata = metadata

    tracer = Tracer()
    model.invoke("Hi", {"callbacks": [tracer]})
    assert (tracer.metadata["ls_provider"], tracer.metadata["ls_model_name"]) == ("uniqos", fresh.personality_id)


async def test_neither_key_nor_client_is_in_what_tracers_see(fresh: Sandbox) -> None:
    seen: list[Any] = []

    class Tracer(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **more: Any) -> None:
            seen.append((serialized, more))

    with UniqOS("uniq_test_s3cr3t99", base_url=fresh.url) as client:
        model = ChatUniqOS(client=client, personality_id=fresh.personality_id)
        with pytest.raises(theirs.ModelAuthenticationError):
            model.invoke("Hi", {"callbacks": [Tracer()]})
        assert "uniq_test" not in repr(seen) + repr(model)
    assert seen
