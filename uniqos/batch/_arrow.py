"""Results as Arrow tables, whose schema depends on the model of the answer alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from .._base.fields import json_fields
from .._base.model import Model
from .._base.response import from_wire
from .._base.salvage import salvage
from ..errors import RequestValidationError
from ._columns import arrow_schema, declared_columns, json_text, only_model
from ._outcomes import Result
from ._pyarrow import BATCH_BYTES, BATCH_ROWS, import_pyarrow
from ._records import Line, line_of

if TYPE_CHECKING:
    import pyarrow

M = TypeVar("M", bound=Model)


def to_arrow(results: Iterable[Result[M]], model: type[M] | None = None) -> pyarrow.RecordBatchReader:
    """Return results as a stream of record batches, which are made while they are read.

    pandas, polars and DuckDB read the stream: ``to_arrow(batch).read_pandas()``, ``polars.from_arrow(...)``.

    Args:
        results: The results of a batch. A reject and a failure are rows too, without an answer.
        model: The model of the answers. A batch knows it; for other iterables it is required.

    Returns:
        A ``pyarrow.RecordBatchReader`` with the schema of `arrow_schema`.

    Raises:
        RequestValidationError: The model is not known.
        MissingExtraError: pyarrow is not installed.

    Source: this SDK.
    """
    model = model or getattr(results, "answer_model", None)
    if model is None:
        raise RequestValidationError("the model of the answers is not known; pass it, e.g. model=RespondResult")
    table = Table(model)
    batches = (table.batch(lines) for lines in _groups(map(line_of, results)))
    return import_pyarrow().RecordBatchReader.from_batches(arrow_schema(model), batches)


class Table:
    """The conversion of lines to record batches.

    Args:
        model: The model of the answers.
    """

    def __init__(self, model: type[Model]) -> None:
        self._model = model
        self._schema = arrow_schema(model)
        self._columns = declared_columns(model)

    def batch(self, lines: list[Line]) -> pyarrow.RecordBatch:
        """Return lines as a record batch."""
        return import_pyarrow().RecordBatch.from_pylist([*map(self._row, lines)], schema=self._schema)

    def _row(self, line: Line) -> dict[str, object]:
        http: Any = line.get("http") or {}
        problems = line.get("problems") or line.get("error")
        row = {
            "record_id": line["id"],
            "record_row": line["row"],
            "record_status": line["status"],
            "record_problems": None if problems is None else to_json(problems).decode(),
            "record_idempotency_key": line.get("idempotency_key"),
            **{f"http_{name}": value for name, value in http.items()},
        }
        raw = line.get("answer")
        if raw is None:
            return row
        row["answer_raw"] = raw.decode() if isinstance(raw, bytes) else raw
        answer = _answer(self._model, raw) if isinstance(raw, bytes) else None
        return row if answer is None else {**row, **self._declared_values(answer), "answer_extras": _extras(answer)}

    def _declared_values(self, answer: Model) -> dict[str, object]:
        return {column.name: column.value(answer) for column in self._columns}


def _groups(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield lines in groups of bounded size."""
    group: list[Line] = []
    size = 0
    for line in lines:
        group.append(line)
        raw = line.get("answer")
        size += len(raw) if isinstance(raw, bytes) else 0
        if len(group) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _answer(model: type[Model], raw: bytes) -> Model | None:
    """Return an answer as its model. An answer that breaks the contract keeps the fields that do not."""
    try:
        return from_wire(model, raw)
    except ValidationError:
        data = from_json(raw)
        return salvage(model, data) if isinstance(data, dict) else None


def _extras(answer: Model) -> str | None:
    """Return the undeclared fields of an answer, and of the models whose fields are columns, by their dotted names."""
    found = dict(_undeclared(answer, ""))
    return json_text(found) if found else None


def _undeclared(answer: Model, prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in (answer.model_extra or {}).items():
        yield prefix + name, value
    for name, key, info in json_fields(type(answer)):
        inner = getattr(answer, name, None)
        if isinstance(inner, Model) and only_model(info.annotation) is not None:
            yield from _undeclared(inner, f"{prefix}{key}.")
