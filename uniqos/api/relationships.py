"""``client.relationships``: an end user and a personality, and the memory between them."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from .._base.model import Model, RequestModel
from .._wire.operation import Operation
from .deletions import DeletionReceipt


class RelationshipQuery(RequestModel, source="docs"):
    """Query of ``relationships.list`` (source: docs; ``limit`` and ``cursor`` are presumed, as for interactions)."""

    user_id: str | None = None
    """Only relationships of this end user."""
    personality_id: str | None = None
    """Only relationships with this personality."""
    limit: int | None = None
    """Relationships per page."""
    cursor: str | None = None
    """``next_cursor`` of the page before."""


class Relationship(Model):
    """An end user and a personality that have met (fields: undocumented)."""


class RelationshipPage(Model):
    """Answer of ``relationships.list`` (undocumented; both keys are presumed, as for interactions)."""

    data: list[Relationship] | None = None
    next_cursor: str | None = None
    """Cursor of the next page; None on the last page."""


class RelationshipDelete(RequestModel, source="docs"):
    """Body of ``relationships.delete`` (source: docs and official SDK)."""

    cascade: Literal["all", "memory_only"] | None = None
    """Part to delete: all (default) or the memory alone. The next turn is then like the first."""
    reason: Annotated[str, Field(max_length=500)] | None = None
    """A note for the audit, at most 500 characters."""


class RelationshipMemory(Model):
    """Consolidated memory: summary, significant moments and metrics (fields: undocumented)."""


class RegeneratedSummary(Model):
    """Answer of ``relationships.memory.regenerate_summary`` (fields: undocumented)."""


class DeletedMemory(Model):
    """Answer of ``relationships.memory.delete`` (fields: undocumented; a receipt is presumed)."""


_ONE = "/v1/relationships/{relationship_id}"

LIST: Final = Operation("GET", "/v1/relationships", RelationshipPage, query=RelationshipQuery)
GET: Final = Operation("GET", _ONE, Relationship)
DELETE: Final = Operation("DELETE", _ONE, DeletionReceipt, body=RelationshipDelete)
MEMORY_GET: Final = Operation("GET", f"{_ONE}/memory", RelationshipMemory)
MEMORY_REGENERATE_SUMMARY: Final = Operation(
    "POST", f"{_ONE}/memory/regenerate-summary", RegeneratedSummary, resend="limited"
)
MEMORY_DELETE: Final = Operation("DELETE", f"{_ONE}/memory", DeletedMemory)
