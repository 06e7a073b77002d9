"""What the processes of a pool do with a client that was sent to them."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from uniqos import AsyncUniqOS, UniqOS


def respond(client: UniqOS | AsyncUniqOS, turn: dict[str, Any]) -> tuple[int, Any]:
    """The number of the process, and the answer."""
    if isinstance(client, UniqOS):
        return os.getpid(), client.respond(turn)

    async def main(client: AsyncUniqOS) -> Any:
        async with client:
            return await client.respond(turn)

    return os.getpid(), asyncio.run(main(client))
