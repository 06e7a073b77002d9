"""The decompression of response bodies, with a limit, so that a small response cannot fill the memory."""

from __future__ import annotations

import zlib

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_EVENT_BYTES = 8 * 1024 * 1024
ACCEPT_ENCODING = b"gzip"
_SUPPORTED_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_UNSUPPORTED_ENCODINGS = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})
_NO_ENCODINGS: frozenset[str] = frozenset()
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_PIECE_BYTES = 64 * 1024
"""The limit for one call of the decompressor, since 64 KiB of compressed data may hold 64 MiB."""
_GZIP_OR_ZLIB = 47
"""Window bits by which zlib detects the header of gzip or deflate itself."""
_RAW_DEFLATE = -15


class BodyError(ValueError):
    """The body is too large, or cannot be decompressed."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code: str = code


class BodyDecoder:
    """A decoder of the received chunks of one body.

    Args:
        encoding: The ``Content-Encoding`` header.
        limit: The largest number of decoded bytes before ``reset()``.
    """

    __slots__ = (
        "_compressed",
        "_count",
        "_inflate",
        "_limit",
        "_may_be_raw",
        "_padding",
        "_rest",
        "_started",
        "pending",
    )

    def __init__(self, encoding: str | None, limit: int) -> None:
        # Some gateways send the header twice. Others send values that name no compression: "none", "utf-8".
        names = {name.strip().lower() for name in encoding.split(",")} if encoding else _NO_ENCODINGS
        unknown = sorted(names & _UNSUPPORTED_ENCODINGS) if names else ()
        if unknown:
            raise BodyError(
                "undecodable_response",
                f"the server sent Content-Encoding {unknown[0]!r}, but the request accepts only gzip",
            )
        self._compressed: bool = not names.isdisjoint(_SUPPORTED_ENCODINGS)
        # Some servers send "deflate" without the zlib header that belongs to it.
        self._may_be_raw: bool = "deflate" in names
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._started: bool = False
        self._rest: bytes = b""
        self._padding: bool = False
        self.pending: bool = False
        """Whether ``feed(b"")`` will return further bytes of earlier chunks."""
        self._limit = limit
        self._count = 0

    def feed(self, chunk: bytes) -> bytes:
        """Take a received chunk; return the decoded bytes, as far as they fit one piece.

        Raises:
            BodyError: The body exceeds the limit, or is not compressed as its header says.
        """
        if self._compressed and (chunk or self.pending):
            try:
                chunk = self._decompress(self._rest + chunk)
            except zlib.error as exc:
                raise BodyError("undecodable_response", f"the compressed data is invalid: {exc}") from None
        self._count += len(chunk)
        if self._count > self._limit:
            raise BodyError(
                "response_too_large", f"more than {self._limit} bytes (max_response_bytes, or 8 MiB for one event)"
            )
        return chunk

    def _decompress(self, chunk: bytes) -> bytes:
        if self._padding:
            # Padding is not passed to zlib, which would keep all of it. It counts, since it may be endless.
            self._count += len(chunk)
            return b""
        if not self._started and len(chunk) < 2:  # zlib needs two bytes to detect the format.
            self._rest = chunk
            return b""
        most = min(_MAX_PIECE_BYTES, self._limit - self._count + 1)
        try:
            data = self._inflate.decompress(chunk, most)
        except zlib.error:
            if self._started or not self._may_be_raw:
                raise
            self._inflate = zlib.decompressobj(_RAW_DEFLATE)
            data = self._inflate.decompress(chunk, most)
        self._started = True
        # Gzip data may have several members. Any other data after the end is padding.
        while self._inflate.eof and len(data) < most and self._inflate.unused_data[:2] == _GZIP_MAGIC:
            rest = self._inflate.unused_data
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
            data += self._inflate.decompress(rest, most - len(data))
        self._rest = b"" if self._inflate.eof else self._inflate.unconsumed_tail
        self.pending = len(data) >= most  # zlib may hold more output, even if it has taken the whole chunk.
        self._padding = self._inflate.eof and not self.pending and len(self._inflate.unused_data) > 1
        return data

    def finish(self) -> None:
        """Check that the compressed data is complete; a body without any data is complete too.

        Raises:
            BodyError: The data ends too early.
        """
        if self._rest or (self._started and not self._inflate.eof):
            raise BodyError("undecodable_response", "the compressed data ends too early")

    def reset(self) -> None:
        """Count from 0 again: the limit holds for each event of a stream, not for the whole."""
        self._count = 0
