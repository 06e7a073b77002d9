# Generated from _async/network/test_tls.py by python -m uniqos._generate. Do not edit.
"""TLS that cannot be trusted: told at once, with what to do about it, and never tried again. TLS that breaks."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests._sync.calls.test_calls import OK, answers
from tests._sync.support import TURN, make_client, slept
from tests.support.proxyserver import ProxyServer
from tests.support.rawserver import RawServer, reply
from uniqos import UniqOS, errors
from uniqos.sandbox import Sandbox

ANSWER = b'{"response": "Hi!"}'
LAST_WEEK = datetime.now(timezone.utc) - timedelta(days=7)


def refused(client: UniqOS) -> errors.NetworkError:
    """The error of a turn, and of anything else, that must not be sent over this TLS."""
    with pytest.raises(errors.NetworkError):
        client.personalities.list(timeout=5)
    with pytest.raises(errors.NetworkError) as caught:
        client.respond(**TURN, timeout=5)
    error = caught.value
    assert (error.code, error.sent) == ("tls_error", False)
    assert "verify" in str(error)
    assert slept(client) == []
    return error


@pytest.mark.parametrize("wrong", ["unknown authority", "wrong host", "expired"])
def test_a_certificate_that_cannot_be_trusted_is_refused_and_not_tried_again(wrong: str) -> None:
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    certificate = authority.issue_cert(
        "elsewhere.test" if wrong == "wrong host" else "127.0.0.1",
        not_before=LAST_WEEK,
        not_after=LAST_WEEK + timedelta(days=1 if wrong == "expired" else 365),
    )
    certificate.configure_cert(serving)
    if wrong != "unknown authority":
        authority.configure_trust(trusting)
    with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER), tls=serving) as server:
        with make_client(server.url, verify=trusting) as client:
            error = refused(client)
        with httpx.Client(verify=trusting) as http_client:
            refused(make_client(server.url, http_client=http_client))
    assert {
        "unknown authority": "unable to get local issuer",
        "wrong host": "mismatch",
        "expired": "expired",
    }[wrong] in str(error)
    assert server.connections == 4
    assert not server.requests


def test_a_port_that_speaks_plain_http_is_refused_and_not_tried_again(sandbox: Sandbox) -> None:
    before = len(sandbox.journal.entries())
    with make_client(sandbox.url.replace("http:", "https:")) as client:
        refused(client)
    assert len(sandbox.journal.entries()) == before


def test_a_server_that_leaves_in_the_middle_of_tls_says_nothing_of_certificates_and_is_tried_again() -> None:
    def leave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.close()

    server = RawServer(lambda connection, request, number: None)
    server._serve = leave  # type: ignore[method-assign]
    with server:
        with make_client(server.url.replace("http:", "https:"), max_retries=1) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=5)
    assert (caught.value.code, caught.value.sent) == ("network_error", False)
    assert server.connections == 2


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def proxy_of(way: str, certified: ssl.SSLContext, **options: float) -> ProxyServer:
    """What leads to the API; nothing goes to it where the way is direct."""
    return ProxyServer(socks=way == "socks", tls=certified if way == "https" else None, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ["direct", "http", "https", "socks", "a client of yours"])
@pytest.mark.parametrize("begun", [False, True])
def test_tls_that_breaks_after_the_turn_was_sent_is_a_broken_connection(
    way: str, begun: bool, certified: ssl.SSLContext, trusted: str
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if begun:
            connection.sendall(HEAD + b"Content-Length: 500\r\n\r\n" + ANSWER)
        time.sleep(0.1)  # asyncio gives nothing of what comes together with what breaks
        socket.socket.sendall(connection, b"\x17\x03\x03\x00\x20" + b"x" * 32)
        connection.recv(1)

    with RawServer(handle, tls=certified) as server, proxy_of(way, certified) as proxy:
        options: dict[str, Any] = {"verify": trusted, "proxy": None if way == "direct" else proxy.url}
        if way == "a client of yours":
            options = {"http_client": httpx.Client(verify=ssl.create_default_context(cafile=trusted))}
        with make_client(server.url, max_retries=1, **options) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=5)
            assert len(slept(client)) == 1
        if way == "a client of yours":
            options["http_client"].close()
    error = caught.value
    assert (error.code, error.sent, error.details["response_started"]) == ("network_error", True, begun)
    assert len(server.requests) == 2


@pytest.mark.parametrize("way", ["direct", "http", "https", "socks"])
def test_an_answer_that_ends_with_the_connection_and_no_word_of_tls_is_not_lost(
    way: str, certified: ssl.SSLContext, trusted: str
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(HEAD + b"Connection: close\r\n\r\n" + ANSWER)
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    with RawServer(handle, tls=certified) as server, proxy_of(way, certified) as proxy:
        url = None if way == "direct" else proxy.url
        with make_client(server.url, verify=trusted, proxy=url, max_retries=0) as client:
            assert (client.respond(**TURN, timeout=5)).response == "Hi!"


@pytest.mark.parametrize("way", ["direct", "http", "https", "socks"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_file_that_ends_with_a_cut_connection_is_no_whole_file(
    way: str, whole: bool, certified: ssl.SSLContext, trusted: str, tmp_path: Path
) -> None:
    """Where only the end of the connection ends a body, TLS says by a word of its own that this is the end."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n" + b"%PDF" * 1000)
        if whole:
            assert isinstance(connection, ssl.SSLSocket)
            connection.unwrap()
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    path = tmp_path / "invoice.pdf"
    with RawServer(handle, tls=certified) as server, proxy_of(way, certified) as proxy:
        url = None if way == "direct" else proxy.url
        with make_client(server.url, verify=trusted, proxy=url, max_retries=0) as client:
            if whole:
                assert (client.billing.invoices.save_pdf("inv_1", path)).size == 4000
                assert (client.billing.invoices.pdf("inv_1")).content == b"%PDF" * 1000
                return
            for call in (
                lambda: client.billing.invoices.save_pdf("inv_1", path),
                lambda: client.billing.invoices.pdf("inv_1"),
            ):
                with pytest.raises(errors.NetworkError, match="cut") as caught:
                    call()
                assert caught.value.details["bytes_received"] == 4000
    assert not [file for file in tmp_path.iterdir() if "invoice" in file.name]


@pytest.mark.parametrize("way", ["http", "https", "socks"])
@pytest.mark.parametrize("sent", [False, True])
def test_tls_that_drips_through_a_proxy_does_not_outlive_its_time(
    way: str, sent: bool, certified: ssl.SSLContext, trusted: str
) -> None:
    """By parts of a record: where each had the whole time anew, the answer would come in the end, after 4 to 9 s."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        proxy._part, proxy._pause = 1, 0.03
        reply(connection, 200, ANSWER)

    drip = {} if sent else {"part": 20, "pause": 0.05}
    with RawServer(handle, tls=certified) as server, proxy_of(way, certified, **drip) as proxy:
        with make_client(server.url, verify=trusted, proxy=proxy.url, max_retries=0) as client:
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, timeout=2 if sent else 0.5)
    assert (caught.value.code, caught.value.sent) == ("timeout", sent)
    assert len(server.requests) == sent


def test_a_proxy_that_wants_a_certificate_of_the_client_is_a_tls_error(certified: ssl.SSLContext, trusted: str) -> None:
    certified.load_verify_locations(trusted)
    certified.verify_mode = ssl.CERT_REQUIRED
    with ProxyServer(tls=certified) as proxy:
        refused(make_client("https://api.example", proxy=proxy.url, verify=trusted))
    assert proxy.asked == []


def test_what_had_no_time_left_to_be_sent_was_not_sent(
    certified: ssl.SSLContext, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timeout bounds the look-up of a name in a thread; what comes after it knows that the time is over."""
    look_up = socket.getaddrinfo

    def slow(host: object, *args: object, **options: object) -> object:
        if host in ("localhost", b"localhost"):
            time.sleep(0.3)
        return look_up(host, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with RawServer(answers(OK)) as plain, RawServer(answers(OK), tls=certified) as secure, ProxyServer() as proxy:
        by_proxy = f"http://localhost:{proxy.port}"
        for server, url in ((plain, None), (secure, None), (plain, by_proxy), (secure, by_proxy)):
            base_url = server.url.replace("127.0.0.1", "127.0.0.1" if url else "localhost")
            with make_client(base_url, verify=trusted, proxy=url, max_retries=0) as client:
                with pytest.raises(errors.NetworkError) as caught:
                    client.respond(**TURN, timeout=0.1)
            assert (caught.value.code, caught.value.sent) == ("timeout", False)
        assert plain.requests == secure.requests == []
        assert proxy.asked == []


def test_a_server_is_told_why_its_certificate_is_refused(certified: ssl.SSLContext) -> None:
    told: list[str] = []
    ready = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                certified.wrap_socket(connection, server_side=True)
            except ssl.SSLError as exc:
                told.append(exc.reason)
        ready.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with make_client(f"https://127.0.0.1:{listener.getsockname()[1]}", max_retries=0) as client:
            with pytest.raises(errors.NetworkError):
                client.respond(**TURN, timeout=5)
        assert ready.wait(10)
    assert told == ["TLSV1_ALERT_UNKNOWN_CA"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take certificates from no file of the environment")
def test_the_trust_store_of_the_system_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("truststore", reason="truststore is not installed")
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    # OpenSSL reads this file as the store of the system.
    (tmp_path / "store.pem").write_bytes(authority.cert_pem.bytes())
    with RawServer(lambda connection, request, number: reply(connection, 200, ANSWER), tls=serving) as server:
        with make_client(server.url, verify="system") as client:
            assert 'verify="system"' in str(refused(client))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "store.pem"))
        with make_client(server.url, verify="system") as client:
            assert (client.respond(**TURN)).response == "Hi!"


def test_without_truststore_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "truststore", None)
    with pytest.raises(errors.ConfigurationError, match=r"needs truststore") as caught:
        UniqOS("uniq_test_abcd1234", verify="system")
    assert caught.value.code == "missing_extra"
