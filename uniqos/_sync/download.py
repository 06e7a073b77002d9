# Generated from _async/download.py by python -m uniqos._generate. Do not edit.
"""Downloads that go to a file as they arrive, so that their size does not matter."""

from __future__ import annotations

import os

from .. import errors
from .._base.model import ready, set_http
from .._network.threads import run_blocking
from .._wire.body import MAX_BODY_BYTES
from .._wire.file import Part, SavedFile
from .._wire.operation import Request
from .exchange import Exchange
from .requester import Requester


def save(
    requester: Requester, request: Request, path: str | os.PathLike[str], max_bytes: int | None, accept: str
) -> SavedFile:
    """Write the answer to ``request`` to ``path``; nothing but the whole file ever stands there."""
    if max_bytes is not None and (not isinstance(max_bytes, int) or isinstance(max_bytes, bool) or max_bytes < 1):
        raise errors.RequestValidationError(f"max_bytes must be a whole number, 1 or more, got {max_bytes!r}")

    def write(exchange: Exchange) -> SavedFile:
        """One attempt; it begins the file anew."""
        size = 0
        try:
            run_blocking(part.begin)
            while (data := exchange.read_chunk()) is not None:
                size += len(data)
                if max_bytes is not None and size > max_bytes:
                    raise exchange.decode_error("response_too_large", f"it is larger than max_bytes={max_bytes}")
                run_blocking(part.write, data)
                exchange.restart_limits(requester.timeout(request))
        finally:
            exchange.close()
        if not size:
            raise exchange.decode_error("empty_response", "there is nothing in it")
        saved = ready(SavedFile)(
            path=run_blocking(part.finish),
            size=size,
            content_type=exchange.http.headers.get("content-type"),
        )
        set_http(saved, exchange.http)
        return saved

    with requester.watch(request) as watch, Part(path) as part:
        return requester.send(request, accept, MAX_BODY_BYTES, write, watch)
