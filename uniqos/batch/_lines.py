"""The lines of a file or of standard input, in flat memory."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from ._row import InputError

MAX_ROW_BYTES = 64 * 1024 * 1024
"""The size of the largest row. A larger one is refused without being kept."""
TOO_LARGE = f"the row has more than {MAX_ROW_BYTES // 1024**2} MiB; is a line break or a closing quote missing?"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_GZIP_MARK = b"\x1f\x8b"


class Lines:
    """The lines of one input, each with its line break. None stands for a line that is too large.

    Args:
        path: The path of a file, which may be compressed by gzip; ``-`` is standard input.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    def __iter__(self) -> Iterator[bytes | None]:
        with self._open() as stream, report_errors(self.path):
            is_first = True
            while line := stream.readline(MAX_ROW_BYTES + 1):
                if is_first:
                    is_first, line = False, self._without_mark(line)
                if len(line) <= MAX_ROW_BYTES:
                    yield line
                else:
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_ROW_BYTES)
                    yield None

    @property
    def fraction(self) -> float | None:
        """The part of the file that was read, from 0 to 1; None if the size is unknown."""
        file = self._file
        try:
            size = os.fstat(file.fileno()).st_size if file is not None else 0
            return min(file.tell() / size, 1.0) if file is not None and size else None
        except (OSError, ValueError):  # Standard input has no position, and a closed file none either.
            return None

    @contextmanager
    def _open(self) -> Generator[BinaryIO, None, None]:
        if self.path == "-":
            yield sys.stdin.buffer
            return
        with report_errors(self.path):
            file = open(self.path, "rb")  # noqa: SIM115 - closed below
        with file:
            self._file = file
            try:
                if file.peek(2)[:2] == _GZIP_MARK:
                    with gzip.GzipFile(fileobj=file) as unpacked:
                        yield cast(BinaryIO, unpacked)
                else:
                    yield file
            finally:
                self._file = None

    def _without_mark(self, line: bytes) -> bytes:
        if line.startswith(_UTF16_MARKS) or line[1:2] == b"\x00":
            raise InputError(f"{self.path} is UTF-16; convert it, e.g. with iconv -f utf-16 -t utf-8")
        return line.removeprefix(_UTF8_MARK)


@contextmanager
def report_errors(name: str) -> Generator[None, None, None]:
    """Raise the errors of reading a file as an InputError that names the file."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise InputError(f"cannot read {name}: {reason}") from exc
