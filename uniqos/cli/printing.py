"""The forms of data on standard output, which ``--format``, ``--query`` and ``--raw`` choose."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import uniqos

from .._extras import missing_extra
from . import output
from .shared import Format
from .table import record_text, table_text


class Printer(Protocol):
    """Writes the data of one command."""

    def answer(self, value: Any) -> None:
        """Write one answer, or one page of a list."""

    def finish(self) -> None:
        """Write the rest, after the last answer."""


def printer(form: Format, query: str | None = None, *, raw: bool = False, pages: bool = False) -> Printer:
    """Return the printer of a command.

    Args:
        form: The form that was asked for.
        query: JMESPath expression, which is applied to each answer and each page.
        raw: Print text without quotes.
        pages: Whether the answers are pages of one list, whose items are printed one after the other.

    Raises:
        ConfigurationError: The expression cannot be read, or the options exclude each other.
    """
    is_terminal = sys.stdout.isatty()
    if form is Format.auto:
        form = Format.table if is_terminal and not raw else Format.jsonl if pages else Format.json
    if raw and form not in (Format.json, Format.jsonl):
        raise uniqos.ConfigurationError("--raw prints text without quotes: leave out --format, or give json")
    kinds: dict[Format, Callable[[bool], Printer]] = {
        Format.json: _JsonList if pages else _Json,
        Format.jsonl: _Lines,
        Format.yaml: _Yaml,
        Format.csv: _Csv,
        Format.quiet: _Ids,
        Format.table: _Table,
    }
    made = _Raw() if raw else kinds[form](is_terminal if form is Format.json else pages)
    return made if query is None else _Query(query, made)


def items_of(value: Any) -> list[Any]:
    """Return the rows of an answer: its list, the ``data`` of a page, or the answer alone."""
    if isinstance(value, Mapping) and isinstance(value.get("data"), list):
        return list(value["data"])
    return list(value) if isinstance(value, list) else [value]


class _Query:
    """Applies a JMESPath expression, and passes the result on."""

    def __init__(self, expression: str, inner: Printer) -> None:
        try:
            import jmespath
            from jmespath.exceptions import JMESPathError
        except ImportError:
            raise missing_extra("--query needs jmespath", "cli") from None
        try:
            self._compiled: Any = jmespath.compile(expression)
        except JMESPathError as exc:
            reason = str(exc).splitlines()[0]
            raise uniqos.ConfigurationError(f"--query is no JMESPath expression: {reason} (see jmespath.org)") from None
        self._errors: Any = JMESPathError
        self._inner = inner

    def answer(self, value: Any) -> None:
        """Write what the expression gives. An answer that cannot be queried is written whole: it may be paid for."""
        try:
            found = self._compiled.search(value)
        except self._errors as exc:
            output.note(f"--query failed, so the whole answer is printed: {str(exc).splitlines()[0]}", "yellow")
            found = value
        self._inner.answer(found)

    def finish(self) -> None:
        self._inner.finish()


class _Json:
    """One JSON document."""

    def __init__(self, pretty: bool) -> None:
        self._pretty = pretty

    def answer(self, value: Any) -> None:
        output.write(output.json_text(value, pretty=self._pretty))

    def finish(self) -> None:
        pass


class _JsonList:
    """One JSON array of the items of all pages, written page by page."""

    def __init__(self, pretty: bool) -> None:
        self._indent = "  " if pretty else ""
        self._count = 0

    def answer(self, value: Any) -> None:
        for item in items_of(value):
            output.write(
                ("[\n" if not self._count else ",\n") + self._indent + output.json_text(item, pretty=False)[:-1]
            )
            self._count += 1

    def finish(self) -> None:
        output.write("\n]\n" if self._count else "[]\n")


class _Lines:
    """One JSON value a line."""

    def __init__(self, pages: bool) -> None:
        pass

    def answer(self, value: Any) -> None:
        output.write("".join(output.json_text(item, pretty=False) for item in items_of(value)))

    def finish(self) -> None:
        pass


class _Raw:
    """Text without quotes, one line for each; other values as JSON."""

    def answer(self, value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                output.write(f"{item}\n" if isinstance(item, str) else output.json_text(item, pretty=False))

    def finish(self) -> None:
        pass


class _Yaml:
    """YAML; of pages, one list."""

    def __init__(self, pages: bool) -> None:
        from .yaml import yaml_text

        self._text = yaml_text
        yaml_text(None, unicode=False)  # A missing package is found before the call, since the call may cost money.
        self._pages = pages
        self._is_empty = True

    def answer(self, value: Any) -> None:
        shown = items_of(value) if self._pages else value
        if self._pages and not shown:
            return
        self._is_empty = False
        output.write(self._text(shown, unicode=sys.stdout.encoding.lower().startswith("utf")))

    def finish(self) -> None:
        if self._pages and self._is_empty:
            output.write("[]\n")


class _Csv:
    """CSV with one header line. Rows wait in a file, since a later row may have a further column."""

    def __init__(self, pages: bool) -> None:
        self._columns: dict[str, None] = {}
        self._rows = tempfile.SpooledTemporaryFile(max_size=1 << 20, mode="w+", encoding="utf-8", newline="\n")  # noqa: SIM115

    def answer(self, value: Any) -> None:
        for row in items_of(value):
            named = row if isinstance(row, Mapping) else {"value": row}
            self._columns |= dict.fromkeys(named)
            self._rows.write(json.dumps(dict(named)) + "\n")

    def finish(self) -> None:
        if self._columns:
            _write_csv([*self._columns])
        self._rows.seek(0)
        for line in self._rows:
            row = json.loads(line)
            _write_csv([_csv_cell(row.get(column)) for column in self._columns])
        self._rows.close()


def _write_csv(cells: list[str]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    output.report_lost_letters(buffer.getvalue())
    output.write(buffer.getvalue())


def _csv_cell(value: Any) -> str:
    """Return a cell: text as it is, null as nothing, other values as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


class _Ids:
    """The id of each row, one a line."""

    def __init__(self, pages: bool) -> None:
        pass

    def answer(self, value: Any) -> None:
        ids = (id_of(item) for item in items_of(value))
        output.write("".join(f"{found}\n" for found in ids if found is not None))

    def finish(self) -> None:
        pass


def id_of(row: Any) -> str | None:
    """Return the id of a row: its ``id``, or else its first field whose name ends like that of an id."""
    if isinstance(row, str):
        return row
    if not isinstance(row, Mapping):
        return None
    names: Iterable[str] = [name for name in row if name == "slug" or name.endswith("_id")]
    return next((str(row[name]) for name in ("id", *names) if row.get(name) is not None), None)


class _Table:
    """Columns as wide as the terminal allows; one object as a list of its fields."""

    def __init__(self, pages: bool) -> None:
        self._pages = pages
        self._is_empty = True
        self._left_out: dict[str, None] = {}

    def answer(self, value: Any) -> None:
        is_list = isinstance(value, list) or (isinstance(value, Mapping) and isinstance(value.get("data"), list))
        if not is_list:
            text = record_text(value)
            output.report_lost_letters(text)
            output.write(text)
            return
        rows = items_of(value)
        if rows:
            self._is_empty = False
            text, left_out = table_text(rows)
            output.report_lost_letters(text)
            output.write(text)
            self._left_out |= dict.fromkeys(left_out)
        cursor = value.get("next_cursor") if isinstance(value, Mapping) else None
        if cursor and not self._pages:
            output.note(f"there are more: add --all, or --cursor {cursor}")
        elif not rows and not self._pages:
            output.note("none")

    def finish(self) -> None:
        if self._pages and self._is_empty:
            output.note("none")
        if self._left_out:
            output.note(f"no room for {', '.join(self._left_out)}: --query or --format json shows them")
