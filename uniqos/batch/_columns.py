"""The columns of an Arrow table of results, which depend on the model of the answer alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic_core import to_json

from .._base.fields import json_fields
from .._base.model import Model
from ._pyarrow import import_pyarrow

if TYPE_CHECKING:
    import pyarrow

Kind = Literal["text", "integer", "number", "boolean", "time", "texts", "integers", "numbers", "booleans", "json"]
_SCALARS: Mapping[type, Kind] = {str: "text", int: "integer", float: "number", bool: "boolean"}
_LISTS: Mapping[Kind, Kind] = {"text": "texts", "integer": "integers", "number": "numbers", "boolean": "booleans"}
_INTEGERS = range(-(2**63), 2**63)
_UNIONS = (Union, UnionType)


@dataclass(frozen=True)
class Column:
    """A column of declared values: its name, the attributes that lead to the value, and its kind."""

    name: str
    attributes: tuple[str, ...]
    kind: Kind

    def value(self, answer: Model) -> object:
        """Return the value of this column in an answer; None for one that does not fit, which the raw answer has."""
        value: Any = answer
        for name in self.attributes:
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        return None if value is None else _FITTERS[self.kind](value)


def arrow_schema(model: type[Model]) -> pyarrow.Schema:
    """Return the schema of the results of a batch. It is the same for each batch and each run.

    The columns, in order:

    - ``record_id``, ``record_row``, ``record_status``: the id, the number of the row, and ``done``, ``rejected``,
      ``failed`` or ``unknown``;
    - one for each declared field of the answer, with the type of the field. A field inside of a model has a dotted
      name: ``inferred_emotional_state.primary``. A field whose shape is open holds JSON text;
    - ``answer_extras``: the undeclared fields as one JSON object, by their dotted names; null if there are none;
    - ``answer_raw``: the JSON text of the answer as the server sent it;
    - ``record_problems``: the problems of a reject, or the error of a failure, as JSON;
    - ``record_idempotency_key``, ``http_status``, ``http_request_id``, ``http_retries``, ``http_elapsed``.

    Args:
        model: The model of the answer, e.g. ``uniqos.models.RespondResult``.

    Returns:
        A ``pyarrow.Schema``. The metadata ``uniqos: json`` marks the columns that hold JSON text.

    Raises:
        MissingExtraError: pyarrow is not installed.

    Source: this SDK.
    """
    arrow = import_pyarrow()
    before = [("record_id", "text"), ("record_row", "integer"), ("record_status", "text")]
    after = [
        *(("answer_extras", "json"), ("answer_raw", "json"), ("record_problems", "json")),
        *(("record_idempotency_key", "text"), ("http_status", "integer"), ("http_request_id", "text")),
        *(("http_retries", "integer"), ("http_elapsed", "number")),
    ]
    declared = [(column.name, column.kind) for column in declared_columns(model)]
    return arrow.schema([_field(name, kind) for name, kind in (*before, *declared, *after)])


@cache
def declared_columns(model: type[Model]) -> tuple[Column, ...]:
    return tuple(_columns_of(model, "", (), (model,)))


def _columns_of(
    model: type[Model], prefix: str, attributes: tuple[str, ...], outer: tuple[type[Model], ...]
) -> Iterator[Column]:
    """Yield the columns of a model, which stands inside of the models ``outer``."""
    for name, key, info in json_fields(model):
        inner = only_model(info.annotation)
        path = (*attributes, name)
        if inner is not None and inner not in outer:
            yield from _columns_of(inner, f"{prefix}{key}.", path, (*outer, inner))
        else:
            yield Column(prefix + key, path, _kind(info.annotation))


def only_model(annotation: object) -> type[Model] | None:
    """Return the model of a field that holds one model, or None."""
    kinds = _alternatives(annotation)
    if len(kinds) == 1 and isinstance(kinds[0], type) and get_origin(kinds[0]) is None and issubclass(kinds[0], Model):
        return kinds[0]
    return None


def _kind(annotation: object) -> Kind:
    kinds = _alternatives(annotation)
    if kinds and all(get_origin(kind) is None and "datetime" in repr(kind).lower() for kind in kinds):
        return "time"
    if len(kinds) == 1 and get_origin(kinds[0]) is list:
        return _LISTS.get(_kind(get_args(kinds[0])[0]), "json")
    found: set[Kind] = {_SCALARS.get(kind, "json") if isinstance(kind, type) else "json" for kind in kinds}
    if found == {"integer", "number"}:
        return "number"
    return found.pop() if len(found) == 1 else "json"


def _alternatives(annotation: object) -> list[Any]:
    """Return the types of a union without None; a Literal counts as the type of its values."""
    if hasattr(annotation, "__metadata__"):
        return _alternatives(get_args(annotation)[0])
    origin = get_origin(annotation)
    if origin is Literal:
        return [*dict.fromkeys(type(value) for value in get_args(annotation) if value is not None)]
    if origin not in _UNIONS:
        return [] if annotation is type(None) else [annotation]
    return [*dict.fromkeys(kind for argument in get_args(annotation) for kind in _alternatives(argument))]


def json_text(value: object) -> str:
    """Return a value as JSON text."""
    return to_json(value, by_alias=True).decode()


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _INTEGERS else None


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    except OverflowError:
        return None


def _boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _time(value: object) -> datetime | None:
    try:
        return value.astimezone(timezone.utc) if isinstance(value, datetime) else None
    except OverflowError:
        return None


def _list_of(fit: Callable[[object], object]) -> Callable[[object], object]:
    def fit_list(value: object) -> list[object] | None:
        """Return the items that fit; the others are null."""
        return [*map(fit, value)] if isinstance(value, list) else None

    return fit_list


_FITTERS: Mapping[Kind, Callable[[object], object]] = {
    "json": json_text,
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "time": _time,
    "texts": _list_of(_text),
    "integers": _list_of(_integer),
    "numbers": _list_of(_number),
    "booleans": _list_of(_boolean),
}


def _field(name: str, kind: str) -> Any:
    """Return a column. The metadata of one that holds JSON text says so."""
    arrow = import_pyarrow()
    types: dict[str, Any] = {
        "text": arrow.string(),
        "json": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "time": arrow.timestamp("us", "UTC"),
    }
    types |= {plural: arrow.list_(types[single]) for single, plural in _LISTS.items()}
    return arrow.field(name, types[kind], metadata={"uniqos": "json"} if kind == "json" else None)
