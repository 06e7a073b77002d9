"""``client.end_users``: the people that personalities talk to, by your own ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from .._base.model import Model, RequestModel
from .._wire.operation import Operation
from .deletions import DeletionReceipt


class EndUserQuery(RequestModel):
    """Query of ``end_users.list`` (undocumented; both keys are presumed, as for interactions)."""

    limit: int | None = None
    """End users per page."""
    cursor: str | None = None
    """``next_cursor`` of the page before."""


class EndUser(Model, source="docs"):
    """An end user; ``end_users.get`` adds the relationships (source: docs; further fields are undocumented)."""

    user_id: str
    """Your own stable id."""
    metadata: dict[str, Any] | None = None
    """The object that you stored with the end user."""


class EndUserPage(Model):
    """Answer of ``end_users.list`` (undocumented; both keys are presumed, as for interactions)."""

    data: list[EndUser] | None = None
    next_cursor: str | None = None
    """Cursor of the next page; None on the last page."""


class EndUserCreate(RequestModel, source="docs"):
    """Body of ``end_users.create`` (source: docs and official SDK)."""

    user_id: str
    """Your own stable id."""
    metadata: Mapping[str, Any] | None = None
    """Object to store with the end user; ignored if the end user exists already."""


_ABSENT: Any = None  # stands for "no default": nothing is sent, and an explicit None is refused


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class EndUserUpdate(RequestModel, source="docs"):
    """Body of ``end_users.update`` (source: docs)."""

    metadata: Mapping[str, Any] = Field(default=_ABSENT, json_schema_extra=_without_default)
    """Object that replaces the stored one. ``{}`` clears it; without this field it stays."""


class EndUserDelete(RequestModel, source="docs"):
    """Body of ``end_users.delete`` (source: docs and official SDK)."""

    cascade: Literal["all", "model_only", "memory_only"] | None = None
    """Part to delete: all (default), the psychological model, or the relationships' memory."""
    reason: Annotated[str, Field(max_length=500)] | None = None
    """A note for the audit, at most 500 characters."""


class PsychologicalModel(Model):
    """The traits, style, topics and preferences learned of an end user (fields: undocumented)."""


class ReadableModelQuery(RequestModel, source="official SDK"):
    """Query of ``end_users.model_readable`` (source: official SDK)."""

    language: Literal["en", "es"] | None = None
    """The language of the words: English or Spanish."""


class ReadableModel(Model):
    """The psychological model in words (fields: undocumented)."""


class EndUserExport(Model):
    """All data held of an end user (fields: undocumented)."""


_ONE = "/v1/end-users/{user_id}"

LIST: Final = Operation("GET", "/v1/end-users", EndUserPage, query=EndUserQuery)
CREATE: Final = Operation("POST", "/v1/end-users", EndUser, body=EndUserCreate, resend="keyed")
GET: Final = Operation("GET", _ONE, EndUser)
UPDATE: Final = Operation("PATCH", _ONE, EndUser, body=EndUserUpdate)
DELETE: Final = Operation("DELETE", _ONE, DeletionReceipt, body=EndUserDelete)
MODEL: Final = Operation("GET", f"{_ONE}/model", PsychologicalModel)
MODEL_READABLE: Final = Operation("GET", f"{_ONE}/model/readable", ReadableModel, query=ReadableModelQuery)
EXPORT: Final = Operation("GET", f"{_ONE}/export", EndUserExport)
