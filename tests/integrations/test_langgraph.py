"""Tests of the read-only store for LangGraph, against the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("langgraph.store.base", reason="LangGraph needs Python 3.11 and a newer pydantic")

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
