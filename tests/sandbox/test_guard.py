"""Who may use a sandbox: hosts that strangers can own, pages of other origins, and other machines."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from uniqos.sandbox import Sandbox, serve

ROUTES = ["/", "/v1/personalities", "/v1/nothing", "/_sandbox/", "/_sandbox/state", "/_sandbox/page/page.js"]
ADMIN = [route for route in ROUTES if route.startswith("/_sandbox")]


@pytest.fixture(scope="module")
def open_sandbox() -> Iterator[Sandbox]:
    """A sandbox that other machines could reach."""
    with serve(pause=0, host="0.0.0.0") as running:
        yield running


def ask(sandbox: Sandbox, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    known = {
        "Authorization": f"Bearer {sandbox.api_key}",
        **{name.replace("_", "-"): headers[name] for name in headers},
    }
    return httpx.request(method, sandbox.url + path, headers=known, trust_env=False)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:4010", "127.0.0.1.evil.example", "localhost.", "127.0.0.1@evil.example", "[::1"],
)
def test_no_route_answers_to_a_host_that_a_stranger_can_own(sandbox: Sandbox, path: str, host: str) -> None:
    answer = ask(sandbox, path, Host=host)
    assert answer.status_code == 403
    told = answer.json()
    if path in ADMIN:
        assert "name without dots" in told["detail"]
    else:
        assert (told["error"]["code"], told["error"]["request_id"]) == (
            "permission_denied",
            answer.headers["X-Request-Id"],
        )


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "sandbox.localhost", "sandbox:8000", "host.docker.internal", "10.0.0.7", "[::1]:1"],
)
def test_addresses_and_names_that_no_stranger_can_own_are_answered_to(sandbox: Sandbox, host: str) -> None:
    for path in ("/v1/personalities", "/_sandbox/state"):
        assert ask(sandbox, path, Host=host).status_code == 200


@pytest.mark.parametrize("path", ["/_sandbox/state", "/_sandbox/snapshot"])
def test_no_page_of_another_origin_asks_for_admin_routes(sandbox: Sandbox, path: str) -> None:
    for origin in ("null", "http://evil.example", sandbox.url.replace("127.0.0.1", "localhost"), "http://127.0.0.1:1"):
        assert ask(sandbox, path, Origin=origin).status_code == 403
    assert ask(sandbox, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors").status_code == 403
    assert ask(sandbox, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate").status_code == 200
    assert ask(sandbox, path, Origin=sandbox.url, Sec_Fetch_Site="same-origin").status_code == 200


@pytest.mark.parametrize("path", ROUTES)
def test_no_answer_runs_scripts_on_the_sandboxs_origin_but_the_page_itself(sandbox: Sandbox, path: str) -> None:
    answer = ask(sandbox, path)
    policy = answer.headers["Content-Security-Policy"]
    own_file = path.startswith("/_sandbox/") and path != "/_sandbox/state"
    assert ("script-src 'self'" in policy) == own_file
    assert policy.startswith("sandbox;") != own_file
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_rule_that_calls_an_answer_html_makes_no_page_of_it() -> None:
    with serve(pause=0) as sandbox:
        sandbox.fault(content_type="text/html", status=200)
        answer = ask(sandbox, "/v1/personalities/<script>alert(1)</script>")
    assert answer.headers["Content-Type"] == "text/html"
    assert "<script>" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")


@pytest.mark.parametrize(
    "path",
    ["..%2f..%2f__init__.py", "../../__init__.py", "%2e%2e/server.py", "page.js/..", "", "/etc/passwd", "page.js%00"],
)
def test_the_page_has_its_own_files_and_no_others(sandbox: Sandbox, path: str) -> None:
    assert ask(sandbox, f"/_sandbox/page/{path}").status_code in (404, 405)


# Other machines.


@pytest.mark.parametrize("path", ADMIN)
def test_a_sandbox_that_others_reach_wants_a_token_for_its_admin_routes(open_sandbox: Sandbox, path: str) -> None:
    assert open_sandbox.admin_token
    assert open_sandbox.admin_token not in repr(open_sandbox)
    refused = ask(open_sandbox, path)  # with an API key, which everybody knows
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert ask(open_sandbox, path, Cookie="uniqos_sandbox_admin=").status_code == 401
    assert ask(open_sandbox, f"{path}?token=wrong").status_code == 401
    assert ask(open_sandbox, path, Authorization=f"Bearer {open_sandbox.admin_token}").status_code == 200


def test_a_token_that_is_wrong_changes_nothing(open_sandbox: Sandbox) -> None:
    for path in ("/_sandbox/reset", "/_sandbox/restore", "/_sandbox/rules", "/_sandbox/clock"):
        assert ask(open_sandbox, path, "POST", Authorization="Bearer wrong").status_code == 401
        assert ask(open_sandbox, f"{path}?token={open_sandbox.admin_token}", "POST").status_code == 401


def test_the_printed_address_of_the_page_is_a_login(open_sandbox: Sandbox) -> None:
    with httpx.Client(base_url=open_sandbox.url, trust_env=False, follow_redirects=True) as browser:
        page = browser.get("/_sandbox/", params={"token": str(open_sandbox.admin_token)})
        assert (page.status_code, page.url.path, page.url.query) == (200, "/_sandbox/", b"")
        cookie = page.history[0].headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert browser.get("/_sandbox/page/page.js").status_code == 200
        assert browser.post("/_sandbox/clock", json={"freeze": False}).status_code == 200
        foreign = browser.post("/_sandbox/clock", json={}, headers={"Origin": "http://evil.example"})
        assert foreign.status_code == 403


def test_everything_else_of_such_a_sandbox_is_as_at_loopback(open_sandbox: Sandbox) -> None:
    assert open_sandbox.url.startswith("http://127.0.0.1:")
    open_sandbox.fault(code="internal_error", times=1)
    with open_sandbox.client() as client:
        assert client.respond(personality_id=open_sandbox.personality_id, message="hello").http is not None
    assert [entry["status"] for entry in open_sandbox.journal.entries()[:2]] == [200, 500]


def test_listening_for_others_is_warned_of_and_loopback_is_not(caplog: pytest.LogCaptureFixture) -> None:
    for host in ("127.0.0.1", "localhost"):
        with caplog.at_level(logging.WARNING, "uniqos.sandbox"), serve(host=host) as sandbox:
            assert sandbox.admin_token is None
    assert caplog.records == []
    with serve(host="0.0.0.0") as sandbox:
        assert sandbox.admin_token is not None
    (record,) = caplog.records
    assert "every machine that reaches this one" in record.getMessage()
    assert sandbox.admin_token not in record.getMessage()


def test_the_command_prints_the_token_of_such_a_sandbox() -> None:
    command = [sys.executable, "-m", "uniqos", "sandbox", "--host", "0.0.0.0", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.strip().partition("=")[2].strip('"')
        for _ in range(2):
            process.stdout.readline()
        assert process.stderr is not None
        said = ""
        while "the sandbox is ready" not in said:
            said += process.stderr.readline()
        process.terminate()
        process.communicate(timeout=20)
    assert url.startswith("http://127.0.0.1:")
    assert "every machine" in said
    assert f"{url}/_sandbox/?token=" in said
