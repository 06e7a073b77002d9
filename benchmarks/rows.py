"""The rows of the table, in order, and their limits. No case is imported before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from .measure import Bench, compare


@dataclass(frozen=True)
class Row:
    """One line of the table: what is measured, beside what, and how much it may be."""

    name: str
    what: str
    base: str
    case: str
    """``module:function``, or ``module:function:argument...`` of a function that makes one."""
    limit: float | None
    unit: str = ""
    """Empty: a ratio to the base."""
    peers: tuple[str, ...] = ("official",)
    """Which other SDKs it is measured with."""
    part: bool = False
    """The limit is a part of the official SDK's value."""
    rounds: int = 9
    """At most."""

    def measure(self, bench: Bench, rounds: int) -> dict[str, list[float]]:
        """Values by side and round."""
        module, function, *argument = self.case.split(":")
        case = getattr(import_module(f".{module}", __package__), function)
        with (case(*argument) if argument else case)(bench) as sides:
            return compare(sides, min(rounds, self.rounds), ratio=not self.unit)


_ALL = ("official", "openai", "anthropic")
_SSE = "httpx_sse, json.loads"
ROWS = (
    Row("sync", "one sync respond, validated", "httpx.Client", "calls:sync_call", 0.75, peers=_ALL),
    Row("async", "one async respond, validated", "httpx.AsyncClient", "calls:async_call", 0.60, peers=_ALL),
    Row("gather", "1,000 responds gathered, 50 ms server", "httpx", "crowds:gathered", 1.5, "s"),
    Row("flight", "CPU per call, 1,000 in flight", "10 in flight", "crowds:many_in_flight", 1.3, peers=()),
    Row("threads", "new connections per call, 64 threads", "httpx", "crowds:threads", 0.02, "/call", _ALL, rounds=3),
    Row("tasks", "new connections per call, 100 tasks", "httpx", "crowds:tasks", 0.02, "/call", _ALL, rounds=3),
    Row("tls", "CPU per call, TLS, 64 in flight", "httpx.AsyncClient", "crowds:encrypted", 0.25, peers=_ALL, part=True),
    Row("late", "1,000 streams, 10 events/s: end after due", "httpx_sse", "open_streams:lateness", 1.0, "s", rounds=3),
    Row("event", "a streamed event, sync", "iter_raw", "streams:sync_events:paced", 1.75, peers=_ALL),
    Row("async-event", "a streamed event, async", "aiter_raw", "streams:async_events:paced", 1.75, peers=_ALL),
    Row("chunked", "the same, written at once, sync", "iter_raw", "streams:sync_events:chunked", 1.75),
    Row("async-chunked", "the same, written at once, async", "aiter_raw", "streams:async_events:chunked", 1.75),
    Row("burst", "an event among many, sync", _SSE, "streams:beside_httpx_sse:sync:burst", 0.7, part=True),
    Row("async-burst", "an event among many, async", _SSE, "streams:beside_httpx_sse:async:burst", 0.7, part=True),
    Row("huge", "4 MiB event in 1 KiB chunks", _SSE, "streams:beside_httpx_sse:sync:huge", 5.0),
    Row("import", "import of the SDK", "import httpx, pydantic", "startup:import_only", 1.05, peers=_ALL),
    Row("ready", "import, client, models ready", "httpx, BaseModel", "startup:import_and_ready", 1.4, peers=()),
    Row("client", "second client, made and closed", "httpx.Client", "startup:second_client", 0.02, peers=_ALL),
    Row("memory-calls", "growth over 10,000 calls", "-", "memory:calls", 1.0, "MiB", peers=(), rounds=3),
    Row("memory-clients", "growth over 10,000 clients", "-", "memory:clients", 1.0, "MiB", peers=(), rounds=3),
    Row("memory-events", "growth over 100,000 events", "-", "memory:events", 1.0, "MiB", peers=(), rounds=3),
    Row("download", "100 MB to a file: peak of memory", "httpx .content", "download:peak", 8.0, "MB", rounds=3),
)
