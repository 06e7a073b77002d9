"""Measurement of a row: its sides alternate, round by round."""

from __future__ import annotations

import gc
import json
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from .apis import APIS, Api

Measure = Callable[[], float]
Sides = dict[str, Measure]
"""Measures by side: ``base``, ``sdk`` and maybe others."""

SLOW_SECONDS = 5.0


@dataclass(frozen=True)
class Sizes:
    """Amounts of work of one measurement."""

    calls: int = 400
    events: int = 500
    streams: int = 2
    huge: int = 4 * 1024 * 1024
    children: int = 2
    clients: int = 50
    crowd: int = 1000
    workers: tuple[int, int] = (64, 100)
    calls_each: int = 20
    growth: int = 10_000
    encrypted: int = 64
    open_streams: int = 1000
    ticks: int = 20
    download: int = 100_000_000
    answers: int = 2000
    browsers: int = 32
    turns: int = 6


QUICK = Sizes(5, 10, 1, 32 * 1024, 1, 2, 10, (3, 3), 3, 20, 3, 5, 3, 1_000_000, 20, 2, 2)


@dataclass(frozen=True)
class Bench:
    """Context of a row's measurement: the server's URLs, the amounts of work, the SDK, and a list for notes."""

    url: str
    tls_url: str
    sizes: Sizes
    api: Api = APIS["uniqos"]
    notes: list[str] = field(default_factory=list)
    _asked: list[None] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        """URL to which the base sends the SDK's calls."""
        return f"{self.url}{self.api.path}"

    def connections(self) -> int:
        """Return how many connections the server has accepted, without those of this method."""
        with urllib.request.urlopen(f"{self.url}/") as answer:
            accepted: int = json.load(answer)["connections"]
        self._asked.append(None)
        return accepted - len(self._asked)


Case = Callable[[Bench], AbstractContextManager[Sides]]
Sided = Generator[Sides, None, None]


def cpu(work: Callable[[], object], count: int = 1, per: int = 1) -> Measure:
    """Return a measure of this process's CPU seconds per piece, for ``count`` times ``work`` of ``per`` pieces each."""

    def measure() -> float:
        gc.collect()
        start = time.process_time()
        for _ in range(count):
            work()
        return (time.process_time() - start) / (count * per)

    return measure


def compare(sides: Sides, rounds: int, *, ratio: bool) -> dict[str, list[float]]:
    """Return the sides' values of each round; with ``ratio`` as ratios to ``base`` of the same round.

    All sides are warmed up first. A side that takes longer than ``SLOW_SECONDS`` is measured once only.
    """
    fixed: dict[str, float] = {}
    for name, measure in sides.items():
        start = time.perf_counter()
        value = measure()
        if time.perf_counter() - start > SLOW_SECONDS:
            fixed[name] = value
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        values = {name: fixed[name] if name in fixed else sides[name]() for name in order}
        for name, value in values.items():
            found[name].append(value / values["base"] if ratio else value)
    return found
