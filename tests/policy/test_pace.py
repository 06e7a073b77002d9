"""The pace of a credential that was refused: pure, with a clock of the test's own."""

from __future__ import annotations

import heapq
import os
import signal
from random import Random

import pytest

from uniqos._policy import pace as _pace
from uniqos._policy.pace import Pace


def test_all_wait_until_the_api_wants_to_hear_of_anybody_and_then_go_one_by_one() -> None:
    pace = Pace(100.0)
    pace.note_refusal(100.0, 99.9, 2.0, 20)
    rate = 20 * 0.95
    assert [pace.reserve(100.0, None) for _ in range(3)] == pytest.approx([102.0, 102.0 + 1 / rate, 102.0 + 2 / rate])
    assert pace.reserve(110.0, None) == 110.0


def test_who_would_be_too_late_takes_nobodys_turn() -> None:
    pace = Pace(100.0)
    pace.note_refusal(100.0, 99.9, 2.0, 20)
    assert pace.reserve(100.0, 101.9) is None
    assert pace.reserve(100.0, 102.0) == 102.0


def test_refusals_of_what_was_on_its_way_together_count_once() -> None:
    pace = Pace(100.0)
    for _ in range(60):
        pace.note_refusal(100.1, 100.0, 1.0, 100)
    assert pace.rate == pytest.approx(95.0)
    pace.note_refusal(102.0, 101.5, 1.0, 100)
    assert pace.rate == pytest.approx(95.0 * 0.7)
    pace.note_refusal(102.1, 101.9, 1.0, 100)
    assert pace.rate == pytest.approx(95.0 * 0.7)


def test_the_latest_wait_of_several_counts() -> None:
    pace = Pace(100.0)
    pace.note_refusal(100.0, 99.0, 5.0, None)
    pace.note_refusal(100.1, 99.0, 1.0, None)
    assert pace.reserve(100.2, None) == 105.0


def test_a_shorter_wait_of_a_later_refusal_does_not_end_a_longer_one() -> None:
    pace = Pace(100.0)
    pace.note_refusal(100.0, 99.0, 30.0, None)
    pace.note_refusal(101.0, 100.5, 1.0, None)
    assert pace.reserve(101.0, None) == 130.0


@pytest.mark.parametrize("limit", [None, 0, -3])
def test_without_a_usable_limit_the_rate_doubles_until_it_is_refused_and_then_grows_slowly(limit: float | None) -> None:
    pace = Pace(0.0)
    pace.note_refusal(0.0, -0.1, 0.0, limit)
    assert pace.rate == 10.0
    answer(pace, 5, 1.0)
    assert pace.rate == 20.0
    answer(pace, 20, 1.9)  # not yet a second later
    assert pace.rate == 20.0
    answer(pace, 1, 2.0)
    assert pace.rate == 40.0
    for _ in range(10):  # a batch that was on its way together counts once
        pace.note_refusal(2.5, 2.4, 0.0, limit)
    assert pace.rate == 40.0  # and may have been chance
    pace.note_refusal(2.7, 2.6, 0.0, limit)
    assert pace.rate == pytest.approx(28.0)
    answer(pace, 20, 2.9)
    answer(pace, 1, 3.1)
    assert pace.rate == pytest.approx(28.0 * 1.05)


def test_a_few_refusals_that_no_pace_prevents_leave_the_rate_as_it_is() -> None:
    pace, random = Pace(0.0), Random(1)
    pace.note_refusal(0.0, -0.1, 0.0, 200)
    for number in range(1, 5000):
        if random.random() < 0.02:
            pace.note_refusal(number / 100, number / 100 - 0.005, 0.0, 200)
        else:
            pace.note_acceptance(number / 100)
    assert pace.rate == pytest.approx(190.0)


def test_a_rate_that_is_not_made_use_of_does_not_grow() -> None:
    pace = Pace(0.0)
    pace.note_refusal(0.0, -0.1, 0.0, None)
    answer(pace, 4, 1.0)
    answer(pace, 9, 3.0)
    assert pace.rate == 10.0


def answer(pace: Pace, count: int, now: float) -> None:
    """``count`` successes, the last of them at ``now``."""
    for _ in range(count - 1):
        pace.note_acceptance(now - 0.1)
    pace.note_acceptance(now)


def test_the_rate_never_falls_to_nothing_nor_grows_above_the_limit() -> None:
    pace = Pace(0.0)
    for second in range(100):
        pace.note_refusal(float(second), second - 0.5, 0.0, 10)
    assert pace.rate == 0.5
    for second in range(100, 106):
        answer(pace, 10, float(second))
    assert pace.rate >= 4.0  # and it does not stay low for long
    for second in range(106, 120):
        answer(pace, 10, float(second))
    assert pace.rate == pytest.approx(9.5)


def test_a_turn_that_was_reserved_before_the_rate_was_cut_is_reserved_anew() -> None:
    pace = Pace(0.0)
    pace.note_refusal(0.0, -0.1, 0.0, 100)
    turns = [pace.reserve(0.0, None) for _ in range(50)]
    cuts = pace.cuts
    pace.note_refusal(0.3, 0.2, 1.0, 100)
    assert turns[-1] is not None
    assert turns[-1] < 1.0
    assert pace.cuts == cuts + 1
    assert pace.first_free(0.3) == pace.reserve(0.3, None) == 1.3


def test_it_is_over_when_nobody_queues_and_the_last_refusal_is_long_ago() -> None:
    pace = Pace(0.0)
    pace.note_refusal(0.0, -1.0, 1.0, 10)
    assert not pace.is_over(9.0)
    assert pace.is_over(11.0)
    assert pace.reserve(10.5, None) == 10.5
    assert not pace.is_over(11.0)
    assert pace.is_over(12.0)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("rate", [20, 60, 150])
def test_a_crowd_of_64_gets_all_done_with_a_tenth_more_requests_at_most(rate: int, told: bool) -> None:
    """Simulated: a token bucket, answers after 30-60 ms, and workers that come back as soon as they may."""
    random, calls, pace = Random(rate), 64 * 20, None
    tokens, filled, asked, done = float(rate), 0.0, 0, 0
    queue: list[tuple[float, int, str, int]] = [(0.0, worker, "send", 0) for worker in range(64)]
    sent: dict[int, float] = {}
    left = calls - 64
    while queue:
        now, worker, what, epoch = heapq.heappop(queue)
        if what == "send":
            if pace is not None and pace.cuts != epoch:
                at = pace.reserve(now, None)
                assert at is not None
                heapq.heappush(queue, (at, worker, "send", pace.cuts))
                continue
            tokens, filled, asked = min(rate, tokens + (now - filled) * rate), now, asked + 1
            answer = "done" if tokens >= 1 else "refused"
            tokens -= answer == "done"
            heapq.heappush(queue, (now + 0.03 + random.random() * 0.03, worker, answer, 0))
            sent[worker] = now
            continue
        earliest = now
        if what == "refused":
            pace = pace or Pace(now)
            pace.note_refusal(now, sent[worker], 1.0, rate if told else None)
            assert pace.budget.spend()
            earliest = now + 1.0
        else:
            done += 1
            if pace is not None:
                pace.note_acceptance(now)
            if not left:
                continue
            left -= 1
        at = pace.reserve(earliest, None) if pace is not None else earliest
        assert at is not None
        heapq.heappush(queue, (at, worker, "send", pace.cuts if pace else 0))
    assert done == calls
    assert asked <= 1.1 * calls


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_is_forked_while_a_thread_reserves_does_not_wait_for_it() -> None:
    pace = Pace(0.0)
    with _pace._lock:
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            os._exit(0 if pace.reserve(0.0, None) == 0.0 else 1)
    assert os.waitpid(child, 0)[1] == 0


JUMPS = {
    "set back by decades": 50 * 365 * 86400.0,
    "set back by a day": 86400.0,
    "set back below zero": 5e9,
    "set back by seconds": 2.0,
    "set forward": -86400.0,
    "set forward by decades": -50 * 365 * 86400.0,
    "left alone": 0.0,
}


@pytest.mark.parametrize("asked", [0.0, 1.0, 60.0])
@pytest.mark.parametrize("by", list(JUMPS.values()), ids=list(JUMPS))
def test_nobody_waits_longer_than_was_asked_for_when_the_clock_jumps(by: float, asked: float) -> None:
    pace = Pace(1000.0)
    pace.note_refusal(1000.0, 999.9, asked, 10)
    now = 1000.0 - by
    for _ in range(5):
        at = pace.reserve(now, None)
        assert at is not None
        assert 0 <= at - now <= asked + 1.0
        now = at
        pace.note_acceptance(now)
    pace.note_refusal(now, now - 0.1, asked, 10)
    at = pace.reserve(now, None)
    assert at is not None
    assert at - now <= asked + 1.0
    assert pace.is_over(at + asked + 100.0)


@pytest.mark.parametrize("asked", [1.0, 60.0])
def test_under_a_frozen_clock_the_wait_is_over_once_it_was_slept(asked: float) -> None:
    frozen = 1.7e9
    pace = Pace(frozen)
    pace.note_refusal(frozen, frozen, asked, None)
    waits = []
    for _ in range(100):
        at = pace.reserve(frozen, None)
        assert at is not None
        waits.append(at - frozen)
        pace.note_sleep(at, frozen)
        pace.note_acceptance(frozen)
    assert waits[0] == asked
    assert max(waits[1:]) <= 0.1 + 0.01  # at the first rate
    assert pace.is_over(frozen + 15.0)


def test_a_clock_that_goes_on_after_a_freeze_is_believed_at_once() -> None:
    pace = Pace(1.7e9)
    pace.note_refusal(1.7e9, 1.7e9, 60.0, None)
    pace.note_time(1000.0)
    assert pace.first_free(1000.0) == pytest.approx(1060.0)
    pace.note_sleep(1060.0, -3.0)
    assert pace.first_free(-3.0) == pytest.approx(-3.0)


def test_a_thread_that_read_the_clock_a_little_earlier_sets_nothing_back() -> None:
    pace = Pace(1000.0)
    pace.note_refusal(1000.0, 999.9, 5.0, 10)
    assert pace.reserve(999.5, None) == 1005.0
    pace.note_sleep(1005.0, 1004.99)  # a sleep may end a little early
    assert pace.first_free(0) == pytest.approx(1005.0 + 1 / 9.5)
