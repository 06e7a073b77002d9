"""The command ``python -m benchmarks.soak.crossing``: whether each call gets its own answer from a faulty server.

Each answer carries the number of its call. After one answer in ten the server sends more than it was asked for: the
answer again, another answer, or a single byte, at once or a little later. The answers before it have a length, chunks,
both, a 204, an error, early hints, or the end of a stream. A whole answer is never sent late: no client could tell it
from the answer to its next request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ClassVar

from uniqos import AsyncUniqOS, NotFoundError, UniqOS, UniqOSError

from ..support.answers import STREAM_HEAD, chunks, event, turn_events
from ..support.apis import KEY
from ..support.environments import ROOT
from ..support.surroundings import allow_many

OPERATIONS = ("respond", "stream", "end_user", "webhook")
FAULTS = ("twice", "stray", "byte", "late_byte", "hints", "refused", "both_lengths")
STRAY = "an answer to no call"
_LATE_SECONDS = 0.002
_PART = 0.1

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_NUMBER = re.compile(rb'(?:"message": ?"|/end-users/|/webhooks/)(\d+)')


def operation_of(number: int) -> str:
    return OPERATIONS[number % len(OPERATIONS)]


# The server.


class Server(asyncio.Protocol):
    """One connection of the server."""

    counts: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.counts["connections"] += 1
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.buffer, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < stop:
                return
            request, self.buffer = self.buffer[:stop], self.buffer[stop:]
            self.answer(request)

    def answer(self, request: bytes) -> None:
        found = _NUMBER.search(request)
        assert found, request
        number = int(found[1])
        chance = random.Random(number)
        fault = chance.choice(FAULTS) if chance.random() < _PART else "none"
        self.counts["calls"] += 1
        self.counts[fault] += 1
        before, answer, behind = faulty(fault, number, chance.random() < 0.5)
        self.write(before + answer + behind)
        if fault == "late_byte":
            asyncio.get_running_loop().call_later(_LATE_SECONDS, self.write, b"X")

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)


def faulty(fault: str, number: int, chunked: bool) -> tuple[bytes, bytes, bytes]:
    """Return the bytes before the answer to a call, the answer, and the bytes behind it."""
    answer = refusal(number) if fault == "refused" else answer_to(number, chunked, both=fault == "both_lengths")
    before = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" if fault == "hints" else b""
    behind = {"none": b"", "late_byte": b"", "byte": b"X", "twice": answer}
    return before, answer, behind.get(fault, _json({"response": STRAY, "user_id": STRAY}, chunked))


def answer_to(number: int, chunked: bool, *, both: bool = False) -> bytes:
    operation = operation_of(number)
    if operation == "webhook":
        return b"HTTP/1.1 204 No Content\r\n\r\n"
    if operation == "stream":
        first, *_, last = turn_events([])
        return b"".join([STREAM_HEAD, *chunks([first, event({"type": "text", "delta": str(number)}), last, b""])])
    return _json({"response": str(number)} if operation == "respond" else {"user_id": str(number)}, chunked, both=both)


def refusal(number: int) -> bytes:
    content = json.dumps({"error": {"code": "not_found", "message": str(number)}}).encode()
    return b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


def _json(value: object, chunked: bool, *, both: bool = False) -> bytes:
    content = json.dumps(value).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    if not chunked or both:
        head += b"Content-Length: %d\r\n" % len(content)
    if not chunked and not both:
        return head + b"\r\n" + content
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(chunks([content, b""]))


async def serve() -> None:
    """Print the port, then the counts for each line on standard input."""
    allow_many()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    lines: Iterator[str] = iter(sys.stdin.readline, "")
    while await loop.run_in_executor(None, next, lines, None) is not None:
        print(json.dumps(Server.counts), flush=True)


@contextmanager
def running_server() -> Generator[tuple[str, Callable[[], dict[str, int]]], None, None]:
    """Run the server; yield its URL, and a function that asks it for its counts."""
    command = [sys.executable, "-m", f"{__package__}.crossing", "--serve"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:

        def counts() -> dict[str, int]:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            found: dict[str, int] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return found

        yield f"http://127.0.0.1:{int(process.stdout.readline())}", counts  # type: ignore[union-attr]


# The callers.


class Ledger:
    """Outcomes of the calls: a right answer, a wrong answer, an error of the SDK, or a foreign exception."""

    def __init__(self) -> None:
        self.right = 0
        self.wrong: list[str] = []
        self.errors: Counter[str] = Counter()
        self.foreign: list[str] = []
        self._lock = threading.Lock()

    def enter(self, number: int, told: str | None, error: Exception | None = None) -> None:
        """Count the end of a call: ``told`` is the number in its answer, ``error`` its failure."""
        code = error.code if isinstance(error, UniqOSError) else ""
        if isinstance(error, NotFoundError):
            told = error.message
        # The server sends no broken answer, so an unreadable one is mixed with the answer to another call.
        crossed = code in ("invalid_response", "undecodable_response") or (told is not None and told != str(number))
        with self._lock:
            if crossed:
                self.wrong.append(f"call {number} ({operation_of(number)}) got {told or code}")
            elif code:
                self.errors[code] += 1
            elif error is not None:
                self.foreign.append(f"{type(error).__name__}: {error}")
            else:
                self.right += 1

    @property
    def calls(self) -> int:
        """Number of calls that have ended."""
        return self.right + len(self.wrong) + sum(self.errors.values()) + len(self.foreign)


def with_threads(url: str, numbers: range, threads: int, ledger: Ledger) -> None:
    def call(client: UniqOS, number: int) -> str:
        operation, name = operation_of(number), str(number)
        if operation == "end_user":
            return client.end_users.get(name).user_id
        if operation == "webhook":
            return str(client.webhooks.disable(name).to_dict() or name)  # a 204 holds nothing
        if operation == "stream":
            return client.respond(personality_id="p", message=name, stream=True).until_done().text
        return client.respond(personality_id="p", message=name).response

    def work(first: int) -> None:
        for number in numbers[first::threads]:
            try:
                ledger.enter(number, call(client, number))
            except Exception as exc:
                ledger.enter(number, None, exc)

    with UniqOS(KEY, base_url=url, log_level="silent") as client, ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))


async def with_tasks(url: str, numbers: range, tasks: int, ledger: Ledger) -> None:
    async def call(client: AsyncUniqOS, number: int) -> str:
        operation, name = operation_of(number), str(number)
        if operation == "end_user":
            return (await client.end_users.get(name)).user_id
        if operation == "webhook":
            return str((await client.webhooks.disable(name)).to_dict() or name)
        if operation == "stream":
            return (await client.respond(personality_id="p", message=name, stream=True).until_done()).text
        return (await client.respond(personality_id="p", message=name)).response

    async def work(first: int) -> None:
        for number in numbers[first::tasks]:
            try:
                ledger.enter(number, await call(client, number))
            except Exception as exc:
                ledger.enter(number, None, exc)

    async with AsyncUniqOS(KEY, base_url=url, log_level="silent") as client:
        await asyncio.gather(*map(work, range(tasks)))


def crossing(calls: int, threads: int, tasks: int) -> tuple[Ledger, dict[str, int]]:
    """Make half of the calls with threads and half with tasks; return their outcomes and the server's counts."""
    ledger = Ledger()
    with running_server() as (url, counts):
        with_threads(url, range(calls // 2), threads, ledger)
        asyncio.run(with_tasks(url, range(calls // 2, calls), tasks, ledger))
        return ledger, counts()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak.crossing")
    parser.add_argument("--calls", type=int, default=100_000, help="half by threads, half by tasks")
    parser.add_argument("--threads", type=int, default=32, help="threads of the sync client")
    parser.add_argument("--tasks", type=int, default=500, help="tasks of the async client")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    start = time.monotonic()
    ledger, counts = crossing(options.calls, options.threads, options.tasks)
    print(
        f"{ledger.calls} calls in {time.monotonic() - start:.0f} s: {ledger.right} right answers, {len(ledger.wrong)} "
        f"wrong ones, errors {dict(ledger.errors)}, foreign exceptions {len(ledger.foreign)}"
    )
    print(f"the server: {counts}")
    for line in [*ledger.wrong[:5], *ledger.foreign[:5]]:
        print(line)
    sys.exit(0 if not ledger.wrong and not ledger.foreign and ledger.calls == options.calls else 1)


if __name__ == "__main__":
    main()
