"""``python -m benchmarks.soak``: turns at a hundred in flight for minutes, with faults at random, and the accounts.

A call ends with its answer or with a typed error. One that was lost on the way is made again with its key over a good
connection, and then has to be answered; so in the end every turn that was billed is one that somebody has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uniqos
from uniqos import AsyncUniqOS, NetworkError, Observer, UniqOS, UniqOSError

from .memory import resident

BELOW_HTTP = ("reset_before_request", "reset_after_request", "drip", "drop_mid_body", "cut_keep_alive", "garbage")
FIRST_REFUSED = ("service_unavailable", "rate_limit_exceeded", "internal_error", "upstream_llm_error")
REFUSED = ("authentication_error", "permission_denied", "quota_exhausted", "turn_timeout", "conflict", "not_found")
ODD = ("guardrail", "unknown_event", "done", "ping", "bom", "crlf_split")
BROKEN = ("drop_after:1", "no_completion", "malformed_frame", "stall:1")


class Traffic(Observer):
    """Counts calls and attempts."""

    def __init__(self) -> None:
        self.calls = self.attempts = self.open = 0

    def call_started(self, event: object) -> None:
        self.calls += 1
        self.open += 1

    def attempt_started(self, event: object) -> None:
        self.attempts += 1

    def call_ended(self, event: object) -> None:
        self.open -= 1


class Accounts:
    """What was asked, and what became of it. Nothing here grows with the number of turns."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.foreign: list[str] = []
        self.memory: list[float] = []

    @property
    def turns(self) -> int:
        return sum(self.outcomes.values())

    def failed(self, error: BaseException) -> None:
        if isinstance(error, UniqOSError):
            self.codes[error.code] += 1
        else:
            self.foreign.append(f"{type(error).__name__}: {error}"[:200])


def draw(chance: random.Random) -> tuple[str, str, bool]:
    """Where to send the next turn, the mark in its message, and whether it is streamed."""
    streamed = chance.random() < 0.3
    kind = chance.random()
    if kind < 0.70:
        return "url", "", streamed
    if kind < 0.80:
        return chance.choice(BELOW_HTTP), "", streamed
    if kind < 0.88:
        return "url", f"[[uniqos:error={chance.choice(FIRST_REFUSED)};times=1;retry_after=0]]", streamed
    if kind < 0.92:
        return "url", f"[[uniqos:error={chance.choice(REFUSED)}]]", streamed
    if kind < 0.97:
        return "url", f"[[uniqos:stream={chance.choice(ODD)}]]", True
    return "url", f"[[uniqos:stream={chance.choice(BROKEN)}]]", True


@contextmanager
def other_side() -> Generator[tuple[dict[str, str], Any], None, None]:
    """The addresses of the sandbox and its proxies, and a function that tells how many turns were billed."""
    command = [sys.executable, "-m", "benchmarks.soak_server"]
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


def settings(where: dict[str, str], name: str, traffic: Traffic) -> dict[str, Any]:
    patience = 10.0 if name == "url" else 2.0
    return {
        "api_key": where["key"],
        "base_url": where[name],
        "log_level": "silent",
        "observer": traffic,
        "timeout": patience,
        "max_retries": 2,
    }


def judge(accounts: Accounts, mark: str, streamed: bool, error: BaseException | None) -> bool:
    """Enter what became of a turn; True where it is to be made again with its key."""
    if error is None:
        accounts.outcomes["answered"] += 1
        return False
    accounts.failed(error)
    opened = isinstance(error, UniqOSError) and error.code in ("stream_interrupted", "invalid_response")
    if "stream=" in mark and opened:
        accounts.outcomes["broken on purpose, billed once"] += 1
    elif "error=" in mark and not isinstance(error, NetworkError) and "times=" not in mark:
        accounts.outcomes["refused, not billed"] += 1
    else:
        return True
    return False


async def with_tasks(where: dict[str, str], traffic: Traffic, accounts: Accounts, until: float, workers: int) -> None:
    clients = {name: AsyncUniqOS(**settings(where, name, traffic)) for name in ("url", *BELOW_HTTP)}

    async def turn(client: AsyncUniqOS, body: dict[str, Any], streamed: bool, key: str, patience: float) -> None:
        if streamed:
            await client.respond(**body, stream=True, idempotency_key=key, timeout=patience).until_done()
        else:
            await client.respond(**body, idempotency_key=key)

    async def work(number: int) -> None:
        chance, count = random.Random(number), 0
        while time.monotonic() < until:
            count += 1
            name, mark, streamed = draw(chance)
            body = {"personality_id": where["personality"], "message": f"{mark} {number} {count}".strip()}
            key, failure = f"soak-{number}-{count}", None
            for client, patience in ((clients[name], 1.0), *[(clients["url"], 10.0)] * 5):
                failure = None
                try:
                    await turn(client, body, streamed, key, patience)
                except Exception as exc:
                    failure = exc
                if not judge(accounts, mark, streamed, failure):
                    break
            else:
                accounts.outcomes["lost"] += 1

    await asyncio.gather(watch_memory(accounts, until), *map(work, range(workers)))
    for client in clients.values():
        pool = next(iter(client._requester.connections._pools._values.values()), None)
        accounts.outcomes["connections still busy"] += getattr(pool, "busy", 0)
        await client.aclose()
    await asyncio.sleep(0.1)


async def watch_memory(accounts: Accounts, until: float) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(1)
        accounts.memory.append(resident() / 2**20)


def with_threads(where: dict[str, str], traffic: Traffic, accounts: Accounts, until: float, workers: int) -> None:
    clients = {name: UniqOS(**settings(where, name, traffic)) for name in ("url", *BELOW_HTTP)}

    def turn(client: UniqOS, body: dict[str, Any], streamed: bool, key: str, patience: float) -> None:
        if streamed:
            client.respond(**body, stream=True, idempotency_key=key, timeout=patience).until_done()
        else:
            client.respond(**body, idempotency_key=key)

    lock = threading.Lock()

    def work(number: int) -> None:
        chance, count = random.Random(number), 0
        while time.monotonic() < until:
            count += 1
            name, mark, streamed = draw(chance)
            body = {"personality_id": where["personality"], "message": f"{mark} {number} {count}".strip()}
            key, failure = f"soak-{number}-{count}", None
            for client, patience in ((clients[name], 1.0), *[(clients["url"], 10.0)] * 5):
                failure = None
                try:
                    turn(client, body, streamed, key, patience)
                except Exception as exc:
                    failure = exc
                with lock:
                    again = judge(accounts, mark, streamed, failure)
                if not again:
                    break
            else:
                with lock:
                    accounts.outcomes["lost"] += 1

    with ThreadPoolExecutor(workers) as threads:
        done = [threads.submit(work, number) for number in range(workers)]
        while time.monotonic() < until:
            time.sleep(1)
            accounts.memory.append(resident() / 2**20)
        for one in done:
            one.result()
    for client in clients.values():
        pool = next(iter(client._requester.connections._pools._values.values()), None)
        accounts.outcomes["connections still busy"] += getattr(pool, "busy", 0)
        client.close()


def report(accounts: Accounts, traffic: Traffic, billed: int, seconds: float) -> bool:
    """Print the accounts; whether they add up."""
    busy = accounts.outcomes.pop("connections still busy", 0)
    expected = accounts.outcomes["answered"] + accounts.outcomes["broken on purpose, billed once"]
    folder = Path("/proc/self/fd")
    sockets = sum("socket" in os.path.realpath(fd) for fd in folder.iterdir()) if folder.exists() else 0
    print(f"{accounts.turns} turns in {seconds:.0f} s: {dict(accounts.outcomes)}")
    print(f"{traffic.calls} calls, {traffic.attempts} attempts, {traffic.open} not ended")
    print(f"errors by code: {dict(accounts.codes.most_common())}; foreign exceptions: {accounts.foreign[:3]}")
    print(f"billed {billed}, answered or broken after they had begun {expected}")
    print(f"connections busy at the end {busy}; sockets open after closing {sockets}")
    steps = max(1, len(accounts.memory) // 10)
    tenths = [sorted(accounts.memory[at : at + steps]) for at in range(0, len(accounts.memory), steps)][:10]
    series = [tenth[len(tenth) // 2] for tenth in tenths]
    print("memory, MiB, by tenths of the time: " + " ".join(f"{value:.1f}" for value in series))
    return not (busy or sockets or traffic.open or accounts.foreign or accounts.outcomes["lost"] or billed != expected)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--threads", action="store_true", help="the sync client instead of the async one")
    options = parser.parse_args()
    print(f"uniqos {uniqos.__version__}, {'threads' if options.threads else 'tasks'}: {options.in_flight} in flight")
    accounts, traffic = Accounts(), Traffic()
    with other_side() as (where, billed):
        began = time.monotonic()
        until = began + options.minutes * 60
        if options.threads:
            with_threads(where, traffic, accounts, until, options.in_flight)
        else:
            asyncio.run(with_tasks(where, traffic, accounts, until, options.in_flight))
        well = report(accounts, traffic, billed(), time.monotonic() - began)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
