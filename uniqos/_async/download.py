"""Downloads that go to a file as they arrive, so that their size does not matter."""

from __future__ import annotations

import os

from .. import errors
from .._base.model import ready, set_http
from .._network.aio import run_blocking
from .._wire.body import MAX_BODY_BYTES
from .._wire.file import Part, SavedFile
from .._wire.operation import Request
from .exchange import AsyncExchange
from .requester import AsyncRequester


async def save(
    requester: AsyncRequester, request: Request, path: str | os.PathLike[str], max_bytes: int | None, accept: str
) -> SavedFile:
    """Write the answer to ``request`` to ``path``; nothing but the whole file ever stands there."""
    if max_bytes is not None and (not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1):
        raise errors.RequestValidationError(f"max_bytes must be a whole number, 1 or more, got {max_bytes!r}")

    async def write(exchange: AsyncExchange) -> SavedFile:
        """One attempt; it begins the file anew."""
        size = 0
        try:
            await run_blocking(part.begin)
            while (data := await exchange.read_chunk()) is not None:
                size += len(data)
                if max_bytes is not None and size > max_bytes:
                    raise exchange.decode_error("response_too_large", f"it is larger than max_bytes={max_bytes}")
                await run_blocking(part.write, data)
                exchange.restart_limits(requester.timeout(request))
        finally:
            await exchange.aclose()
        if not size:
            raise exchange.decode_error("empty_response", "there is nothing in it")
        saved = ready(SavedFile)(
            path=await run_blocking(part.finish),
            size=size,
            content_type=exchange.http.headers.get("content-type"),
        )
        set_http(saved, exchange.http)
        return saved

    with requester.watch(request) as watch, Part(path) as part:
        return await requester.send(request, accept, MAX_BODY_BYTES, write, watch)
