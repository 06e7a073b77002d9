# Generated from _async/calls/test_broken_answers.py by python -m uniqos._generate. Do not edit.
"""Answers that are not what they should be: always an error of ours that says what came, never a crash."""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests._sync.streams.test_streams import COMPLETION, HE, HEAD, METADATA, streaming
from tests._sync.support import TURN, make_client, slept
from tests.support.rawserver import Handler, RawServer, reply
from uniqos import UniqOS, errors, models
from uniqos._sync.transport.pool import Pool
from uniqos._wire.body import MAX_BODY_BYTES

JSON = "application/json"
NO_UTF_8 = "bytes that are no UTF-8"
BROKEN_JSON: dict[str, bytes] = {
    "cut": b'{"response": "x"',
    NO_UTF_8: b'{"response": "\xff\xfe"}',
    "half a surrogate pair": b'{"response": "\\ud800"}',
    "NaN": b'{"response": "x", "n": NaN}',
    "Infinity": b'{"response": "x", "n": [-Infinity]}',
    "huge integer": b'{"response": "x", "n": ' + b"9" * 5000 + b"}",
    "deep objects": b'{"response":' * 100_000,
    "deep lists": b"[" * 100_000,
    "deep and whole": b'{"response": "x", "n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
BOM = b"\xef\xbb\xbf"


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """200 MiB of blanks in 200 kB."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(b" " * 2**20) for _ in range(200)), packer.flush()])


def gives(content: bytes, status: int = 200, content_type: str = JSON, **headers: str) -> Handler:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, status, content, {"Content-Type": content_type, "X-Request-Id": "req_1", **sent})

    return handle


def endless(head: bytes) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + head + b"\r\n")
        part = b" " * 65536
        while True:
            connection.sendall(b"10000\r\n" + part + b"\r\n" if b"chunked" in head else part)

    return handle


def pool_of(client: UniqOS) -> Pool:
    connections = client._requester.connections
    pool = connections._pools.get(connections._make_pool)
    assert isinstance(pool, Pool)
    return pool


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param(b'{"response": "x"', JSON, id="truncated JSON"),
        pytest.param(b"<html><h1>Please sign in</h1></html>", "text/html; charset=utf-8", id="HTML of a proxy"),
        pytest.param(b"", JSON, id="empty"),
        pytest.param(b"", "text/html", id="empty HTML"),
        pytest.param(b'{"response": "x"}', "text/plain", id="wrong content type"),
        pytest.param(b'{"response": "x"}', "text/event-stream", id="a stream that was not asked for"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_is_none_is_told_whole_and_not_asked_for_again(
    content: bytes, content_type: str, status: int
) -> None:
    with RawServer(gives(content, status, content_type)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.ResponseDecodeError) as caught:
                client.respond(**TURN)
            assert slept(client) == []
    error = caught.value
    assert (error.http_status, error.content_type, error.request_id) == (status, content_type, "req_1")
    assert error.body == content
    assert str(status) in str(error)
    assert content_type in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind", "attempts"),
    [
        (502, errors.UpstreamLLMError, 4),
        (503, errors.ServiceUnavailableError, 4),
        (504, errors.TurnTimeoutError, 1),
        (500, errors.APIError, 4),
        (403, errors.PermissionError, 1),
    ],
)
def test_a_page_of_a_proxy_is_the_error_of_its_status(status: int, kind: type[errors.APIError], attempts: int) -> None:
    with RawServer(gives(b"<html>Bad gateway</html>", status, "text/html")) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.APIError) as caught:
                client.respond(**TURN)
    assert type(caught.value) is kind
    assert (caught.value.http_status, caught.value.request_id, caught.value.envelope) == (status, "req_1", None)
    assert len(server.requests) == attempts


@pytest.mark.parametrize("name", list(BROKEN_JSON))
def test_json_that_is_none_is_an_error_of_ours_wherever_it_comes(name: str) -> None:
    content = BROKEN_JSON[name]
    with RawServer(gives(content)) as server:
        with make_client(server.url) as client:
            for way in ("raise", "salvage"):
                with pytest.raises(errors.ResponseDecodeError) as undecodable:
                    client.respond(**TURN, on_invalid_response=way)
                assert (undecodable.value.body, undecodable.value.code) == (content, "undecodable_response")
            with pytest.raises(errors.ResponseDecodeError):
                client.personalities.list()
        assert len(server.requests) == 3
    with RawServer(gives(content, 400)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.ValidationError) as refused:
                client.respond(**TURN)
            assert (refused.value.code, refused.value.http_status) == ("validation_error", 400)
    data = content.replace(b'"response"', b'"delta"')
    with RawServer(streaming(METADATA, HE, b"event: text\ndata: " + data + b"\n\n", COMPLETION)) as server:
        with make_client(server.url) as client:
            stream = client.respond(**TURN, stream=True)
            if name == NO_UTF_8:  # which the standard of event streams says how to read
                assert (stream.until_done()).text == "Hé\ufffd\ufffd"
                return
            with pytest.raises(errors.ResponseValidationError) as broken:
                stream.until_done()
    assert (broken.value.text, broken.value.body, broken.value.request_id) == ("Hé", data, "req_s")


def test_a_byte_order_mark_is_no_part_of_an_answer_or_a_refusal() -> None:
    with RawServer(gives(BOM + b'{"response": "x"}')) as server:
        with make_client(server.url) as client:
            answer = client.respond(**TURN)
            assert answer == {"response": answer.response} == {"response": "x"}
    with RawServer(gives(BOM + b'{"error": {"code": "quota_exhausted", "message": "no"}}', 429)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.QuotaExhaustedError):
                client.respond(**TURN)
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), "\ud800"])
def test_what_is_no_json_is_not_sent_either(value: Any) -> None:
    with RawServer(gives(b'{"response": "x"}')) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.RequestValidationError):
                client.respond({**TURN, "context": {"x": [value]}})
            with pytest.raises(errors.RequestValidationError):
                client.end_users.create(user_id="u", metadata={"x": value})
            with pytest.raises(errors.RequestValidationError):
                client.interactions.list({"x": value})
    assert not server.requests


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", b"not gzip"),
        ("gzip", gzip.compress(b'{"response": "x"}', mtime=0)[:-6]),
        ("gzip", gzip.compress(b'{"response": "x"}', mtime=0)[:-8] + b"\0" * 8),
        ("deflate", b"not deflate"),
        ("br", b"x"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
    ],
)
def test_bad_compression_is_an_error_of_ours(encoding: str, content: bytes, status: int) -> None:
    with RawServer(gives(content, status, Content_Encoding=encoding)) as server:
        with make_client(server.url, max_retries=0) as client:
            with pytest.raises(errors.ResponseDecodeError if status == 200 else errors.ServiceUnavailableError) as e:
                client.respond(**TURN)
            assert (e.value.http_status, e.value.request_id) == (status, "req_1")
            assert pool_of(client).busy == 0


@pytest.mark.parametrize("encoding", ["none", "utf-8", "identity", "binary"])
def test_an_answer_with_an_encoding_that_is_none_is_read(encoding: str) -> None:
    with RawServer(gives(b'{"response": "x"}', Content_Encoding=encoding)) as server:
        with make_client(server.url, max_retries=0) as client:
            assert (client.respond(**TURN)).response == "x"
            file = client.billing.invoices.pdf("inv_1")
            assert file.content == b'{"response": "x"}'


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_an_answer_that_cannot_be_decoded_keeps_its_bytes(encoding: str) -> None:
    with RawServer(gives(b"of another encoding", Content_Encoding=encoding)) as server:
        with make_client(server.url, max_retries=0) as client:
            with pytest.raises(errors.ResponseDecodeError) as caught:
                client.respond(**TURN)
            assert caught.value.body == b"of another encoding"
            assert (caught.value.code, caught.value.http_status) == ("undecodable_response", 200)
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/plain", "application/json"),
    ],
)
def test_a_second_content_type_of_a_gateway_does_no_harm(first: str, second: str) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        types = f"Content-Type: {first}\r\nContent-Type: {second}\r\n"
        connection.sendall(f'HTTP/1.1 200 OK\r\n{types}Content-Length: 17\r\n\r\n{{"response": "x"}}'.encode())

    with RawServer(handle) as server:
        with make_client(server.url, max_retries=0) as client:
            assert (client.respond(**TURN)).response == "x"


def test_headers_that_a_gateway_sends_twice_are_read_as_one() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 2:
            reply(connection, 200, b'{"response": "x"}')
            return
        twice = "Retry-After: 7\r\nX-Request-Id: req_1\r\nContent-Type: application/json\r\n" * 2
        body = b'{"error": {"code": "rate_limit_exceeded", "message": "too fast"}}'
        connection.sendall(f"HTTP/1.1 429 X\r\n{twice}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.RateLimitError) as caught:
                client.respond(**TURN, max_retries=0)
            assert (caught.value.retry_after_seconds, caught.value.request_id) == (7, "req_1")


@pytest.mark.parametrize("status", [200, 504])
def test_a_bomb_is_given_up_before_it_fills_the_memory(status: int) -> None:
    with RawServer(gives(bomb(), status, Content_Encoding="gzip")) as server:
        with make_client(server.url) as client:
            tracemalloc.start()
            try:
                with pytest.raises(errors.UniqOSError) as caught:
                    client.respond(**TURN)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
    assert peak < 3 * MAX_BODY_BYTES  # the bomb has more than six times as much
    assert caught.value.code == ("response_too_large" if status == 200 else "turn_timeout")
    assert len(getattr(caught.value, "body", b"")) == (65536 if status == 200 else 0)
    assert (caught.value.http_status, caught.value.request_id) == (status, "req_1")
    assert len(server.requests) == 1


def test_a_bomb_in_a_stream_ends_it() -> None:
    head = HEAD + b"Content-Encoding: gzip\r\n"
    with RawServer(streaming(gzip.compress(METADATA + HE + b"data: ", mtime=0) + bomb(), head=head)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError, match="more than 8388608 bytes") as caught:
                client.respond(**TURN, stream=True).until_done()
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
    assert (caught.value.code, caught.value.text) == ("stream_interrupted", "Hé")


@pytest.mark.parametrize(
    "head", [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 999999999999\r\n"], ids=["", "chunks", "length"]
)
def test_an_endless_body_is_given_up_and_its_connection_closed(head: bytes, tmp_path: Path) -> None:
    with RawServer(endless(head)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.ResponseDecodeError, match=str(MAX_BODY_BYTES)) as caught:
                client.respond(**TURN)
            assert caught.value.code == "response_too_large"
            assert len(caught.value.body) == 65536
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
            with pytest.raises(errors.ResponseDecodeError):
                client.organizations.save_export("org_1", tmp_path / "file", max_bytes=100_000)
            assert (pool_of(client).busy, pool_of(client).idle) == (0, 0)
    assert len(server.requests) == 2
    assert not list(tmp_path.iterdir())


def test_the_largest_answer_can_be_set(tmp_path: Path) -> None:
    content = b'{"response": "%b"}' % (b"x" * 1000)
    with RawServer(gives(content)) as server:
        with make_client(server.url, max_response_bytes=len(content)) as client:
            assert len((client.respond(**TURN)).response) == 1000
        with make_client(server.url, max_response_bytes=len(content) - 1) as client:
            for call in (lambda: client.respond(**TURN), lambda: client.billing.invoices.pdf("inv_1")):
                with pytest.raises(errors.ResponseDecodeError, match=f"{len(content) - 1} bytes") as caught:
                    call()
                assert caught.value.code == "response_too_large"
                assert (pool_of(client).busy, pool_of(client).idle) == (0, 1)  # nothing of the answer is unread
            saved = client.billing.invoices.save_pdf("inv_1", tmp_path / "file")  # which has a limit of its own
            assert saved.size == len(content)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_no_call_stream_or_download_follows_a_redirect(status: int, tmp_path: Path) -> None:
    with RawServer(gives(b"{}")) as other, RawServer(gives(b"", status, Location=f"{other.url}/v1/x")) as server:
        with make_client(server.url) as client:
            calls: list[Callable[[], Any]] = [
                lambda: client.respond(**TURN),
                lambda: client.personalities.list(),
                lambda: client.respond(**TURN, stream=True).open(),
                lambda: client.billing.invoices.save_pdf("inv_1", tmp_path / "file"),
            ]
            for call in calls:
                with pytest.raises(errors.ResponseDecodeError, match=f"127.0.0.1:{other.port}") as caught:
                    call()
                assert (caught.value.code, caught.value.http_status) == ("redirect", status)
                assert caught.value.details == {"location_host": f"127.0.0.1:{other.port}"}
            assert slept(client) == []
        assert len(server.requests) == 4
        assert not other.connections


@pytest.mark.parametrize(
    ("status", "length"), [(204, ""), (202, "Content-Length: 0\r\n"), (205, "Content-Length: 0\r\n")]
)
def test_an_answer_without_a_body_is_a_model_and_keeps_its_connection(status: int, length: str) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(f"HTTP/1.1 {status} X\r\nX-Request-Id: req_1\r\n{length}\r\n".encode())

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            for _ in range(2):
                answer = client.personalities.archive("pers_1")
                assert type(answer) is models.ArchivedPersonality
                assert answer == {}
                assert answer.http is not None
                assert (answer.http.status, answer.http.request_id) == (status, "req_1")
    assert (len(server.requests), server.connections) == (2, 1)


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 3
        + b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 17\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 17\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n",
    ],
    ids=["early hints", "continue", "1.0 with length", "1.0", "no length", "close"],
)
def test_odd_but_correct_http_is_read(before: bytes) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(before + b'Content-Type: application/json\r\n\r\n{"response": "x"}')
        if b"100" not in before and b"103" not in before:
            connection.close()

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            for _ in range(2):
                answer = client.respond(**TURN)
                assert dict(answer) == json.loads(b'{"response": "x"}')
                assert answer.http is not None
                assert answer.http.retries == 0
                assert pool_of(client).busy == 0
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [418, 451, 505, 599])
def test_a_status_that_the_contract_does_not_name_is_an_api_error_and_tried_once(status: int) -> None:
    with RawServer(gives(b"", status)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.APIError) as caught:
                client.respond(TURN)
    assert type(caught.value) is errors.APIError
    assert (caught.value.http_status, caught.value.code, caught.value.from_api) == (status, "api_error", False)
    assert len(server.requests) == 1
