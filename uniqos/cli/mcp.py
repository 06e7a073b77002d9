"""The command ``uniqos mcp``: the API as tools for the hosts of agents."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

import uniqos

from . import output
from .shared import BaseUrl, Debug, Profile, Timeout, account, local_sandbox

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

_HINTS = {"weak_token": "set UNIQOS_MCP_TOKEN to a longer one, or unset it to get a new one"}


def mcp(
    toolsets: Annotated[
        str, typer.Option(metavar="NAMES", help="read, talk (billed), forget (deletes) or all, separated by commas.")
    ] = "read",
    tools: Annotated[str, typer.Option(metavar="NAMES", help="Further tools, separated by commas.")] = "",
    allow_paid: Annotated[bool, typer.Option("--allow-paid", help="Send turns without asking a person.")] = False,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Delete end users without asking a person.")
    ] = False,
    http: Annotated[
        bool,
        typer.Option(
            "--http",
            help="Serve streamable HTTP at /mcp, in place of standard input and output. Callers need a bearer token: "
            "that of UNIQOS_MCP_TOKEN, else a new one, which is printed.",
        ),
    ] = False,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="Port; 0 takes a free one.")] = 4020,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Serve the API as tools of the Model Context Protocol until the host leaves.

    Without a key or profile the sandbox answers.
    """
    from ..mcp import BearerToken, make_server

    with output.report_errors(debug, _HINTS), ExitStack() as stack:
        token = os.environ.get("UNIQOS_MCP_TOKEN") or secrets.token_urlsafe(32)
        client = _client(stack, base_url, profile, timeout, "debug" if debug else "warning")
        server = make_server(
            client,
            toolsets=_names(toolsets),
            tools=_names(tools),
            allow_paid=allow_paid,
            allow_destructive=allow_destructive,
            token_verifier=BearerToken(token) if http else None,
        )
        try:
            _serve(client, server, (host, port) if http else None, token)
        except KeyboardInterrupt:
            pass  # Ctrl-C is the usual end of a server, so the exit code is 0.


def _names(text: str) -> list[str]:
    return [name for name in (part.strip() for part in text.split(",")) if name]


def _client(
    stack: ExitStack, base_url: str | None, profile: str | None, timeout: float | None, log_level: Any
) -> uniqos.AsyncUniqOS:
    """Return the client of the account; without a key, that of a sandbox which the stack ends."""
    known = account(base_url, profile)
    if known.has_credential or base_url:
        return uniqos.AsyncUniqOS(**known.client_options, timeout=timeout, log_level=log_level)
    local = stack.enter_context(local_sandbox())
    output.note("UNIQOS_API_KEY is not set: the embedded sandbox answers, a stand-in for the real engine")
    return local.async_client(timeout=timeout, log_level=log_level)


def _serve(client: uniqos.AsyncUniqOS, server: MCPServer[Any], address: tuple[str, int] | None, token: str) -> None:
    import anyio

    async def serve() -> None:
        async with client:
            if address is None:
                await server.run_stdio_async()
            else:
                await _serve_http(server, *address, token)

    anyio.run(serve)


async def _serve_http(server: MCPServer[Any], host: str, port: int, token: str) -> None:
    import socket

    import uvicorn

    app = server.streamable_http_app(host=host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise uniqos.ConfigurationError(
                f"cannot listen on {host} port {port}: {error.strerror or error}. Choose another --port.",
                code="cannot_listen",
            ) from None
        name = f"[{host}]" if ":" in host else host
        output.note(f"serving MCP at http://{name}:{listener.getsockname()[1]}/mcp until Ctrl-C")
        if not os.environ.get("UNIQOS_MCP_TOKEN"):
            output.note(f"callers need the header Authorization: Bearer {token}")
        await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve(sockets=[listener])
