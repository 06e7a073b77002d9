"""Tests of the read-only store for LangGraph, against the sandbox."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest

pytest.importorskip("langgraph.store.base", reason="LangGraph needs Python 3.11 and a newer pydantic")

from tests.support.lostturns import keys_of
from uniqos import errors
from uniqos.integrations.langgraph import UniqOSStore
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio


async def test_memories_and_relationship_are_read_both_ways(fresh: Sandbox) -> None:
    turn = {"personality_id": fresh.personality_id, "user_id": "ada", "mode": "stateful"}
    namespace = (fresh.personality_id, "ada")
    with fresh.client() as client:
        async with fresh.async_client() as async_client:
            store = UniqOSStore(client=client, async_client=async_client)
            assert store.get(namespace, "relationship") is None
            client.respond({**turn, "message": "My dog is called Rex"}, stream=False)
            for found in (store.search(namespace, query="dog"), await store.asearch(namespace, query="dog")):
                assert [item.key for item in found] == ["recall"]
                assert "dog" in str(found[0].value)
                assert found[0].namespace == namespace
            for item in (store.get(namespace, "relationship"), await store.aget(namespace, "relationship")):
                assert item is not None
                assert item.value["user_id"] == "ada"
            assert store.search(namespace, offset=1) == []
            assert store.get(namespace, "another") is None


@pytest.mark.parametrize("kind", ["put", "delete", "list_namespaces", "filter"])
async def test_an_operation_that_the_api_lacks_is_refused_before_anything_is_sent(fresh: Sandbox, kind: str) -> None:
    namespace = (fresh.personality_id, "ada")
    calls: dict[str, Any] = {
        "put": lambda store: store.put(namespace, "a", {"b": 1}),
        "delete": lambda store: store.delete(namespace, "a"),
        "list_namespaces": lambda store: store.list_namespaces(),
        "filter": lambda store: store.search(namespace, filter={"a": 1}),
    }
    with fresh.client() as client, pytest.raises(errors.ConfigurationError, match="has no counterpart") as caught:
        calls[kind](UniqOSStore(client=client))
    assert caught.value.code == "unsupported_operation"
    async with fresh.async_client() as async_client:
        store = UniqOSStore(async_client=async_client)
        with pytest.raises(errors.ConfigurationError):
            await store.aput(namespace, "a", {"b": 1})
    assert fresh.journal.entries() == []


async def test_a_wrong_namespace_or_client_is_named(fresh: Sandbox) -> None:
    with fresh.client() as client:
        store = UniqOSStore(client=client)
        with pytest.raises(errors.ConfigurationError, match="not one of 1 parts"):
            store.search(("ada",))
        with pytest.raises(errors.ConfigurationError, match="sync client alone"):
            await store.aget(("pers_1", "ada"), "relationship")
    with pytest.raises(errors.ConfigurationError, match="needs client="):
        UniqOSStore()
    async with fresh.async_client() as async_client:
        with pytest.raises(errors.ConfigurationError, match="async client alone"):
            UniqOSStore(async_client=async_client).get(("pers_1", "ada"), "relationship")


async def test_an_error_of_the_api_is_raised_unchanged(fresh: Sandbox) -> None:
    fresh.fault(path="/v1/recall-memory", code="authentication_error", times=1)
    with fresh.client() as client, pytest.raises(errors.AuthenticationError):
        UniqOSStore(client=client).search((fresh.personality_id, "ada"))


def test_a_node_that_a_graph_retries_is_billed_once_and_reads_the_memories(fresh: Sandbox) -> None:
    graphs = pytest.importorskip("langgraph.graph", reason="dev installs LangGraph's store alone")
    pytest.importorskip("langchain_core.exceptions", reason="LangChain needs Python 3.11")
    from langgraph.runtime import Runtime
    from langgraph.types import RetryPolicy

    from uniqos.integrations.langchain import ChatUniqOS

    with fresh.client(max_retries=0) as client:
        model = ChatUniqOS(client=client, personality_id=fresh.personality_id, user_id="ada", mode="stateful")

        def talk(state: dict[str, str]) -> dict[str, str]:
            return {"reply": model.invoke(state["words"]).text}

        def remember(state: dict[str, str], runtime: Runtime) -> dict[str, str]:  # type: ignore[type-arg]
            assert runtime.store is not None
            return {"memory": str(runtime.store.search((fresh.personality_id, "ada"))[0].value)}

        graph = graphs.StateGraph(TypedDict("State", {"words": str, "reply": str, "memory": str}))
        policy = RetryPolicy(initial_interval=0.0, jitter=False, max_attempts=3, retry_on=Exception)
        graph.add_node("talk", talk, retry_policy=policy)
        graph.add_node("remember", remember)
        graph.add_edge("__start__", "talk")
        graph.add_edge("talk", "remember")
        fresh.fault(path="/v1/respond", drop=True, times=2)
        end = graph.compile(store=UniqOSStore(client=client)).invoke({"words": "My dog is called Rex"})
    assert end["reply"]
    assert "dog" in end["memory"]
    assert len(keys_of(fresh)) == 3
    assert fresh.turns_billed == 1
