"""The turns of a conversation: sending, the outcome and the cost of each, and the repetition of one that failed.

Nothing here prints: the caller shows the pieces as they arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal
from uuid import uuid4

import uniqos

from ... import errors
from ..._policy.effect import may_have_run
from ...api.engine import EmotionalState
from ...api.stream_events import StreamEventMetadata, StreamEventText, StreamUsage
from .transcript import Transcript

Mode = Literal["stateless", "stateful"]
Status = Literal["sent", "completed", "interrupted", "failed"]
Cost = Literal["billed", "not billed", "perhaps billed"]


@dataclass
class Exchange:
    """One message and its answer."""

    message: str
    idempotency_key: str
    at: str
    status: Status = "sent"
    cost: Cost = "perhaps billed"
    text: str = ""
    state: EmotionalState | None = None
    interaction_id: str | None = None
    usage: StreamUsage | None = None
    latency_ms: int | None = None
    error: errors.UniqOSError | None = None

    @property
    def turns_consumed(self) -> int | None:
        """The turns that the API says the answer cost; None if it does not say."""
        return self.usage.turns_consumed if self.usage else None

    def record(self) -> dict[str, Any]:
        """Return the exchange as JSON, for a transcript."""
        error = self.error and {
            "code": self.error.code,
            "message": self.error.message,
            "request_id": self.error.request_id,
        }
        return {
            "type": "turn",
            "at": self.at,
            "message": self.message,
            "response": self.text,
            "status": self.status,
            "cost": self.cost,
            "inferred_emotional_state": self.state.to_dict() if self.state else None,
            "interaction_id": self.interaction_id,
            "usage": self.usage.to_dict() if self.usage else None,
            "latency_ms": self.latency_ms,
            "idempotency_key": self.idempotency_key,
            "error": error,
        }


@dataclass
class Conversation:
    """A personality and a user who talk, over one client."""

    client: uniqos.UniqOS
    personality_id: str
    user_id: str | None
    mode: Mode
    transcript: Transcript
    exchanges: list[Exchange] = field(default_factory=list)
    """The exchanges of this run, and before them an unfinished one of the transcript."""
    earlier_valences: list[float | None] = field(default_factory=list)
    """The valence of each turn that the transcript held before this run."""

    @property
    def valences(self) -> list[float | None]:
        """The valence of each turn with an emotion, the oldest first."""
        known = [exchange.state.valence for exchange in self.exchanges if exchange.state is not None]
        return [*self.earlier_valences, *known]

    @property
    def last(self) -> Exchange | None:
        """The latest exchange; None before the first."""
        return self.exchanges[-1] if self.exchanges else None

    def ask(
        self,
        message: str,
        on_emotion: Callable[[EmotionalState | None], None],
        on_text: Callable[[str], None],
        *,
        key: str | None = None,
    ) -> Exchange:
        """Send a message, and return the exchange once the answer is complete.

        Args:
            message: The text of the user.
            on_emotion: A function that is called with the emotion, which comes before the text.
            on_text: A function that is called with each piece of the answer.
            key: The idempotency key of the exchange that this one repeats; None for a new turn.

        Raises:
            UniqOSError: The turn failed. The exchange is kept as the last one, and says what it may have cost.
            KeyboardInterrupt: The user stopped the answer. The same is kept.
        """
        exchange = Exchange(message, key or str(uuid4()), now())
        # The transcript has the key before the API has the message, so that even a killed program can resume the turn.
        self.transcript.begin(exchange.message, exchange.idempotency_key, exchange.at, self._names())
        repeated = self.exchanges.pop() if self.last is not None and self.last.idempotency_key == key else None
        self.exchanges.append(exchange)
        try:
            self._run(exchange, on_emotion, on_text)
        except errors.UniqOSError as exc:
            exchange.error = exc
            exchange.status = "interrupted" if exc.code == "stream_interrupted" else "failed"
            # A repetition that was not sent says nothing about the turn that it repeats.
            exchange.cost = cost_of(exc) if repeated is None or repeated.cost == "not billed" else repeated.cost
            raise
        except BaseException:  # Also when standard output is closed, or the process is ended by a signal.
            if exchange.status != "completed":
                exchange.status = "interrupted"
            raise
        finally:
            self.transcript.end({**self._names(), **exchange.record()})
        return exchange

    def retry(self, on_emotion: Callable[[EmotionalState | None], None], on_text: Callable[[str], None]) -> Exchange:
        """Ask the last message again: one that failed with its own key, one that was answered as a new turn.

        Raises:
            ConfigurationError: There is no message yet.
            UniqOSError: As for ``ask``.
        """
        last = self.last
        if last is None:
            raise errors.ConfigurationError("there is no message to send again", code="nothing_to_retry")
        key = None if last.status == "completed" else last.idempotency_key
        return self.ask(last.message, on_emotion, on_text, key=key)

    def _run(
        self,
        exchange: Exchange,
        on_emotion: Callable[[EmotionalState | None], None],
        on_text: Callable[[str], None],
    ) -> None:
        stream = self.client.respond(
            personality_id=self.personality_id,
            message=exchange.message,
            user_id=self.user_id,
            mode=self.mode,
            stream=True,
            idempotency_key=exchange.idempotency_key,
        )
        try:
            with stream:
                for event in stream:
                    if isinstance(event, StreamEventMetadata):
                        exchange.state, exchange.interaction_id = event.inferred_emotional_state, event.interaction_id
                        on_emotion(event.inferred_emotional_state)
                    elif isinstance(event, StreamEventText):
                        on_text(event.delta)
                stream.until_done()
        finally:
            exchange.text = stream.text
            if stream.completion is not None:
                # Only after its last word a turn has surely run, and says what it cost.
                exchange.status, exchange.cost = "completed", "billed"
                exchange.usage, exchange.latency_ms = stream.completion.usage, stream.completion.latency_ms

    def resume(self) -> Exchange | None:
        """Take over the last turn of the transcript if it has no answer, so that ``retry`` asks for it by its key.

        Returns:
            The turn; None if there is none.
        """
        self.earlier_valences = self.transcript.valences(self._names())
        found = self.transcript.unfinished(self._names())
        if found is None or not all(isinstance(found.get(name), str) for name in ("message", "idempotency_key")):
            return None
        exchange = Exchange(found["message"], found["idempotency_key"], str(found.get("at")), "interrupted")
        exchange.cost = "not billed" if found.get("cost") == "not billed" else "perhaps billed"
        self.exchanges.append(exchange)
        return exchange

    def _names(self) -> dict[str, Any]:
        return {"personality_id": self.personality_id, "user_id": self.user_id, "mode": self.mode}


def cost_of(error: errors.UniqOSError) -> Cost:
    """Return what a turn that failed may have cost (source: docs, for a turn that timed out at the server)."""
    is_from_proxy = isinstance(error, errors.APIError) and not error.from_api
    if is_from_proxy and not isinstance(error, errors.TurnTimeoutError):
        return "perhaps billed"  # A proxy may refuse what the API has run, and only the API knows.
    return "perhaps billed" if may_have_run(error) else "not billed"


def now() -> str:
    """Return the present time in UTC, as text."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
