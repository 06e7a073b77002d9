"""One request as a handler sees it, and what it may answer."""

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

if TYPE_CHECKING:
    from fastapi.responses import Response

    from .draft import Draft


@dataclass
class Settings:
    """How the sandbox was started."""

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
    """Seconds before each further attempt to deliver."""

    generation: int = 0
    """Raised when another state takes the place of this one: work of before must not write to it."""
    llm: LanguageModel | None = None
    """Who makes the words instead of templates."""
    tasks: set[asyncio.Future[None]] = field(default_factory=set["asyncio.Future[None]"])
    """Work that is under way; the event loop itself would let it go."""

    def start_from(self, other: Store) -> None:
        """Keep what another store holds instead of what is kept now."""
        self.generation += 1
        self.store.become(other)

    def begin(self, jobs: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Begin what follows an answer."""
        for job in jobs:
            task = asyncio.ensure_future(job())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


@dataclass
class Call:
    """One authenticated request with a valid body."""

    settings: Settings
    path: dict[str, str]
    body: RequestModel | None
    query: RequestModel | None
    key: str | None
    caller: Caller
    jobs: list[Callable[[], Coroutine[Any, Any, None]]] = field(default_factory=list)
    """What is to be done once the answer is kept, beside it: a delivery, say."""
    marks: list[str] = field(default_factory=list[str])
    """What the header of magic.py asks for."""
    draft: Draft | None = None
    """The words of the language model, once they are there."""

    @property
    def is_portal(self) -> bool:
        """Whether a person of the portal is calling, and no API key."""
        return self.caller.kind == "portal"

    @property
    def slot(self) -> str | None:
        """What its answer is kept under; None without an Idempotency-Key."""
        return f"{self.caller.organization_id}/{self.caller.user_id}/{self.key}" if self.key is not None else None

    @cached_property
    def now(self) -> str:
        """When it is carried out, as the API writes it: one instant, so that an answer tells what is stored."""
        return self.settings.clock.text()

    def needs_portal(self) -> None:
        """Refuse API keys: some things only a person may do.

        Raises:
            Refusal: ``permission_denied``.
        """
        if not self.is_portal:
            raise Refusal("permission_denied", "This needs a portal access token, not an API key.")

    @property
    def store(self) -> Store:
        return self.settings.store

    def counted_by(self, otherwise: str) -> str:
        """Return what the option ``times`` of an error counts by: the Idempotency-Key, else the message.

        Each organization counts by itself.
        """
        return f"{self.caller.organization_id}/{self.key or self.fields().get('message') or otherwise}"

    def fields(self) -> dict[str, Any]:
        """What was sent, as JSON."""
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
    """An answer in events: ``whole`` is all that is stored for a replay, ``paced`` is how it is sent."""

    whole: bytes
    paced: Callable[[], AsyncIterator[bytes]]


Handler = Callable[[Call], "Answer | EventStream | FileAnswer"]
Result: TypeAlias = "Answer | EventStream | FileAnswer | Response"


class LanguageModel(Protocol):
    """What makes the words of a reply instead of the templates: see ``llm.py``."""

    names: dict[str, str]
    """What an answer says of the provider and the model."""

    async def answer(self, call: Call, attempt: Callable[[], Result]) -> Result:
        """Return the answer to a request that may need words, which ``attempt`` carries out."""
        ...
