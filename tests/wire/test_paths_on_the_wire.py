"""Property tests of paths: an id or query reaches the operation's own path, or is refused."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, RequestValidationError, UniqOS, UniqOSError
from uniqos.api import operations

TABLE = operations()
KEY = "uniq_test_abcd1234"
# Ids that are likely to change the path, besides those that hypothesis generates.
NASTY = st.sampled_from(
    ("..", ".", "", "../..", "a/../b", "%2e%2e", "..%2f", "x?y=1", "#", "\\..\\", "changelog", "aggregates", "transfer")
) | st.sampled_from(
    ("//evil.example", "@evil.example", "\r\nHost: evil", "\x00", " ", "é", "\u2025", "\ud800", "{org_id}", ";a=b")
)
TEXT = st.one_of(NASTY, st.text(max_size=30), st.text(alphabet="./%?#@:\\&=\r\n é", max_size=12))
BODY = {"personality_id": "p", "message": "m", "slug": "s", "user_id": "u", "confirm_name": "n", "organization_id": "o"}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with RawServer(lambda connection, request, number: reply(connection)) as running:
        yield running


def arguments(name: str, ids: list[str], text: str) -> tuple[list[Any], dict[str, Any]]:
    op = TABLE[name]
    given: list[Any] = ids[: len(op.params)]
    if name == "end_users.model_readable":
        return given, {}
    if name == "engine.respond":
        return [{**BODY, "message": text}], {}
    if op.body is not None:
        return [*given, BODY | ({"reason": text} if op.method == "DELETE" else {"name": text})], {}
    return given, {"query": {"filter": text}} if op.query is not None else {}


@pytest.mark.parametrize("flavour", ["sync", "async"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(TABLE)), ids=st.lists(TEXT, min_size=2, max_size=2), text=TEXT)
def test_nothing_else_ever_reaches_the_server(
    server: RawServer, name: str, ids: list[str], text: str, flavour: str
) -> None:
    op = TABLE[name]
    args, kwargs = arguments(name, ids, text)
    before = len(server.requests)
    try:
        if flavour == "sync":
            with UniqOS(KEY, base_url=server.url) as client:
                method(client, name)(*args, **kwargs)
        else:
            asyncio.run(call(server.url, name, args, kwargs))
    except UniqOSError:
        pass  # The call was refused before it was sent, or the answer {} breaks the contract.
    for request in server.requests[before:]:
        line, _, rest = request.partition(b"\r\n")
        verb, target, version = line.decode("ascii").split(" ")
        path, _, query = target.partition("?")
        found = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", op.path), path)
        assert (verb, version) == (op.method, "HTTP/1.1")
        assert found, (op.path, path)
        assert [unquote(part) for part in found.groups()] == ids[: len(op.params)]
        assert [other.path for other in TABLE.values() if other.method == verb and other.path == path] in (
            [],
            [op.path],
        )
        assert not query or op.query is not None
        assert rest.lower().count(b"\r\nhost:") + rest.lower().startswith(b"host:") == 1


def method(client: Any, name: str) -> Any:
    for part in name.split("."):
        client = getattr(client, part)
    return client


async def call(url: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    async with AsyncUniqOS(KEY, base_url=url) as client:
        answer = method(client, name)(*args, **kwargs)
        assert inspect.isawaitable(answer)
        await answer


def calls_with_invalid_ids() -> Iterator[tuple[str, str, list[Any], dict[str, Any]]]:
    """Yield each operation with each invalid id in each position: name, parameter, arguments."""
    for name, op in TABLE.items():
        for place, parameter in enumerate(op.params):
            for value in ("", ".", "..", "\x00", "a\nb", "\r", "\x1f", "\x7f", "\ud800"):
                ids = ["id"] * len(op.params)
                ids[place] = value
                yield name, parameter, *arguments(name, ids, "x")


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_every_operation_refuses_what_is_no_id_wherever_it_stands(server: RawServer, flavour: str) -> None:
    before = len(server.requests)
    calls = list(calls_with_invalid_ids())
    assert {name for name, *_ in calls} == {name for name, op in TABLE.items() if op.params}

    async def main() -> None:
        async with AsyncUniqOS(KEY, base_url=server.url) as client:
            for name, parameter, args, kwargs in calls:
                with pytest.raises(RequestValidationError, match=f"is not a valid {parameter}: "):
                    await method(client, name)(*args, **kwargs)

    if flavour == "async":
        asyncio.run(main())
    else:
        with UniqOS(KEY, base_url=server.url) as client:
            for name, parameter, args, kwargs in calls:
                with pytest.raises(RequestValidationError, match=f"is not a valid {parameter}: "):
                    method(client, name)(*args, **kwargs)
    assert len(server.requests) == before
