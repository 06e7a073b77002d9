# Generated from _async/calls/test_middleware.py by python -m uniqos._generate. Do not edit.
"""Middleware around each attempt: it sees, adds, answers, and never sends a turn twice."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests._sync.calls.test_calls import ANSWER, OK, answers, failing
from tests._sync.streams.test_streams import COMPLETION, HE, LLO, METADATA, WHOLE, stream_of, streaming
from tests._sync.support import KEY, TURN, make_client, slept
from tests.support.rawserver import RawServer, body, header, reply, silent
from uniqos import CallEnded, Observer, UniqOS, errors
from uniqos.middleware import Answer, Attempt, Next

REFUSED = failing(503, "service_unavailable")
LIMITED = failing(429, "rate_limit_exceeded", Retry_After="2")


def test_a_middleware_reads_the_operation_adds_headers_and_sees_status_and_time() -> None:
    seen: list[Any] = []

    def add(attempt: Attempt, next: Next) -> Answer:
        seen.append((attempt.operation, attempt.method, attempt.path, attempt.number, attempt.streamed))
        seen.append(json.loads(attempt.content or b""))
        answer = next(attempt.with_headers({"X-Trace": "t1", "x-mine": "2"}))
        seen.append((answer.status, answer.request_id, answer.elapsed > 0, attempt.idempotency_key))
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[add]) as client:
            result = client.respond(**TURN, headers={"X-Mine": "1", "X-Other": "3"}, idempotency_key="order-1")
    assert result.response == "Hi!"
    assert seen == [
        ("POST /v1/respond", "POST", "/v1/respond", 1, False),
        TURN,
        (200, "req_1", True, "order-1"),
    ]
    request = server.requests[0]
    assert [header(request, name) for name in ("X-Trace", "X-Mine", "X-Other")] == ["t1", "2", "3"]
    assert header(request, "Idempotency-Key") == "order-1"
    assert header(request, "Authorization") == f"Bearer {KEY}"
    assert json.loads(body(request)) == TURN


def test_the_first_of_the_list_is_the_outermost_and_each_attempt_runs_the_chain() -> None:
    order: list[Any] = []

    def named(name: str) -> Callable[[Attempt, Next], Any]:
        def middleware(attempt: Attempt, next: Next) -> Answer:
            order.append((name, attempt.number))
            answer = next(attempt)
            order.append((name, answer.status))
            return answer

        return middleware

    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url, middleware=[named("a"), named("b")]) as client:
            result = client.respond(**TURN)
    assert order == [("a", 1), ("b", 1), ("b", 503), ("a", 503), ("a", 2), ("b", 2), ("b", 200), ("a", 200)]
    assert result.http is not None
    assert result.http.retries == 1
    assert len({header(request, "Idempotency-Key") for request in server.requests}) == 1


def test_with_options_changes_the_middleware_over_the_same_connections() -> None:
    def refuse(attempt: Attempt, next: Next) -> Answer:
        return Answer(404, json={"error": {"code": "not_found", "message": "no"}})

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[refuse]) as client:
            with pytest.raises(errors.NotFoundError):
                client.respond(**TURN)
            assert not server.requests
            client.with_options(middleware=[]).respond(**TURN)
            client.with_options(middleware=[], timeout=9).respond(**TURN)
            with pytest.raises(errors.NotFoundError):
                client.with_options(timeout=9).respond(**TURN)
    assert (len(server.requests), server.connections) == (2, 1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, content=ANSWER), None),
        (Answer(200, json={"response": 7}), errors.ResponseValidationError),
        (Answer(200, content=b"not json"), errors.ResponseDecodeError),
        (Answer(200, content=b"<html>", headers={"Content-Type": "text/html"}), errors.ResponseDecodeError),
        (Answer(422, json={"error": {"code": "validation_error", "message": "no"}}), errors.ValidationError),
        (Answer(302, headers={"Location": "https://elsewhere.example"}), errors.ResponseDecodeError),
        (Answer(200, content=b" " * 2000), errors.ResponseDecodeError),
    ],
)
def test_an_answer_of_a_middleware_is_validated_like_any_answer(answer: Answer, error: type[Exception] | None) -> None:
    def own(attempt: Attempt, next: Next) -> Answer:
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[own], max_response_bytes=1000) as client:
            if error is None:
                assert (client.respond(**TURN)).response == "Hi!"
                assert (client.respond(**TURN)).response == "Hi!"
            else:
                with pytest.raises(error):
                    client.respond(**TURN)
    assert not server.requests


def test_a_failure_that_a_middleware_plays_is_retried_like_a_real_one() -> None:
    def flaky(attempt: Attempt, next: Next) -> Answer:
        if attempt.number == 1:
            return Answer(503, json={"error": {"code": "service_unavailable", "message": "no"}})
        if attempt.number == 2:
            raise errors.NetworkError("played", sent=False)
        return next(attempt)

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[flaky]) as client:
            assert (client.respond(**TURN)).response == "Hi!"
            assert len(slept(client)) == 2
    assert len(server.requests) == 1


def test_a_cache_reads_the_body_and_answers_later_calls() -> None:
    known: dict[str, Answer] = {}

    def cache(attempt: Attempt, next: Next) -> Answer:
        if attempt.path not in known:
            answer = next(attempt)
            known[attempt.path] = Answer(answer.status, content=answer.read(), headers=answer.headers)
            assert answer.read() == answer.read()
            return answer
        return known[attempt.path]

    packed = gzip.compress(b'{"id": "pers_1", "name": "Ada"}')
    with RawServer(answers((200, {"Content-Encoding": "gzip"}, packed))) as server:
        with make_client(server.url, middleware=[cache]) as client:
            path = {"id": "pers_1"}
            first = client.request("GET", "/v1/personalities/{id}/mood", params=path)
            second = client.request("GET", "/v1/personalities/{id}/mood", params=path)
    assert first == second == {"id": "pers_1", "name": "Ada"}
    assert len(server.requests) == 1


def test_a_stream_passes_through_event_by_event_and_its_body_can_be_copied() -> None:
    pieces: list[bytes | None] = []
    seen: list[Any] = []

    def watch(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt)
        answer.copy_to(pieces.append)
        seen.append((attempt.streamed, answer.status, answer.headers["content-type"].partition(";")[0]))
        with pytest.raises(errors.ConfigurationError, match=r"copy_to"):
            answer.read()
        return answer

    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        with make_client(server.url, middleware=[watch]) as client:
            stream = stream_of(client).open()
            assert not pieces
            for _ in stream:
                if len(pieces) == 1:
                    assert (pieces[0] or b"").startswith(METADATA)
            assert stream.text == "Héllo"
    assert seen == [(True, 200, "text/event-stream")]
    assert pieces[-1] is None
    assert b"".join(piece or b"" for piece in pieces) == WHOLE


def test_a_middleware_can_answer_a_stream() -> None:
    def own(attempt: Attempt, next: Next) -> Answer:
        return Answer(200, content=WHOLE if attempt.number == 1 else b"")

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[own]) as client:
            assert (stream_of(client).until_done()).text == "Héllo"
    assert not server.requests


def test_a_copy_that_fails_loses_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def fail(piece: bytes | None) -> None:
        raise ValueError("words")

    def watch(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt)
        answer.copy_to(fail)
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[watch]) as client:
            assert (client.respond(**TURN)).response == "Hi!"
    assert "copy_to" in caplog.text
    assert "words" not in caplog.text


def keyless(client: UniqOS) -> Any:
    """A call without an Idempotency-Key, which is not to run twice."""
    return client.request("POST", "/v1/once", body={})


def turn(client: UniqOS) -> Any:
    return client.respond(**TURN)


def raise_before(attempt: Attempt, next: Next) -> Answer:
    raise ValueError("Hello!")


def raise_after(attempt: Attempt, next: Next) -> Answer:
    next(attempt)
    raise ValueError("Hello!")


def lose_file(attempt: Attempt, next: Next) -> Answer:
    raise FileNotFoundError("Hello!")


def return_nothing(attempt: Attempt, next: Next) -> Any:
    next(attempt)


def return_text(attempt: Attempt, next: Next) -> Any:
    return "Hello!"


def pass_nonsense(attempt: Attempt, next: Next) -> Answer:
    return next(None)  # type: ignore[arg-type]


def return_plain(attempt: Attempt, next: Next) -> Any:
    return next


def limit_after(attempt: Attempt, next: Next) -> Answer:
    next(attempt)
    return Answer(503, json={"error": {"code": "service_unavailable", "message": "no"}})


def network_after(attempt: Attempt, next: Next) -> Answer:
    next(attempt)
    raise errors.NetworkError("gone", sent=False)


@pytest.mark.parametrize(
    ("middleware", "kind", "requests"),
    [
        (raise_before, errors.MiddlewareError, 0),
        (lose_file, errors.MiddlewareError, 0),
        (return_text, errors.MiddlewareError, 0),
        (pass_nonsense, errors.MiddlewareError, 0),
        (return_plain, errors.MiddlewareError, 0),
        (raise_after, errors.MiddlewareError, 1),
        (return_nothing, errors.MiddlewareError, 1),
        (limit_after, errors.ServiceUnavailableError, 1),
        (network_after, errors.NetworkError, 1),
    ],
)
@pytest.mark.parametrize("call", [turn, keyless])
def test_a_middleware_that_fails_gives_a_clear_error_and_sends_nothing_twice(
    call: Any, middleware: Any, kind: type[errors.UniqOSError], requests: int
) -> None:
    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[middleware]) as client:
            with pytest.raises(kind) as caught:
                call(client)
            assert not slept(client)
    assert len(server.requests) == requests
    assert "Hello!" not in str(caught.value)
    if isinstance(caught.value, errors.MiddlewareError):
        assert (caught.value.code, caught.value.sent) == ("middleware_error", bool(requests))
        assert middleware.__name__ in str(caught.value) or middleware is pass_nonsense
        assert ("not sent" in str(caught.value)) is not caught.value.sent
        assert caught.value.http is not None
        sent = server.requests and header(server.requests[0], "Idempotency-Key")
        assert not sent or caught.value.http.idempotency_key == sent


def twice(attempt: Attempt, next: Next) -> Answer:
    next(attempt)
    return next(attempt)


def test_next_may_be_called_again_only_where_a_second_request_costs_nothing() -> None:
    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[twice]) as client:
            assert (client.respond(**TURN)).response == "Hi!"
            client.request("GET", "/v1/mood")
            assert len(server.requests) == 4
            with pytest.raises(errors.MiddlewareError, match=r"Idempotency-Key") as caught:
                keyless(client)
    assert caught.value.sent
    assert len(server.requests) == 5
    assert len({header(request, "Idempotency-Key") for request in server.requests[:2]}) == 1


def test_a_turn_that_timed_out_is_not_sent_again_by_a_middleware() -> None:
    def insist(attempt: Attempt, next: Next) -> Answer:
        try:
            return next(attempt)
        except errors.NetworkError:
            return next(attempt)

    with RawServer(silent) as server:
        with make_client(server.url, middleware=[insist], timeout=0.2) as client:
            with pytest.raises(errors.MiddlewareError, match=r"may still be running"):
                client.respond(**TURN)
    assert len(server.requests) == 1


def beside(attempt: Attempt, next: Next) -> Answer:
    """Call next() twice at once; raise the first refusal, or return an answer."""
    outcomes: list[Any] = []

    def call() -> None:
        try:
            outcomes.append(next(attempt))
        except errors.UniqOSError as error:
            outcomes.insert(0, error)

    if not outcomes:
        with ThreadPoolExecutor(2) as threads:
            for _ in range(2):
                threads.submit(call)
    if isinstance(outcomes[0], errors.UniqOSError):
        raise outcomes[0]
    answer: Answer = outcomes[0]
    return answer


def test_next_is_not_called_twice_at_once_where_both_requests_could_count() -> None:
    def handle(connection: Any, request: bytes, number: int) -> None:
        time.sleep(0.1)  # Long enough for the other call of next().
        reply(connection, 200, ANSWER)

    with RawServer(handle) as server:
        with make_client(server.url, middleware=[beside]) as client:
            client.request("GET", "/v1/mood")
            assert len(server.requests) == 2
            with pytest.raises(errors.MiddlewareError, match=r"may still be running") as caught:
                client.respond(**TURN)
            assert caught.value.sent
            with pytest.raises(errors.MiddlewareError, match=r"Idempotency-Key"):
                keyless(client)
            assert not slept(client)
    assert len(server.requests) == 4


def test_next_cannot_be_kept_for_later() -> None:
    kept: list[Any] = []

    def keep(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt)
        kept.extend((attempt, next, answer))
        return answer

    def return_kept(attempt: Attempt, next: Next) -> Answer:
        answer: Answer = kept[2]
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[keep]) as client:
            client.respond(**TURN)
            with pytest.raises(errors.MiddlewareError, match=r"after the end of its attempt"):
                kept[1](kept[0])
            with pytest.raises(errors.ConfigurationError, match=r"is over"):
                kept[2].read()
            with pytest.raises(errors.MiddlewareError, match=r"an earlier attempt"):
                client.with_options(middleware=[return_kept]).respond(**TURN)
    assert len(server.requests) == 1


def test_a_slow_middleware_ends_its_attempt_before_anything_is_sent() -> None:
    def slow(attempt: Attempt, next: Next) -> Answer:
        time.sleep(0.03)
        return next(attempt)

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[slow], timeout=0.02, max_retries=1) as client:
            with pytest.raises(errors.NetworkError, match=r"the middleware took the whole time") as caught:
                client.respond(**TURN)
            assert len(slept(client)) == 1
    assert (caught.value.code, caught.value.sent) == ("timeout", False)
    assert not server.requests


def test_an_answer_that_has_arrived_is_not_lost_to_a_slow_middleware() -> None:
    def slow(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt)
        time.sleep(0.25)
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[slow], timeout=0.2) as client:
            assert (client.respond(**TURN)).response == "Hi!"
            assert (client.respond(**TURN, deadline=0.2)).response == "Hi!"
    assert len(server.requests) == 2
    with RawServer(streaming(METADATA, HE, LLO, COMPLETION)) as server:
        with make_client(server.url, middleware=[slow], timeout=0.2) as client:
            assert (stream_of(client).until_done()).text == "Héllo"


def test_a_middleware_sees_network_errors_and_a_broken_body_as_they_are() -> None:
    seen: list[errors.UniqOSError] = []

    def watch(attempt: Attempt, next: Next) -> Answer:
        try:
            answer = next(attempt)
        except errors.UniqOSError as error:
            seen.append(error)
            raise
        try:
            answer.read()
        except errors.UniqOSError as error:
            seen.append(error)
        return answer

    def broken(connection: Any, request: bytes, number: int) -> None:
        if number == 1:
            connection.close()
        elif number == 2:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
            connection.close()
        else:
            reply(connection, 200, ANSWER)

    with RawServer(broken) as server:
        with make_client(server.url, middleware=[watch]) as client:
            result = client.respond(**TURN)
    assert result.response == "Hi!"
    assert [type(error) for error in seen] == [errors.NetworkError, errors.NetworkError]
    assert len(server.requests) == 3


def test_answers_that_a_middleware_drops_give_their_connections_back() -> None:
    def drop(attempt: Attempt, next: Next) -> Answer:
        next(attempt)
        return Answer(200, content=ANSWER)

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[drop], max_connections=1) as client:
            for _ in range(3):
                assert (client.respond(**TURN)).response == "Hi!"
    assert len(server.requests) == 3


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "Host", "X-Uniqos-Sdk", "bad name", "X-Line"])
def test_a_header_that_a_middleware_may_not_set_is_refused_before_anything_is_sent(name: str) -> None:
    def add(attempt: Attempt, next: Next) -> Answer:
        return next(attempt.with_headers({name: "a\nb" if name == "X-Line" else "1"}))

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[add]) as client:
            with pytest.raises(errors.RequestValidationError):
                client.respond(**TURN)
    assert not server.requests


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "X-Line"])
@pytest.mark.parametrize("by_hand", [False, True])
def test_a_header_that_was_set_on_the_attempt_itself_is_checked_too(name: str, by_hand: bool) -> None:
    def put(attempt: Attempt, next: Next) -> Answer:
        if by_hand:
            return next(Attempt(attempt.operation, headers={name: "a\r\nb: c"}))
        attempt.headers[name] = "a\r\nb: c"
        return next(attempt)

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[put]) as client:
            with pytest.raises(errors.RequestValidationError, match=f"(?i){name}"):
                client.respond(**TURN)
    assert not server.requests


def test_a_middleware_sees_neither_key_nor_authorization() -> None:
    seen: list[str] = []

    def everything(value: Any) -> str:
        return repr({name: getattr(value, name) for name in dir(value) if not name.startswith("_")})

    def look(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt)
        seen.extend((everything(attempt), everything(answer), repr(attempt), repr(answer), repr(next)))
        return answer

    with RawServer(answers(OK)) as server:
        with make_client(server.url, middleware=[look]) as client:
            client.respond(**TURN)
    text = "".join(seen)
    assert "respond" in text
    assert KEY not in text
    assert "uthorization" not in text


def test_the_call_of_an_attempt_is_the_one_that_the_observer_hears_of() -> None:
    ended: list[CallEnded] = []
    calls: list[int] = []

    class Listener(Observer):
        def call_ended(self, event: CallEnded) -> None:
            ended.append(event)

    def note(attempt: Attempt, next: Next) -> Answer:
        calls.append(attempt.call_id)
        return next(attempt)

    with RawServer(answers(LIMITED, OK)) as server:
        with make_client(server.url, middleware=[note]) as client:
            client.respond(**TURN)
            client.with_options(observer=Listener()).respond(**TURN)
    assert calls == [0, 0, ended[0].call_id]
    assert ended[0].call_id > 0


def test_a_caller_with_an_http_client_of_its_own_has_the_chain_too() -> None:
    def add(attempt: Attempt, next: Next) -> Answer:
        answer = next(attempt.with_headers({"X-Trace": "t1"}))
        answer.read()
        return answer

    with RawServer(answers(OK)) as server:
        with httpx.Client() as http_client:
            client = make_client(server.url, middleware=[add], http_client=http_client)
            assert (client.respond(**TURN)).response == "Hi!"
    assert header(server.requests[0], "X-Trace") == "t1"


@pytest.mark.parametrize(
    "options",
    [{"status": 99}, {"status": "200"}, {"content": "text"}, {"json": 1, "content": b"1"}, {"json": object()}],
)
def test_an_answer_that_cannot_be_one_is_refused_where_it_is_made(options: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError):
        Answer(**options)


@pytest.mark.parametrize("middleware", [raise_before, "text", [7], [Answer]])
def test_something_that_is_no_list_of_functions_is_refused(middleware: Any) -> None:
    with pytest.raises(errors.ConfigurationError, match=r"middleware must be a list"):
        UniqOS(KEY, middleware=middleware)
