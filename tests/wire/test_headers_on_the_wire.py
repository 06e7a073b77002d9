"""Property tests of headers: a header or key reaches the server as one header of that value, or is refused."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, ConfigurationError, UniqOS

KEY = "uniq_test_abcd1234"
TURN = {"personality_id": "p", "message": "m"}
NASTY = st.sampled_from(
    ("a\r\nX-Evil: 1", "a\nb", "a\rb", "\r\n\r\nGET / HTTP/1.1", "\x00", "\x7f", "\t", " ", "", "a ")
)
VALUES = NASTY | st.text(max_size=20) | st.text(alphabet="ab \t\r\n\x00\x7fäé:", max_size=8)
NAMES = st.sampled_from(("X-A", "x y", "X:", "Ü", "", "X\r\nY", "Host", "authorization", "TE")) | st.text(max_size=6)
both = pytest.mark.parametrize("flavour", ["sync", "async"])
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with RawServer(lambda connection, request, number: reply(connection, body=b'{"response": "x"}')) as running:
        yield running


def received_headers(server: RawServer, flavour: str, options: Mapping[str, Any]) -> list[tuple[bytes, bytes]] | None:
    """Return the headers that the server received of a turn with these options; None if the turn was refused."""
    before = len(server.requests)
    try:
        if flavour == "sync":
            with UniqOS(KEY, base_url=server.url) as client:
                client.respond(TURN, **options)
        else:
            asyncio.run(respond(server.url, options))
    except ConfigurationError:
        assert len(server.requests) == before
        return None
    assert len(server.requests) == before + 1
    line, *lines = server.requests[-1].partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert line == b"POST /v1/respond HTTP/1.1"
    assert all(re.fullmatch(rb"[!-9;-~]+: [!-~]([\t -~]*[!-~])?", one) for one in lines)
    return [(name.lower(), value) for name, _, value in (one.partition(b": ") for one in lines)]


async def respond(url: str, options: Mapping[str, Any]) -> None:
    async with AsyncUniqOS(KEY, base_url=url) as client:
        await client.respond(TURN, **options)


@both
@often
@given(key=VALUES)
@example(key="a\r\nX-Evil: 1")
@example(key="ü")
@example(key="00000000-0000-4000-8000-000000000000")
def test_an_idempotency_key_arrives_as_it_is_or_is_refused(server: RawServer, flavour: str, key: str) -> None:
    found = received_headers(server, flavour, {"idempotency_key": key})
    visible = bool(re.fullmatch(r"[!-~]([\t -~]*[!-~])?", key))
    assert (found is not None) is visible
    assert found is None or [value for name, value in found if name == b"idempotency-key"] == [key.encode()]


@both
@often
@given(name=NAMES, value=VALUES)
@example(name="X-A", value="a\r\nX-Evil: 1")
@example(name="X-A\r\nX-Evil", value="1")
@example(name="X-A", value="ü")
@example(name="X-A", value="1")
def test_a_header_arrives_as_it_is_or_is_refused(server: RawServer, flavour: str, name: str, value: str) -> None:
    found = received_headers(server, flavour, {"headers": {name: value}})
    token = bool(re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name))
    ours = name.lower() in ("host", "authorization", "content-length", "accept", "idempotency-key", "x-uniqos-sdk")
    visible = bool(re.fullmatch(r"[!-~]([\t -~]*[!-~])?", value))
    assert (found is not None) is (token and visible and not ours)
    assert found is None or [text for key, text in found if key == name.lower().encode()] == [value.encode()]
