"""The MCP server, called by the official SDK's client: in this process, over pipes, and over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import jsonschema
import pytest

pytest.importorskip("mcp.server.mcpserver", reason="mcp 2 needs a newer pydantic than the lowest we allow")

import httpx
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.support.mcp_hosts import Person
from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, errors
from uniqos._turn.open_keys import MAX_KEYS, OpenKeys, may_have_run
from uniqos.mcp import TOOLSETS, BearerToken, make_server
from uniqos.mcp._errors import explain
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio
MODES = ["auto", "legacy"]  # the protocol of 2026-07-28, whose questions are results, and the one before
TOKEN = "0123456789abcdef"
KEY = "uniq_test_0123456789"
TURN = b'{"response": "Hi", "usage": {"turns_consumed": 1}}'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def host_of(
    client: AsyncUniqOS, mode: str = "auto", person: Person | None = None, **options: Any
) -> AsyncIterator[Client]:
    callback = person.answer if person else None
    async with Client(make_server(client, **options), mode=mode, elicitation_callback=callback) as host:  # type: ignore[arg-type]
        yield host


def text_of(result: Any) -> str:
    return " ".join(part.text for part in result.content)


@pytest.mark.parametrize("mode", MODES)
async def test_every_tool_answers_with_a_model_that_fits_its_schema(sandbox: Sandbox, mode: str) -> None:
    personality = sandbox.personality_id
    calls: dict[str, dict[str, Any]] = {
        "respond": {
            "personality_id": personality,
            "message": "I am glad",
            "mode": "stateful",
            "user_id": "mcp-" + mode,
        },
        "infer_state": {"message": "I am sad"},
        "recall_memory": {"personality_id": personality, "user_id": "mcp", "query": "glad"},
        "get_relationship": {"personality_id": personality, "user_id": "mcp-" + mode},
        "list_personalities": {},
        "get_personality": {"personality_id": personality},
        "get_usage": {},
        "forget_user": {"user_id": "mcp-" + mode},
    }
    person = Person(True)
    async with sandbox.async_client() as client, host_of(client, mode, person, toolsets=["all"]) as host:
        tools = {tool.name: tool for tool in (await host.list_tools()).tools}
        assert tools.keys() == calls.keys()
        assert len(tools) <= 8
        for name, arguments in calls.items():
            result = await host.call_tool(name, arguments)
            assert not result.is_error, text_of(result)
            jsonschema.validate(result.structured_content, tools[name].output_schema)
            assert json.loads(text_of(result)) == result.structured_content
    assert [question.split("?")[0] for question in person.questions] == [
        f"Send one turn to the personality {personality}",
        f"Delete all data of the end user mcp-{mode}, with all memories",
    ]


def test_tools_that_only_read_are_the_default() -> None:
    async def names(**options: Any) -> list[str]:
        async with AsyncUniqOS(KEY) as client:
            return [tool.name for tool in await make_server(client, **options).list_tools()]

    import anyio

    assert anyio.run(names) == list(TOOLSETS["read"])
    assert anyio.run(lambda: names(toolsets=["talk"], tools=["get_usage"])) == ["get_usage", "respond"]


async def test_hosts_are_told_which_tools_change_something(sandbox: Sandbox) -> None:
    async with sandbox.async_client() as client, host_of(client, toolsets=["all"]) as host:
        tools = (await host.list_tools()).tools
    hints = {tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint) for tool in tools}  # type: ignore[union-attr]
    assert hints.pop("respond") == (False, False)
    assert hints.pop("forget_user") == (False, True)
    assert set(hints.values()) == {(True, None)}


@pytest.mark.parametrize("options", [{"toolsets": ["reed"]}, {"tools": ["respnd"]}])
async def test_a_name_that_does_not_exist_is_refused(options: dict[str, Any]) -> None:
    async with AsyncUniqOS(KEY) as client:
        with pytest.raises(errors.ConfigurationError, match="choose of ") as caught:
            make_server(client, **options)
    assert caught.value.code == "unknown_tool"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("agreed", [False, None])
async def test_without_a_persons_consent_no_turn_is_sent(mode: str, agreed: bool | None) -> None:
    with RawServer(lambda connection, request, number: reply(connection, 200, TURN)) as server:
        async with (
            AsyncUniqOS(KEY, base_url=server.url) as client,
            host_of(client, mode, Person(agreed), toolsets=["all"]) as host,
        ):
            turn = await host.call_tool("respond", {"personality_id": "pers_1", "message": "Hi"})
            gone = await host.call_tool("forget_user", {"user_id": "ada"})
    assert turn.is_error
    assert gone.is_error
    assert server.requests == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_host_that_cannot_ask_is_refused_unless_the_operator_allows_it(mode: str) -> None:
    arguments = {"personality_id": "pers_1", "message": "Hi"}
    with RawServer(lambda connection, request, number: reply(connection, 200, TURN)) as server:
        async with AsyncUniqOS(KEY, base_url=server.url) as client:
            async with host_of(client, mode, toolsets=["talk"]) as host:
                refused = await host.call_tool("respond", arguments)
            assert refused.is_error
            assert "uniqos mcp --allow-paid" in text_of(refused)
            assert server.requests == []
            async with host_of(client, mode, toolsets=["talk"], allow_paid=True) as host:
                assert not (await host.call_tool("respond", arguments)).is_error
    assert len(server.requests) == 1


async def test_a_turn_whose_answer_was_lost_has_the_same_key_when_it_is_called_again() -> None:
    keys: list[str] = []

    def handle(connection: Any, request: bytes, number: int) -> None:
        keys.append(re.search(rb"(?i)idempotency-key: (\S+)", request)[1].decode())  # type: ignore[index]
        if len(keys) == 1:
            connection.close()
        else:
            reply(connection, 200, TURN)

    arguments = {"personality_id": "pers_1", "message": "Hi"}
    with RawServer(handle) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            async with host_of(client, toolsets=["talk"], allow_paid=True) as host:
                lost = await host.call_tool("respond", arguments)
                assert lost.is_error
                assert "Call the tool again with the same arguments" in text_of(lost)
                assert not (await host.call_tool("respond", {**arguments, "message": "Ho"})).is_error
                assert not (await host.call_tool("respond", arguments)).is_error
                assert not (await host.call_tool("respond", arguments)).is_error
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3, "a turn that was answered is a new turn when it is called again"
    assert not any(key in text_of(lost) for key in keys)


async def test_a_refusal_after_a_lost_answer_does_not_make_the_turn_a_new_one() -> None:
    keys: list[str] = []

    def handle(connection: Any, request: bytes, number: int) -> None:
        keys.append(re.search(rb"(?i)idempotency-key: (\S+)", request)[1].decode())  # type: ignore[index]
        if len(keys) == 1:
            connection.close()
        elif len(keys) == 2:
            reply(connection, 429, b'{"error": {"code": "rate_limit_exceeded", "message": "slow down"}}')
        else:
            reply(connection, 200, TURN)

    arguments = {"personality_id": "pers_1", "message": "Hi"}
    with RawServer(handle) as server:
        async with AsyncUniqOS(KEY, base_url=server.url, max_retries=0) as client:
            async with host_of(client, toolsets=["talk"], allow_paid=True) as host:
                failed = [(await host.call_tool("respond", arguments)).is_error for _ in range(3)]
    assert failed == [True, True, False]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_the_keys_of_different_callers_and_arguments_are_never_shared() -> None:
    keys = OpenKeys()
    calls = [(None, {"a": 1}), ("x", {"a": 1}), ("y", {"a": 1}), ("x", {"a": 2})]
    kept = {}
    for caller, arguments in calls:
        digest = keys.digest(caller, arguments)
        kept[digest] = keys.take(digest).value
        keys.keep(digest, kept[digest])
    assert len(kept) == len(set(kept.values())) == len(calls)
    assert all(keys.take(digest).value == key for digest, key in kept.items())
    for number in range(MAX_KEYS + 5):
        keys.keep(str(number), "key")
    assert keys.take("4").value != "key"
    assert keys.take("5").value == "key"


ERRORS = [
    (errors.RateLimitError("slow", code="rate_limited", http_status=429, retry_after_seconds=7.0), False, "Wait 7 sec"),
    (errors.RateLimitError("slow", code="rate_limited", http_status=429), False, "Wait, then"),
    (errors.QuotaExhaustedError("none left", code="quota_exhausted", http_status=429), False, "Do not call it again"),
    (errors.AuthenticationError("who?", code="unauthorized", http_status=401), False, "change the key"),
    (errors.NotFoundError("none", code="not_found", http_status=404), False, "list_personalities"),
    (errors.GuardrailBlockError("no", code="guardrail_block", http_status=400), False, "Do not send this text"),
    (errors.ValidationError("bad", code="validation_error", http_status=422), False, "Correct the arguments"),
    (errors.TurnTimeoutError("late", code="timeout", http_status=504), False, "not billed"),
    (errors.APIError("broken", code="internal", http_status=500), True, "same arguments"),
    (errors.NetworkError("cut", code="read_error", sent=True), True, "same arguments"),
    (errors.NetworkError("cut", code="connect_error", sent=False), False, "Nothing was sent"),
    (errors.RequestValidationError("bad"), False, "Nothing was sent"),
]


@pytest.mark.parametrize(("error", "has_run", "advice"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_tells_the_model_what_to_do(error: errors.UniqOSError, has_run: bool, advice: str) -> None:
    assert may_have_run(error) == has_run
    assert advice in explain(error)
    assert f"(code {error.code}" in explain(error)


async def test_personalities_are_resources(sandbox: Sandbox) -> None:
    async with sandbox.async_client() as client, host_of(client) as host:
        listed = {resource.uri for resource in (await host.list_resources()).resources}
        uri = f"uniqos://personalities/{sandbox.personality_id}"
        assert uri in listed
        content: Any = (await host.read_resource(uri)).contents[0]
        assert json.loads(content.text)["id"] == sandbox.personality_id
        with pytest.raises(Exception, match="no personality pers_none"):
            await host.read_resource("uniqos://personalities/pers_none")


async def test_no_message_holds_the_key(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    key = "uniq_test_" + "s3cr3t" * 4
    async with AsyncUniqOS(key, base_url=sandbox.url) as client, host_of(client) as host:
        result = await host.call_tool("get_usage", {})
    assert result.is_error
    assert key not in text_of(result)
    assert key not in "".join(capfd.readouterr())


def test_a_short_bearer_token_is_refused_and_a_long_one_is_not_shown() -> None:
    with pytest.raises(errors.ConfigurationError, match="16 characters"):
        BearerToken("short")
    assert TOKEN not in repr(BearerToken(TOKEN))


def environment(**values: str) -> dict[str, str]:
    hidden = ("UNIQOS_API_KEY", "UNIQOS_BASE_URL", "UNIQOS_PERSONALITY", "UNIQOS_MCP_TOKEN")
    return {**{name: value for name, value in os.environ.items() if name not in hidden}, **values}


async def test_the_command_serves_over_pipes_and_says_that_the_sandbox_answers(tmp_path: Any) -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "uniqos", "mcp", "--toolsets", "all"], env=environment()
    )
    person = Person(True)
    async with Client(parameters, elicitation_callback=person.answer) as host:
        page: Any = (await host.call_tool("list_personalities", {})).structured_content
        arguments = {"personality_id": page["data"][0]["id"], "message": "Hello!"}
        answer: Any = (await host.call_tool("respond", arguments)).structured_content
    assert answer["response"]
    assert len(person.questions) == 1


@contextmanager
def served_over_http(*options: str, **values: str) -> Iterator[tuple[str, list[str]]]:
    command = [sys.executable, "-m", "uniqos", "mcp", "--http", "--port", "0", *options]
    with subprocess.Popen(command, env=environment(**values), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        try:
            while not lines or "serving MCP at" not in lines[-1]:
                lines.append(process.stderr.readline())
                assert lines[-1], f"it ended: {lines}"
            if "UNIQOS_MCP_TOKEN" not in values:
                lines.append(process.stderr.readline())
            yield re.search(r"http://\S+", lines[-1] if "UNIQOS_MCP_TOKEN" in values else lines[-2])[0], lines  # type: ignore[index]
        finally:
            process.terminate()
            process.wait(timeout=20)


async def test_the_command_serves_http_to_those_who_know_the_token(sandbox: Sandbox) -> None:
    key = sandbox.api_key
    with served_over_http(UNIQOS_API_KEY=key, UNIQOS_BASE_URL=sandbox.url, UNIQOS_MCP_TOKEN=TOKEN) as (url, lines):
        assert key not in "".join(lines)
        assert TOKEN not in "".join(lines)
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
            assert httpx.post(url, json={}, headers=headers).status_code == 401
        foreign = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}
        assert httpx.post(url, json={}, headers=foreign).status_code == 403
        async with http_host(url) as host:
            assert len((await host.list_tools()).tools) == len(TOOLSETS["read"])
            assert not (await host.call_tool("get_usage", {})).is_error


@asynccontextmanager
async def http_host(url: str) -> AsyncIterator[Client]:
    import httpx2

    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        async with Client(streamable_http_client(url, http_client=http)) as host:
            yield host


def test_without_a_token_of_its_own_the_command_prints_a_new_one() -> None:
    with served_over_http() as (url, lines):
        token = re.search(r"Bearer (\S+)", "".join(lines))[1]  # type: ignore[index]
        assert httpx.post(url, json={}).status_code == 401
        assert httpx.post(url, json={}, headers={"Authorization": f"Bearer {token}"}).status_code != 401
    assert "the embedded sandbox answers" in "".join(lines)
