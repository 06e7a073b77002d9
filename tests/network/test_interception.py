"""Libraries that mock or record HTTP stop the default clients, in both flavours; ``no_network`` stops everything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import pytest_httpx
import respx
import vcr

from tests.support.rawserver import RawServer, reply
from uniqos import AsyncUniqOS, ConfigurationError, UniqOS
from uniqos.sandbox import in_process
from uniqos.testing import no_network

KEY = "uniq_test_abcdefgh12"
TURN: dict[str, Any] = {"personality_id": "pers_1", "message": "Hello!"}
Ask = Callable[..., str]


def real(connection: socket.socket, request: bytes, number: int) -> None:
    reply(connection, body=b'{"response": "real"}')


def ask_sync(url: str, **options: Any) -> str:
    with UniqOS(KEY, base_url=url, max_retries=0, **options) as client:
        return client.respond(**TURN).response


def ask_async(url: str, **options: Any) -> str:
    async def main() -> str:
        async with AsyncUniqOS(KEY, base_url=url, max_retries=0, **options) as client:
            return (await client.respond(**TURN)).response

    return anyio.run(main)


both = pytest.mark.parametrize("ask", [ask_sync, ask_async], ids=["sync", "async"])


@both
@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx_answers_in_place_of_the_server(ask: Ask, using: str) -> None:
    with RawServer(real) as server, respx.mock(using=using) as mock:
        mock.post(f"{server.url}/v1/respond").respond(json={"response": "mocked"})
        assert ask(server.url) == "mocked"
    assert server.requests == []


@both
def test_pytest_httpx_answers_in_place_of_the_server(ask: Ask, httpx_mock: pytest_httpx.HTTPXMock) -> None:
    httpx_mock.add_response(json={"response": "mocked"})
    with RawServer(real) as server:
        assert ask(server.url) == "mocked"
    assert server.requests == []
    (request,) = httpx_mock.get_requests()
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert b"Hello!" in request.content


@both
def test_vcrpy_records_once_and_then_answers_by_itself(ask: Ask, tmp_path: Path) -> None:
    cassette = str(tmp_path / "turn.yaml")
    with RawServer(real) as server:
        with vcr.use_cassette(cassette, record_mode="none"):
            with pytest.raises(Exception, match="cassette"):
                ask(server.url)
        assert server.requests == []
        for _ in range(2):
            with vcr.use_cassette(cassette, record_mode="once"):
                assert ask(server.url) == "real"
        assert len(server.requests) == 1
        assert ask(server.url) == "real"
        assert len(server.requests) == 2


@both
def test_after_a_mock_calls_go_over_the_own_connections_again(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(real) as server:
        with respx.mock() as mock:
            mock.post(f"{server.url}/v1/respond").respond(json={"response": "mocked"})
            assert ask(server.url) == "mocked"
        for kind in (httpx.Client, httpx.AsyncClient):
            monkeypatch.setattr(httpx, kind.__name__, None)  # nobody makes one any more
        assert ask(server.url) == "real"


@both
def test_cookies_that_come_while_a_mock_is_there_are_not_kept(ask: Ask) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("cookie"))
        return httpx.Response(200, json={"response": "mocked"}, headers={"Set-Cookie": "customer=first; Path=/"})

    def twice_sync() -> None:
        with UniqOS(KEY) as client:
            client.respond(**TURN)
            client.with_credentials("uniq_test_zyxwvuts98").respond(**TURN)

    async def twice_async() -> None:
        async with AsyncUniqOS(KEY) as client:
            await client.respond(**TURN)
            await client.with_credentials("uniq_test_zyxwvuts98").respond(**TURN)

    with respx.mock() as mock:
        mock.post("https://api.uniqos.ai/v1/respond").mock(side_effect=answer)
        twice_sync() if ask is ask_sync else anyio.run(twice_async)
    assert seen == [None, None]


def test_a_mock_that_was_there_before_the_first_call_is_seen() -> None:
    program = f"""
import httpx
def answer(self, request):
    return httpx.Response(200, json={{"response": "mocked"}})
httpx.HTTPTransport.handle_request = answer
import uniqos
with uniqos.UniqOS({KEY!r}, base_url="http://127.0.0.1:1") as client:
    print(client.respond(personality_id="p", message="m").response)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert (done.stdout, done.stderr) == ("mocked\n", "")


@both
def test_no_network_makes_every_real_connection_an_error(ask: Ask) -> None:
    with RawServer(real) as server:
        with no_network():
            for options in ({}, {"http_client": httpx.Client() if ask is ask_sync else httpx.AsyncClient()}):
                with pytest.raises(ConfigurationError) as caught:
                    ask(server.url, **options)
                assert caught.value.code == "network_forbidden"
                assert str(server.port) in caught.value.message
        assert server.connections == 0
        assert ask(server.url) == "real"


def test_no_network_holds_for_connections_that_are_open_already() -> None:
    async def main() -> None:
        async with AsyncUniqOS(KEY, base_url=server.url) as client:
            await client.respond(**TURN)
            with no_network(), pytest.raises(ConfigurationError, match="refused"):
                await client.respond(**TURN)
            await client.respond(**TURN)

    with RawServer(real) as server, UniqOS(KEY, base_url=server.url) as client:
        client.respond(**TURN)
        with no_network():
            for attempt in (lambda: client.respond(**TURN), client.warm_up):
                with pytest.raises(ConfigurationError, match="refused"):
                    attempt()
        client.respond(**TURN)
        anyio.run(main)
    assert (len(server.requests), server.connections) == (4, 2)


def test_no_network_holds_under_trio_and_in_threads_that_use_a_name() -> None:
    async def main() -> None:
        async with AsyncUniqOS(KEY, base_url="http://localhost:9") as client:
            await client.respond(**TURN)

    with no_network():
        with pytest.raises(ConfigurationError, match="network"):
            anyio.run(main, backend="trio")
        with pytest.raises(ConfigurationError, match="network"):
            ask_sync("http://localhost:9")


@both
def test_no_network_leaves_mocks_and_the_sandbox_in_process_alone(ask: Ask) -> None:
    with no_network(), respx.mock() as mock:
        mock.post("https://api.uniqos.ai/v1/respond").respond(json={"response": "mocked"})
        assert ask("https://api.uniqos.ai") == "mocked"
    with no_network(), in_process() as sandbox, sandbox.in_process_client() as client:
        assert client.respond(personality_id=sandbox.personality_id, message="Hello!").response
