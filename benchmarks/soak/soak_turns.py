"""Turns of the soak and the count of their outcomes, without I/O, for tasks and threads alike.

A call ends with its answer or with a typed error. A call that was lost on its way is repeated with its idempotency key
over a good connection, which must answer it. So at the end every billed turn has been delivered to a caller.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Generator
from typing import Any, NamedTuple

from uniqos import NetworkError, Observer, UniqOSError

GOOD = "url"
BELOW_HTTP = ("reset_before_request", "reset_after_request", "drip", "drop_mid_body", "cut_keep_alive", "garbage")
_FIRST_REFUSED = ("service_unavailable", "rate_limit_exceeded", "internal_error", "upstream_llm_error")
_REFUSED = ("authentication_error", "permission_denied", "quota_exhausted", "turn_timeout", "conflict", "not_found")
_ODD = ("guardrail", "unknown_event", "done", "ping", "bom", "crlf_split")
_BROKEN = ("drop_after:1", "no_completion", "malformed_frame", "stall:1")
_AGAIN = 5


class Turn(NamedTuple):
    """One call to make."""

    connection: str
    """Name of the connection: ``GOOD``, or one of ``BELOW_HTTP``."""
    arguments: dict[str, Any]
    """Arguments of ``respond``."""


class Traffic(Observer):
    """Observer that counts calls and attempts."""

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
    """Counts of outcomes. Their memory does not grow with the number of turns."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.foreign: list[str] = []
        self._lock = threading.Lock()

    def settle(self, mark: str, error: Exception | None) -> bool:
        """Count the outcome of a turn; return False if the turn must be repeated with its key."""
        with self._lock:
            return self._settle(mark, error)

    def lose(self) -> None:
        """Count a turn that was repeated ``_AGAIN`` times and never answered."""
        with self._lock:
            self.outcomes["lost"] += 1

    def _settle(self, mark: str, error: Exception | None) -> bool:
        if error is None:
            self.outcomes["answered"] += 1
            return True
        if not isinstance(error, UniqOSError):
            self.foreign.append(f"{type(error).__name__}: {error}"[:200])
            return False
        self.codes[error.code] += 1
        if "stream=" in mark and error.code in ("stream_interrupted", "invalid_response"):
            self.outcomes["broken on purpose, billed once"] += 1
            return True
        if "error=" in mark and "times=" not in mark and not isinstance(error, NetworkError):
            self.outcomes["refused, not billed"] += 1
            return True
        return False


def turns(accounts: Accounts, worker: int, personality: str, until: float) -> Generator[Turn, Exception | None, None]:
    """Plan the work of one worker: yield each call to make, and receive its error, or None."""
    chance, count = random.Random(worker), 0
    while time.monotonic() < until:
        count += 1
        connection, mark, streamed = _draw(chance)
        arguments: dict[str, Any] = {
            "personality_id": personality,
            "message": f"{mark} {worker} {count}".strip(),
            "idempotency_key": f"soak-{worker}-{count}",
        }
        if streamed:
            arguments["stream"] = True
        settled = accounts.settle(
            mark, (yield Turn(connection, {**arguments, **({"timeout": 1.0} if streamed else {})}))
        )
        for _ in range(_AGAIN):
            if settled:
                break
            settled = accounts.settle(mark, (yield Turn(GOOD, arguments)))
        if not settled:
            accounts.lose()


def _draw(chance: random.Random) -> tuple[str, str, bool]:
    """Draw the next turn: its connection, the mark in its message, and whether it is streamed."""
    streamed = chance.random() < 0.3
    kind = chance.random()
    if kind < 0.70:
        return GOOD, "", streamed
    if kind < 0.80:
        return chance.choice(BELOW_HTTP), "", streamed
    if kind < 0.88:
        return GOOD, f"[[uniqos:error={chance.choice(_FIRST_REFUSED)};times=1;retry_after=0]]", streamed
    if kind < 0.92:
        return GOOD, f"[[uniqos:error={chance.choice(_REFUSED)}]]", streamed
    if kind < 0.97:
        return GOOD, f"[[uniqos:stream={chance.choice(_ODD)}]]", True
    return GOOD, f"[[uniqos:stream={chance.choice(_BROKEN)}]]", True
