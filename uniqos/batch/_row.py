"""One row of an input, as plain JSON values with the reasons why it cannot be sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, cast

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from .._base.plain import TOO_DEEP, request_values
from ..errors import ConfigurationError
from ._cells import CellError, cell_error, text_problem, to_json
from ._problems import Problem

NOT_UTF8 = "the text is not UTF-8; convert the file, e.g. with iconv -f cp1252 -t utf-8"


class InputError(ConfigurationError):
    """An input cannot be read as rows at all, e.g. because its header is missing. No row of it was sent."""

    def __init__(self, message: str, *, code: str = "unreadable_input", details: object = None) -> None:
        super().__init__(message, code=code, details=details)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an input.

    Attributes:
        number: The number of the row, from 1. In JSONL it is the number of the line.
        values: The cells that can be sent, as plain JSON by their column. A null is None.
        problems: The reasons why other cells, or the whole row, cannot be sent.
    """

    number: int
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an input that are read.

    Attributes:
        kept: The names of the columns; None for all. The others are not checked either.
        json: The names of the columns whose text cells may hold JSON, in a table.
    """

    kept: frozenset[str] | None = None
    json: frozenset[str] = frozenset()

    def keep(self, name: str) -> bool:
        """Return whether a column is read."""
        return self.kept is None or name in self.kept


@dataclass(frozen=True, slots=True)
class UnreadableCell:
    """A cell of a table that has no Python value."""

    code: str
    reason: str


def to_row(number: int, item: object, columns: Collection[str] | None = None) -> Row:
    """Convert an item of an iterable to a row.

    Args:
        number: The number of the row, from 1.
        item: A mapping, a pydantic model, a dataclass, a named tuple, or a row of a database with ``keys()``. A Row is
            returned as it is.
        columns: The names of the columns that are read; None for all.
    """
    if isinstance(item, Row):
        return item
    try:
        cells = _cells_of(item)
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        return bad_row(number, "not_json", error["msg"], ".".join(map(str, error["loc"])))
    if cells is None:
        return bad_row(number, "not_a_row", f"a row must be a mapping or a model, not {_name_of(type(item))}")
    kept = None if columns is None else frozenset(columns)
    return build_row(number, cells, Columns(kept))


def build_row(number: int, cells: Iterable[tuple[object, object]], columns: Columns, is_utf8: bool = True) -> Row:
    """Build a row of cells, each of which is checked.

    Args:
        number: The number of the row.
        cells: Name and value of each cell.
        columns: The columns that are read.
        is_utf8: Whether the text was decoded without ``surrogateescape``.
    """
    values: dict[str, JsonValue] = {}
    problems: list[Problem] = []
    for name, value in cells:
        try:
            key = _column_name(name)
            if columns.keep(key):
                values[key] = _cell_value(key, value, columns)
        except CellError as exc:
            problem = exc.problem
            is_undecoded = not is_utf8 and problem.code == "half_surrogate"
            problems.append(replace(problem, code="invalid_utf8", reason=NOT_UTF8) if is_undecoded else problem)
    return Row(number, values, tuple(problems))


def bad_row(number: int, code: str, reason: str, path: str = "") -> Row:
    """Return a row of which no value could be read."""
    return Row(number, problems=(Problem(path, code, reason),))


def parse_json(text: bytes | str, path: str) -> tuple[Any, bool]:
    """Parse JSON text, with NaN and halves of surrogate pairs, which are judged later where they stand.

    Args:
        text: The text; bytes that are not UTF-8 are kept by ``surrogateescape``.
        path: The column, for the error.

    Returns:
        The value, and whether the text is UTF-8.

    Raises:
        CellError: The text is not JSON.
    """
    try:
        return from_json(text), True
    except ValueError:
        pass  # The standard library is slower, but it reads what must be named exactly, and says where the fault is.
    decoded, is_utf8 = decode(text) if isinstance(text, bytes) else (text, True)
    try:
        return json.loads(decoded, strict=False), is_utf8
    except json.JSONDecodeError as exc:
        reason = f"the text is not JSON: {exc.msg[:1].lower()}{exc.msg[1:]} at character {exc.pos + 1}"
    except ValueError:
        reason = "the text is not JSON: a number has too many digits"
    except RecursionError:
        raise cell_error(path, "too_deep", TOO_DEEP) from None
    raise cell_error(path, "invalid_json", reason) from None


def decode(text: bytes) -> tuple[str, bool]:
    """Decode text, and return whether it is UTF-8. Other bytes become halves of surrogate pairs."""
    try:
        return text.decode(), True
    except UnicodeDecodeError:
        return text.decode(errors="surrogateescape"), False


def _column_name(name: object) -> str:
    if not isinstance(name, str):
        raise cell_error("", "column_name", f"a column has a name of type {_name_of(type(name))}; name it by a text")
    problem = text_problem(name)
    if problem is not None:
        raise cell_error(name, problem[0], f"in the name of the column, {problem[1]}")
    return name


def _cell_value(name: str, value: object, columns: Columns) -> JsonValue:
    if isinstance(value, UnreadableCell):
        raise cell_error(name, value.code, value.reason)
    if name in columns.json and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        value, _ = parse_json(value, name)
    return to_json(value, name)


def _cells_of(item: object) -> Iterable[tuple[object, object]] | None:
    """Return the cells of an item, or None if it is no row."""
    if isinstance(item, BaseModel):
        return request_values(item).items()
    if isinstance(item, Mapping):
        return item.items()
    if isinstance(item, type):
        return None
    if is_dataclass(item):
        return [(part.name, getattr(item, part.name)) for part in fields(item)]
    row: Any = item
    if hasattr(row, "_asdict"):  # a named tuple
        return cast(Iterable[tuple[object, object]], row._asdict().items())
    if hasattr(row, "_mapping"):  # a row of SQLAlchemy
        return cast(Iterable[tuple[object, object]], row._mapping.items())
    if hasattr(row, "keys") and hasattr(row, "__getitem__"):  # a row of sqlite3, which iterates over its values
        return [(key, row[key]) for key in row.keys()]  # noqa: SIM118
    return None


def _name_of(kind: type) -> str:
    return kind.__name__
