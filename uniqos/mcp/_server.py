"""The MCP server of a client: the tools that were chosen, and the personalities as resources."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.types import Resource

from .._async.client import AsyncUniqOS
from .._version import __version__
from ..errors import ConfigurationError, NotFoundError, UniqOSError
from ._errors import explain
from ._tools import ANNOTATIONS, READS, TOOLSETS, Tools

SCHEME = "uniqos://personalities/"
INSTRUCTIONS = (
    "Tools of the uniqOS API: personalities that answer in character, read emotions and remember people. "
    "Find a personality with list_personalities first. A turn (respond) is billed. "
    "If a tool fails, do as its text says."
)


class UniqosServer(MCPServer[Any]):
    """An MCP server whose resources are the account's personalities."""

    def __init__(self, client: AsyncUniqOS, *, allow_paid: bool, allow_destructive: bool, **settings: Any) -> None:
        super().__init__("uniqos", title="uniqOS", version=__version__, instructions=INSTRUCTIONS, **settings)
        self.client = client
        self.allow_paid = allow_paid
        self.allow_destructive = allow_destructive

    async def list_resources(self) -> list[Resource]:
        """Return the account's personalities as resources."""
        found = []
        try:
            async for one in self.client.personalities.iterate():
                found.append(Resource(uri=SCHEME + one.id, name=one.name or one.id, mime_type="application/json"))
        except UniqOSError as error:
            raise ResourceError(explain(error)) from error
        return found


def make_server(
    client: AsyncUniqOS,
    *,
    toolsets: Iterable[str] = ("read",),
    tools: Iterable[str] = (),
    allow_paid: bool = False,
    allow_destructive: bool = False,
    token_verifier: TokenVerifier | None = None,
    auth: AuthSettings | None = None,
) -> MCPServer[Any]:
    """Return an MCP server that offers tools of the API; ``run()`` serves it.

    Args:
        client: The client that the tools call. It stays yours to close.
        toolsets: Names of ``TOOLSETS``, or ``all``. By default only tools that read.
        tools: Names of further tools.
        allow_paid: Send turns without asking. Otherwise the host asks a person by elicitation, and a host that cannot
            ask is refused.
        allow_destructive: Delete without asking; otherwise as for ``allow_paid``.
        token_verifier: Verifies the bearer tokens of callers over HTTP, e.g. `BearerToken`.
        auth: The authorization server of these tokens. A `BearerToken` has none, and needs none.

    Raises:
        ConfigurationError: ``unknown_tool``: a toolset or tool does not exist.
    """
    names = chosen_tools(toolsets, tools)
    if token_verifier is not None and auth is None:
        auth = AuthSettings.model_validate({"issuer_url": "http://localhost", "resource_server_url": None})
    server = UniqosServer(
        client,
        allow_paid=allow_paid,
        allow_destructive=allow_destructive,
        token_verifier=token_verifier,
        auth=auth,
        log_level="WARNING",
    )
    offered = Tools(client)
    for name in names:
        server.add_tool(getattr(offered, name), annotations=ANNOTATIONS.get(name, READS))

    @server.resource(SCHEME + "{personality_id}", mime_type="application/json")
    async def personality(personality_id: str) -> str:
        """One personality, as the API describes it."""
        try:
            return (await client.personalities.get(personality_id)).model_dump_json()
        except NotFoundError as error:
            raise ResourceNotFoundError(explain(error)) from error
        except UniqOSError as error:
            raise ResourceError(explain(error)) from error

    return server


def chosen_tools(toolsets: Iterable[str], tools: Iterable[str]) -> list[str]:
    """Return the names of the chosen tools, in the order of ``TOOLSETS``."""
    sets, single = list(toolsets), list(tools)
    known = [name for names in TOOLSETS.values() for name in names]
    _check_names("toolset", sets, [*TOOLSETS, "all"])
    _check_names("tool", single, known)
    chosen = {*single, *(name for one in sets for name in (known if one == "all" else TOOLSETS[one]))}
    return [name for name in known if name in chosen]


def _check_names(kind: str, names: list[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise ConfigurationError(f"{name!r} is no {kind}: choose of {', '.join(known)}.", code="unknown_tool")


class BearerToken(TokenVerifier):
    """A verifier of one bearer token, which the callers of a server over HTTP share.

    Args:
        token: The token, of at least 16 characters.

    Raises:
        ConfigurationError: ``weak_token``: the token is too short.
    """

    def __init__(self, token: str) -> None:
        if len(token) < 16:
            raise ConfigurationError("The bearer token must have at least 16 characters.", code="weak_token")
        self._token = token.encode()

    def __repr__(self) -> str:
        return "BearerToken(...)"

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the access of the right token; None for any other.

        Args:
            token: The token that a caller sent.
        """
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token="", client_id="uniqos", scopes=[])
