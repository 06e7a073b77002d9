"""The options of a batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from typing_extensions import Required, TypedDict

from .._wire.options import shown
from ..errors import ConfigurationError
from ._outcomes import Report
from ._rows import Format

__all__ = ["BatchOptions", "Settings", "Unknown"]

Unknown: TypeAlias = Literal["resend", "hold"]
KEY_WINDOW = timedelta(hours=24)


class BatchOptions(TypedDict, total=False):
    """The options of a batch. Each may be left out, except for ``id`` and ``ledger``."""

    id: Required[str]
    """The column that holds the id of each record. No two rows may share an id. ``ROW_NUMBER`` takes the row's number
    instead; a row that moves in the input is then another record."""
    ledger: Required[str | os.PathLike[str]]
    """The path of the SQLite file that keeps the state of each record, made if it is missing. The same ledger makes a
    second run the continuation of the first. Use a local disk: SQLite's log does not work on network drives."""
    map: Mapping[str, str]
    """The column by the field that it fills, ``{"message": "text"}``. By default a field is filled by the column of
    its own name. An operation whose fields are undocumented is sent all columns except for the id; with ``map``, only
    those that it names."""
    fixed: Mapping[str, object]
    """The value by the field that is the same for all rows, ``{"personality_id": "pers_..."}``. A row wins over it."""
    concurrency: int
    """How many calls may be under way at once, 64 by default. A rate limit slows them down."""
    max_turns: int | None
    """How many turns the API may bill for the ledger, over all runs. It is checked before a turn is sent."""
    unknown: Unknown
    """The treatment of a record that was sent and whose answer was lost. ``"resend"``, the default, sends it again
    with its own key, within ``key_window``. That happens once at the end of the run, and in each later run. ``"hold"``
    leaves the record to people."""
    key_window: timedelta
    """How long after its first request such a record may be sent again, 24 hours by default. How long the API honours
    an idempotency key is not public. A turn that is sent again after that time is billed a second time."""
    retry_failed: bool
    """Whether to send the records again that failed in an earlier run. The default is False."""
    on_progress: Callable[[Report], object] | None
    """A function that is called with the state of the run: about ten times a second, and at the end."""
    run: str | None
    """The name of the run, from which the idempotency keys derive. By default it is random, and kept in the ledger.
    With a name of your own the keys survive the loss of the ledger."""
    format: Format | None
    """The format of a file or of standard input. By default the ending of the path says it, and standard input is
    JSONL."""
    csv_nulls: Collection[str]
    """The cells of a CSV file that stand for null; by default the empty ones."""
    delimiter: str | None
    """The character between two cells of a CSV file; by default a comma, and a tab for ``.tsv``."""
    json_columns: Collection[str]
    """Further columns of a table in which a text that begins with ``{`` or ``[`` is JSON. The columns of fields that
    take an object or a list are always read like that."""


class Settings:
    """The options that direct a run, checked.

    Raises:
        ConfigurationError: A value is wrong.
        TypeError: An option is unknown or missing.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        unexpected = options.keys() - BatchOptions.__annotations__.keys()
        if unexpected:
            raise TypeError(f"a batch has no option {min(unexpected)!r}; its options are {', '.join(_NAMES)}")
        missing = [name for name in ("id", "ledger") if options.get(name) is None]
        if missing:
            raise TypeError(f"a batch needs the option {missing[0]!r}: {_NEEDED[missing[0]]}")
        self.id: str = options["id"]
        self.ledger: str | os.PathLike[str] = options["ledger"]
        self.map: Mapping[str, str] = options.get("map") or {}
        self.fixed: Mapping[str, object] = options.get("fixed") or {}
        self.concurrency: int = _whole("concurrency", options.get("concurrency", 64), 1)
        most = options.get("max_turns")
        self.max_turns: int | None = None if most is None else _whole("max_turns", most, 0)
        self.unknown: Unknown = options.get("unknown", "resend")
        if self.unknown not in ("resend", "hold"):
            raise ConfigurationError(f'unknown must be "resend" or "hold", got {shown(self.unknown)}')
        window = options.get("key_window", KEY_WINDOW)
        if not isinstance(window, timedelta) or window < timedelta(0):
            raise ConfigurationError(f"key_window must be a timedelta of 0 or more, got {shown(window)}")
        self.key_window: float = window.total_seconds()
        self.retry_failed: bool = bool(options.get("retry_failed", False))
        self.on_progress: Callable[[Report], object] | None = options.get("on_progress")
        if self.on_progress is not None and not callable(self.on_progress):
            raise ConfigurationError("on_progress must be a function that takes a Report")
        self.run: str | None = options.get("run")
        self.format: Format | None = options.get("format")
        self.csv_nulls: Collection[str] = options.get("csv_nulls", ("",))
        self.delimiter: str | None = options.get("delimiter")
        self.json_columns: frozenset[str] = frozenset(options.get("json_columns", ()))
        for name, value in (("map", self.map), ("fixed", self.fixed)):
            if not isinstance(value, Mapping):
                raise ConfigurationError(f"{name} must be a mapping, got {type(value).__name__}")


_NAMES = tuple(BatchOptions.__annotations__)
_NEEDED = {
    "id": "the column that holds the id of each record, or ROW_NUMBER",
    "ledger": "the path of the file that keeps the state of each record",
}


def _whole(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name} must be a whole number, {least} or more, got {shown(value)}")
    return value
