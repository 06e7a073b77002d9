"""Whether memory grows with use: the resident set before and after, where the system tells it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from ..support.clients import sync_clients
from ..support.measure import Bench, Measure, Sided


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
    """MiB by which this process has grown after ``count`` times ``work``; NaN where that cannot be known."""

    def measure() -> float:
        gc.collect()
        before = resident()
        for _ in range(count):
            work()
        gc.collect()
        return resident() - before

    return measure


def resident(process: int | str = "self") -> float:
    """MiB of a process in memory; NaN where the system does not tell."""
    statm = Path(f"/proc/{process}/statm")
    if not statm.exists():
        return float("nan")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
