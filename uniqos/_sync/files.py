# Generated from _async/files.py by python -m uniqos._generate. Do not edit.
"""Downloads that go to a file as they arrive, so that their size does not matter."""

from __future__ import annotations

import os

from .. import errors
from .._body import MAX_BODY_BYTES
from .._exchange import ANY
from .._file import Part, SavedFile
from .._model import set_http
from .._operation import Request
from .._threads import blocking
from .requester import Exchange, Requester


def save(requester: Requester, request: Request, path: str | os.PathLike[str], max_bytes: int | None) -> SavedFile:
    """Write the answer to ``request`` to ``path``; nothing but the whole file ever stands there."""
    part = Part(path)

    def write(exchange: Exchange) -> SavedFile:
        """One attempt; it begins the file anew."""
        size = 0
        try:
            with part.open() as file:
                while (data := exchange.chunk()) is not None:
                    exchange.extend(requester.timeout(request))
                    size += len(data)
                    if max_bytes is not None and size > max_bytes:
                        raise errors.ResponseDecodeError(
                            f"{request.label}: the file is larger than max_bytes={max_bytes}",
                            code="response_too_large",
                            request_id=exchange.http.request_id,
                            http_status=exchange.http.status,
                        )
                    blocking(part.write, file, data)
        finally:
            exchange.close()
        saved = SavedFile(
            path=blocking(part.finish),
            size=size,
            content_type=exchange.http.headers.get("content-type"),
        )
        set_http(saved, exchange.http)
        return saved

    try:
        return requester.send(request, ANY, MAX_BODY_BYTES, write)
    finally:
        part.remove()
