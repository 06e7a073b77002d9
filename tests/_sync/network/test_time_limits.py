# Generated from _async/network/test_time_limits.py by python -m uniqos._generate. Do not edit.
"""How long a call may take, and by which clock: what is silent, what drips, what asks to wait."""

from __future__ import annotations

import gzip
import itertools
import socket
import time

import pytest

from tests._sync.calls.test_calls import OK, answers, drip, failing
from tests._sync.support import KEY, TURN, FakeClock, make_client, slept
from tests.support.rawserver import RawServer, header, reply, silent
from uniqos import UniqOS, errors
from uniqos._wire.operation import Request


class JumpingClock(FakeClock):
    """A wall clock that jumps by decades whenever it is read; only its monotonic time can be relied upon."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    def time(self) -> float:
        self.read += 1
        return (0.0, 4e9)[self.read % 2]


@pytest.mark.parametrize("stream", [False, True])
def test_a_turn_that_gets_no_answer_in_time_is_not_sent_again(stream: bool) -> None:
    with RawServer(silent) as server:
        with make_client(server.url, timeout=0.3) as client:
            with pytest.raises(errors.NetworkError, match=r"timeout of 0\.3 s") as caught:
                if stream:
                    client.respond(**TURN, stream=True).open()
                else:
                    client.respond(**TURN)
            assert slept(client) == []
    assert (caught.value.code, caught.value.sent) == ("timeout", True)
    assert caught.value.details == {"response_started": False, "bytes_received": 0, "limit": "timeout of 0.3 s"}
    assert len(server.requests) == 1


def test_what_costs_nothing_twice_is_sent_again_after_a_timeout() -> None:
    with RawServer(silent) as server:
        with make_client(server.url, timeout=0.3, max_retries=1) as client:
            with pytest.raises(errors.NetworkError, match="timeout"):
                client.personalities.list()
            with pytest.raises(errors.NetworkError, match="timeout"):
                client.personalities.create(name="X")
            with pytest.raises(errors.NetworkError, match="timeout"):
                client.personalities.appeal("pers_1")
    lines = [request.split(b" HTTP")[0] for request in server.requests]
    assert lines == [
        *[b"GET /v1/personalities"] * 2,
        *[b"POST /v1/personalities"] * 2,
        b"POST /v1/personalities/pers_1/appeal",
    ]
    assert header(server.requests[2], "Idempotency-Key") == header(server.requests[3], "Idempotency-Key") is not None


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_a_drip_is_ended_by_the_limit_that_is_shorter(limit: str) -> None:
    limits = {"timeout": 30.0, "deadline": 30.0, limit: 0.2}
    with RawServer(drip) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.NetworkError, match=limit) as caught:
                client.respond(**TURN, **limits)  # type: ignore[arg-type]
            assert slept(client) == []
    assert caught.value.code == "timeout"
    assert caught.value.details["response_started"] is True
    assert 0 < caught.value.details["bytes_received"] < 1000
    assert len(server.requests) == 1


def test_a_deadline_counts_attempts_and_the_waits_between_them() -> None:
    clock = FakeClock()

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        clock.now += 5
        answers(failing(503, "service_unavailable", Retry_After="5"))(connection, request, number)

    with RawServer(handle) as server:
        with make_client(server.url, deadline=25, max_retries=9) as client:
            client._requester.clock = clock
            with pytest.raises(errors.ServiceUnavailableError):
                client.respond(**TURN)
    assert clock.slept == [5, 5]
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("60", 60.0),
        ("Thu, 01 Jan 1970 00:17:10 GMT", 30.0),  # the fake clock begins at 1000 s
        ("-5", 0.25),
        ("abc", 0.25),
        ("nan", 0.25),
        ("inf", 0.25),
        ("1e9", 0.25),
        ("Thu, 01 Jan 1970 00:16:39 GMT", 0.25),
        ("Thu, 99 Jan 1970 00:17:10 GMT", 0.25),
    ],
)
def test_a_wait_that_is_asked_for_is_kept_and_nonsense_is_ignored(value: str, seconds: float) -> None:
    with RawServer(answers(failing(429, "rate_limit_exceeded", Retry_After=value), OK)) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            assert [one for one in slept(client) if one] == ([seconds] if seconds else [])
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("value", "seconds"), [("60.5", 60.5), ("1000000000", 1e9), ("Thu, 01 Jan 1970 00:17:41 GMT", 61.0)]
)
@pytest.mark.parametrize(("status", "code"), [(429, "rate_limit_exceeded"), (503, "service_unavailable")])
def test_above_a_minute_the_caller_is_told_how_long(value: str, seconds: float, status: int, code: str) -> None:
    with RawServer(answers(failing(status, code, Retry_After=value), OK)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.APIError) as caught:
                client.respond(**TURN)
            assert slept(client) == []
    assert (caught.value.code, caught.value.retry_after_seconds) == (code, seconds)
    assert len(server.requests) == 1


def test_a_wall_clock_that_jumps_changes_no_wait_and_no_deadline() -> None:
    for clock in (FakeClock(), JumpingClock()):
        with RawServer(answers(*[failing(503, "service_unavailable")] * 2, OK)) as server:
            with make_client(server.url, deadline=100) as client:
                client._requester.clock = clock
                answer = client.respond(**TURN)
                assert answer.http is not None
                assert (answer.http.retries, answer.http.elapsed) == (2, 0.75)
                assert clock.slept == [0.25, 0.5]


def test_a_wall_clock_that_jumps_under_a_running_attempt_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = itertools.cycle((0.0, 4e9))
    with RawServer(answers(OK)) as server, RawServer(silent) as still:
        monkeypatch.setattr(time, "time", lambda: next(jumps))
        with UniqOS(KEY, base_url=server.url, timeout=20, deadline=20) as client:
            for _ in range(5):
                client.respond(**TURN)
            assert server.connections == 1
        with UniqOS(KEY, base_url=still.url, timeout=0.1) as client:
            with pytest.raises(errors.NetworkError, match=r"0\.1 s"):
                client.respond(**TURN)


def test_what_has_arrived_is_unpacked_however_long_that_takes() -> None:
    """The whole body came in time, and its unpacking ends after it: the answer was paid for."""
    content = gzip.compress(b'{"response": "' + b"x" * 5_000_000 + b'"}', mtime=0)

    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        reply(connection, 200, content, {"Content-Encoding": "gzip"})

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            requester = client._requester
            request = Request("GET", "/", "GET /", None, [], "safe")
            exchange = requester.open(request, "application/json", 2**23, requester.watch(request))
            exchange._deadline.restart(5.0)
            data = exchange.read_chunk()
            exchange._deadline.at = 0.0
            size = 0
            while data is not None:
                size += len(data)
                data = exchange.read_chunk()
            exchange.close()
    assert size > 5_000_000
