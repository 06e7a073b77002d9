# Generated from _async/support.py by python -m uniqos._generate. Do not edit.
"""What the tests of the clients share: a client on a raw server, and a clock that does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uniqos import UniqOS
from uniqos._network.threads import Clock

if TYPE_CHECKING:
    from uniqos.sandbox import Sandbox

KEY = "uniq_test_abcd1234"
TURN = {"personality_id": "pers_1", "message": "Hello!"}


class FakeClock(Clock):
    """Waits by counting; its random numbers are all one half."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def random(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def make_client(url: str, **options: Any) -> UniqOS:
    """A client whose waits are only counted, in ``slept(client)``."""
    client = UniqOS(KEY, base_url=url, **options)
    client._requester.clock = FakeClock()
    return client


def client_of(sandbox: Sandbox, *, fake_clock: bool = True, **options: Any) -> UniqOS:
    """A client of a sandbox, by default one whose waits are only counted."""
    key = {} if "access_token" in options else {"api_key": sandbox.api_key}
    client = UniqOS(**{"base_url": sandbox.url, **key, **options})
    if fake_clock:
        client._requester.clock = FakeClock()
    return client


def slept(client: UniqOS) -> list[float]:
    """How long the client waited between its attempts, in seconds."""
    clock = client._requester.clock
    assert isinstance(clock, FakeClock)
    return clock.slept
