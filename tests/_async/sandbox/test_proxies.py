"""The sandbox behind a company's proxy: what is on this machine is reached directly, whatever the environment says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests._async.support import client_of
from tests.support.proxyserver import ProxyServer
from uniqos import AsyncUniqOS, errors
from uniqos._network.proxy import proxy_of_environment
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio

NOBODY = "http://127.0.0.1:9"
SETTINGS: dict[str, dict[str, str]] = {
    "HTTP_PROXY": {"HTTP_PROXY": NOBODY},
    "http_proxy": {"http_proxy": NOBODY},
    "ALL_PROXY": {"ALL_PROXY": NOBODY, "HTTPS_PROXY": NOBODY},
    "SOCKS": {"ALL_PROXY": "socks5://127.0.0.1:9"},
    "NO_PROXY of others": {"HTTP_PROXY": NOBODY, "NO_PROXY": "intranet.example"},
    "no URL": {"HTTP_PROXY": "nonsense://x"},
}


@pytest.fixture(params=SETTINGS)
def _behind_a_proxy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SETTINGS[request.param].items():
        monkeypatch.setenv(name, value)


async def say(client: AsyncUniqOS, sandbox: Sandbox) -> str:
    async with client:
        return (await client.respond(personality_id=sandbox.personality_id, message="hello")).response


@pytest.mark.usefixtures("_behind_a_proxy")
async def test_the_settings_that_the_command_prints_are_enough(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIQOS_API_KEY", sandbox.api_key)
    for host in ("127.0.0.1", "localhost"):
        monkeypatch.setenv("UNIQOS_BASE_URL", sandbox.url.replace("127.0.0.1", host))
        assert await say(AsyncUniqOS(max_retries=0), sandbox)


@pytest.mark.usefixtures("_behind_a_proxy")
async def test_keys_and_tokens_of_the_sandbox_are_enough(sandbox: Sandbox) -> None:
    async with client_of(sandbox, max_retries=0) as client:
        key = (await client.api_keys.create(name="key"))["key"]
    assert await say(AsyncUniqOS(key, base_url=sandbox.url, max_retries=0), sandbox)
    async with client_of(sandbox, access_token="sandbox.login.proxied@example.com", max_retries=0) as person:
        organization = (await person.me.get())["organization_id"]
        token = (await person.me.switch_organization(organization))["access_token"]
    assert await say(client_of(sandbox, access_token=token, max_retries=0), sandbox)


@pytest.mark.usefixtures("_behind_a_proxy")
async def test_the_proxy_with_faults_is_reached(sandbox: Sandbox) -> None:
    with sandbox.proxy("cut_keep_alive") as url:
        assert await say(client_of(sandbox, base_url=url, max_retries=0), sandbox)


async def test_a_proxy_that_is_given_is_gone_through(sandbox: Sandbox) -> None:
    with ProxyServer() as proxy:
        assert await say(client_of(sandbox, proxy=proxy.url), sandbox)
    assert proxy.asked == [f"POST {sandbox.url}/v1/respond HTTP/1.1"]


@pytest.mark.parametrize(
    ("url", "token", "direct"),
    [
        ("http://127.0.0.1:1", "uniq_test_sandbox00000000", True),
        ("http://127.8.8.8:1", "uniq_test_sandbox00000000", True),
        ("http://[::1]:1", "sandbox.portal.token", True),
        ("https://localhost:1", "sandbox.login.ada@example.com", True),
        ("http://dev.example:1", "uniq_test_sandbox00000000", False),
        ("http://127.0.0.1.example:1", "sandbox.portal.token", False),
        ("http://127.0.0.1:1", "uniq_test_abcd1234", False),
        ("http://127.0.0.1:1", "eyJ.sandbox.b", False),
    ],
)
async def test_only_the_sandbox_on_this_machine_goes_past_the_proxy(
    url: str, token: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert (proxy_of_environment(url, token) is None) == direct


async def test_a_token_of_the_sandbox_is_no_secret_that_a_proxy_could_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    make: Callable[..., Any] = AsyncUniqOS
    make(access_token="sandbox.portal.token", base_url="http://127.0.0.1:4010")
    with pytest.raises(errors.ConfigurationError, match="unencrypted"):
        make(access_token="eyJ.a.b", base_url="http://127.0.0.1:4010")
