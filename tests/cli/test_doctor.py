"""Tests of ``uniqos doctor``: each check against a real server on this machine, and the whole command."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import time
from dataclasses import astuple
from email.utils import formatdate
from importlib import metadata
from pathlib import Path

import pytest
import trustme

import uniqos
from uniqos.cli.doctor import calls, machine, network
from uniqos.cli.doctor.finding import Finding
from uniqos.cli.exits import ExitCode
from uniqos.cli.shared import Account
from uniqos.sandbox import Sandbox

from ..support.commandline import KEY, answering, at, posix_only, run
from ..support.inprocess_commandline import run_here
from ..support.proxyserver import ProxyServer
from ..support.rawserver import RawServer, reply
from ..support.terminal import terminal

CHECKS = [
    *("versions", "extras", "event loop", "environment", "key", "base url", "certificates", "proxy"),
    *("dns", "tcp", "tls", "clock", "access", "latency", "rate limit"),
]
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("UNIQOS_") or name.lower() in PROXIES]:
        monkeypatch.delenv(name)


def settings(sandbox: Sandbox) -> dict[str, str]:
    return {"UNIQOS_BASE_URL": sandbox.url, "UNIQOS_API_KEY": sandbox.api_key}


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def dated(seconds: float = 0) -> RawServer:
    """Make a server whose clock differs by so many seconds."""
    return RawServer(
        lambda connection, *_: reply(connection, 200, b"", {"Date": formatdate(time.time() + seconds, usegmt=True)})
    )


def test_every_check_of_a_working_sandbox_passes_and_no_key_is_shown(sandbox: Sandbox) -> None:
    code, out, err = run("doctor", "--json", settings=settings(sandbox))
    report = json.loads(out)
    assert (code, err, report["ok"]) == (0, "", True)
    assert [finding["check"] for finding in report["findings"]] == CHECKS
    assert not [finding for finding in report["findings"] if finding["status"] in ("warning", "failure")]
    latency = report["findings"][CHECKS.index("latency")]["data"]
    assert latency["requests"] == 10
    assert 0 < latency["median_ms"] <= latency["worst_ms"]
    assert sandbox.api_key not in out


@posix_only
def test_findings_are_lines_with_what_to_do_and_a_failure_ends_with_1() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{free.getsockname()[1]}"
    free.close()
    known = {"UNIQOS_BASE_URL": url, "UNIQOS_API_KEY": f"'{KEY}'", "UNIQOS_APIKEY": "secret-value"}
    with terminal("doctor", settings=known, columns=200) as shown:
        assert shown.end() == ExitCode.FAILURE
    lines = shown.picture.splitlines()
    assert "FAILURE  key: the key of UNIQOS_API_KEY has quotes around it -> copy the key again" in lines
    assert [line for line in lines if line.startswith("FAILURE  tcp: 127.0.0.1 is not reached")]
    assert [line for line in lines if line.startswith("WARNING  environment") and "UNIQOS_APIKEY -> check" in line]
    assert lines[-1].startswith("skipped  access")
    assert KEY not in shown.picture
    assert "secret-value" not in shown.picture


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (KEY + "\n", "white space"),
        (f'"{KEY}"', "quotes"),
        (f"Bearer {KEY}", "begins with Bearer"),
        ("sk-1234567890abcdef", "does not begin with"),
        ("uniq_live_abc", "too short"),
        ("uniq_live_abcd-efgh-1234", "neither letters nor digits"),
    ],
)
def test_a_malformed_key_is_described_and_not_shown(key: str, says: str) -> None:
    finding = machine.credential(Account(api_key=key))
    assert (finding.status, says in finding.text) == ("failure", True)
    assert key.strip("\"'\n") not in str(finding)


def test_the_kind_of_a_key_and_the_life_of_a_token() -> None:
    def token(**claims: float) -> str:
        return "e30." + base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=") + ".sig"

    assert machine.credential(Account()).status == "warning"
    assert machine.credential(Account(api_key=KEY)).data["kind"] == "test"
    assert machine.credential(Account(access_token=token(exp=time.time() + 900))).status == "ok"
    assert machine.credential(Account(access_token=token(exp=1))).status == "failure"
    assert machine.credential(Account(access_token=token())).status == "ok"
    assert machine.credential(Account(access_token="sandbox.portal")).status == "ok"


@pytest.mark.parametrize(
    ("skew", "status"),
    [(0, "ok"), (-50, "ok"), (90, "warning"), (-90, "warning"), (400, "failure"), (-4000, "failure")],
)
def test_the_clock_is_compared_with_the_servers(skew: float, status: str) -> None:
    with dated(skew) as server:
        found = by_check(network.reach(server.url, None, 5))
    assert found["clock"].status == status
    assert abs(found["clock"].data["skew_seconds"] + skew) < 5


def test_the_issuer_of_a_trusted_certificate_is_named(
    certified: ssl.SSLContext, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    with dated() as plain, RawServer(plain.handler, tls=certified) as server:
        found = by_check(network.reach(server.url, None, 5))
        assert b"authorization" not in server.requests[0].lower()
    assert found["tls"].status in ("ok", "warning")
    assert "trustme" in found["tls"].data["issuers"][0]
    assert found["tls"].data["version"].startswith("TLSv1")
    assert found["tls"].data["days_left"] > 0


def test_the_whole_chain_of_issuers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = trustme.CA(organization_name="Root Company")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    root.create_child_ca().issue_cert("127.0.0.1").configure_cert(context)
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    with dated() as plain, RawServer(plain.handler, tls=context) as server:
        found = by_check(network.reach(server.url, None, 5))
    issuers = found["tls"].data["issuers"]
    assert [name.split()[0] for name in issuers] == ["trustme", "Root"]
    assert " < Root Company" in found["tls"].text


def test_the_issuer_of_an_untrusted_certificate_is_named_with_what_to_do(certified: ssl.SSLContext) -> None:
    with RawServer(lambda *_: None, tls=certified) as server:
        found = by_check(network.reach(server.url, None, 5))
        assert not server.requests, "nothing is sent to a server that is not trusted"
    assert found["tls"].status == "failure"
    assert "trustme" in found["tls"].text
    assert "SSL_CERT_FILE" in str(found["tls"].advice)
    assert "clock" not in found


def test_a_server_that_speaks_no_tls_is_a_failure() -> None:
    with RawServer(lambda *_: None, greeting=b"220 mail\r\n") as server:
        found = by_check(network.reach(server.url.replace("http:", "https:"), None, 5))
    assert found["tls"].status == "failure"


def test_a_name_without_an_address_is_a_failure_and_ends_the_checks() -> None:
    found = network.reach("https://nowhere.invalid", None, 5)
    assert [(finding.check, finding.status) for finding in found] == [("dns", "failure")]


def test_a_proxy_is_reached_and_used_without_its_password_being_shown(
    certified: ssl.SSLContext, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", trusted)
    with dated() as plain, RawServer(plain.handler, tls=certified) as server, ProxyServer("ada:pass-word") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:pass-word@127.0.0.1:{proxy.port}")
        finding, url = machine.proxy(server.url, KEY)
        assert "because HTTPS_PROXY is set" in finding.text
        found = network.reach(server.url, url, 5)
    assert "pass-word" not in str(finding) + str(found)
    assert {one.check: one.status for one in found}["clock"] == "ok"
    assert "the proxy 127.0.0.1" in by_check(found)["dns"].text


def test_a_proxy_that_wants_another_password_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProxyServer("ada:pass-word") as proxy:
        found = network.reach("https://api.uniqos.ai", f"http://ada:wrong@127.0.0.1:{proxy.port}", 5)
    assert by_check(found)["proxy"].status == "failure"
    assert "wrong" not in str(found)


def test_why_a_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.proxy("https://api.uniqos.ai", KEY)[0].text == "none"
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "uniqos.ai")
    finding, url = machine.proxy("https://api.uniqos.ai", KEY)
    assert (url, "NO_PROXY excepts it" in finding.text) == (None, True)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    assert machine.proxy("https://api.uniqos.ai", KEY)[0].status == "failure"


def test_wrong_certificates_of_the_environment_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine.certificates().status == "ok"
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert machine.certificates().status == "failure"


@pytest.mark.parametrize(
    ("status", "value", "access", "others"),
    [
        (200, {}, "ok", ["latency", "rate limit"]),
        (401, {"error": {"code": "authentication_error", "message": "no"}}, "failure", []),
        (403, {"error": {"code": "permission_denied", "message": "no"}}, "ok", ["latency", "rate limit"]),
        (404, {"error": {"code": "not_found", "message": "no"}}, "ok", ["latency", "rate limit"]),
        (404, {"detail": "another server"}, "failure", []),
        (503, {"error": {"code": "service_unavailable", "message": "no"}}, "failure", []),
    ],
)
def test_access_latency_and_rate_limit(status: int, value: object, access: str, others: list[str]) -> None:
    headers = {"X_RateLimit_Limit": "100", "X_RateLimit_Remaining": "3", "X_RateLimit_Reset": "2026-01-01T00:00:00Z"}
    with answering(status, value, **headers) as server:
        with uniqos.UniqOS(KEY, base_url=server.url, max_retries=0, log_level="silent") as client:
            found = calls.ask(client, 3)
        assert len(server.requests) == (3 if others else 1)
    assert [finding.check for finding in found] == ["access", *others]
    assert found[0].status == access
    if others:
        assert found[2].status == "warning"


def test_a_wrong_base_url_is_a_finding_without_its_password() -> None:
    known = {"UNIQOS_BASE_URL": "https://ada:pass-word@example.com", "UNIQOS_API_KEY": KEY}
    code, out, _ = astuple(run_here("doctor", "--json", settings=known))
    assert code == ExitCode.FAILURE
    assert json.loads(out)["findings"][-1]["check"] == "base url"
    assert "pass-word" not in out


def test_without_requests_no_key_is_sent() -> None:
    with dated() as server:
        code, out, _ = astuple(run_here("doctor", "--requests", "0", settings=at(server)))
        assert [request.split()[0] for request in server.requests] == [b"HEAD"]
        assert KEY.encode() not in server.requests[0]
    assert code == 0
    assert "skipped  access" in out


def test_all_extras_that_add_a_feature_are_among_the_findings() -> None:
    offered = {*metadata.metadata("uniqos").get_all("Provides-Extra", [])} - {"all", "bench", "dev", "docs"}
    assert {"batch", "cli", "mcp", "sandbox"} <= offered
    assert set(machine.extras().data["missing"]) == offered


def test_a_closed_port_of_this_machine_is_no_matter_of_a_firewall() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = network.reach(f"http://127.0.0.1:{port}", None, 1)[-1]
    assert (found.check, found.status) == ("tcp", "failure")
    assert "uniqos sandbox" in str(found.advice)
    assert "the proxy" in str(network.reach("http://x.invalid", f"http://127.0.0.1:{port}", 1)[-1].advice)
