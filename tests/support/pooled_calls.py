"""Work of a process pool with a client that was pickled to it."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from uniqos import AsyncUniqOS, UniqOS


def respond(client: UniqOS | AsyncUniqOS, turn: dict[str, Any]) -> tuple[int, Any]:
    """Make one call; return the process id and the answer."""
    if isinstance(client, UniqOS):
        return os.getpid(), client.respond(turn)

    async def main(client: AsyncUniqOS) -> Any:
        async with client:
            return await client.respond(turn)

    return os.getpid(), asyncio.run(main(client))
