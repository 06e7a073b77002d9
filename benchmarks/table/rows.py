"""Rows of the table in their order, with their limits. A row's case is imported when it runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from ..support.measure import Bench, compare


@dataclass(frozen=True)
class Row:
    """One line of the table: the measurement, its base and its limit."""

    name: str
    what: str
    base: str
    case: str
    """The case, as ``module:function``; ``module:function:argument...`` names a function that returns the case."""
    limit: float | None
    unit: str = ""
    """Unit of the values; empty for ratios to the base."""
    peers: tuple[str, ...] = ("official",)
    """Other SDKs that the row is measured with."""
    rounds: int = 9
    """Largest number of rounds."""

    def measure(self, bench: Bench, rounds: int) -> dict[str, list[float]]:
        """Return the values of each round, by side."""
        module, function, *argument = self.case.split(":")
        case = getattr(import_module(f".{module}", __package__), function)
        with (case(*argument) if argument else case)(bench) as sides:
            return compare(sides, min(rounds, self.rounds), ratio=not self.unit)


_ALL = ("official", "openai", "anthropic")
_SSE = "httpx_sse, json.loads"
_COPIED = "httpx, bytes copied"
_PLAIN = "plain pydantic"
ROWS = (
    Row("sync", "one sync respond, validated", "httpx.Client", "calls:sync_call", 0.62, peers=_ALL),
    Row("async", "one async respond, validated", "httpx.AsyncClient", "calls:async_call", 0.48, peers=_ALL),
    Row("aiohttp", "CPU per call, 64 in flight", "aiohttp", "crowds:beside_aiohttp", 1.5, peers=()),
    Row("gather", "1,000 responds gathered, 50 ms server", "httpx", "crowds:gathered", 1.0, "s"),
    Row("flight", "CPU per call, 1,000 in flight", "10 in flight", "crowds:many_in_flight", 1.2, peers=()),
    Row("threads", "new connections per call, 64 threads", "httpx", "crowds:threads", 0.01, "/call", _ALL, rounds=3),
    Row("tasks", "new connections per call, 100 tasks", "httpx", "crowds:tasks", 0.01, "/call", _ALL, rounds=3),
    Row("tls", "CPU per call, TLS, 64 in flight", "httpx.AsyncClient", "crowds:encrypted", 0.20, peers=_ALL),
    Row("batch", "CPU per record of a batch, 64 in flight", "AsyncUniqOS", "batches:overhead", 1.25, peers=()),
    Row("batch-rate", "3,840 records, 64 in flight, 50 ms", "aiohttp", "batches:rate", 1.0, peers=(), rounds=5),
    Row("batch-threads", "the same calls in 64 threads", "httpx, tuned", "batches:in_threads", 0.5, rounds=3),
    Row("late", "1,000 streams, 10 events/s: end after due", "httpx_sse", "open_streams:lateness", 0.6, "s", rounds=3),
    Row("event", "a streamed event, sync", "iter_raw", "streams:sync_events:paced", 1.35, peers=_ALL),
    Row("async-event", "a streamed event, async", "aiter_raw", "streams:async_events:paced", 0.75, peers=_ALL),
    Row("chunked", "the same, written at once, sync", "iter_raw", "streams:sync_events:chunked", 1.45),
    Row("async-chunked", "the same, written at once, async", "aiter_raw", "streams:async_events:chunked", 1.35),
    Row("burst", "an event among many, sync", _SSE, "streams:beside_httpx_sse:sync:burst", 0.75),
    Row("async-burst", "an event among many, async", _SSE, "streams:beside_httpx_sse:async:burst", 0.70),
    Row("huge", "4 MiB event in 1 KiB chunks", _SSE, "streams:beside_httpx_sse:sync:huge", 5.0),
    Row("pass-json", "a turn through FastAPI, JSON", _COPIED, "services:passed:now", 0.22, peers=(), rounds=5),
    Row(
        "pass-paced", "the same, 40 events 10 ms apart", _COPIED, "services:passed:ticks_40_10", 0.6, peers=(), rounds=5
    ),
    Row("pass-burst", "the same, 40 events at once", _COPIED, "services:passed:turn", 0.4, peers=(), rounds=5),
    Row("decode", "an answer decoded and kept", _PLAIN, "models:decoding", 1.4, peers=()),
    Row("dump", "model_dump_json of an answer", _PLAIN, "models:dumping", 2.0, peers=()),
    Row("kept", "memory of a kept answer", _PLAIN, "models:keeping", 1.2, peers=(), rounds=3),
    Row("import", "import of the SDK", "import httpx, pydantic", "startup:import_only", 0.10, peers=_ALL),
    Row("ready", "import, client, models ready", "httpx, BaseModel", "startup:import_and_ready", 1.35, peers=()),
    Row("client", "second client, made and closed", "httpx.Client", "startup:second_client", 0.01, peers=_ALL),
    Row("memory-calls", "growth over 10,000 calls", "-", "memory:calls", 1.0, "MiB", peers=(), rounds=3),
    Row("memory-clients", "growth over 10,000 clients", "-", "memory:clients", 1.0, "MiB", peers=(), rounds=3),
    Row("memory-events", "growth over 100,000 events", "-", "memory:events", 1.0, "MiB", peers=(), rounds=3),
    Row("download", "100 MB to a file: peak of memory", "httpx .content", "download:peak", 4.0, "MB", rounds=3),
)
