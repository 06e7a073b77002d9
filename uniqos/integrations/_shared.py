"""The settings, keys and kinds of failures that the models of all frameworks share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from .._async.client import AsyncUniqOS
from .._base.model import Model
from .._sync.client import UniqOS
from .._turn.open_keys import OpenKeys, TurnKey
from ..api.stream_events import StreamEventCompletion, StreamEventMetadata
from ..errors import (
    APIError,
    AuthenticationError,
    GuardrailBlockError,
    NetworkError,
    NotFoundError,
    PaymentRequiredError,
    PermissionError,
    QuotaExhaustedError,
    RateLimitError,
    RequestValidationError,
    ServiceUnavailableError,
    TurnTimeoutError,
    UniqOSError,
)

Mode: TypeAlias = Literal["stateless", "stateful"]
Kind: TypeAlias = Literal[
    "rate_limit", "quota", "authentication", "permission", "not_found", "guardrail", "unavailable", "timeout",
    "server", "rejected", "connection", "answer",
]  # fmt: skip
"""Why a turn failed; ``answer`` means that its answer cannot be read."""

_KINDS: tuple[tuple[type[UniqOSError] | tuple[type[UniqOSError], ...], Kind], ...] = (
    (RateLimitError, "rate_limit"),
    ((QuotaExhaustedError, PaymentRequiredError), "quota"),
    (AuthenticationError, "authentication"),
    (PermissionError, "permission"),
    (NotFoundError, "not_found"),
    (GuardrailBlockError, "guardrail"),
    (ServiceUnavailableError, "unavailable"),
    (TurnTimeoutError, "timeout"),
    (NetworkError, "connection"),
)
"""The kind of an error by its class; the first row that fits counts."""

RETRYABLE: frozenset[Kind] = frozenset({"rate_limit", "unavailable", "timeout", "server", "connection"})
"""The kinds of failures that may pass when the turn is sent again."""


_OPEN_KEYS: WeakKeyDictionary[object, OpenKeys] = WeakKeyDictionary()
"""The keys by client, and not by model: LangChain's configurable fields make a model anew for each attempt."""


def kind_of(error: UniqOSError) -> Kind:
    """Return why a turn failed."""
    for classes, kind in _KINDS:
        if isinstance(error, classes):
            return kind
    if not isinstance(error, APIError):
        return "answer"
    # The status of an error event is the stream's own, 200, so its class decides.
    status = error.http_status or 0
    return "rejected" if 400 <= status < 500 else "server"


@dataclass
class Turns:
    """The settings of a model's turns, and the idempotency keys of those whose outcome is unknown."""

    client: AsyncUniqOS | UniqOS
    personality_id: str
    user_id: str | None = None
    mode: Mode | None = None
    context: Mapping[str, Any] | None = None

    def begin(self, identity: object, message: str, *, is_streamed: bool, **overrides: object) -> Turn:
        """Return a turn. A retry of a turn of unknown outcome gets the same key.

        Args:
            identity: The part of the framework's request that its retry repeats and that a new request does not. It is
                JSON, or has a ``str()`` that tells it from others.
            message: The words of the user.
            is_streamed: Whether the answer is streamed. The API refuses a key that comes with another body.
            **overrides: Fields of this turn alone, in place of the settings. None leaves the setting.
        """
        settings: dict[str, object] = {"user_id": self.user_id, "mode": self.mode, "context": self.context}
        settings |= {name: value for name, value in overrides.items() if value is not None}
        fields: dict[str, Any] = {"personality_id": self.personality_id, "message": message}
        fields |= {name: value for name, value in settings.items() if value is not None}
        open_keys = _OPEN_KEYS.setdefault(self.client, OpenKeys())
        digest = open_keys.digest([identity, is_streamed], fields)
        return Turn(fields, open_keys.take(digest))


class Turn(NamedTuple):
    """The body of a turn, and its idempotency key."""

    fields: dict[str, Any]
    key: TurnKey


def not_sendable(what: str, advice: str) -> RequestValidationError:
    """Return the error of an input that the API has no place for.

    Args:
        what: The input, as the subject of the sentence, e.g. ``an image``.
        advice: What to do instead.
    """
    return RequestValidationError(f"{what} cannot be sent to a personality: {advice}", code="unsupported_input")


def no_message() -> RequestValidationError:
    """Return the error of a request whose last message is not the user's."""
    return not_sendable("a request that does not end with a message of the user", "end it with the user's text")


NO_INSTRUCTIONS = "describe the character when you create the personality, and leave the instructions out"
NO_TOOLS = "give the tools to another model, and ask the personality in one of them"
NO_HISTORY_ITEMS = "send text alone"
NO_SCHEMA = "ask for plain text, and let another model bring it into a schema"


def details_of(answer: Model) -> dict[str, Any]:
    """Return an answer, or an event of a stream, as the API's own JSON without its words."""
    return {name: value for name, value in answer.to_dict().items() if name not in ("response", "type", "delta")}


def details_of_stream(metadata: StreamEventMetadata | None, completion: StreamEventCompletion | None) -> dict[str, Any]:
    """Return the JSON of a stream's first and last event as one, in the shape of an answer that is not streamed."""
    parts = [details_of(event) for event in (metadata, completion) if event is not None]
    merged = {name: value for part in parts for name, value in part.items()}
    memory = [part["memory"] for part in parts if isinstance(part.get("memory"), dict)]
    if memory:
        merged["memory"] = {name: value for part in memory for name, value in part.items()}
    return merged


def turns_of(details: Mapping[str, Any]) -> int | None:
    """Return the number of turns that an answer was billed as; None if it does not say."""
    usage = details.get("usage")
    turns = usage.get("turns_consumed") if isinstance(usage, Mapping) else None
    return turns if isinstance(turns, int) else None
