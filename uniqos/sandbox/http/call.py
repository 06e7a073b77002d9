"""The request as a handler sees it, the answers that a handler may return, and the state that all requests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..._base.model import RequestModel
from ..faults.magic import Errors
from ..faults.rules import Rules
from ..refusal import Refusal
from ..state.clock import Clock
from ..state.journal import Journal
from ..state.store import Store
from .caller import Caller
from .draft import Words
from .events import Event

if TYPE_CHECKING:
    from fastapi.responses import Response

Job: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Work that begins once an answer is stored, such as the delivery of a webhook."""


@dataclass
class Settings:
    """The state of one sandbox: its options, its store, and the faults that are switched on."""

    seed: int
    pause: float
    store: Store
    errors: Errors = field(default_factory=Errors)
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    rules: Rules = field(default_factory=Rules)
    erasure_delay: float = 2.0
    """Seconds from a deletion to the erasure."""
    webhook_pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    """Seconds before each further attempt to deliver a webhook."""

    generation: int = 0
    """The number of resets and restores. Work that began under an earlier number must not write to the store."""
    llm: LanguageModel | None = None
    """The language model that makes the replies; None for templates."""
    tasks: set[asyncio.Future[None]] = field(default_factory=set["asyncio.Future[None]"])
    """The jobs that are running. The event loop holds them only weakly."""

    def start_from(self, other: Store) -> None:
        """Replace the content of the store by that of another one."""
        self.generation += 1
        self.store.become(other)

    def begin(self, jobs: Iterable[Job]) -> None:
        """Start jobs in the background."""
        for job in jobs:
            task = asyncio.ensure_future(job())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


@dataclass
class Call:
    """One authenticated request with a valid body."""

    settings: Settings
    path: dict[str, str]
    """The parameters of the path."""
    body: RequestModel | None
    query: RequestModel | None
    key: str | None
    """The Idempotency-Key."""
    caller: Caller
    jobs: list[Job] = field(default_factory=list[Job])
    """The work that begins once the answer is stored."""
    header_marks: list[str] = field(default_factory=list[str])
    """The values of the header ``X-Uniqos-Sandbox``."""
    words: Words | None = None
    """The reply of the language model; None in the first run of a turn, and without a language model."""

    @property
    def is_portal(self) -> bool:
        """Whether the caller is a person of the portal, and not an API key."""
        return self.caller.kind == "portal"

    @property
    def answer_key(self) -> str | None:
        """The key under which the answer is stored; None without an Idempotency-Key."""
        return f"{self.caller.organization_id}/{self.caller.user_id}/{self.key}" if self.key is not None else None

    @cached_property
    def now(self) -> str:
        """The time of the request, as the API writes it. All parts of one answer share this instant."""
        return self.settings.clock.text()

    def require_portal(self) -> None:
        """Refuse API keys.

        Raises:
            Refusal: ``permission_denied``.
        """
        if not self.is_portal:
            raise Refusal("permission_denied", "This needs a portal access token, not an API key.")

    @property
    def store(self) -> Store:
        return self.settings.store

    def error_key(self, default: str) -> str:
        """Return the key by which the option ``times`` of an error counts the requests of an organization.

        The key is the Idempotency-Key, or else the message, or else ``default``.
        """
        return f"{self.caller.organization_id}/{self.key or self.fields().get('message') or default}"

    def fields(self) -> dict[str, Any]:
        """Return the fields that were sent in the body, or else in the query, as JSON."""
        sent = self.body if self.body is not None else self.query
        return sent.model_dump(mode="json", by_alias=True, exclude_unset=True) if sent is not None else {}


@dataclass
class Answer:
    """A JSON answer."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class FileAnswer:
    """An answer that is a file."""

    content: bytes
    media_type: str


@dataclass
class EventStream:
    """An answer in server-sent events."""

    content: bytes
    """All bytes of the stream, which are stored for a request with the same Idempotency-Key."""
    writes: Callable[[], AsyncIterator[bytes]]
    """Starts the stream, and yields the bytes of one write after the other."""
    completion: Event | None = None
    """The last event."""


Handler = Callable[[Call], "Answer | EventStream | FileAnswer"]
Result: TypeAlias = "Answer | EventStream | FileAnswer | Response"


class LanguageModel(Protocol):
    """A language model that makes the replies instead of templates: see ``llm.py``."""

    names: dict[str, str]
    """The provider and the model, as an answer names them."""

    async def answer(self, call: Call, attempt: Callable[[], Result]) -> Result:
        """Return the answer to a request that may need words.

        Args:
            call: The request.
            attempt: Carries out the request in a transaction.
        """
        ...
