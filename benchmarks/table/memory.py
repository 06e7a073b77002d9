"""Rows of memory growth: the resident set before and after many calls, clients and events."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import contextmanager

from ..support.clients import sync_clients
from ..support.measure import Bench, Measure, Sided
from ..support.processes import resident


@contextmanager
def calls(bench: Bench) -> Sided:
    body = bench.api.turn("now")
    with sync_clients(bench) as (_, sdk):
        yield {"sdk": _growth(lambda: sdk.respond(**body), bench.sizes.growth)}


@contextmanager
def clients(bench: Bench) -> Sided:
    yield {"sdk": _growth(lambda: bench.api.client(bench.url).close(), bench.sizes.growth)}


@contextmanager
def events(bench: Bench) -> Sided:
    body = {**bench.api.turn("burst"), "stream": True}
    with sync_clients(bench) as (_, sdk):

        def one_stream() -> None:
            for _ in sdk.respond(**body):
                pass

        yield {"sdk": _growth(one_stream, bench.sizes.growth // 50)}


def _growth(work: Callable[[], object], count: int) -> Measure:
    """Return a measure of the MiB by which ``count`` times ``work`` make this process grow."""

    def measure() -> float:
        gc.collect()
        before = resident()
        for _ in range(count):
            work()
        gc.collect()
        return resident() - before

    return measure
