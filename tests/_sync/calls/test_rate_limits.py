# Generated from _async/calls/test_rate_limits.py by python -m uniqos._generate. Do not edit.
"""What a refusal for coming too fast means for the other calls of the same credential."""

from __future__ import annotations

import socket
from contextlib import nullcontext
from typing import Any

import freezegun
import pytest

from tests._sync.calls.test_calls import ANSWER, OK, answers, failing
from tests._sync.support import KEY, TURN, FakeClock, make_client, slept
from tests.support.rawserver import Handler, RawServer, header, reply
from uniqos import UniqOS, errors
from uniqos._network.threads import Clock

REFUSED = failing(429, "rate_limit_exceeded", retry_after="2", x_ratelimit_limit="20", x_ratelimit_remaining="0")
OTHER = "uniq_test_efgh5678"


def test_after_a_refusal_the_next_calls_go_one_by_one() -> None:
    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url) as client:
            for _ in range(3):
                client.respond(**TURN)
            gap = pytest.approx(1 / 19)  # a little below the 20 a second that the API names
            assert slept(client) == [2.0, gap, gap]


def test_processes_that_share_a_rate_keep_to_their_part_of_it() -> None:
    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url) as client:
            client._requester.connections.rate_share = 0.25
            for _ in range(2):
                client.respond(**TURN)
            assert slept(client) == [2.0, pytest.approx(4 / 19)]


def test_a_limit_that_no_number_holds_is_none() -> None:
    refused = failing(
        429, "rate_limit_exceeded", retry_after="2", x_ratelimit_limit="9" * 400, x_ratelimit_remaining="0"
    )
    with RawServer(answers(refused, OK)) as server:
        with make_client(server.url) as client:
            assert (client.respond(**TURN)).response == "Hi!"
            assert slept(client) == [2.0]


def test_only_the_credential_that_was_refused_waits() -> None:
    def handle(connection: socket.socket, request: bytes, number: int) -> None:
        if number == 1:
            reply(connection, 429, REFUSED[2], REFUSED[1])
        else:
            reply(connection, 200, ANSWER)

    with RawServer(handle) as server:
        with make_client(server.url) as client:
            other = client.with_credentials(OTHER)
            client.respond(**TURN)
            other.respond(**TURN)
            assert slept(client) == [2.0]
            client.with_options(timeout=5).respond(**TURN)
            assert len(slept(client)) == 2
    assert [str(header(request, "Authorization"))[-8:] for request in server.requests] == [
        "abcd1234",
        "abcd1234",
        "efgh5678",
        "abcd1234",
    ]


def test_once_all_is_quiet_calls_begin_at_once_again() -> None:
    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            client._requester.clock.sleep(11)
            client.respond(**TURN)
            client.respond(**TURN)
            assert slept(client) == [2.0, 11]


def test_a_call_whose_turn_would_come_after_its_deadline_is_not_sent() -> None:
    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            client._requester.connections.paces[client._requester.config.token].reserve(1100.0, None)
            with pytest.raises(errors.NetworkError) as caught:
                client.respond(**TURN, deadline=5)
            assert (caught.value.code, caught.value.sent) == ("timeout", False)
            assert caught.value.details["limit"] == "rate_limit_exceeded"
            assert "come too fast" in caught.value.message
            assert caught.value.http is not None
            assert caught.value.http.idempotency_key is not None
    assert len(server.requests) == 2


def test_a_refused_call_that_cannot_wait_so_long_raises_the_refusal() -> None:
    with RawServer(answers(OK, REFUSED)) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            with pytest.raises(errors.RateLimitError) as caught:
                client.respond(**TURN, deadline=1.5)
            assert caught.value.retry_after_seconds == 2.0
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (failing(429, "quota_exhausted"), {}),
        (failing(503, "service_unavailable"), {}),
        (failing(429, "rate_limit_exceeded", retry_after="3600"), {}),
        (REFUSED, {"max_retries": 0}),
    ],
    ids=["quota", "outage", "an hour", "no retries"],
)
def test_other_refusals_hold_nobody_back(answer: Any, options: dict[str, Any]) -> None:
    with RawServer(answers(answer, OK)) as server:
        with make_client(server.url, **{"max_retries": 1, **options}) as client:
            try:
                client.respond(**TURN)
            except errors.APIError:
                pass
            before = len(slept(client))
            client.respond(**TURN)
            assert len(slept(client)) == before


def test_a_limit_of_one_operation_holds_no_other_back() -> None:
    with RawServer(answers(REFUSED, OK)) as server:
        with make_client(server.url) as client:
            with pytest.raises(errors.RateLimitError):
                client.relationships.memory.regenerate_summary("rel_1")
            client.respond(**TURN)
            assert slept(client) == []


def always_refusing() -> Handler:
    return answers(failing(429, "rate_limit_exceeded", retry_after="0"))


def test_a_service_that_only_refuses_sees_a_hundred_more_requests_and_then_no_more() -> None:
    with RawServer(always_refusing()) as server:
        with make_client(server.url) as client:
            for _ in range(60):
                with pytest.raises(errors.RateLimitError):
                    client.respond(**TURN)
    assert len(server.requests) == 160


def test_a_call_that_waits_for_itself_holds_nobody_else_back() -> None:
    """One that backs off for half a minute would else take the turn after which all others come."""
    busy = failing(503, "service_unavailable", retry_after="30")
    with RawServer(answers(REFUSED, OK, busy, OK)) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            pace = client._requester.connections.paces[client._requester.config.token]
            free: list[float] = []
            sleep = client._requester.clock.sleep

            def look(seconds: float) -> None:
                free.append(pace.first_free(0) - client._requester.clock.monotonic())
                sleep(seconds)

            client._requester.clock.sleep = look  # type: ignore[method-assign]
            client.respond(**TURN)
    assert slept(client)[-1] == 30.0
    assert free[-1] < 1.0


def test_a_call_that_is_held_back_after_an_attempt_tells_of_it() -> None:
    with RawServer(answers(REFUSED, OK, failing(500, "internal_error"))) as server:
        with make_client(server.url) as client:
            client.respond(**TURN)
            paces, token = client._requester.connections.paces, client._requester.config.token
            sleep = client._requester.clock.sleep

            def crowd(seconds: float) -> None:
                sleep(seconds)
                paces[token].reserve(1100.0, None)

            client._requester.clock.sleep(1)
            client._requester.clock.sleep = crowd  # type: ignore[method-assign]
            with pytest.raises(errors.NetworkError, match="come too fast") as caught:
                client.respond(**TURN, deadline=50, idempotency_key="key_1")
    assert len(server.requests) == 3
    assert caught.value.sent
    assert caught.value.http is not None
    assert (caught.value.http.attempts, caught.value.http.idempotency_key) == (1, "key_1")


@pytest.mark.parametrize("answer", [OK, failing(404, "not_found")], ids=["success", "not found"])
def test_the_pace_grows_with_whatever_the_api_takes(answer: Any) -> None:
    """Else who asks for what is not there would go at the first pace for ever."""
    first = failing(429, "rate_limit_exceeded", retry_after="0")
    with RawServer(answers(first, answer)) as server:
        with make_client(server.url) as client:
            for _ in range(60):
                try:
                    client.respond(**TURN)
                except errors.NotFoundError:
                    pass
            assert client._requester.connections.paces[client._requester.config.token].rate > 10


class SkippingClock(Clock):
    """The real clock, which freezegun replaces; its waits are only counted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.mark.parametrize("frozen_at", ["1969-01-01", "1970-01-01", "2026-01-01", "2100-01-01"])
@pytest.mark.parametrize("asked", ["1", "60"])
def test_a_refusal_under_a_frozen_clock_makes_no_later_call_wait_longer_than_was_asked(
    asked: str, frozen_at: str
) -> None:
    refused = failing(429, "rate_limit_exceeded", retry_after=asked)
    with RawServer(answers(refused, OK, OK, OK, failing(503, "service_unavailable"), OK, refused, OK)) as server:
        with UniqOS(KEY, base_url=server.url, deadline=100) as client:
            clock = client._requester.clock = SkippingClock()
            with freezegun.freeze_time(frozen_at, ignore=["asyncio", "trio"]):
                for _ in range(3):  # the first is refused once
                    assert (client.respond(**TURN)).response == "Hi!"
            assert max(clock.slept) == float(asked)
            assert sum(clock.slept) <= float(asked) + 1.5
            clock.slept.clear()
            for _ in range(4):  # one of them meets an outage, one is refused again
                assert (client.respond(**TURN)).response == "Hi!"
            assert max(clock.slept) == float(asked)
            assert sum(clock.slept) <= float(asked) + 3.0
    assert len(server.requests) == 10


def test_a_clock_that_is_frozen_in_the_middle_of_a_crowd_holds_nobody_up() -> None:
    with RawServer(answers(REFUSED, REFUSED, OK)) as server:
        with UniqOS(KEY, base_url=server.url) as client:
            clock = client._requester.clock = SkippingClock()
            for frozen in (False, True, False, True, False):
                with freezegun.freeze_time("2030-06-01", ignore=["asyncio", "trio"]) if frozen else nullcontext():
                    client.respond(**TURN)
            assert max(clock.slept) <= 2.0
            assert sum(clock.slept) <= 4.0 + 1.0
    assert len(server.requests) == 7


def test_the_time_of_a_call_is_never_negative_when_the_clock_is_set_back() -> None:
    class SetBack(FakeClock):
        def monotonic(self) -> float:
            self.now -= 100.0
            return self.now

    with RawServer(answers(failing(503, "service_unavailable"), OK, failing(401, "invalid_token"))) as server:
        with make_client(server.url, deadline=50) as client:
            client._requester.clock = SetBack()
            answer = client.respond(**TURN)
            with pytest.raises(errors.AuthenticationError) as caught:
                client.respond(**TURN)
    assert answer.http is not None
    assert caught.value.http is not None
    assert (answer.http.elapsed, caught.value.http.elapsed) == (0.0, 0.0)
