# Generated from _async/network/test_proxies.py by python -m uniqos._generate. Do not edit.
"""Ways to the API that are not the plain one: proxies, certificates of one's own, and limits of connections."""

from __future__ import annotations

import pickle
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests._sync.calls.test_calls import ANSWER, OK, answers, drip
from tests._sync.support import KEY, TURN, make_client, slept
from tests.support.proxyserver import ProxyServer
from tests.support.rawserver import RawServer, reply, rst, silent
from uniqos import UniqOS, errors
from uniqos._network.proxy import proxy_of_environment


@pytest.fixture
def secure(certified: ssl.SSLContext) -> Iterator[RawServer]:
    """A server over TLS."""
    with RawServer(answers(OK), tls=certified) as server:
        yield server


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_a_proxy_is_gone_through_and_its_connection_kept(
    secure: RawServer, trusted: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ProxyServer("user:a%20word") as proxy:
        proxy._password = "user:a word"
        options: dict[str, Any] = {"proxy": proxy.url} if where == "argument" else {}
        if where == "environment":
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with make_client(secure.url, verify=trusted, **options) as client:
            for _ in range(3):
                assert (client.respond(**TURN)).response == "Hi!"
    assert proxy.asked == [f"CONNECT 127.0.0.1:{secure.port} HTTP/1.1"]
    assert secure.connections == 1


def test_an_argument_goes_before_the_environment_and_no_proxy_before_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with ProxyServer() as proxy, RawServer(answers(OK)) as server:
        with make_client(server.url, proxy=proxy.url) as client:
            client.respond(**TURN)
        assert proxy.asked == [f"POST {server.url}/v1/respond HTTP/1.1"]
        monkeypatch.setenv("NO_PROXY", "elsewhere.example,127.0.0.1")
        with make_client(server.url) as client:
            client.respond(**TURN)
        assert len(proxy.asked) == 1
        monkeypatch.setenv("NO_PROXY", "elsewhere.example")
        with make_client(server.url, max_retries=0) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN)
        assert (caught.value.code, caught.value.sent) == ("connection_refused", False)


@pytest.mark.parametrize("tls", [True, False])
def test_a_proxy_that_wants_a_password_says_so_once(secure: RawServer, trusted: str, tls: bool) -> None:
    with ProxyServer("user:word") as proxy, RawServer(answers(OK)) as plain:
        url = proxy.url.replace("word", "wrong")
        with make_client(secure.url if tls else plain.url, proxy=url, verify=trusted) as client:
            with pytest.raises(errors.NetworkError, match="407") as caught:
                client.respond(**TURN)
            assert slept(client) == []
            assert "wrong" not in repr(client)
            assert "wrong" not in repr(client._requester.config.proxy)
    assert (caught.value.code, caught.value.sent) == ("proxy_authentication_required", False)
    assert len(proxy.asked) == 1
    assert secure.requests == plain.requests == []


def test_a_proxy_that_cannot_reach_the_host_is_asked_again() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 502, b"")

    with RawServer(handle) as proxy:
        with make_client("https://api.example", proxy=proxy.url, max_retries=2) as client:
            with pytest.raises(errors.NetworkError, match="502") as caught:
                client.respond(**TURN)
    assert (caught.value.code, caught.value.sent) == ("proxy_error", False)
    assert len(proxy.requests) == 3


def test_a_proxy_that_breaks_the_connection_has_sent_nothing() -> None:
    with RawServer(lambda connection, request, number: rst(connection)) as proxy:
        with make_client("https://api.example", proxy=proxy.url, max_retries=1) as client:
            with pytest.raises(errors.NetworkError, match="the proxy broke the connection") as caught:
                client.personalities.appeal("pers_1")  # which is only sent again if it surely never ran
    assert (caught.value.code, caught.value.sent) == ("network_error", False)
    assert len(proxy.requests) == 2


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_gone_through(secure: RawServer, trusted: str, scheme: str) -> None:
    with ProxyServer(socks=True) as proxy:
        url = proxy.url.replace("socks5", scheme)
        with make_client(secure.url, proxy=url, verify=trusted) as client:
            for _ in range(2):
                assert (client.respond(**TURN)).response == "Hi!"
    assert proxy.asked == [f"127.0.0.1:{secure.port}"]


@pytest.mark.parametrize("tls", [True, False])
def test_a_socks_proxy_gets_its_password(secure: RawServer, trusted: str, tls: bool) -> None:
    with ProxyServer("user:a%20word", socks=True) as proxy, RawServer(answers(OK)) as plain:
        proxy._password = "user:a word"
        server = secure if tls else plain
        with make_client(server.url, proxy=proxy.url, verify=trusted) as client:
            for _ in range(2):
                assert (client.respond(**TURN)).response == "Hi!"
            assert client._requester.connections.has_bounded_reads
    assert proxy.asked == [f"127.0.0.1:{server.port}"]


@pytest.mark.parametrize("given", ["user:wrong@", ""])
def test_a_socks_proxy_that_wants_another_password_says_so_once(given: str) -> None:
    with ProxyServer("user:word", socks=True) as proxy:
        url = proxy.url.replace("user:word@", given)
        with make_client("https://api.example", proxy=url) as client:
            with pytest.raises(errors.NetworkError, match="user and password were not accepted") as caught:
                client.respond(**TURN)
            assert slept(client) == []
    assert (caught.value.code, caught.value.sent) == ("proxy_authentication_required", False)


@pytest.mark.parametrize(("refusal", "words"), [(4, "host unreachable"), (0xF0, "SOCKS error 240")])
def test_a_socks_proxy_that_cannot_reach_the_host_is_asked_again(refusal: int, words: str) -> None:
    with ProxyServer(socks=True, refusal=refusal) as proxy:
        with make_client("https://api.example", proxy=proxy.url, max_retries=2) as client:
            with pytest.raises(errors.NetworkError, match=words) as caught:
                client.respond(**TURN)
    assert (caught.value.code, caught.value.sent) == ("proxy_error", False)
    assert proxy.asked == ["api.example:443"] * 3


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\x00\x05\x00\x00\x07\x00\x00\x00", b""])
def test_what_is_no_socks_proxy_is_a_clear_error(says: bytes) -> None:
    with RawServer(silent, greeting=says) as server:
        if not says:
            server.handler = answers(OK)
        url = server.url.replace("http", "socks5")
        with make_client("https://api.example", proxy=url, max_retries=0, timeout=1) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN)
    assert caught.value.sent is False
    assert caught.value.code == ("proxy_error" if says else "timeout")


@pytest.mark.parametrize("tls", [True, False])
def test_a_proxy_over_tls_is_gone_through_and_its_connection_kept(
    secure: RawServer, certified: ssl.SSLContext, trusted: str, tls: bool
) -> None:
    with ProxyServer("user:word", tls=certified) as proxy, RawServer(answers(OK)) as plain:
        server = secure if tls else plain
        with make_client(server.url, proxy=proxy.url, verify=trusted) as client:
            for _ in range(3):
                assert (client.respond(**TURN)).response == "Hi!"
            assert client._requester.connections.has_bounded_reads
        first = f"CONNECT 127.0.0.1:{server.port}" if tls else f"POST {server.url}/v1/respond"
        assert set(proxy.asked) == {f"{first} HTTP/1.1"}
        assert server.connections == 1
        with make_client(server.url, proxy=proxy.url, max_retries=0) as client:
            with pytest.raises(errors.NetworkError, match="TLS failed") as caught:
                client.respond(**TURN)
    assert (caught.value.code, caught.value.sent) == ("tls_error", False)


def test_without_its_extra_a_socks_proxy_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.delitem(sys.modules, "uniqos._network.socks", raising=False)
    with make_client("https://api.example", proxy="socks5://127.0.0.1:1") as client:
        with pytest.raises(errors.ConfigurationError, match=r'pip install "socksio>=1\.0"'):
            client.respond(**TURN)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "ftp://host", "http://", "http://host:port", "http://a b", 7, "http://h\n"),
        *(
            "socks5://" + "u" * 256 + "@h",
            "http://a..b",
            "http://-\xe9.x",
            "http://u:\udc80@h",
            "http://" + "a" * 64,
            "http://" + "a." * 130 + "example",
            "socks5://\xe9..x",
        ),
    ],
)
def test_what_is_no_proxy_is_refused_without_telling_its_password(wrong: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="proxy must look like"):
        UniqOS(KEY, proxy=wrong)
    if isinstance(wrong, str):
        with pytest.raises(errors.ConfigurationError) as caught:
            UniqOS(KEY, proxy=f"nonsense://user:hidden@{wrong}")
        assert "hidden" not in str(caught.value)
        seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        assert "hidden" not in repr([frame.locals for frame in seen.stack[1:]])


def test_a_wrong_proxy_of_the_environment_is_refused_without_telling_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://user:hidden@host")
    with make_client("https://api.example") as client:
        with pytest.raises(errors.ConfigurationError, match="proxy of the environment must look like") as caught:
            client.respond(**TURN)
    seen = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "hidden" not in repr([frame.locals for frame in seen.stack[1:]])


@pytest.mark.parametrize(
    ("excepted", "url", "bypassed"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("127.0.0.1:8080", "http://127.0.0.1:9090", False),
        ("[::1]", "http://[::1]:8080", True),
        ("::1", "http://[::1]:8080", True),
        ("[::1]:8080", "http://[::1]:8080", True),
        (".example", "https://api.example", True),
        ("*", "https://api.example", True),
        ("elsewhere, *", "https://api.example", True),
        ("ample", "https://api.example", False),
        ("elsewhere, 10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://api.example", False),
        ("10.0.0.1/8", "https://10.1.2.3", True),
        ("fd00::/8", "https://[fd00::1]", True),
        ("fd00::/8,10.0.0.0/8", "https://[fe80::1]", False),
    ],
)
def test_no_proxy_may_name_a_port_an_ipv6_address_and_a_network(
    excepted: str, url: str, bypassed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert (proxy_of_environment(url) is None) == bypassed


def test_certificates_of_the_environment_that_are_none_are_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with make_client("https://api.example") as client:
        with pytest.raises(errors.ConfigurationError, match="SSL_CERT_FILE"):
            client.respond(**TURN)


def test_a_crowd_behind_a_proxy_opens_no_more_connections_than_it_is(secure: RawServer, trusted: str) -> None:
    def busy(connection: socket.socket, request: bytes, number: int) -> None:
        threading.Event().wait(0.005)
        reply(connection, 200, ANSWER)

    secure.handler = busy
    with ProxyServer() as proxy:
        with make_client(secure.url, proxy=proxy.url, verify=trusted) as client:

            def work() -> None:
                for _ in range(5):
                    client.respond(**TURN)

            work()
    assert len(proxy.asked) <= 21


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("kind", ["http", "https", "socks"])
def test_what_drips_through_a_proxy_does_not_outlive_its_time(
    secure: RawServer, certified: ssl.SSLContext, trusted: str, kind: str, tls: bool
) -> None:
    secure.handler = drip
    proxy_server = ProxyServer(socks=kind == "socks", tls=certified if kind == "https" else None)
    with proxy_server as proxy, RawServer(drip) as plain:
        with make_client(secure.url if tls else plain.url, proxy=proxy.url, verify=trusted) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=0.3)
            assert (caught.value.code, caught.value.details["response_started"]) == ("timeout", True)
            assert client._requester.connections.has_bounded_reads


@pytest.mark.parametrize("kind", ["http", "https", "socks5"])
def test_a_proxy_that_says_nothing_does_not_outlive_the_time_either(kind: str) -> None:
    with RawServer(silent) as proxy:
        url = proxy.url.replace("http", kind)
        with make_client("https://api.example", proxy=url, max_retries=0) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=0.5)
    assert (caught.value.code, caught.value.sent) == ("timeout", False)
    if kind == "http":
        assert [request.partition(b"\r\n")[0] for request in proxy.requests] == [b"CONNECT api.example:443 HTTP/1.1"]


@pytest.mark.parametrize("kind", ["path", "object", "context", "folder"])
def test_an_authority_of_ones_own_is_trusted(secure: RawServer, trusted: str, kind: str, tmp_path: Path) -> None:
    verify: Any = trusted
    if kind == "object":
        verify = Path(trusted)
    elif kind == "context":
        verify = ssl.create_default_context(cafile=trusted)
    elif kind == "folder":
        verify = tmp_path
        Path(trusted).rename(tmp_path / "0123abcd.0")
    with make_client(secure.url, verify=verify) as client:
        if kind == "folder":  # a file that is named by another certificate's hash is not found
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN)
            assert caught.value.code == "tls_error"
        else:
            assert (client.respond(**TURN)).response == "Hi!"
        if kind == "context":
            with pytest.raises(errors.ConfigurationError, match="SSLContext"):
                pickle.dumps(client)
        else:
            again = pickle.loads(pickle.dumps(client))
            assert again._requester.config == client._requester.config


def test_without_it_the_error_says_what_to_pass(secure: RawServer) -> None:
    with make_client(secure.url) as client:
        with pytest.raises(errors.NetworkError, match="pass its certificate: verify=") as caught:
            client.respond(**TURN)
        assert slept(client) == []
    assert (caught.value.code, caught.value.sent) == ("tls_error", False)


def test_a_wrong_host_is_a_tls_error(authority: trustme.CA, trusted: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    with RawServer(answers(OK), tls=context) as server:
        with make_client(server.url, verify=trusted) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN)
            assert slept(client) == []
    assert caught.value.code == "tls_error"


@pytest.mark.parametrize("wrong", [False, True, 7, "", "/nowhere/at/all.pem"])
def test_what_are_no_certificates_are_refused(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationError, match="verify"):
        UniqOS(KEY, verify=wrong)
    with pytest.raises(errors.ConfigurationError, match="openssl rehash"):
        UniqOS(KEY, verify=tmp_path)
    (tmp_path / "empty.pem").write_text("nothing")
    with make_client("https://127.0.0.1:1", verify=tmp_path / "empty.pem") as client:
        with pytest.raises(errors.ConfigurationError, match="must be readable certificates"):
            client.respond(**TURN)


def test_settings_of_connections_do_not_go_with_a_client_of_yours() -> None:
    http_client = httpx.Client()
    for options in ({"proxy": "http://h"}, {"verify": "x"}, {"max_connections": 3}):
        with pytest.raises(errors.ConfigurationError, match="give them to the http_client"):
            UniqOS(KEY, http_client=http_client, **options)  # type: ignore[arg-type]
    http_client.close()


def test_when_all_connections_are_busy_the_error_names_the_limit() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")

    with RawServer(handle) as server:
        with make_client(server.url, max_connections=2, max_retries=0) as client:
            streams = [client.respond(**TURN, stream=True).open() for _ in range(2)]
            with pytest.raises(errors.NetworkError, match=r"max_connections=2\b") as caught:
                client.respond(**TURN, timeout=0.05)
            assert (caught.value.code, caught.value.sent) == ("timeout", False)
            assert caught.value.details["limit"] == "max_connections"
            assert "timeout of 0.05 s" in caught.value.message
            for stream in streams:
                stream.close()
    assert len(server.requests) == 2


def test_other_timeouts_name_theirs() -> None:
    with RawServer(silent) as server:
        with make_client(server.url, max_retries=0) as client:
            for options, name in (({"timeout": 0.05}, "timeout of 0.05 s"), ({"deadline": 0.05}, "deadline")):
                with pytest.raises(errors.NetworkError, match=name) as caught:
                    client.respond(**TURN, **options)  # type: ignore[arg-type]
                assert name in caught.value.details["limit"]


@pytest.mark.parametrize("name", ["max_connections", "max_response_bytes"])
@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "7"])
def test_an_impossible_limit_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=name):
        UniqOS(KEY, **{name: wrong})


def test_how_large_an_answer_may_be_can_be_set() -> None:
    with RawServer(answers(OK)) as server:
        with make_client(server.url, max_response_bytes=len(ANSWER)) as client:
            assert (client.respond(**TURN)).response == "Hi!"
            with pytest.raises(errors.ResponseDecodeError) as caught:
                client.with_options(max_response_bytes=len(ANSWER) - 1).respond(**TURN)
    assert caught.value.code == "response_too_large"


@pytest.mark.parametrize("base_url", ["https://api.example", "http://localhost:9"])
def test_the_certificates_to_trust_are_those_of_a_proxy_with_tls_too(
    secure: RawServer, trusted: str, base_url: str
) -> None:
    secure.handler = lambda connection, request, number: reply(connection, 403, b"")
    with make_client(base_url, proxy=secure.url, verify=trusted, max_retries=0) as client:
        with pytest.raises(errors.UniqOSError) as caught:
            client.respond(**TURN)
    assert caught.value.code != "tls_error"
    assert len(secure.requests) == 1
