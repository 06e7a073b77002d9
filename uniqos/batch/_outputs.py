"""The files that a batch writes, which appear under their names when they are whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from .._base.model import Model
from .._wire.file import PartialFile
from ..errors import RequestValidationError
from ._pyarrow import import_pyarrow
from ._records import Line, to_line

_JSONL = (".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
_GROUP_ROWS = 10_000
_GROUP_BYTES = 16 * 1024 * 1024


class _Writer(Protocol):
    """The writing of one format into an open file."""

    def write(self, line: Line) -> None:
        """Append a line."""

    def finish(self) -> None:
        """Write the rest of the file."""

    def abort(self) -> None:
        """Write nothing more."""


class Output:
    """A file of results: JSONL or Parquet, by its ending.

    It is written under a temporary name in its folder, and gets its own name in `finish`.

    Args:
        path: The path of the file. Its folder must exist.
        model: The model of the answers, which the columns of Parquet come from.

    Raises:
        ConfigurationError: ``cannot_write_file``: the path cannot be a file. Nothing was written.
        RequestValidationError: The ending is unknown, or Parquet has no model.
        UniqOSError: ``cannot_write_file``: writing failed, e.g. because the disk is full.
        MissingExtraError: Parquet needs pyarrow.
    """

    def __init__(self, path: str | os.PathLike[str], model: type[Model] | None = None) -> None:
        ending = Path(path).suffix.lower()
        if ending not in (*_JSONL, *_PARQUET):
            raise RequestValidationError(f"the output {path} must be named .jsonl or .parquet")
        if ending in _PARQUET and model is None:
            raise RequestValidationError(f"{path}: Parquet needs the model of the answers; write .jsonl without one")
        self._part = PartialFile(path)
        self._part.begin()
        self._writer: _Writer | None = None
        try:
            if model is None or ending in _JSONL:
                self._writer = _Jsonl(self._part)
            else:
                self._writer = _Parquet(self._part, model)
        except BaseException:
            self.abort()
            raise

    def write(self, line: Line) -> None:
        """Append the line of a result, as `line_of` makes it."""
        assert self._writer is not None
        self._writer.write(line)

    def finish(self) -> Path:
        """Give the file its name, durably, and return its absolute path."""
        assert self._writer is not None
        self._writer.finish()
        return self._part.finish()

    def abort(self) -> None:
        """Remove the temporary file. An existing file under the output's name stays."""
        if self._writer is not None:
            self._writer.abort()
        self._part.__exit__(None)


class _Jsonl:
    """Lines of JSON."""

    def __init__(self, part: PartialFile) -> None:
        self._part = part

    def write(self, line: Line) -> None:
        self._part.write(to_line(line))

    def finish(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _Parquet:
    """Rows of Parquet, in the columns of the model."""

    def __init__(self, part: PartialFile, model: type[Model]) -> None:
        import_pyarrow()
        from pyarrow import parquet

        from ._arrow import Table
        from ._columns import arrow_schema

        self._table = Table(model)
        self._lines: list[Line] = []
        self._size = 0
        self._sink = _Sink(part)
        self._writer: Any = parquet.ParquetWriter(self._sink, arrow_schema(model), compression="zstd")

    def write(self, line: Line) -> None:
        self._lines.append(line)
        raw = line.get("answer")
        self._size += len(raw) if isinstance(raw, bytes) else 0
        if len(self._lines) >= _GROUP_ROWS or self._size >= _GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        if self._lines:
            self._flush()
        self._writer.close()

    def abort(self) -> None:
        # Otherwise pyarrow would write the end of the file when the writer is garbage.
        self._sink.is_discarded = True
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_batch(self._table.batch(self._lines))
        self._lines = []
        self._size = 0


class _Sink:
    """The file object that pyarrow writes to."""

    closed = False

    def __init__(self, part: PartialFile) -> None:
        self._part = part
        self._position = 0
        self.is_discarded = False

    def write(self, data: Any) -> int:
        block = bytes(data)
        if not self.is_discarded:
            self._part.write(block)
        self._position += len(block)
        return len(block)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        """Leave the file open, which is not whole before `PartialFile.finish`."""
