"""One request as a handler sees it, and what it may answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from .._model import RequestModel
from .magic import Errors
from .store import Store


@dataclass
class Settings:
    """How the sandbox was started."""

    seed: int
    pause: float
    store: Store
    errors: Errors = field(default_factory=Errors)


@dataclass
class Call:
    """One authenticated request with a valid body."""

    settings: Settings
    path: dict[str, str]
    body: RequestModel | None
    query: RequestModel | None
    key: str | None
    is_portal: bool

    @property
    def store(self) -> Store:
        return self.settings.store

    def fields(self) -> dict[str, Any]:
        """What was sent, as JSON."""
        sent = self.body if self.body is not None else self.query
        return sent.model_dump(mode="json", by_alias=True, exclude_unset=True) if sent is not None else {}


@dataclass
class Answer:
    """A JSON answer."""

    body: Any
    status: int = 200


@dataclass
class EventStream:
    """An answer in events: ``whole`` is all that is stored for a replay, ``paced`` is how it is sent."""

    whole: bytes
    paced: Callable[[], AsyncIterator[bytes]]


class Dropped(Exception):
    """Ends a response in the middle: the server closes the connection, and logs nothing of it."""


Handler = Callable[[Call], "Answer | EventStream"]
