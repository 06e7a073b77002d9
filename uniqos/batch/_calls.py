"""Calls of a batch: each row is encoded as a request, or refused with the reasons of the client."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .._base.model import Model, OpenRequest
from .._turn.request import encode_turn
from .._wire.encode import encode, set_idempotency_key
from .._wire.file import File
from .._wire.operation import Operation, Request
from .._wire.options import as_text
from ..api import operations
from ..api.engine import RESPOND, ModulatorPack
from ..errors import ConfigurationError, RequestValidationError
from ._cells import CellError, to_json
from ._keys import body_digest, key_maker
from ._problems import Problem
from ._rows import json_fields

__all__ = ["ROW_NUMBER", "Call", "Calls", "operation_of"]

ROW_NUMBER = "#"
"""Asks for the number of the row as its id: ``id=ROW_NUMBER``. A row that moves in the input is then another record."""
_MAX_ID_BYTES = 1024
_NO_COLUMN = "the row has no column {column!r}, from which {purpose} is taken; add it, or correct its name"
_MISSING = "this field is required and has no value; fill it in, or map {name} to another column"


@dataclass(frozen=True, slots=True)
class Call:
    """The request of a row, and all that follows from it.

    Attributes:
        id: Id of the record.
        request: The request, which carries the record's own key.
        digest: Digest of the request.
        key: The idempotency key; None for an operation that needs none.
        order: Calls with the same order run one after the other; None runs beside all others.
    """

    id: str
    request: Request
    digest: bytes
    key: str | None
    order: tuple[str, ...] | None


class Calls:
    """The calls of one batch.

    Args:
        operation: Dotted name of the operation; those of ``client.engine`` also by their method's name alone.
        id: The column of the record's id.
        columns: The column by the field that it fills.
        fixed: The value by the field that is the same for all rows.
        return_format: That of ``respond``, which chooses the type of the answer.

    Raises:
        ConfigurationError: The operation is unknown, or no batch can run it, or a name is wrong.
    """

    def __init__(
        self,
        operation: str,
        id: str,
        columns: Mapping[str, str],
        fixed: Mapping[str, object],
        return_format: Literal["text", "modulator_pack"] | None = None,
    ) -> None:
        self.name: str = _full_name(operation)
        self.operation: Operation[Model] = operation_of(self.name, return_format)
        self.id: str = id
        self.columns: dict[str, str] = dict(columns)
        self.fixed: dict[str, object] = _plain(fixed)
        self.left_out: set[str] = set()
        """Columns that were not sent."""
        self._encode: Callable[[dict[str, object], tuple[str, ...]], Request] = self._encode_any
        if self.is_turn:
            self._encode = self._encode_turn
        # The key of a record follows from its encoded body; this one spares each row a random key before it.
        self._options: dict[str, str] = {"idempotency_key": "-"} if self.has_key else {}
        self._return_format: Literal["text", "modulator_pack"] | None = return_format
        self._known_columns: tuple[str, ...] | None = None
        self._pairs: list[tuple[str, str]] = []
        self._key_maker: tuple[str, Callable[[str, bytes], str]] | None = None
        self._check_names()

    @property
    def is_turn(self) -> bool:
        """Whether the operation is ``respond``."""
        return self.operation.path == RESPOND.path

    @property
    def is_billed(self) -> bool:
        """Whether each call costs a turn."""
        return self.operation.resend == "billed"

    @property
    def has_key(self) -> bool:
        """Whether the calls carry an idempotency key."""
        return self.operation.resend != "safe"

    def find_id(self, number: int, row: Mapping[str, object]) -> str | Problem:
        """Return the id of a row, or the reason why it has none."""
        if self.id == ROW_NUMBER:
            return str(number)
        if self.id not in row:
            return Problem(self.id, "missing_id", _NO_COLUMN.format(column=self.id, purpose="the id"))
        value = row[self.id]
        if value is None or value == "":
            return Problem(self.id, "missing_id", "the row has no id; give each row one that no other row has")
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else as_text(value)
        if text is None:
            return Problem(self.id, "invalid_id", "an id must be text or a whole number")
        try:
            if len(text.encode()) > _MAX_ID_BYTES:
                return Problem(self.id, "invalid_id", f"the id is longer than {_MAX_ID_BYTES} bytes; shorten it")
        except UnicodeEncodeError:
            return Problem(self.id, "invalid_id", "the id holds half of a surrogate pair, which UTF-8 cannot encode")
        return text

    @property
    def settings(self) -> dict[str, str]:
        """The settings that all runs with one ledger share, as text."""
        kept = {
            "operation": self.name,
            "id": self.id,
            "map": json.dumps(self.columns, sort_keys=True),
            # A digest: the values may be the words of people.
            "fixed": body_digest("", json.dumps(self.fixed, sort_keys=True).encode()).hex(),
        }
        return kept if self._return_format is None else {**kept, "return_format": self._return_format}

    @property
    def json_columns(self) -> frozenset[str]:
        """The columns whose text may be JSON, since their field takes an object or a list."""
        model = self.operation.body or self.operation.query
        return frozenset(self.columns.get(name, name) for name in (json_fields(model) if model else ()))

    @property
    def wanted_columns(self) -> frozenset[str] | None:
        """The columns that are read; None for all."""
        if self._takes_any and not self.columns:
            return None
        names = frozenset(self.columns.values()) | (
            frozenset() if self._takes_any else self._names - self.columns.keys()
        )
        return names | {self.id}

    def is_sent(self, path: str) -> bool:
        """Return whether a cell of a row is sent; ``""`` stands for the whole row.

        Args:
            path: The column, and the way to a value inside the cell.
        """
        if self._wanted is None or not path or path in self._wanted:
            return True
        return any(path.startswith((f"{column}.", f"{column}[")) for column in self._wanted)

    def prepare(self, id: str, row: Mapping[str, object], run: str) -> Call | tuple[Problem, ...]:
        """Return the call of a row, or each reason why it would be refused.

        Args:
            id: Id of the record.
            row: Values by column.
            run: Name of the run.
        """
        fields = self._fields(row)
        path: list[str] = []
        for name in self.operation.params:
            if fields.get(name) is None:
                return (self._missing(name, row),)
            path.append(fields.pop(name))  # type: ignore[arg-type]
        try:
            request = self._encode(fields, tuple(path))
        except RequestValidationError as error:
            return tuple(self._name_missing(problem, row) for problem in _problems(error))
        digest = body_digest(request.path, request.content)
        key = None
        if self.has_key:
            key = self._make_key(run)(id, digest)
            set_idempotency_key(request, key)
        return Call(id, request, digest, key, self._order(request, fields))

    def _name_missing(self, problem: Problem, row: Mapping[str, object]) -> Problem:
        """Return a problem; that of a missing field names the column that should fill it."""
        return self._missing(problem.path, row) if problem.code == "missing" else problem

    def _missing(self, name: str, row: Mapping[str, object]) -> Problem:
        """Return the problem of a required field that has no value."""
        column = self.columns.get(name)
        if column is None or column in row:
            return Problem(name, "missing", _MISSING.format(name=name))
        return Problem(name, "missing", _NO_COLUMN.format(column=column, purpose=f"the field {name!r}"))

    def _make_key(self, run: str) -> Callable[[str, bytes], str]:
        if self._key_maker is None or self._key_maker[0] != run:
            self._key_maker = (run, key_maker(run, self.name))
        return self._key_maker[1]

    def _fields(self, row: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a row that are sent. A value of None is left out, as by the keywords of ``respond``."""
        columns = tuple(row)
        if columns != self._known_columns:  # Nearly all rows of an input have the same columns.
            self._known_columns, self._pairs = columns, self._pairs_of(columns)
        fields = dict(self.fixed)
        for name, column in self._pairs:
            if row[column] is not None:
                fields[name] = row[column]
        return fields

    def _pairs_of(self, columns: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return each field that a row fills, with its column. Note the columns that are not sent."""
        names = self._names.intersection(columns)
        if self._takes_any and not self.columns:
            names = frozenset(columns) - {self.id}
        pairs = [(name, name) for name in sorted(names - self.columns.keys())]
        pairs += [(name, column) for name, column in self.columns.items() if column in columns]
        self.left_out |= set(columns) - {column for _, column in pairs} - {self.id}
        return pairs

    def _encode_any(self, fields: dict[str, object], path: tuple[str, ...]) -> Request:
        has_fields = self.operation.body is not None or self.operation.query is not None
        return encode(self.operation, fields if has_fields else None, self._options, path)

    def _encode_turn(self, fields: dict[str, object], path: tuple[str, ...]) -> Request:
        return encode_turn(self.operation, fields, self._options, stream=False, return_format=self._return_format)

    def _order(self, request: Request, fields: Mapping[str, object]) -> tuple[str, ...] | None:
        """Return what calls share that must not run at the same time: a conversation, or a resource that changes."""
        if self.is_turn:
            user = fields.get("user_id")
            if user is None or fields.get("mode") == "stateless":
                return None
            return str(fields.get("personality_id")), str(user)
        return (request.path,) if self.operation.params and self.operation.method != "GET" else None

    def _check_names(self) -> None:
        model = self.operation.body or self.operation.query
        self._takes_any: bool = model is not None and issubclass(model, OpenRequest)
        self._names: frozenset[str] = frozenset(self.operation.params) | (model.model_fields.keys() if model else set())
        self._wanted: frozenset[str] | None = self.wanted_columns
        if not isinstance(self.id, str) or not self.id:
            raise ConfigurationError("id must be the name of the column that holds the id of each record")
        for given, name in ((self.columns, "map"), (self.fixed, "fixed")):
            if any(not isinstance(key, str) for key in given):
                raise ConfigurationError(f"{name} must have the names of fields as keys")
        if any(not isinstance(column, str) for column in self.columns.values()):
            raise ConfigurationError("map must have the names of columns as values")
        both = self.columns.keys() & self.fixed.keys()
        if both:
            raise ConfigurationError(f"{min(both)!r} is in map and in fixed; give it once")


def _plain(fixed: Mapping[str, object]) -> dict[str, object]:
    """Return the fixed values as plain JSON."""
    try:
        return {str(name): to_json(value, str(name)) for name, value in fixed.items()}
    except CellError as exc:
        raise ConfigurationError(f"fixed cannot be sent: {exc.problem.path}: {exc.problem.reason}") from None


def _full_name(name: str) -> str:
    """Return the dotted name of an operation."""
    known = operations()
    full = name if name in known else f"engine.{name}"
    if full not in known:
        from difflib import get_close_matches

        near = get_close_matches(str(name), [*known, "respond", "infer_state", "recall_memory"])
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ConfigurationError(f"{name!r} is not an operation of the API{hint}")
    return full


def operation_of(name: str, return_format: str | None) -> Operation[Model]:
    """Return the operation of a batch.

    Args:
        name: Its dotted name.
        return_format: That of ``respond``; None for any other operation.

    Raises:
        ConfigurationError: The operation cannot run in a batch.
    """
    operation: Operation[Model] = operations()[name]
    if operation.resend not in ("safe", "keyed", "billed"):
        raise ConfigurationError(
            f"{name} cannot run in a batch: it carries no idempotency key, and a repeated call could take effect twice"
        )
    if issubclass(operation.returns, File):
        raise ConfigurationError(f"{name} cannot run in a batch: it returns a file")
    if return_format not in (None, "text", "modulator_pack"):
        raise ConfigurationError('return_format must be "text" or "modulator_pack"')
    if return_format is not None and operation is not RESPOND:
        raise ConfigurationError("return_format is for respond alone; leave it out")
    return operation.returning(ModulatorPack) if return_format == "modulator_pack" else operation


def _problems(error: RequestValidationError) -> tuple[Problem, ...]:
    """Return the reasons of a refusal, one for each field."""
    details = error.details if isinstance(error.details, list) else []
    found: list[Problem] = []
    for detail in details:
        path = _path(detail["loc"])
        found.append(Problem(path, str(detail["type"]), str(detail["msg"])))
    return tuple(found) or (Problem("", error.code, error.message),)


def _path(steps: list[Any]) -> str:
    """Return the path to a field as people write it: ``context.items[2]``."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path
