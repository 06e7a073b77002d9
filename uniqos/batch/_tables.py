"""The rows of tables: Parquet and Arrow files, and the frames of pandas, polars, DuckDB and pyarrow."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from ._lines import report_errors
from ._pyarrow import BATCH_BYTES, BATCH_ROWS, import_pyarrow
from ._row import NOT_UTF8, Columns, InputError, Row, UnreadableCell, build_row

_READ_BYTES = 1024 * 1024
_INDEX_OF_PANDAS = "__index_level_"  # the name that pandas gives to an index without a name


def read_parquet(path: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a Parquet file, of which only the named columns are read.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    with _report_arrow_errors(path), _open_parquet(path) as file:
        names = _checked_names(file.schema_arrow.names, path)
        # Buffered, Parquet is decoded page by page; otherwise each column of a row group is read at once.
        kept = [*filter(columns.keep, names)]
        batches = file.iter_batches(_batch_rows(file.metadata), columns=kept, use_threads=False)
        yield from _rows_of(batches, columns)


def count_parquet(path: str) -> int:
    """Return the number of rows of a Parquet file."""
    with _report_arrow_errors(path), _open_parquet(path) as file:
        return int(file.metadata.num_rows)


def read_ipc(path: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of an Arrow file, in the file format (Feather) or the stream format.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    with _report_arrow_errors(path), arrow.memory_map(path) as source:
        if source.read(6) == b"ARROW1":
            file = arrow.ipc.open_file(source)
            _checked_names(file.schema.names, path)
            batches = (file.get_batch(index) for index in range(file.num_record_batches))
        else:
            source.seek(0)
            batches = arrow.ipc.open_stream(source)
            _checked_names(batches.schema.names, path)
        yield from _rows_of(batches, columns)


def read_stream(table: object, columns: Columns) -> Iterator[Row]:
    """Yield the rows of an object with ``__arrow_c_stream__``.

    Raises:
        InputError: The object cannot be read as Arrow.
        MissingExtraError: pyarrow is not installed.
    """
    name = f"the {type(table).__name__}"
    with _report_arrow_errors(name):
        reader = import_pyarrow().RecordBatchReader.from_stream(table)
        _checked_names(reader.schema.names, name)
        yield from _rows_of(reader, columns)


def is_pandas(table: object) -> bool:
    """Return whether an object is a DataFrame of pandas."""
    return type(table).__module__.partition(".")[0] == "pandas" and hasattr(table, "iloc")


def read_pandas(frame: Any, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a DataFrame; the levels of its index that have a name are columns.

    A frame is not read through Arrow, which refuses a whole column when the types in it differ.

    Raises:
        InputError: A name of a column is missing, is no text, or occurs twice.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = _checked_names([*frame.columns], "the DataFrame")
    kept = [name for name in names if columns.keep(name)]
    cells = zip(*(frame[name] for name in kept)) if kept else (() for _ in range(len(frame)))  # noqa: B905
    for number, values in enumerate(cells, 1):
        yield build_row(number, zip(kept, values, strict=True), columns)


def _rows_of(batches: Any, columns: Columns) -> Iterator[Row]:
    number = 0
    for batch in batches:
        size = _slice_rows(batch.num_rows, batch.get_total_buffer_size())
        for start in range(0, batch.num_rows, size):
            part = batch.slice(start, size)
            names = [name for name in part.schema.names if columns.keep(name) and not name.startswith(_INDEX_OF_PANDAS)]
            cells = [_python_values(part.column(name)) for name in names]
            for values in zip(*cells, strict=True) if cells else ((),) * part.num_rows:
                number += 1
                yield build_row(number, zip(names, values, strict=True), columns)


def _python_values(column: Any) -> list[object]:
    """Return the cells of a column as Python values."""
    types = import_pyarrow().types
    kind = column.type
    try:
        # Of nanoseconds, pyarrow makes an object of pandas where that is installed, and an error where it is not.
        if types.is_timestamp(kind) and kind.unit == "ns":
            column = column.cast(import_pyarrow().timestamp("us", kind.tz), safe=False)
        values: list[object] = column.to_pylist()
    except (ArithmeticError, ValueError, TypeError, NotImplementedError, KeyError):
        values = [_python_value(scalar) for scalar in column]
    if types.is_map(kind):
        return [None if pairs is None else dict(pairs) for pairs in values]  # type: ignore[call-overload]
    return values


def _python_value(scalar: Any) -> object:
    """Return the Python value of one cell, in a column of which one cell has none."""
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return UnreadableCell("invalid_utf8", NOT_UTF8)
    except Exception:  # An extension type of the caller's may raise any exception.
        return UnreadableCell("not_json", f"a value of the type {scalar.type} is outside of Python's range")


def _slice_rows(rows: int, size: int) -> int:
    """Return how many rows of a table are converted at a time, so that large cells do not fill the memory."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES * rows // max(size, 1)))


def _batch_rows(metadata: Any) -> int:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    return min((_slice_rows(group.num_rows, group.total_byte_size) for group in groups), default=BATCH_ROWS)


@contextmanager
def _open_parquet(path: str) -> Generator[Any, None, None]:
    import_pyarrow()
    from pyarrow import parquet

    with parquet.ParquetFile(path, buffer_size=_READ_BYTES, pre_buffer=False) as file:
        yield file


@contextmanager
def _report_arrow_errors(name: str) -> Generator[None, None, None]:
    arrow = import_pyarrow()
    try:
        with report_errors(name):
            yield
    except arrow.ArrowException as exc:
        # The message of Arrow may quote cells.
        raise InputError(f"cannot read {name}: it is not sound ({type(exc).__name__})") from exc


def _checked_names(names: list[Any], table: str) -> list[str]:
    for name in names:
        if not isinstance(name, str):
            kind = type(name).__name__
            raise InputError(f"a column of {table} has a name of type {kind}; give each column a text as its name")
        if names.count(name) > 1:
            raise InputError(f"{table} has the column {name!a} twice; rename one of the two")
    return names
