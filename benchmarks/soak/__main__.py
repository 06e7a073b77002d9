"""The command ``python -m benchmarks.soak``: a hundred turns in flight for minutes, with faults at random.

At the end the turns are counted by outcome, and compared with the turns that the server billed.

Memory is printed twice: the process's resident set, and Python's allocated blocks. With threads they differ, since
glibc keeps freed memory for each thread. ``GLIBC_TUNABLES=glibc.malloc.tcache_count=0:glibc.malloc.arena_max=1`` stops
that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import uniqos
from uniqos import AsyncUniqOS, UniqOS

from ..support.processes import open_sockets, resident
from .soak_turns import BELOW_HTTP, GOOD, Accounts, Traffic, turns


@contextmanager
def server_side() -> Generator[tuple[dict[str, str], Any], None, None]:
    """Run the sandbox and its proxies; yield their addresses, and a function that counts billed turns."""
    command = [sys.executable, "-m", "benchmarks.soak.soak_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        where: dict[str, str] = json.loads(process.stdout.readline())

        def billed() -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        try:
            yield where, billed
        finally:
            process.stdin.close()


class Soak:
    """One run: workers that make turns until a time, over one client for each kind of connection."""

    def __init__(self, where: dict[str, str], workers: int, until: float) -> None:
        self.accounts = Accounts()
        self.traffic = Traffic()
        self.memory: list[float] = []
        self.blocks: list[int] = []
        self.busy = 0
        self._where = where
        self._workers = range(workers)
        self._until = until

    async def with_tasks(self) -> None:
        clients = {name: AsyncUniqOS(**self._settings(name)) for name in (GOOD, *BELOW_HTTP)}

        async def work(number: int) -> None:
            plan = turns(self.accounts, number, self._where["personality"], self._until)
            turn = next(plan, None)
            while turn is not None:
                failure = None
                try:
                    answer = clients[turn.connection].respond(**turn.arguments)
                    await (answer.until_done() if "stream" in turn.arguments else answer)
                except Exception as exc:
                    failure = exc
                turn = _next_turn(plan, failure)

        await asyncio.gather(*map(work, self._workers))
        for client in clients.values():
            self.busy += _busy(client)
            await client.aclose()
        await asyncio.sleep(0.1)

    def with_threads(self) -> None:
        clients = {name: UniqOS(**self._settings(name)) for name in (GOOD, *BELOW_HTTP)}

        def work(number: int) -> None:
            plan = turns(self.accounts, number, self._where["personality"], self._until)
            turn = next(plan, None)
            while turn is not None:
                failure = None
                try:
                    answer = clients[turn.connection].respond(**turn.arguments)
                    if "stream" in turn.arguments:
                        answer.until_done()
                except Exception as exc:
                    failure = exc
                turn = _next_turn(plan, failure)

        with ThreadPoolExecutor(len(self._workers)) as threads:
            list(threads.map(work, self._workers))
        for client in clients.values():
            self.busy += _busy(client)
            client.close()

    @contextmanager
    def watching_memory(self) -> Generator[None, None, None]:
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(1):
                self.memory.append(resident())
                self.blocks.append(sys.getallocatedblocks())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def report(self, billed: int, seconds: float) -> bool:
        """Print the counts; return whether they add up and nothing is left open."""
        outcomes, traffic = self.accounts.outcomes, self.traffic
        expected = outcomes["answered"] + outcomes["broken on purpose, billed once"]
        sockets = open_sockets()
        print(f"{sum(outcomes.values())} turns in {seconds:.0f} s: {dict(outcomes)}")
        print(f"{traffic.calls} calls, {traffic.attempts} attempts, {traffic.open} not ended")
        print(f"errors by code: {dict(self.accounts.codes.most_common())}; others: {self.accounts.foreign[:3]}")
        print(f"billed {billed}, answered or broken after their start {expected}")
        print(f"connections busy at the end {self.busy}; sockets open after closing {sockets}")
        print("memory, MiB, by tenths of the time:", *(f"{value:.1f}" for value in _tenths(self.memory)))
        print("blocks, thousands, by tenths of the time:", *(f"{value / 1000:.1f}" for value in _tenths(self.blocks)))
        unsettled = self.busy or sockets or traffic.open or self.accounts.foreign or outcomes["lost"]
        return not unsettled and billed == expected

    def _settings(self, name: str) -> dict[str, Any]:
        return {
            "api_key": self._where["key"],
            "base_url": self._where[name],
            "log_level": "silent",
            "observer": self.traffic,
            "timeout": 10.0 if name == GOOD else 2.0,
            "max_retries": 2,
        }


def _tenths(values: Sequence[float]) -> list[float]:
    """Return the median of each tenth of a series."""
    steps = max(1, len(values) // 10)
    return [statistics.median(values[at : at + steps]) for at in range(0, len(values), steps)][:10]


def _next_turn(plan: Generator[Any, Exception | None, None], failure: Exception | None) -> Any:
    """Return the next turn of a worker; None at the end."""
    try:
        return plan.send(failure)
    except StopIteration:
        return None


def _busy(client: UniqOS | AsyncUniqOS) -> int:
    pools: Any = client._requester.connections._pools
    return sum(pool.busy for pool in pools._values.values())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=10, help="duration")
    parser.add_argument("--in-flight", type=int, default=100, help="turns at once")
    parser.add_argument("--threads", action="store_true", help="use the sync client instead of the async one")
    options = parser.parse_args()
    print(f"uniqos {uniqos.__version__}, {'threads' if options.threads else 'tasks'}: {options.in_flight} in flight")
    with server_side() as (where, billed):
        began = time.monotonic()
        soak = Soak(where, options.in_flight, began + options.minutes * 60)
        with soak.watching_memory():
            if options.threads:
                soak.with_threads()
            else:
                asyncio.run(soak.with_tasks())
        is_settled = soak.report(billed(), time.monotonic() - began)
    sys.exit(0 if is_settled else 1)


if __name__ == "__main__":
    main()
