"""Addresses of webhooks: each has one spelling, and what was checked is what is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rawserver import RawServer, reply
from tests.support.receiver import receiving
from uniqos import UniqOS, ValidationError
from uniqos.sandbox import Sandbox, serve
from uniqos.sandbox.http.addresses import connectable, webhook_address

GOOD = [
    "https://example.com/hooks",
    "HTTPS://Example.COM:8443/hooks?x=1",
    "https://bücher.example/",
    "https://example.com/%7Euser@home#part",
    "https://8.8.8.8/",
    "https://[2001:db8::1]/",
    "http://127.0.0.1:4011/",
    "http://localhost",
    "http://LOCALHOST:80/hooks",
    "http://[::1]:4011/hooks",
]
BAD = [
    "http://127.0.0.1\\@127.0.0.2/",
    "http://127.0.0.1\\.evil.example/",
    "https://example.com\\@evil.example/",
    "http://127.0.0.1@127.0.0.2/",
    "http://127.0.0.1:80@127.0.0.2/",
    "https://user:word@example.com/",
    "https://@example.com/",
    "http://127.0.0.2/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "https://2130706433/",
    "https://10.1/",
    "https://0x0a.0.0.1/",
    "https://010.0.0.1/",
    "http://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::1%25lo]/",
    "https://[fe80::1%25eth0]/",
    "http://localhost./",
    "http://127.0.0.1./",
    "https://example.com./",
    "https://example..com/",
    "http://localhost.evil.example/",
    "http://127.0.0.1.nip.io/",
    "http://\uff4cocalhost/",
    "http://127\u30020\u30020\u30021/",
    "http://\u246027.0.0.1/",
    "http://%6cocalhost/",
    "http://127.0.0.1%2f@evil.example/",
    "http:127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://",
    "https://[",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:x/",
    " http://127.0.0.1/",
    "http://127.0.0.1/ ",
    "http://127.0.0.1/\t",
    "http://127.0.0.1\r\nHost: evil.example/",
    "http://127.0.0.1/\x00",
    "http://exa mple.com/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "",
]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve(pause=0) as running:
        running._settings.webhook_pauses = ()
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[UniqOS]:
    with sandbox.client() as made:
        yield made


@pytest.mark.parametrize("url", GOOD)
def test_an_address_in_its_usual_form_is_accepted(url: str) -> None:
    assert webhook_address(url) == httpx.URL(url)


@pytest.mark.parametrize("url", BAD)
def test_an_address_that_can_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        webhook_address(url)


def test_the_refusal_names_the_field_and_says_why(client: UniqOS) -> None:
    with pytest.raises(ValidationError, match="backslash") as caught:
        client.webhooks.create(url="http://127.0.0.1\\@127.0.0.2/", subscriptions=["payment.failed"])
    assert caught.value.details == [{"field": "url"}]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="127.0:/@\\[]%#?xloca \t", max_size=24))
def test_http_never_leads_anywhere_but_to_this_machine(rest: str) -> None:
    try:
        url = webhook_address(f"http://{rest}")
    except ValueError:
        return
    assert url.host in ("127.0.0.1", "localhost", "::1")
    assert url.netloc.decode().startswith(("127.0.0.1", "localhost", "[::1]"))


def attempt(sandbox: Sandbox, client: UniqOS, webhook_id: str) -> dict[str, Any]:
    """Make a delivery, and return its only attempt."""
    emit = f"{sandbox.url}/_sandbox/webhooks/{webhook_id}/emit"
    httpx.post(emit, json={"type": "payment.failed"}, trust_env=False).raise_for_status()
    while True:
        (delivery,) = client.webhooks.list_deliveries(webhook_id).data or []
        if delivery["attempts"]:
            return dict(delivery["attempts"][0])


def test_a_bad_address_of_a_restored_snapshot_is_not_connected_to(sandbox: Sandbox, client: UniqOS) -> None:
    with RawServer(lambda connection, request, number: reply(connection)) as server:
        hook = client.webhooks.create(url=server.url, subscriptions=["payment.failed"])
        store = sandbox._settings.store
        bad = f"http://127.0.0.1\\@127.0.0.1:{server.port}/"
        store.change("webhook", {**(store.get("webhook", hook.id) or {}), "url": bad})
        assert "backslash" in attempt(sandbox, client, hook.id)["error"]
        assert server.requests == []


def test_a_redirect_is_not_followed(sandbox: Sandbox, client: UniqOS) -> None:
    with receiving() as elsewhere:

        def redirect(connection: socket.socket, request: bytes, number: int) -> None:
            head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall(head.encode())

        with RawServer(redirect) as server:
            hook = client.webhooks.create(url=server.url, subscriptions=["payment.failed"])
            made = attempt(sandbox, client, hook.id)
        assert (made["status"], made["error"]) == (307, "answered 307")
        assert elsewhere.is_empty


async def _resolved(name_means: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    async def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
        assert host == "localhost"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in name_means]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return [str(url) for url in await connectable(httpx.URL("http://localhost:4011/hooks"))]


@pytest.mark.parametrize(
    ("name_means", "connected"),
    [
        (["127.0.0.1"], ["http://127.0.0.1:4011/hooks"]),
        (["::1", "127.0.0.1", "::1"], ["http://[::1]:4011/hooks", "http://127.0.0.1:4011/hooks"]),
        (["10.0.0.7", "127.0.0.1"], ["http://127.0.0.1:4011/hooks"]),
    ],
)
def test_localhost_is_connected_to_where_it_means_this_machine(
    name_means: list[str], connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asyncio.run(_resolved(name_means, monkeypatch)) == connected


def test_localhost_that_means_another_machine_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="not this machine"):
        asyncio.run(_resolved(["10.0.0.7"], monkeypatch))


def test_the_host_header_is_what_the_address_says(sandbox: Sandbox, client: UniqOS) -> None:
    with RawServer(lambda connection, request, number: reply(connection)) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        hook = client.webhooks.create(url=url, subscriptions=["payment.failed"])
        assert attempt(sandbox, client, hook.id)["error"] is None
        assert f"\r\nHost: localhost:{server.port}\r\n".encode() in server.requests[0]
