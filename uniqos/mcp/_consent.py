"""The consent of a person to a paid or destructive tool."""

from __future__ import annotations

from typing import Any, Protocol, cast

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit
from pydantic import BaseModel, Field


class Permissions(Protocol):
    """What the operator of a server allows without a person's consent."""

    allow_paid: bool
    allow_destructive: bool


class Consent(BaseModel):
    """The answer of a person who is asked before a tool runs."""

    agreed: bool = Field(title="Go ahead?", description="False: nothing is sent.")


def consent_to_pay(ctx: Context[Any, Any], personality_id: str) -> Consent | Elicit[Consent]:
    """Ask before a turn is sent, unless the server allows paid tools."""
    allowed = cast(Permissions, ctx.mcp_server)
    return _ask(
        ctx, allowed.allow_paid, f"Send one turn to the personality {personality_id}? It is billed.", "--allow-paid"
    )


def consent_to_delete(ctx: Context[Any, Any], user_id: str) -> Consent | Elicit[Consent]:
    """Ask before a person's data are deleted, unless the server allows destructive tools."""
    allowed = cast(Permissions, ctx.mcp_server)
    question = f"Delete all data of the end user {user_id}, with all memories? This cannot be undone."
    return _ask(ctx, allowed.allow_destructive, question, "--allow-destructive")


def _ask(ctx: Context[Any, Any], is_allowed: bool, question: str, flag: str) -> Consent | Elicit[Consent]:
    if is_allowed:
        return Consent(agreed=True)
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        raise ToolError(
            "Nothing was sent. This tool needs a person's consent, and this host cannot ask for it. "
            f"The operator of the server can allow it: uniqos mcp {flag}"
        )
    return Elicit(question, Consent)
