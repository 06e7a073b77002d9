"""The tools of the MCP server, each a method that calls the client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Resolve
from mcp.types import ToolAnnotations
from pydantic import Field

from .._async.client import AsyncUniqOS
from .._turn.open_keys import OpenKeys
from ..api.billing import TurnsUsage
from ..api.deletions import DeletionReceipt
from ..api.engine import InferredState, RecalledMemory, RespondResult
from ..api.personalities import Personality, PersonalityPage
from ..api.relationships import RelationshipPage
from ..errors import UniqOSError
from ._consent import Consent, consent_to_delete, consent_to_pay
from ._errors import explain

TOOLSETS: dict[str, tuple[str, ...]] = {
    "read": (
        "infer_state",
        "recall_memory",
        "get_relationship",
        "list_personalities",
        "get_personality",
        "get_usage",
    ),
    "talk": ("respond",),
    "forget": ("forget_user",),
}
"""The tools of each toolset. ``talk`` costs money, and ``forget`` deletes."""

READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True)
PAYS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
DELETES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)
ANNOTATIONS = {"respond": PAYS, "forget_user": DELETES}
"""What a host is told of the tools that do more than read."""

PersonalityId = Annotated[str, Field(description="Id of a personality, e.g. pers_...; list_personalities has them.")]
UserId = Annotated[str, Field(description="The product's own stable id of the end user.")]


class Tools:
    """The tools. A tool's docstring is its description, and its return type is its output schema."""

    def __init__(self, client: AsyncUniqOS) -> None:
        self._client = client
        self._open_keys = OpenKeys()

    async def respond(
        self,
        personality_id: PersonalityId,
        message: Annotated[str, Field(description="Text that the personality answers.")],
        consent: Annotated[Consent, Resolve(consent_to_pay)],
        mode: Annotated[
            Literal["stateless", "stateful"] | None,
            Field(description="stateful remembers the end user, and needs user_id."),
        ] = None,
        user_id: Annotated[str | None, Field(description="The product's own stable id of the end user.")] = None,
    ) -> RespondResult:
        """Let a personality answer one message. This is one turn, which is billed."""
        _check(consent)
        fields: dict[str, Any] = {
            "personality_id": personality_id,
            "message": message,
            "mode": mode,
            "user_id": user_id,
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        token = get_access_token()
        digest = self._open_keys.digest(token.client_id if token else None, fields)
        async with _explained():
            with self._open_keys.take(digest) as key:
                return await self._client.respond(fields, stream=False, idempotency_key=key)

    async def infer_state(
        self, message: Annotated[str, Field(description="Text of a person whose emotion is inferred.")]
    ) -> InferredState:
        """Infer the emotional state of a text. It is no turn, and is not billed. Its fields are undocumented."""
        async with _explained():
            return await self._client.engine.infer_state(message=message)

    async def recall_memory(
        self,
        personality_id: PersonalityId,
        user_id: UserId,
        query: Annotated[str | None, Field(description="Words to look for; without them the newest come.")] = None,
    ) -> RecalledMemory:
        """Recall the memories that a personality has of an end user. Its fields are undocumented."""
        body = {"personality_id": personality_id, "user_id": user_id} | ({} if query is None else {"query": query})
        async with _explained():
            return await self._client.engine.recall_memory(body)

    async def get_relationship(self, personality_id: PersonalityId, user_id: UserId) -> RelationshipPage:
        """Return the relationship of an end user with a personality. Its fields are undocumented."""
        async with _explained():
            return await self._client.relationships.list(personality_id=personality_id, user_id=user_id)

    async def list_personalities(
        self, cursor: Annotated[str | None, Field(description="next_cursor of the page before.")] = None
    ) -> PersonalityPage:
        """List the account's personalities, one page at a time."""
        async with _explained():
            return await self._client.personalities.list({} if cursor is None else {"cursor": cursor})

    async def get_personality(self, personality_id: PersonalityId) -> Personality:
        """Return one personality."""
        async with _explained():
            return await self._client.personalities.get(personality_id)

    async def get_usage(self) -> TurnsUsage:
        """Return the turns that the account has used."""
        async with _explained():
            return await self._client.billing.usage.turns()

    async def forget_user(
        self, user_id: UserId, consent: Annotated[Consent, Resolve(consent_to_delete)]
    ) -> DeletionReceipt:
        """Delete an end user with all memories. The erasure takes up to 24 hours, and cannot be undone."""
        _check(consent)
        async with _explained():
            return await self._client.end_users.delete(user_id)


def _check(consent: Consent) -> None:
    if not consent.agreed:
        raise ToolError("Nothing was sent: the person did not agree. Do not call it again unasked.")


@asynccontextmanager
async def _explained() -> AsyncIterator[None]:
    """Raise an error of the SDK as a tool's error, in words for the model."""
    try:
        yield
    except UniqOSError as error:
        raise ToolError(explain(error)) from error
