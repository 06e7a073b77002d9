"""Calls over real sockets: what is sent, how often, and what comes back."""

from __future__ import annotations

import copy
import gzip
import json
import pickle
import socket
import ssl
import threading
import time
import zlib
from typing import Any

import httpx
import pytest
import trustme

from tests._async.support import KEY, TURN, make_client, slept
from tests.support.rawserver import Handler, RawServer, body, header, reply, rst
from uniqos import AsyncUniqOS, AttemptStarted, CallEnded, CallStarted, Observer, errors, models

pytestmark = pytest.mark.anyio
ANSWER = b'{"response": "Hi!", "inferred_emotional_state": {"primary": "joy", "confidence": 0.9}, "latency_ms": 12}'


def answers(*statuses: tuple[int, dict[str, str], bytes]) -> Handler:
    """Answers one after the other; the last one again and again."""

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        status, headers, content = statuses[min(number, len(statuses)) - 1]
        reply(connection, status, content, headers)

    return handle


def drip(connection: socket.socket, request: bytes, number: int) -> None:
    """Sends its body byte by byte, for 20 s."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b" ")
        time.sleep(0.02)


def failing(status: int, code: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    envelope = {"error": {"code": code, "message": "no", "type": "t", "request_id": "req_env", "details": {"a": 1}}}
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(envelope).encode()


OK = (200, {"X-Request-Id": "req_1", "X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "9"}, ANSWER)


async def test_a_turn_is_sent_as_the_contract_says_and_comes_back_typed() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            result = await client.respond(personality_id="pers_1", message="Hello!", user_id=None)
    request = server.requests[0]
    assert request.startswith(b"POST /v1/respond HTTP/1.1\r\n")
    assert json.loads(body(request)) == TURN
    assert header(request, "Authorization") == f"Bearer {KEY}"
    assert header(request, "Host") == f"127.0.0.1:{server.port}"
    assert header(request, "Accept") == "application/json"
    assert header(request, "Content-Type") == "application/json"
    assert header(request, "X-Uniqos-Sdk")
    assert header(request, "Idempotency-Key")
    assert result.response == result["response"] == "Hi!"
    assert result.inferred_emotional_state is not None
    assert result.inferred_emotional_state.primary == "joy"
    assert dict(result) == json.loads(ANSWER) == result
    assert result.http is not None
    assert (result.http.request_id, result.http.retries, result.http.status) == ("req_1", 0, 200)
    assert result.http.rate_limit is not None
    assert (result.http.rate_limit.remaining, result.http.rate_limit.reset) == (9, None)
    assert result.http.headers["x-ratelimit-limit"] == "10"


async def test_client_and_engine_answer_alike_and_every_form_of_body_sends_the_same() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            await client.respond(**TURN)
            await client.engine.respond(**TURN)
            await client.respond(TURN)
            await client.respond(models.RespondRequest(**TURN), timeout=5)
            await client.respond({**TURN, "return_format": "text"}, idempotency_key="mine")
    assert [json.loads(body(r)) for r in server.requests[:4]] == [TURN] * 4
    assert header(server.requests[4], "Idempotency-Key") == "mine"
    assert server.connections == 1


async def test_a_modulator_pack_is_asked_for_by_keyword() -> None:
    with RawServer(answers((200, {}, b'{"anything": 1}'))) as server:
        async with make_client(server.url) as client:
            pack = await client.respond(**TURN, return_format="modulator_pack")
            assert isinstance(pack, models.ModulatorPack)
            assert pack["anything"] == 1
            with pytest.raises(errors.RequestValidationError, match="return_format"):
                await client.respond({**TURN, "return_format": "modulator_pack"})
            with pytest.raises(errors.RequestValidationError, match="stream=True"):
                await client.respond({**TURN, "stream": True})
            with pytest.raises(errors.ConfigurationError) as caught:
                client.respond(**TURN, return_format="modulator_pack", stream=True)  # type: ignore[call-overload]
            assert caught.value.code == "stream_not_supported"
            with pytest.raises(errors.ConfigurationError) as caught:
                await client.respond(**TURN, mode="stateful")
            assert caught.value.code == "stateful_requires_user_id"
    assert json.loads(body(server.requests[0])) == {**TURN, "return_format": "modulator_pack"}
    assert len(server.requests) == 1


async def test_a_server_that_never_answers_gets_a_turn_once() -> None:
    done = threading.Event()
    with RawServer(lambda connection, request, number: done.wait(5)) as server:  # type: ignore[arg-type, return-value]
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN, timeout=0.2)
            done.set()
            assert (caught.value.code, caught.value.sent) == ("timeout", True)
            assert "0.2" in str(caught.value)
            assert slept(client) == []
    assert len(server.requests) == 1
    assert header(server.requests[0], "Idempotency-Key")


async def test_a_server_that_resets_gets_at_most_four_posts_with_one_key() -> None:
    with RawServer(lambda connection, request, number: rst(connection)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN)
            assert slept(client) == [0.25, 0.5, 1.0]
    assert (caught.value.code, caught.value.sent) == ("network_error", True)
    assert caught.value.details == {"response_started": False, "bytes_received": 0}
    assert len(server.requests) == 4
    assert len({header(request, "Idempotency-Key") for request in server.requests}) == 1


async def test_what_may_have_an_effect_is_not_repeated_after_a_reset() -> None:
    with RawServer(lambda connection, request, number: rst(connection)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError):
                await client.personalities.appeal("pers_1", reason="please")
            assert len(server.requests) == 1
            with pytest.raises(errors.NetworkError):
                await client.personalities.get("pers_1", max_retries=1)
            assert len(server.requests) == 3


async def test_rate_limit_then_outage_then_success_is_three_attempts_with_one_key() -> None:
    with RawServer(
        answers(failing(429, "rate_limit_exceeded", Retry_After="2"), failing(503, "service_unavailable"), OK)
    ) as server:
        async with make_client(server.url) as client:
            result = await client.respond(**TURN)
            assert slept(client) == [2.0, 0.5]
    assert result.http is not None
    assert (result.http.retries, result.http.elapsed) == (2, 2.5)
    assert len(server.requests) == 3
    assert len({header(request, "Idempotency-Key") for request in server.requests}) == 1
    assert server.connections == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "quota_exhausted", errors.QuotaExhaustedError),
        (403, "quota_exhausted", errors.QuotaExhaustedError),
        (401, "authentication_error", errors.AuthenticationError),
        (403, "permission_denied", errors.PermissionError),
        (504, "turn_timeout", errors.TurnTimeoutError),
        (400, "guardrail_blocked", errors.GuardrailBlockError),
        (404, "not_found", errors.NotFoundError),
        (409, "conflict", errors.ConflictError),
        (422, "validation_error", errors.ValidationError),
        (501, "not_implemented", errors.APIError),
    ],
)
async def test_what_cannot_get_better_is_tried_once(status: int, code: str, kind: type[errors.APIError]) -> None:
    with RawServer(answers(failing(status, code, X_Request_Id="req_h"))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(kind) as caught:
                await client.respond(**TURN)
    error = caught.value
    assert (error.code, error.message, error.request_id, error.http_status) == (code, "no", "req_h", status)
    assert error.details == {"a": 1}
    assert len(server.requests) == 1


async def test_a_longer_wait_than_ours_is_told_instead_of_coming_back_early() -> None:
    with RawServer(answers(failing(429, "rate_limit_exceeded", Retry_After="3600"))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RateLimitError) as caught:
                await client.respond(**TURN)
    assert caught.value.retry_after_seconds == 3600
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["-5", "abc", "nan", "Thu, 01 Jan 1970 00:00:10 GMT"])
async def test_a_nonsensical_retry_after_is_ignored(value: str) -> None:
    with RawServer(answers(failing(429, "rate_limit_exceeded", Retry_After=value), OK)) as server:
        async with make_client(server.url) as client:
            await client.respond(**TURN)
            assert slept(client) == [0.25]


async def test_retries_are_counted_down_by_client_and_call() -> None:
    with RawServer(answers(failing(500, "internal_error"))) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(errors.APIError):
                await client.respond(**TURN)
            assert len(server.requests) == 2
            with pytest.raises(errors.APIError):
                await client.respond(**TURN, max_retries=0)
            assert len(server.requests) == 3
            with pytest.raises(errors.APIError):
                await client.with_options(max_retries=2).respond(**TURN)
            assert len(server.requests) == 6


async def test_a_deadline_ends_the_call_instead_of_a_wait_that_would_outlast_it() -> None:
    with RawServer(answers(failing(503, "service_unavailable", Retry_After="10"))) as server:
        async with make_client(server.url, deadline=25) as client:
            with pytest.raises(errors.ServiceUnavailableError):
                await client.respond(**TURN)
            assert slept(client) == [10, 10]
    assert len(server.requests) == 3


async def test_a_failing_service_sees_few_more_requests_than_without_retries() -> None:
    with RawServer(answers(failing(503, "service_unavailable"))) as server:
        async with make_client(server.url) as client:
            for _ in range(100):
                with pytest.raises(errors.ServiceUnavailableError):
                    await client.respond(**TURN)
    assert len(server.requests) == 150


async def test_a_refused_connection_and_an_unknown_host_say_so_and_are_safe_to_repeat() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with make_client(f"http://127.0.0.1:{port}") as client:
        with pytest.raises(errors.NetworkError) as caught:
            await client.personalities.appeal("pers_1")
        assert (caught.value.code, caught.value.sent) == ("connection_refused", False)
        assert len(slept(client)) == 3
    async with make_client("http://nowhere.invalid", max_retries=0) as client:
        with pytest.raises(errors.NetworkError) as caught:
            await client.respond(**TURN)
        assert (caught.value.code, caught.value.sent) == ("dns_failure", False)


async def test_plain_http_where_tls_is_expected_is_a_tls_error_and_tried_once() -> None:
    with RawServer(answers(OK), greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        async with make_client(server.url.replace("http:", "https:")) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN, timeout=5)
            assert slept(client) == []
    assert caught.value.code == "tls_error"
    assert "verify" in str(caught.value)


async def test_an_unknown_authority_is_a_tls_error() -> None:
    authority = trustme.CA()
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(answers(OK), tls=context) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN, timeout=5)
        assert caught.value.code == "tls_error"
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        async with httpx.AsyncClient(verify=trusting) as http_client:
            async with make_client(server.url, http_client=http_client) as client:
                assert (await client.respond(**TURN)).response == "Hi!"


async def test_a_connection_the_server_closed_while_idle_is_not_noticed() -> None:
    closed = threading.Semaphore(0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, ANSWER)
        connection.close()
        closed.release()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            for _ in range(3):
                await client.respond(**TURN)
                assert closed.acquire(timeout=5)
            assert slept(client) == []
    assert (len(server.requests), server.connections) == (3, 3)


@pytest.mark.parametrize(
    ("sent", "started"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{}", True),
        (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{"a', True),
        (b"HTTP/1.1 200 OK\r\nContent-", False),
        (b"nonsense\r\n\r\n", False),
    ],
)
async def test_a_truncated_answer_says_how_far_it_came(sent: bytes, started: bool) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(sent)
        connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN)
    assert caught.value.details["response_started"] is started
    assert (caught.value.details["bytes_received"] > 0) is started
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("headers", "content", "says"),
    [
        ({}, b'{"response": "x"', "not the JSON"),
        ({}, b"", "not the JSON"),
        ({}, b"[1]", "not the JSON"),
        ({"Content-Type": "text/html"}, b"<html>hi</html>", "text/html"),
        ({"Content-Type": "text/plain"}, ANSWER, "text/plain"),
        ({"Content-Encoding": "gzip"}, b"not gzip", "compressed data is invalid"),
        ({"Content-Encoding": "gzip"}, gzip.compress(ANSWER, mtime=0)[:-9], "ends too early"),
        ({"Content-Encoding": "br"}, b"x", "accepts only gzip"),
        ({"Content-Encoding": "deflate"}, b"not deflate", "compressed data is invalid"),
    ],
)
async def test_a_success_that_is_not_json_is_an_error_with_its_bytes_and_not_repeated(
    headers: dict[str, str], content: bytes, says: str
) -> None:
    with RawServer(answers((200, {"X-Request-Id": "req_1", **headers}, content))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.ResponseDecodeError, match=says) as caught:
                await client.respond(**TURN)
    assert (caught.value.http_status, caught.value.request_id) == (200, "req_1")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [502, 503])
async def test_a_proxy_page_of_a_failing_service_is_its_typed_error_and_repeated(status: int) -> None:
    with RawServer(answers((status, {"Content-Type": "text/html"}, b"<html>"), OK)) as server:
        async with make_client(server.url) as client:
            await client.respond(**TURN)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", gzip.compress(ANSWER, mtime=0)),
        ("gzip", gzip.compress(ANSWER[:20], mtime=0) + gzip.compress(ANSWER[20:], mtime=0)),
        ("deflate", zlib.compress(ANSWER)),
        ("deflate", zlib.compress(ANSWER)[2:-4]),
        ("identity", ANSWER),
    ],
)
async def test_compressed_answers_are_read(encoding: str, content: bytes) -> None:
    with RawServer(answers((200, {"Content-Encoding": encoding}, content))) as server:
        async with make_client(server.url) as client:
            assert (await client.respond(**TURN)).response == "Hi!"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_never_followed(status: int) -> None:
    with RawServer(answers(OK)) as other:
        with RawServer(answers((status, {"Location": f"{other.url}/x"}, b""))) as server:
            async with make_client(server.url) as client:
                with pytest.raises(errors.ResponseDecodeError, match=str(other.port)) as caught:
                    await client.respond(**TURN)
            async with httpx.AsyncClient(follow_redirects=True) as http_client:
                async with make_client(server.url, http_client=http_client) as client:
                    with pytest.raises(errors.ResponseDecodeError):
                        await client.respond(**TURN)
        assert not other.requests
    assert caught.value.code == "redirect"


async def test_a_body_that_drips_is_bounded_as_a_whole() -> None:
    with RawServer(drip) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN, timeout=0.3)
    assert caught.value.code == "timeout"
    assert caught.value.details["response_started"] is True
    assert len(server.requests) == 1


async def test_headers_that_drip_are_bounded_as_a_whole() -> None:
    def drip(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.02)

    with RawServer(drip) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN, timeout=0.3)
    assert caught.value.code == "timeout"
    assert caught.value.details["response_started"] is False


async def test_an_answer_that_breaks_the_contract_is_not_lost() -> None:
    with RawServer(answers((200, {"X-Request-Id": "req_1"}, b'{"response": 7}'))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.ResponseValidationError) as caught:
                await client.respond(**TURN)
            error = caught.value
            assert (error.body, error.request_id, error.http_status) == (b'{"response": 7}', "req_1", 200)
            assert error.partial is not None
            assert error.partial["response"] == 7
            result = await client.respond(**TURN, on_invalid_response="salvage")
            assert result["response"] == 7
            assert result.http is not None
            assert result.http.problems[0]["loc"] == ["response"]
        async with make_client(server.url, on_invalid_response="salvage") as client:
            assert (await client.respond(**TURN))["response"] == 7
    assert len(server.requests) == 3


async def test_statuses_without_a_body_and_old_http_are_read() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif number == 2:
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        elif number == 3:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            reply(connection, 200, b'{"a": 3}')
        elif number == 4:
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": 4}')
            connection.close()
        else:
            connection.sendall(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": 5}')
            connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            found = [await client.personalities.archive("pers_1") for _ in range(5)]
    assert found == [{}, {}, {"a": 3}, {"a": 4}, {"a": 5}]


@pytest.mark.parametrize("value", ["", ".", "..", "a\x00", "\n"])
async def test_an_impossible_id_is_refused_before_http(value: str) -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RequestValidationError):
                await client.personalities.get(value)
            with pytest.raises(errors.RequestValidationError):
                await client.interactions.get(value)
    assert not server.requests


@pytest.mark.parametrize(
    ("value", "path"), [("a/b", b"a%2Fb"), ("ü%", b"%C3%BC%25"), ("..a", b"..a"), ("a b", b"a%20b")]
)
async def test_an_id_arrives_percent_encoded(value: str, path: bytes) -> None:
    with RawServer(answers((200, {}, b'{"id": "x"}'))) as server:
        async with make_client(server.url) as client:
            await client.personalities.get(value)
    assert server.requests[0].startswith(b"GET /v1/personalities/" + path + b" HTTP/1.1\r\n")


async def test_all_pages_are_iterated_lazily_and_a_cursor_that_repeats_ends_it() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        pages = [
            b'{"data": [{"n": 1}, {"n": 2}], "next_cursor": "c2"}',
            b'{"data": [], "next_cursor": "c3"}',
            b'{"data": [{"n": 3}], "next_cursor": "c3"}',
        ]
        reply(connection, 200, pages[number - 1])

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            found = []
            async for interaction in client.interactions.iterate(limit=2, user_id="u"):
                found.append(interaction["n"])
                assert len(server.requests) == (1 if interaction["n"] < 3 else 3)
    assert found == [1, 2, 3]
    assert [r.split(b" ")[1] for r in server.requests] == [
        b"/v1/interactions?user_id=u&limit=2",
        b"/v1/interactions?user_id=u&limit=2&cursor=c2",
        b"/v1/interactions?user_id=u&limit=2&cursor=c3",
    ]


async def test_a_child_shares_the_connections_and_leaves_them_open() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            async with client.with_options(timeout=5) as child:
                await child.respond(**TURN)
            await client.respond(**TURN)
            assert (child.base_url, child.environment) == (client.base_url, "test")
    assert server.connections == 1


async def test_a_closed_client_says_so() -> None:
    with RawServer(answers(OK)) as server:
        client = make_client(server.url)
        await client.respond(**TURN)
        child = client.with_options(timeout=5)
        await client.aclose()
        await client.aclose()
        for closed in (client, child):
            with pytest.raises(errors.ConfigurationError) as caught:
                await closed.respond(**TURN)
            assert caught.value.code == "client_closed"


async def test_a_client_of_yours_is_used_with_its_hooks_and_left_open() -> None:
    seen: list[str] = []

    async def hook(request: httpx.Request) -> None:
        seen.append(request.url.path)

    with RawServer(answers(OK)) as server:
        async with httpx.AsyncClient(event_hooks={"request": [hook]}) as http_client:
            async with make_client(server.url, http_client=http_client) as client:
                assert (await client.respond(**TURN)).response == "Hi!"
                with pytest.raises(errors.ConfigurationError, match="http_client"):
                    pickle.dumps(client)
            assert not http_client.is_closed
    assert seen == ["/v1/respond"]
    with pytest.raises(errors.ConfigurationError, match="http_client"):
        AsyncUniqOS(KEY, http_client="x")  # type: ignore[arg-type]


async def test_a_mock_transport_is_enough() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"response": json.loads(request.content)["message"]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http_client:
        client = make_client("https://api.example", http_client=http_client)
        assert (await client.respond(**TURN)).response == "Hello!"


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda c: pickle.loads(pickle.dumps(c))])
async def test_a_client_survives_pickle_and_copies(again: Any) -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url, timeout=7) as client:
            async with again(client) as other:
                assert type(other) is type(client)
                assert repr(other) == repr(client)
                assert "timeout=7" in repr(other)
                assert again(client) is other
                assert (await other.respond(**TURN)).response == "Hi!"
            await client.respond(**TURN)


async def test_a_child_of_a_copied_client_works_like_any_other() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            async with copy.deepcopy(client.with_options(timeout=3)) as other:
                await other.respond(**TURN)


async def test_neither_key_nor_text_nor_ids_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with RawServer(answers(failing(503, "service_unavailable"), OK)) as server, caplog.at_level(1):
        async with make_client(server.url, log_level="debug") as client:
            await client.respond(personality_id="pers_1", message="my secret")
            await client.invitations.get("token_secret")
    lines = [record.getMessage() for record in caplog.records if record.name == "uniqos"]
    assert any("retrying" in line for line in lines)
    assert any("req_1" in line for line in lines)
    assert KEY not in caplog.text
    assert "uniq_test_abcd..." in caplog.text
    assert "secret" not in caplog.text
    assert "GET /v1/invitations/{token}" in caplog.text


async def test_a_token_is_sent_instead_of_a_key() -> None:
    with RawServer(answers(OK)) as server:
        async with AsyncUniqOS(access_token="eyJ.a.b", base_url=server.url) as client:
            await client.respond(**TURN)
            assert client.environment is None
    assert header(server.requests[0], "Authorization") == "Bearer eyJ.a.b"


async def test_every_method_reaches_its_endpoint() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, b'{"id": "x", "data": [], "next_cursor": null, "status": "pending_review"}')

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            p, i, e = client.personalities, client.interactions, client.engine
            await e.infer_state({"message": "hi"})
            await e.infer_state(message="hi")
            await e.recall_memory(body={"query": "x"})
            await p.list()
            await p.list({"limit": 3})
            await p.create({"name": "X"})
            await p.create(name="X", source="guided_prompt", source_ref="d", timeout=4)
            await p.create(body={"name": "X"}, idempotency_key="k")
            await p.get("a")
            await p.archive("a")
            await p.new_version("a", {"name": "Y"})
            await p.new_version("a", name="Y")
            await p.from_guided_prompt({"description": "d"})
            await p.from_catalog({"slug": "s"})
            await p.from_catalog(slug="s", name="n")
            await p.dry_run("a", {"message": "hi"})
            await p.versions("a")
            await p.submit_for_review("a")
            await p.review_status(personality_id="a")
            await p.appeal("a", {"reason": "r"})
            await i.list({"user_id": "u"})
            await i.get("i")
            await i.aggregates(group_by="day")
    lines = [(r.split(b" HTTP")[0].decode(), body(r).decode()) for r in server.requests]
    assert lines == [
        ("POST /v1/infer-state", '{"message":"hi"}'),
        ("POST /v1/infer-state", '{"message":"hi"}'),
        ("POST /v1/recall-memory", '{"query":"x"}'),
        ("GET /v1/personalities", ""),
        ("GET /v1/personalities?limit=3", ""),
        ("POST /v1/personalities", '{"name":"X"}'),
        ("POST /v1/personalities", '{"name":"X","source":"guided_prompt","source_ref":"d"}'),
        ("POST /v1/personalities", '{"name":"X"}'),
        ("GET /v1/personalities/a", ""),
        ("POST /v1/personalities/a/archive", ""),
        ("POST /v1/personalities/a/new-version", '{"name":"Y"}'),
        ("POST /v1/personalities/a/new-version", '{"name":"Y"}'),
        ("POST /v1/personalities/from-guided-prompt", '{"description":"d"}'),
        ("POST /v1/personalities/from-catalog", '{"slug":"s"}'),
        ("POST /v1/personalities/from-catalog", '{"slug":"s","name":"n"}'),
        ("POST /v1/personalities/a/dry-run", '{"message":"hi"}'),
        ("GET /v1/personalities/a/versions", ""),
        ("POST /v1/personalities/a/submit-for-review", ""),
        ("GET /v1/personalities/a/review-status", ""),
        ("POST /v1/personalities/a/appeal", '{"reason":"r"}'),
        ("GET /v1/interactions?user_id=u", ""),
        ("GET /v1/interactions/i", ""),
        ("GET /v1/interactions/aggregates?group_by=day", ""),
    ]
    assert header(server.requests[7], "Idempotency-Key") == "k"
    assert header(server.requests[4], "Content-Length") is None


async def test_a_closed_client_of_yours_says_so_too() -> None:
    http_client = httpx.AsyncClient()
    await http_client.aclose()
    with pytest.raises(errors.ConfigurationError) as caught:
        await make_client("http://127.0.0.1:1", http_client=http_client).respond(**TURN)
    assert caught.value.code == "client_closed"


async def test_a_body_that_drips_is_bounded_in_a_client_of_yours_too() -> None:
    with RawServer(drip) as server:
        async with httpx.AsyncClient() as http_client:
            with pytest.raises(errors.NetworkError) as caught:
                await make_client(server.url, http_client=http_client).respond(**TURN, timeout=0.3)
    assert caught.value.code == "timeout"
    assert caught.value.details["bytes_received"] < 1000


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answers(OK)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with make_client("http://api.example:81") as client:
            assert (await client.respond(**TURN)).response == "Hi!"
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with RawServer(answers(OK)) as direct:
            async with make_client(direct.url) as client:
                await client.respond(**TURN)
        assert len(direct.requests) == 1
    assert proxy.requests[0].startswith(b"POST http://api.example:81/v1/respond HTTP/1.1\r\n")
    monkeypatch.setenv("HTTP_PROXY", "nonsense://x")
    async with make_client("http://api.example") as client:
        with pytest.raises(errors.ConfigurationError, match="proxy"):
            await client.respond(**TURN)


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (504, errors.TurnTimeoutError, 1),
        (401, errors.AuthenticationError, 1),
        (429, errors.RateLimitError, 1),
        (503, errors.ServiceUnavailableError, 4),
    ],
)
@pytest.mark.parametrize(
    "broken",
    [
        b"Content-Length: 500\r\n\r\n{",
        b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
        b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nxxxxx",
    ],
)
async def test_a_refusal_counts_even_where_its_body_cannot_be_read(
    status: int, kind: type[errors.APIError], attempts: int, broken: bytes
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 %d X\r\nX-Request-Id: req_1\r\nConnection: close\r\n" % status + broken)
        connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(kind) as caught:
                await client.respond(**TURN)
    assert (caught.value.http_status, caught.value.request_id, caught.value.complete) == (status, "req_1", False)
    assert len(server.requests) == attempts


async def test_an_empty_answer_may_call_itself_compressed() -> None:
    with RawServer(answers((204, {"Content-Encoding": "gzip"}, b""))) as server:
        async with make_client(server.url) as client:
            assert await client.personalities.archive("pers_1") == {}


async def test_headers_of_yours_are_sent_once_and_ours_stay_ours() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            await client.respond(**TURN, headers={"user-agent": "mine", "X-Tenant": "t"})
            for name in ("Accept", "content-type", "X-Uniqos-Sdk", "Idempotency-Key"):
                with pytest.raises(errors.RequestValidationError, match=name):
                    await client.respond(**TURN, headers={name: "x"})
    assert header(server.requests[0], "X-Tenant") == "t"
    assert server.requests[0].lower().count(b"\r\nuser-agent: ") == 1
    assert header(server.requests[0], "User-Agent") == "mine"


async def test_headers_of_the_client_go_with_every_request_and_those_of_a_call_win() -> None:
    with RawServer(answers((503, {}, b""), OK)) as server:
        async with make_client(server.url, headers={"X-Gateway-Key": "g", "User-Agent": "app/1"}) as client:
            traced = client.with_options(headers={"X-Request-Id": "r1", "user-agent": "app/2"})
            await traced.respond(**TURN, headers={"x-gateway-key": "other"})
            await client.personalities.archive("p")
            await traced.with_credentials("uniq_test_other123").warm_up()
    first, again, archived, warmed = server.requests
    for request in (first, again):
        assert [header(request, name) for name in ("X-Gateway-Key", "X-Request-Id", "User-Agent")] == [
            "other",
            "r1",
            "app/2",
        ]
        assert all(request.lower().count(name) == 1 for name in (b"x-gateway-key:", b"x-request-id:", b"user-agent:"))
    assert [header(archived, name) for name in ("X-Gateway-Key", "X-Request-Id", "User-Agent")] == ["g", None, "app/1"]
    assert [header(warmed, name) for name in ("X-Gateway-Key", "X-Request-Id")] == ["g", "r1"]


async def test_values_of_headers_are_in_no_log_no_event_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []

    class Recorder(Observer):
        def call_started(self, event: CallStarted) -> None:
            seen.append(event)

        def attempt_started(self, event: AttemptStarted) -> None:
            seen.append(event)

        def call_ended(self, event: CallEnded) -> None:
            seen.append(event)

    caplog.set_level("DEBUG", "uniqos")
    with RawServer(answers((400, {}, b'{"error": {"code": "invalid_request", "message": "m"}}'))) as server:
        options: Any = {"headers": {"X-Gateway-Key": "geheim"}, "observer": Recorder(), "log_level": "debug"}
        async with make_client(server.url, **options) as client:
            with pytest.raises(errors.APIError) as caught:
                await client.respond(**TURN)
            shown = repr((client, client._requester.config, client._requester.config.headers, caught.value, seen))
    assert header(server.requests[0], "X-Gateway-Key") == "geheim"
    assert len(seen) == 3
    assert "geheim" not in shown + caplog.text


async def test_a_log_that_fails_costs_no_answer() -> None:
    class Broken:
        def debug(self, message: str, context: Any = None) -> None:
            raise ZeroDivisionError

        info = warning = error = debug

    with RawServer(answers(OK)) as server:
        async with make_client(server.url, logger=Broken(), log_level="debug") as client:
            assert (await client.respond(**TURN)).response == "Hi!"


async def test_impossible_lengths_and_texts_are_refused_before_http() -> None:
    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RequestValidationError, match="shorten the ids"):
                await client.personalities.get("a" * 70_000)
            with pytest.raises(errors.RequestValidationError, match="surrogate"):
                await client.personalities.list({"x": "\ud800"})
            with pytest.raises(errors.RequestValidationError, match="stream=True"):
                await client.respond({**TURN, "stream": "true"})
            with pytest.raises(errors.RequestValidationError, match="mapping"):
                await client.respond(**TURN, headers=[("a", "b")])  # type: ignore[arg-type]
    assert not server.requests


async def test_a_subclass_keeps_what_is_its_own() -> None:
    class Mine(AsyncUniqOS):
        tenant = "none"

    with RawServer(answers(OK)) as server:
        async with Mine(KEY, base_url=server.url) as client:
            client.tenant = "t"
            client.engine
            child = client.with_options(timeout=5)
            assert (type(child), child.tenant) == (Mine, "t")
            assert child.engine._requester is child._requester


@pytest.mark.parametrize("status", [200, 201])
async def test_what_nobody_promised_may_be_empty(status: int) -> None:
    with RawServer(answers((status, {}, b""))) as server:
        async with make_client(server.url) as client:
            assert await client.billing.subscription.suspend() == {}
            with pytest.raises(errors.ResponseDecodeError):
                await client.billing.subscription.get()
            with pytest.raises(errors.ResponseDecodeError):
                await client.invitations.accept("t")


async def test_a_limit_of_its_own_is_not_asked_again() -> None:
    with RawServer(answers(failing(429, "rate_limit_exceeded", Retry_After="1"))) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.RateLimitError):
                await client.relationships.memory.regenerate_summary("r_1")
            assert len(server.requests) == 1
            with pytest.raises(errors.RateLimitError):
                await client.webhooks.redeliver("wh_1", "del_1")
            assert len(server.requests) == 5


@pytest.mark.parametrize("yours", [True, False])
@pytest.mark.parametrize("own", [socket.gaierror(-2, "x"), ConnectionRefusedError(), ssl.SSLError()], ids=repr)
async def test_an_error_that_the_caller_is_handling_is_no_cause_of_ours(own: Exception, yours: bool) -> None:
    """Else what was sent would count as never sent, and be sent again."""
    with RawServer(lambda connection, request, number: connection.close()) as server:
        async with httpx.AsyncClient() as http_client:
            client = make_client(server.url, http_client=http_client) if yours else make_client(server.url)
            try:
                raise own
            except OSError:
                with pytest.raises(errors.NetworkError) as caught:
                    await client.personalities.appeal("pers_1")
    assert (caught.value.code, caught.value.sent) == ("network_error", True)
    assert len(server.requests) == 1


async def test_what_an_attempt_before_the_last_may_have_done_is_not_forgotten() -> None:
    """A turn that may have run is not safe to repeat with another key, though nobody listens any more."""

    def leave(connection: socket.socket, request: bytes, number: int) -> None:
        server._listener.shutdown(socket.SHUT_RDWR)
        server._listener.close()
        rst(connection)

    with RawServer(leave) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN)
    assert len(server.requests) == 1
    assert (caught.value.code, caught.value.sent) == ("connection_refused", True)
    assert caught.value.http is not None
    assert caught.value.http.attempts == 4
