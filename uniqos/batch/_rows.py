"""The inputs of a batch: files, standard input, iterables and tables, read as rows in flat memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from ..errors import RequestValidationError
from ._csv import read_csv
from ._jsonl import read_jsonl
from ._lines import Lines, report_errors
from ._pyarrow import import_pyarrow
from ._row import Columns, InputError, Row, to_row
from ._tables import count_parquet, is_pandas, read_ipc, read_pandas, read_parquet, read_stream

__all__ = ["Format", "InputError", "Row", "Rows", "Source", "json_fields", "open_rows", "to_row"]

Format = Literal["jsonl", "csv", "tsv", "parquet", "arrow"]
Source = str | os.PathLike[str] | Iterable[Any] | Any
_FORMATS: Mapping[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
}


@dataclass(frozen=True)
class Rows:
    """The rows of one input, which are read while they are iterated over.

    Attributes:
        name: The name of the input, for messages: the path, ``standard input`` or the type of the object.
        total: The number of rows, where it is known before they are read.
    """

    name: str
    total: int | None
    _read: Callable[[], Iterator[Row]]
    _path: str | None = None
    _lines: Lines | None = None

    def __iter__(self) -> Iterator[Row]:
        return self._read()

    @property
    def fraction(self) -> float | None:
        """The part of a CSV or JSONL file that was read, from 0 to 1; None if its size is unknown."""
        return None if self._lines is None else self._lines.fraction

    def fingerprint(self) -> str | None:
        """Return a text that changes when the file does; None for an input that is no file.

        It consists of size, time of change and number of the file. Compare it before the first row and after the last.

        Raises:
            InputError: The file does not exist any more.
        """
        if self._path is None:
            return None
        with report_errors(self._path):
            found = os.stat(self._path)
        return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}" if stat.S_ISREG(found.st_mode) else None


def open_rows(
    source: Source,
    *,
    format: Format | None = None,
    columns: Collection[str] | None = None,
    json_columns: Collection[str] = (),
    csv_nulls: Collection[str] = ("",),
    delimiter: str | None = None,
) -> Rows:
    """Return the rows of an input. The first row is read when they are iterated over.

    Args:
        source: A path, ``-`` for standard input, an iterable of mappings or models, a DataFrame, or any other object
            with ``__arrow_c_stream__``. A CSV or JSONL file may be compressed by gzip.
        format: The format of a file; by default its ending says it, and standard input is JSONL.
        columns: The names of the columns that are read; None for all.
        json_columns: The columns of a table in which a text that begins with ``{`` or ``[`` is JSON.
        csv_nulls: The cells of CSV that stand for null.
        delimiter: The character between two cells of CSV; by default a comma, and a tab for ``.tsv``.

    Raises:
        InputError: The file does not exist, or is no Parquet.
        RequestValidationError: The source is no input, or an option does not fit to it.
        MissingExtraError: The input needs pyarrow, which is not installed.
    """
    if isinstance(csv_nulls, str):
        raise RequestValidationError(f"csv_nulls must be a list of texts, such as ['', {csv_nulls!r}]")
    kept = Columns(None if columns is None else frozenset(columns), frozenset(json_columns))
    if isinstance(source, (str, os.PathLike)):
        return _open_file(os.fspath(source), format, kept, csv_nulls, delimiter)
    if format is not None:
        raise RequestValidationError(f"format={format!r} is for a file; leave it out for a {type(source).__name__}")
    return _open_object(source, kept)


def json_fields(model: type[BaseModel]) -> frozenset[str]:
    """Return the fields of a request whose cell in a table may hold JSON: those that take an object or a list.

    Fields that take text are left out, because a text may begin with a bracket.
    """
    return frozenset(name for name, field in model.model_fields.items() if _takes_json(field.annotation))


def _open_file(
    path: str, format: Format | None, columns: Columns, csv_nulls: Collection[str], delimiter: str | None
) -> Rows:
    is_stdin = path == "-"
    kind = format or ("jsonl" if is_stdin else _format_of(path))
    if kind not in get_args(Format):
        raise RequestValidationError(f"format must be one of {', '.join(get_args(Format))}, got {kind!r}")
    if delimiter is not None and (kind not in ("csv", "tsv") or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise RequestValidationError("delimiter must be the one character that separates the cells of a CSV file")
    if is_stdin and kind in ("parquet", "arrow"):
        raise RequestValidationError(f"{kind} cannot be read from standard input; pass the path of a file")
    name = "standard input" if is_stdin else path
    real = None if is_stdin else os.path.abspath(path)
    if real is not None:
        with report_errors(path), open(real, "rb"):
            pass
    if kind in ("parquet", "arrow"):
        assert real is not None
        import_pyarrow()
        read = read_parquet if kind == "parquet" else read_ipc
        total = count_parquet(real) if kind == "parquet" else None
        return Rows(name, total, lambda: read(real, columns), real)
    lines = Lines(real or path)
    if kind == "jsonl":
        return Rows(name, None, lambda: read_jsonl(lines, columns), real, lines)
    separator = delimiter or ("\t" if kind == "tsv" else ",")
    return Rows(name, None, lambda: read_csv(lines, columns, frozenset(csv_nulls), separator), real, lines)


def _format_of(path: str) -> Format:
    ending = Path(path.lower().removesuffix(".gz")).suffix
    found = _FORMATS.get(ending)
    if found is None:
        raise RequestValidationError(
            f"the format of {path} is unknown; pass format=, or name the file with one of {', '.join(_FORMATS)}"
        )
    return found


def _open_object(source: Any, columns: Columns) -> Rows:
    name = type(source).__name__
    if is_pandas(source):
        return Rows(name, len(source), lambda: read_pandas(source, columns))
    if hasattr(source, "__arrow_c_stream__"):
        import_pyarrow()
        return Rows(name, _table_length(source), lambda: read_stream(source, columns))
    if isinstance(source, (Mapping, BaseModel, bytes, bytearray)) or not isinstance(source, Iterable):
        hint = "; call collect() first" if hasattr(source, "collect") else ""
        raise RequestValidationError(
            f"rows must be a path, an iterable of mappings or models, or a table, not a {name}{hint}"
        )

    def read() -> Iterator[Row]:
        for number, item in enumerate(source, 1):
            yield to_row(number, item, columns.kept)

    return Rows(name, len(source) if isinstance(source, Sized) else None, read)


def _table_length(table: object) -> int | None:
    """Return the number of rows of a table, but not of a relation of DuckDB, since each question runs its query."""
    lengths = (getattr(table, name, None) for name in ("num_rows", "height"))  # of pyarrow, and of polars
    return next((length for length in lengths if isinstance(length, int)), None)


def _takes_json(annotation: object) -> bool:
    if annotation is Any:
        return True
    kinds = [*_leaf_types(annotation)]
    return str not in kinds and any(
        isinstance(kind, type) and issubclass(kind, (Mapping, list, tuple, BaseModel)) for kind in kinds
    )


def _leaf_types(annotation: object) -> Iterator[object]:
    """Yield the types that an annotation joins; of ``list[str] | None``, list and NoneType."""
    origin = get_origin(annotation)
    if origin is None:
        yield annotation
    elif isinstance(origin, type) and issubclass(origin, (Mapping, list, tuple)):
        yield origin
    elif origin is Literal:
        yield str
    else:
        for argument in get_args(annotation):
            yield from _leaf_types(argument)
