"""What is known of the HTTP side: of every answer, error and stream; and what an observer is told."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests._async.calls.test_calls import ANSWER, OK, answers, failing
from tests._async.streams.test_streams import COMPLETION, HE, METADATA, frame, streaming
from tests._async.support import KEY, TURN, client_of, make_client, slept
from tests.support.rawserver import RawServer, header, reply, rst
from uniqos import AsyncUniqOS, Observer, errors
from uniqos.sandbox import Sandbox

pytestmark = pytest.mark.anyio
BUSY = failing(503, "service_unavailable", x_request_id="req_busy")


async def test_an_answer_tells_its_attempts_key_time_and_rate_limit() -> None:
    with RawServer(answers(BUSY, OK)) as server:
        async with make_client(server.url) as client:
            http = (await client.respond(**TURN, idempotency_key="order-17")).http
            waited = sum(slept(client))
            assert waited > 0
    assert http is not None
    assert (http.status, http.request_id, http.attempts, http.retries) == (200, "req_1", 2, 1)
    assert (http.idempotency_key, http.replayed, http.elapsed) == ("order-17", False, waited)
    assert http.rate_limit is not None
    assert (http.rate_limit.limit, http.rate_limit.remaining) == (10, 9)
    assert (b"X-Request-Id", b"req_1") in http.raw_headers
    assert http.headers["x-request-id"] == "req_1"


async def test_the_key_that_the_sdk_made_is_the_one_that_was_sent() -> None:
    with RawServer(answers(OK, (200, {}, b'{"data": []}'))) as server:
        async with make_client(server.url) as client:
            turn = await client.respond(**TURN)
            page = await client.personalities.list()
    assert turn.http is not None
    assert turn.http.idempotency_key == header(server.requests[0], "Idempotency-Key")
    assert page.http is not None
    assert page.http.idempotency_key is None


async def test_an_error_of_the_api_tells_the_same() -> None:
    with RawServer(answers(BUSY)) as server:
        async with make_client(server.url, max_retries=1) as client:
            with pytest.raises(errors.ServiceUnavailableError) as caught:
                await client.respond(**TURN, idempotency_key="order-17")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert error.http is not None
        assert (error.http.status, error.http.attempts, error.http.idempotency_key) == (503, 2, "order-17")
        assert (error.http.request_id, error.request_id) == ("req_busy", "req_busy")


async def test_a_failure_without_an_answer_tells_the_key_to_go_on_with() -> None:
    with RawServer(lambda connection, request, number: rst(connection)) as server:
        async with make_client(server.url, max_retries=2) as client:
            with pytest.raises(errors.NetworkError) as caught:
                await client.respond(**TURN)
    http = caught.value.http
    assert http is not None
    assert (http.status, http.attempts, http.request_id, http.rate_limit) == (0, 3, None, None)
    assert http.idempotency_key == header(server.requests[0], "Idempotency-Key")
    assert (caught.value.http_status, caught.value.request_id) == (None, None)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, {"X-Request-Id": "req_9"}, b'{"response": 1}'), errors.ResponseValidationError),
        ((200, {"X-Request-Id": "req_9"}, b"{"), errors.ResponseDecodeError),
        ((200, {"X-Request-Id": "req_9", "Content-Type": "text/html"}, b"<p>"), errors.ResponseDecodeError),
        ((200, {"X-Request-Id": "req_9", "Content-Encoding": "br"}, b"x"), errors.ResponseDecodeError),
        ((200, {"X-Request-Id": "req_9", "Content-Encoding": "gzip"}, b"x"), errors.ResponseDecodeError),
        ((307, {"X-Request-Id": "req_9", "Location": "http://x"}, b""), errors.ResponseDecodeError),
        ((200, {"X-Request-Id": "req_9", "Content-Length": "9999"}, b"{"), errors.NetworkError),
    ],
    ids=["contract", "json", "type", "encoding", "gzip", "redirect", "cut"],
)
async def test_an_answer_that_is_of_no_use_tells_it_too(answer: Any, kind: type[errors.UniqOSError]) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, answer[0], answer[2], answer[1])
        connection.close()

    with RawServer(handle) as server:
        async with make_client(server.url, max_retries=0) as client:
            with pytest.raises(kind) as caught:
                await client.respond(**TURN, idempotency_key="order-17")
    error = caught.value
    assert error.http is not None
    assert (error.http.idempotency_key, error.http.request_id, error.request_id) == ("order-17", "req_9", "req_9")
    assert error.http.status == error.http_status == answer[0]


async def test_what_was_never_to_be_sent_has_no_http() -> None:
    async with AsyncUniqOS(KEY) as client:
        with pytest.raises(errors.RequestValidationError) as caught:
            await client.respond(personality_id="p", message="Hello!", mode="stateful")
    assert caught.value.http is None


async def test_a_stream_its_events_and_its_errors_tell_it() -> None:
    with RawServer(streaming(METADATA + HE)) as server:
        async with make_client(server.url) as client:
            stream = await client.respond(**TURN, stream=True, idempotency_key="order-17").open()
            with pytest.raises(errors.NetworkError) as caught:
                async for event in stream:
                    assert event.http is stream.http
            assert stream.http is not None
            assert (stream.http.idempotency_key, stream.http.attempts, stream.http.status) == ("order-17", 1, 200)
            assert caught.value.http is stream.http


async def test_a_replayed_answer_says_so(sandbox: Sandbox) -> None:
    async with client_of(sandbox) as client:
        turn, key = {"personality_id": sandbox.personality_id, "message": "Hello!"}, str(uuid4())
        first = await client.respond(turn, idempotency_key=key)
        again = await client.respond(turn, idempotency_key=key)
    assert first.http is not None
    assert again.http is not None
    assert (first.http.replayed, again.http.replayed) == (False, True)


class Diary(Observer):
    """Keeps what it is told as (what, the rest)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Mapping[str, Any]]] = []

    def _write(self, event: object) -> None:
        self.lines.append((type(event).__name__, {name: getattr(event, name) for name in event.__slots__}))  # type: ignore[attr-defined]

    call_started = attempt_started = retrying = first_event = call_ended = _write

    def told(self, *names: str) -> list[tuple[object, ...]]:
        """The kinds of what was told, each with the values of ``names`` that it has."""
        return [(kind, *(values[name] for name in names if name in values)) for kind, values in self.lines]


async def test_an_observer_is_told_of_the_call_its_attempts_and_its_end() -> None:
    diary = Diary()
    with RawServer(answers(BUSY, OK)) as server:
        async with make_client(server.url, observer=diary) as client:
            await client.respond(**TURN)
            waited = slept(client)[0]
    assert diary.told("attempt", "attempts", "outcome", "delay_seconds", "code", "http_status", "request_id") == [
        ("CallStarted",),
        ("AttemptStarted", 1),
        ("Retrying", 1, waited, "service_unavailable", 503, "req_busy"),
        ("AttemptStarted", 2),
        ("CallEnded", 2, "success", None, 200, "req_1"),
    ]
    assert {values["operation"] for _, values in diary.lines} == {"POST /v1/respond"}
    assert len({values["call_id"] for _, values in diary.lines}) == 1
    assert diary.lines[-1][1]["elapsed_seconds"] == waited


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        (failing(401, "authentication_error"), "authentication_error", 401),
        ((200, {}, b'{"response": 1}'), "invalid_response", 200),
        ((200, {"Content-Length": "9999"}, b"{"), "network_error", 200),
    ],
    ids=["refused", "contract", "cut"],
)
async def test_an_observer_is_told_why_a_call_failed(answer: Any, code: str, status: int) -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, answer[0], answer[2], answer[1])
        connection.close()

    diary = Diary()
    with RawServer(handle) as server:
        async with make_client(server.url, observer=diary, max_retries=0) as client:
            with pytest.raises(errors.UniqOSError):
                await client.respond(**TURN)
    assert diary.told("outcome", "code", "http_status")[-1] == ("CallEnded", "error", code, status)


@pytest.mark.parametrize(
    ("events", "read", "outcome", "code", "count"),
    [
        (METADATA + HE + COMPLETION, 9, "success", None, 3),
        (METADATA + HE, 9, "error", "stream_interrupted", 2),
        (METADATA + HE + frame("error", '{"code":"upstream_llm_error"}'), 9, "error", "upstream_llm_error", 3),
        (METADATA + HE + COMPLETION, 1, "closed", None, 1),
        (METADATA + HE + COMPLETION, 3, "success", None, 3),
        (METADATA + HE + frame("error", '{"code":"upstream_llm_error"}'), 3, "error", "upstream_llm_error", 3),
    ],
    ids=["whole", "cut", "error event", "left", "left at its end", "left at its error event"],
)
async def test_an_observer_is_told_of_a_streams_first_event_and_end(
    events: bytes, read: int, outcome: str, code: str | None, count: int
) -> None:
    diary = Diary()
    with RawServer(streaming(events)) as server:
        async with make_client(server.url, observer=diary) as client:
            try:
                async with client.respond(**TURN, stream=True) as stream:
                    async for _ in stream:
                        read -= 1
                        if not read:
                            break
            except errors.NetworkError:
                pass
    kinds = [kind for kind, _ in diary.lines]
    assert kinds == ["CallStarted", "AttemptStarted", "FirstEvent", "CallEnded"]
    assert diary.lines[0][1]["streamed"] is True
    end = diary.lines[-1][1]
    assert (end["outcome"], end["code"], end["events"]) == (outcome, code, count)


async def test_an_observer_of_downloads_and_files_is_told_too(tmp_path: Any) -> None:
    diary = Diary()
    pdf = (200, {"Content-Type": "application/pdf"}, b"%PDF")
    with RawServer(answers(pdf)) as server:
        async with make_client(server.url, observer=diary) as client:
            await client.billing.invoices.pdf("inv_1")
            await client.billing.invoices.save_pdf("inv_1", tmp_path / "invoice.pdf")
    assert diary.told("outcome") == [("CallStarted",), ("AttemptStarted",), ("CallEnded", "success")] * 2


async def test_what_an_observer_is_told_holds_no_key_and_no_text() -> None:
    diary = Diary()
    with RawServer(answers(failing(503, "service_unavailable"), OK, (404, {}, b"{}"))) as server:
        async with make_client(server.url, observer=diary) as client:
            await client.respond(personality_id="pers_secret", message="a secret", user_id="user_secret")
            with pytest.raises(errors.NotFoundError):
                await client.end_users.get("user_secret")
    assert "secret" not in str(diary.lines)
    assert KEY not in str(diary.lines)


async def test_an_observer_that_fails_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Observer):
        def call_ended(self, event: object) -> None:
            raise RuntimeError("a secret")

    with RawServer(answers(OK)) as server:
        async with make_client(server.url) as client:
            assert (await client.with_options(observer=Broken()).respond(**TURN)).response == "Hi!"
    assert "the observer failed" in caplog.text
    assert "a secret" not in caplog.text


@pytest.mark.parametrize("wrong", [print, Observer, object(), Diary])
async def test_what_is_no_observer_is_refused(wrong: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match="observer must be"):
        AsyncUniqOS(KEY, observer=wrong)


async def test_warming_up_opens_the_connection_that_the_first_turn_uses() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if request.startswith(b"HEAD"):
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\n")
        else:
            reply(connection, 200, ANSWER)

    with RawServer(handle) as server:
        async with make_client(server.url) as client:
            await client.warm_up()
            assert (await client.respond(**TURN)).response == "Hi!"
    assert server.connections == 1
    assert [request.partition(b" HTTP")[0] for request in server.requests] == [b"HEAD /", b"POST /v1/respond"]


async def test_warming_up_without_a_connection_needs_no_server() -> None:
    async with make_client("https://127.0.0.1:1") as client:
        await client.warm_up(connect=False)
        assert client._requester.connections.pool is None


async def test_warming_up_without_a_connection_finds_wrong_certificates(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    async with make_client("https://127.0.0.1:1", verify=tmp_path / "empty.pem") as client:
        with pytest.raises(errors.ConfigurationError, match=r"readable certificates"):
            await client.warm_up(connect=False)


async def test_warming_up_says_when_nobody_is_there(sandbox: Sandbox) -> None:
    async with make_client("http://127.0.0.1:1", max_retries=0) as client:
        with pytest.raises(errors.NetworkError, match=r"nothing listens at 127\.0\.0\.1:1$"):
            await client.warm_up()
    async with client_of(sandbox) as client:
        await client.warm_up()
