"""Calls without an Idempotency-Key: which answers let them be sent a second time."""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import pytest

from tests._async.support import make_client
from tests.support.rawserver import RawServer, header, reply
from uniqos import AsyncUniqOS, errors
from uniqos.api import operations

pytestmark = pytest.mark.anyio
KEYLESS = sorted(name for name, op in operations().items() if op.resend in ("once", "limited"))
BODIES: dict[str, dict[str, Any]] = {"me.switch_organization": {"organization_id": "org_1"}}
JSON = "application/json"


def envelope(code: Any, **more: Any) -> bytes:
    return json.dumps({"error": {"code": code, "message": "no", "type": "t", "request_id": "r", **more}}).encode()


def own(status: int) -> bytes:
    """The API's own envelope that says that nothing ran."""
    return envelope("rate_limit_exceeded" if status == 429 else "service_unavailable")


def whole(content: bytes, content_type: str = JSON, **headers: str) -> bytes:
    sent = {"Content-Type": content_type, "Content-Length": str(len(content)), "Retry-After": "0", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return head.encode() + b"\r\n" + content


def answers_of_others(status: int) -> dict[str, bytes]:
    """Everything behind the status line of an answer that does not prove that nothing ran."""
    said, page = own(status), b"<html><body>503 Service Unavailable: quota_exhausted</body></html>"
    return {
        "a page of a proxy": whole(page, "text/html"),
        "a page that calls itself JSON": whole(page),
        "an empty body": whole(b""),
        "an empty page": whole(b"", "text/html"),
        "an empty object": whole(b"{}"),
        "a truncated envelope": whole(said[:-9]),
        "a truncated envelope, closed": whole(said[:-2] + b"}"),
        "an envelope with more behind it": whole(said + b"<!-- proxy -->"),
        "an envelope as text": whole(said, "text/plain"),
        "an envelope as HTML": whole(said, "text/html; charset=utf-8"),
        "an envelope as a stream": whole(said, "text/event-stream"),
        "a cut body": whole(said, **{"Content-Length": str(len(said) + 1)}),
        "a cut chunk": b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(said) + said,
        "half a gzip": whole(gzip.compress(said)[:-8], **{"Content-Encoding": "gzip"}),
        "unknown compression": whole(said, **{"Content-Encoding": "br"}),
        "no envelope around the error": whole(b'{"code": "service_unavailable", "message": "no"}'),
        "a list": whole(b"[" + said + b"]"),
        "an error that is a text": whole(b'{"error": "service_unavailable"}'),
        "a problem document": whole(b'{"title": "Service Unavailable", "status": 503}', "application/problem+json"),
        "an envelope without a code": whole(b'{"error": {"message": "service_unavailable"}}'),
        "a code that is a number": whole(envelope(status)),
        "a code that is null": whole(envelope(None)),
        "an empty code": whole(envelope("")),
        "a code of a gateway": whole(envelope("ServiceUnavailable")),
        "a code in capitals": whole(envelope("SERVICE_UNAVAILABLE")),
        "a code of another status": whole(own(503 if status == 429 else 429)),
        "a failure of the API itself": whole(envelope("internal_error")),
    }


async def call(client: AsyncUniqOS, name: str) -> Any:
    op = operations()[name]
    return await client._requester.call(op, BODIES.get(name), {}, *["x"] * len(op.params))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize("name", KEYLESS)
async def test_an_answer_that_is_not_surely_the_apis_own_is_not_asked_for_again(name: str, status: int) -> None:
    answers = answers_of_others(status)
    if status not in (429, 503):
        answers["the envelope of another status"] = whole(own(503))
    cases = list(answers)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(
            b"HTTP/1.1 %d X\r\nConnection: close\r\n" % status + answers[cases[min(number, len(cases)) - 1]]
        )
        connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            for number, case in enumerate(cases, 1):
                with pytest.raises(errors.APIError) as caught:
                    await call(client, name)
                assert (case, caught.value.http_status, len(server.requests)) == (case, status, number)
    assert {header(request, "Idempotency-Key") for request in server.requests} == {None}


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "application/vnd.uniqos+json"])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("name", KEYLESS)
async def test_the_apis_own_word_that_nothing_ran_lets_it_be_sent_again(
    name: str, status: int, content_type: str
) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, status, own(status), {"Content-Type": content_type, "Retry-After": "1"})

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.APIError) as caught:
                await call(client, name)
    assert caught.value.from_api
    has_own_limit = operations()[name].resend == "limited" and status == 429
    assert len(server.requests) == (1 if has_own_limit else 4)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_call_with_a_key_is_repeated_with_it_whoever_answers(status: int) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, status, b"<html>", {"Content-Type": "text/html", "Retry-After": "1"})

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            with pytest.raises(errors.APIError):
                await client.personalities.create(name="X")
    assert len(server.requests) == 4
    assert len({header(request, "Idempotency-Key") for request in server.requests} - {None}) == 1
