"""Bodies of responses: decompressed with a limit, so that a small answer cannot fill the memory."""

from __future__ import annotations

import zlib

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_EVENT_BYTES = 8 * 1024 * 1024
ACCEPT_ENCODING = b"gzip, deflate"


class BodyError(ValueError):
    """The body is too large, or not compressed as it says."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code: str = code


class BodyDecoder:
    """Takes a body's chunks as they came and gives them decoded.

    Args:
        encoding: The ``Content-Encoding``.
        limit: How many decoded bytes may come until ``reset()``.
    """

    __slots__ = ("_count", "_inflate", "_limit")

    def __init__(self, encoding: str | None, limit: int) -> None:
        name = (encoding or "identity").strip().lower()
        if name not in ("identity", "gzip", "x-gzip", "deflate"):
            raise BodyError("undecodable_response", f"Content-Encoding {name!r} was not asked for")
        # 32 + 15: zlib finds out by itself whether it is gzip or deflate.
        self._inflate = None if name == "identity" else zlib.decompressobj(47)
        self._limit = limit
        self._count = 0

    def feed(self, chunk: bytes) -> bytes:
        """The next decoded bytes.

        Raises:
            BodyError: Too many of them, or they are not what the header says.
        """
        if self._inflate is not None:
            try:
                chunk = self._inflate.decompress(chunk, self._limit - self._count + 1)
            except zlib.error as exc:
                raise BodyError("undecodable_response", f"broken compression: {exc}") from None
        self._count += len(chunk)
        if self._count > self._limit:
            raise BodyError("response_too_large", f"more than {self._limit} bytes")
        return chunk

    def finish(self) -> None:
        """Check that the compressed data came to its end.

        Raises:
            BodyError: They did not.
        """
        if self._inflate is not None and not self._inflate.eof:
            raise BodyError("undecodable_response", "the compressed data ends too early")

    def reset(self) -> None:
        """Count from 0 again: a stream may go on for ever, one event of it may not."""
        self._count = 0
