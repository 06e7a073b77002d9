# Generated from _async/test_tls.py by python -m uniqos._generate. Do not edit.
"""TLS that cannot be trusted: told at once, with what to do about it, and never tried again."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timedelta, timezone

import httpx
import pytest
import trustme

from tests._sync.support import TURN, make_client, slept
from tests.rawserver import RawServer, reply
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
