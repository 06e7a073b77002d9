# Generated from _async/network/test_http_clients.py by python -m uniqos._generate. Do not edit.
"""An httpx client of the caller's: what its hooks, auth and transports do to an answer, and what they raise."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests._sync.calls.test_calls import ANSWER, OK, answers
from tests._sync.support import TURN, FakeClock, make_client, slept
from tests.support.proxyserver import ProxyServer
from tests.support.rawserver import RawServer, header, reply
from uniqos import errors


def reads(response: httpx.Response) -> None:
    response.read()


def reads_a_piece(response: httpx.Response) -> None:
    for _ in response.iter_raw(8):
        break


def looks(request: httpx.Request) -> None:
    assert b"Hello!" in request.content


class WantsBody(httpx.Auth):
    requires_response_body = True


def zipped(connection: socket.socket, request: bytes, number: int) -> None:
    reply(connection, 200, gzip.compress(ANSWER), {"Content-Encoding": "gzip", "Connection": "close"})


@pytest.mark.parametrize("handler", [answers(OK), zipped])
@pytest.mark.parametrize(
    "options",
    [
        {"event_hooks": {"response": [reads]}},
        {"event_hooks": {"request": [looks]}},
        {"auth": WantsBody()},
    ],
)
def test_an_answer_that_a_hook_or_auth_has_read_is_not_lost(handler: Any, options: dict[str, Any]) -> None:
    with RawServer(handler) as server:
        with httpx.Client(**options) as http_client:
            client = make_client(server.url, http_client=http_client)
            assert (client.respond(**TURN, timeout=5)).response == "Hi!"
    assert len(server.requests) == 1


def test_a_refusal_that_a_hook_has_read_is_told_whole() -> None:
    refusal = b'{"error": {"code": "payment_required", "message": "Pay first."}}'
    with RawServer(answers((402, {}, refusal))) as server:
        with httpx.Client(event_hooks={"response": [reads]}) as http_client:
            with pytest.raises(errors.PaymentRequiredError, match="Pay first"):
                make_client(server.url, http_client=http_client).respond(**TURN, timeout=5)


def test_an_answer_that_a_hook_has_begun_to_read_says_what_to_do() -> None:
    with RawServer(answers(OK)) as server:
        with httpx.Client(event_hooks={"response": [reads_a_piece]}) as http_client:
            client = make_client(server.url, http_client=http_client)
            with pytest.raises(errors.ResponseDecodeError, match="which keep the body") as caught:
                client.respond(**TURN, timeout=5)
            assert slept(client) == []
    assert (caught.value.http_status, caught.value.request_id) == (200, "req_1")
    assert len(server.requests) == 1


def test_the_status_of_a_refusal_counts_though_a_hook_has_begun_to_read_it() -> None:
    with RawServer(answers((503, {}, b"{}"), (402, {}, b"{}"))) as server:
        with httpx.Client(event_hooks={"response": [reads_a_piece]}) as http_client:
            client = make_client(server.url, http_client=http_client)
            with pytest.raises(errors.PaymentRequiredError):
                client.respond(**TURN, timeout=5)
            assert len(slept(client)) == 1


class Fails(httpx.BaseTransport, httpx.SyncByteStream):
    """Raises where it is told to."""

    def __init__(self, where: str, error: Exception) -> None:
        self.where, self.error, self.asked = where, error, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.where == "sending":
            raise self.error
        return httpx.Response(200, headers={"Content-Type": "application/json"}, stream=self)

    def __iter__(self) -> Iterator[bytes]:
        yield ANSWER[:10]
        if self.where == "reading":
            raise self.error
        yield ANSWER[10:]

    def close(self) -> None:
        if self.where == "closing":
            raise self.error


FAILURES = [
    *(ConnectionResetError("reset"), TimeoutError("late"), OSError("broken"), httpx.ReadError("broken")),
    *(httpx.StreamClosed(), httpx.CookieConflict("two"), httpx.DecodingError("no gzip")),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["sending", "reading"])
def test_what_a_transport_raises_is_a_network_error(where: str, error: Exception) -> None:
    transport = Fails(where, error)
    http_client = httpx.Client(transport=transport)
    with make_client("http://api.example", http_client=http_client, max_retries=1) as client:
        with pytest.raises(errors.NetworkError) as caught:
            client.respond(**TURN)
    assert (caught.value.code, caught.value.sent, transport.asked) == ("network_error", True, 2)
    assert caught.value.details["response_started"] == (where == "reading")


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_an_answer_counts_though_its_connection_fails_to_close(error: Exception) -> None:
    transport = Fails("closing", error)
    with make_client("http://api.example", http_client=httpx.Client(transport=transport)) as client:
        assert (client.respond(**TURN)).response == "Hi!"
    assert transport.asked == 1


@pytest.mark.parametrize("location", ["mailto:x", "javascript:x", "http://[::1", "http://h:x/", "http://1.2.3.999/"])
def test_a_redirect_to_what_is_no_url_is_one_and_not_tried_again(location: str) -> None:
    with RawServer(answers((307, {"Location": location}, b""))) as server:
        with httpx.Client() as http_client:
            for options in ({"http_client": http_client}, {}):
                client = make_client(server.url, **options)
                with pytest.raises(errors.ResponseDecodeError, match="redirects are not followed") as caught:
                    client.respond(**TURN)
                assert slept(client) == []
                assert caught.value.code == "redirect"
                assert "location_host" in caught.value.details
                assert caught.value.http is not None
                assert caught.value.http.idempotency_key == header(server.requests[-1], "Idempotency-Key")
                client.close()
    assert len(server.requests) == 2


class Oversleeps(FakeClock):
    def sleep(self, seconds: float) -> None:
        super().sleep(seconds + 10)


@pytest.mark.parametrize("own", [True, False])
def test_nothing_is_sent_after_a_wait_that_took_longer_than_the_deadline(own: bool) -> None:
    with RawServer(answers((503, {}, b""), OK)) as server:
        with httpx.Client() as http_client:
            client = make_client(server.url, http_client=None if own else http_client, deadline=5)
            client._requester.clock = Oversleeps()
            with pytest.raises(errors.NetworkError, match="deadline") as caught:
                client.respond(**TURN)
            client.close()
    assert (caught.value.code, caught.value.sent) == ("timeout", True)  # by the first attempt
    assert len(server.requests) == 1


def test_a_proxy_of_an_http_client_that_wants_a_password_is_known_by_the_text_of_httpcore_1_0() -> None:
    with ProxyServer("user:word") as proxy:
        with httpx.Client(proxy=proxy.url.replace("word", "wrong"), trust_env=False) as sender:
            with make_client("https://api.example", http_client=sender) as client:
                with pytest.raises(errors.NetworkError) as caught:
                    client.respond(**TURN)
                assert slept(client) == []
    assert (caught.value.code, caught.value.sent) == ("proxy_authentication_required", False)


def test_a_closed_http_client_is_named() -> None:
    sender = httpx.Client()
    with make_client("https://api.example", http_client=sender) as client:
        sender.close()
        with pytest.raises(errors.ConfigurationError, match="the http_client of this client is closed") as caught:
            client.respond(**TURN)
    assert caught.value.code == "client_closed"


def test_a_407_of_the_server_itself_says_that_it_was_sent() -> None:
    with RawServer(answers((407, {}, b""))) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError, match="407") as caught:
                client.respond(**TURN)
            assert slept(client) == []
    assert (caught.value.code, caught.value.sent) == ("proxy_authentication_required", True)
