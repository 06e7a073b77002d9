"""MCP: the API as tools of an agent's host, e.g. a desktop assistant or an editor. Needs the extra ``mcp``.

``uniqos mcp`` serves it over stdio, and ``uniqos mcp --http`` over streamable HTTP with a bearer token. Without an API
key the embedded sandbox answers, and stderr says so. A host's configuration is

```text
{"mcpServers": {"uniqos": {"command": "uniqos", "args": ["mcp"], "env": {"UNIQOS_API_KEY": "uniq_live_..."}}}}
```

The tools are read-only by default: infer_state, recall_memory, get_relationship, list_personalities, get_personality
and get_usage. ``--toolsets read,talk`` adds respond, which is billed. ``forget`` adds forget_user, which deletes.
Before these two run, the host asks a person by elicitation. A host that cannot ask is refused, unless the operator
started the server with ``--allow-paid`` or ``--allow-destructive``.

A model never chooses an idempotency key. When the outcome of a turn is unknown, its error tells the model to call the
tool again with the same arguments. Such calls have the same key until one is answered, so the turn is not billed twice.
An error says what to do next, and no message holds a key. The personalities are resources, ``uniqos://personalities/pers_...``.

In a program of your own, the same server as an object of the official SDK `mcp`, tried with its client:

```python
import asyncio

from mcp import Client

import uniqos
from uniqos.mcp import make_server


async def main() -> None:
    with uniqos.sandbox.serve() as sandbox:
        async with sandbox.async_client() as client, Client(make_server(client)) as host:
            found = await host.call_tool("infer_state", {"message": "I got the job!"})
            print(found.structured_content)


asyncio.run(main())
```
"""

from __future__ import annotations

from .._extras import missing_extra

try:
    import mcp.server.mcpserver as _needed  # noqa: F401
except ModuleNotFoundError as _missing:
    raise missing_extra("uniqos.mcp needs the MCP SDK 2", "mcp") from _missing

from ._server import BearerToken as BearerToken
from ._server import make_server as make_server
from ._tools import TOOLSETS as TOOLSETS

__all__ = ["TOOLSETS", "BearerToken", "make_server"]
