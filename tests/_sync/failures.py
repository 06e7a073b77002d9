# Generated from _async/failures.py by python -m uniqos._generate. Do not edit.
"""Every way in which a call fails, to be looked at from all sides: what the server does, and what is called."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests._sync.streams.test_streams import COMPLETION, HE, METADATA, frame, streaming
from tests.support.rawserver import Handler, RawServer, reply, rst, silent
from uniqos import UniqOS, errors

SECRET = "uniq_test_SECRETSECRET99"
WORDS = "zeppelins are a matter of the heart, and nobody else may know of it " * 3
TURN = {"personality_id": "pers_1", "message": WORDS}
Call = Callable[[UniqOS], Awaitable[Any]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Failure(NamedTuple):
    """What fails."""

    kind: type[errors.UniqOSError]
    handle: Handler
    call: Call
    options: dict[str, Any]


def respond(client: UniqOS, **options: Any) -> Awaitable[Any]:
    return client.respond(TURN, **options)


def stream(client: UniqOS) -> Awaitable[Any]:
    return client.respond(**TURN, stream=True).until_done()


def says(status: int, content: bytes, **headers: str) -> Handler:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda connection, request, number: reply(connection, status, content, sent)


def refuses(status: int, code: str) -> Handler:
    error = {"code": code, "message": "no", "request_id": "req_1", "details": [{"field": "message"}]}
    return says(status, json.dumps({"error": error}).encode(), X_Request_Id="req_1", Retry_After="0")


def sends_and_leaves(data: bytes) -> Handler:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        connection.sendall(data)
        connection.close()

    return handle


def fails(kind: type[errors.UniqOSError], handle: Handler, call: Call = respond, **options: Any) -> Failure:
    return Failure(kind, handle, call, {"max_retries": 0, "timeout": 10, **options})


def after_closing(client: UniqOS) -> None:
    client.close()
    respond(client)


def without_time(client: UniqOS) -> None:
    """The connection is there, so that the first thing that fails is to write the headers, the key among them."""
    respond(client)
    respond(client, timeout=1e-9)


def download(client: UniqOS) -> None:
    client.billing.invoices.save_pdf("inv_1", Path("no") / "such" / "folder")


REFUSALS: dict[str, tuple[int, type[errors.APIError]]] = {
    "validation_error": (422, errors.ValidationError),
    "guardrail_blocked": (400, errors.GuardrailBlockError),
    "authentication_error": (401, errors.AuthenticationError),
    "payment_required": (402, errors.PaymentRequiredError),
    "permission_denied": (403, errors.PermissionError),
    "not_found": (404, errors.NotFoundError),
    "conflict": (409, errors.ConflictError),
    "rate_limit_exceeded": (429, errors.RateLimitError),
    "quota_exhausted": (429, errors.QuotaExhaustedError),
    "internal_error": (500, errors.APIError),
    "upstream_llm_error": (502, errors.UpstreamLLMError),
    "service_unavailable": (503, errors.ServiceUnavailableError),
    "turn_timeout": (504, errors.TurnTimeoutError),
}
FAILURES: dict[str, Failure] = {
    **{code: fails(kind, refuses(status, code)) for code, (status, kind) in REFUSALS.items()},
    "refused, after retries": fails(errors.ServiceUnavailableError, refuses(503, "service_unavailable"), max_retries=2),
    "reset": fails(errors.NetworkError, lambda connection, request, number: rst(connection)),
    "no answer": fails(errors.NetworkError, silent, timeout=0.05),
    "no HTTP": fails(errors.NetworkError, sends_and_leaves(b"nonsense\r\n\r\n")),
    "cut body": fails(errors.NetworkError, sends_and_leaves(HEAD + b"Content-Length: 9\r\n\r\n{")),
    "no time to send": fails(errors.NetworkError, says(200, b'{"response": "Hi!"}'), without_time),
    "page of a proxy": fails(errors.ResponseDecodeError, says(200, b"<html>", Content_Type="text/html")),
    "no JSON": fails(errors.ResponseDecodeError, says(200, b"{")),
    "broken contract": fails(errors.ResponseValidationError, says(200, b'{"response": 7, "usage": {"x": [1]}}')),
    "redirect": fails(errors.ResponseDecodeError, says(307, b"", Location="http://evil.example/")),
    "not compressed": fails(errors.ResponseDecodeError, says(200, b"x", Content_Encoding="gzip")),
    "other compression": fails(errors.ResponseDecodeError, says(200, b"x", Content_Encoding="br")),
    "stream refused": fails(errors.AuthenticationError, refuses(401, "authentication_error"), stream),
    "no stream": fails(errors.ResponseDecodeError, says(200, b"{}"), stream),
    "stream cut": fails(errors.NetworkError, streaming(METADATA, HE, close=True), stream),
    "stream without an end": fails(errors.NetworkError, streaming(METADATA, HE), stream),
    "stream ended by an error": fails(
        errors.GuardrailBlockError, streaming(METADATA, HE, frame("error", '{"code": "guardrail_block"}')), stream
    ),
    "broken event": fails(
        errors.ResponseValidationError, streaming(METADATA, HE, frame("text", '{"delta": 7}'), COMPLETION), stream
    ),
    "wrong argument": fails(
        errors.RequestValidationError, silent, lambda client: client.respond({**TURN, "mode": "x"})
    ),
    "wrong key of idempotency": fails(
        errors.RequestValidationError, silent, lambda client: respond(client, idempotency_key="a\r\nb")
    ),
    "wrong header": fails(errors.RequestValidationError, silent, lambda client: respond(client, headers={"A": "\xe4"})),
    "wrong id": fails(errors.RequestValidationError, silent, lambda client: client.personalities.get("..")),
    "client closed": fails(errors.ConfigurationError, silent, after_closing),
    "file that cannot be written": fails(errors.ConfigurationError, silent, download),
}


def failed(name: str, **options: Any) -> tuple[errors.UniqOSError, RawServer]:
    """Let it fail; gives the error as its caller caught it."""
    failure = FAILURES[name]
    with RawServer(failure.handle) as server:
        with UniqOS(SECRET, base_url=server.url, **{**failure.options, **options}) as client:
            with pytest.raises(failure.kind) as caught:
                failure.call(client)
    assert type(caught.value) is failure.kind
    return caught.value, server
