"""Downloads that are written to a file as they arrive, so that they need no memory for the whole."""

from __future__ import annotations

import os

from .. import errors
from .._base.response import build_model, set_http
from .._network.aio import run_blocking
from .._wire.body import MAX_BODY_BYTES
from .._wire.file import PartialFile, SavedFile
from .._wire.operation import Request
from .exchange import AsyncExchange
from .requester import AsyncRequester


async def save(
    requester: AsyncRequester, request: Request, path: str | os.PathLike[str], max_bytes: int | None, accept: str
) -> SavedFile:
    """Save the answer to a request as a file, which appears at ``path`` only when it is complete."""
    if max_bytes is not None and (not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1):
        raise errors.RequestValidationError(f"max_bytes must be an integer of at least 1, got {max_bytes!r}")

    async def write(exchange: AsyncExchange) -> SavedFile:
        """Finish an attempt: write the body from the beginning of the file."""
        size = 0
        try:
            await run_blocking(part.begin)
            while (data := await exchange.read_chunk()) is not None:
                size += len(data)
                if max_bytes is not None and size > max_bytes:
                    reason = f"it is larger than max_bytes={max_bytes}; pass a higher max_bytes, or None for no limit"
                    raise exchange.decode_error("response_too_large", reason)
                await run_blocking(part.write, data)
                exchange.restart_limits(requester.timeout(request))
        finally:
            await exchange.aclose()
        if not size:
            raise exchange.decode_error("empty_response", "it is empty")
        saved = build_model(SavedFile)(
            path=await run_blocking(part.finish),
            size=size,
            content_type=exchange.http.headers.get("content-type"),
        )
        set_http(saved, exchange.http)
        return saved

    with requester.watch(request) as watch, PartialFile(path) as part:
        return await requester.send(request, accept, MAX_BODY_BYTES, write, watch)
