"""Bodies of responses: decompressed with a limit, so that a small answer cannot fill the memory."""

from __future__ import annotations

import zlib

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_EVENT_BYTES = 8 * 1024 * 1024
ACCEPT_ENCODING = b"gzip"
_DECODED = frozenset({"gzip", "x-gzip", "deflate"})
_NOT_ASKED_FOR = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 64 * 1024  # of decompressed data at once: 64 KiB may hold 64 MiB


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

    __slots__ = ("_compressed", "_count", "_inflate", "_limit", "_padding", "_raw", "_rest", "_started", "pending")

    def __init__(self, encoding: str | None, limit: int) -> None:
        # Some gateways send the header twice. Others send values that name no compression: "none", "utf-8".
        names = {name.strip().lower() for name in (encoding or "").split(",")}
        unknown = sorted(names & _NOT_ASKED_FOR)
        if unknown:
            raise BodyError("undecodable_response", f"Content-Encoding {unknown[0]!r} was not asked for")
        self._compressed: bool = not names.isdisjoint(_DECODED)
        self._raw: bool = "deflate" in names  # some servers leave its frame away
        self._inflate = zlib.decompressobj(47)  # finds out by itself whether it is gzip or deflate
        self._started: bool = False
        self._rest: bytes = b""
        self._padding: bool = False
        self.pending: bool = False
        """Whether ``feed(b"")`` will give more of what was fed before."""
        self._limit = limit
        self._count = 0

    def feed(self, chunk: bytes) -> bytes:
        """The next decoded bytes.

        Raises:
            BodyError: Too many of them, or they are not what the header says.
        """
        if self._compressed and (chunk or self.pending):
            try:
                chunk = self._decompress(self._rest + chunk)
            except zlib.error as exc:
                raise BodyError("undecodable_response", f"broken compression: {exc}") from None
        self._count += len(chunk)
        if self._count > self._limit:
            raise BodyError(
                "response_too_large", f"more than {self._limit} bytes (max_response_bytes, or 8 MiB for one event)"
            )
        return chunk

    def _decompress(self, chunk: bytes) -> bytes:
        if self._padding:  # it counts, or it might go on for ever; zlib would keep it all
            self._count += len(chunk)
            return b""
        if not self._started and len(chunk) < 2:  # by two bytes zlib tells what it is
            self._rest = chunk
            return b""
        most = min(_PIECE_BYTES, self._limit - self._count + 1)
        try:
            data = self._inflate.decompress(chunk, most)
        except zlib.error:
            if self._started or not self._raw:
                raise
            self._inflate = zlib.decompressobj(-15)
            data = self._inflate.decompress(chunk, most)
        self._started = True
        # Gzip may have several members; whatever else comes after the end is padding.
        while self._inflate.eof and len(data) < most and self._inflate.unused_data[:2] == _GZIP:
            rest = self._inflate.unused_data
            self._inflate = zlib.decompressobj(47)
            data += self._inflate.decompress(rest, most - len(data))
        self._rest = b"" if self._inflate.eof else self._inflate.unconsumed_tail
        self.pending = len(data) >= most  # there may be more even where nothing of the chunk is left
        self._padding = self._inflate.eof and not self.pending and len(self._inflate.unused_data) > 1
        return data

    def finish(self) -> None:
        """Check that the compressed data came to its end; nothing at all is an end too.

        Raises:
            BodyError: They did not.
        """
        if self._rest or (self._started and not self._inflate.eof):
            raise BodyError("undecodable_response", "the compressed data ends too early")

    def reset(self) -> None:
        """Count from 0 again: a stream may go on for ever, one event of it may not."""
        self._count = 0
