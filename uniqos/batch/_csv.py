"""The rows of CSV, of which one broken record costs no other."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace

from ._lines import MAX_ROW_BYTES, TOO_LARGE, Lines
from ._problems import Problem
from ._row import NOT_UTF8, Columns, InputError, Row, build_row, decode

_BAD_QUOTE = (
    "the quotes of the record that begins in line {line} are broken: write a quote in a cell as two, and enclose a "
    "cell that holds a quote, a delimiter or a line break in quotes"
)


def read_csv(lines: Lines, columns: Columns, nulls: Collection[str], delimiter: str) -> Iterator[Row]:
    """Yield the rows of CSV, by the columns of its header. A blank line is no row.

    Args:
        lines: The lines of the file.
        columns: The columns that are read.
        nulls: The texts of a cell that stand for null.
        delimiter: The character between two cells.

    Raises:
        InputError: The file cannot be read, or its header is missing or broken.
    """
    records = _Records(lines, delimiter)
    header = _read_header(records, lines.path, delimiter)
    number = 0
    for cells in records:
        number += 1
        if isinstance(cells, Problem):
            yield Row(number, problems=(cells,))
            continue
        named = [(name, None if cell in nulls else cell) for name, cell in zip(header, cells) if name]  # noqa: B905
        row = build_row(number, named, columns, records.is_utf8)
        if len(cells) != len(header):
            reason = f"the row has {len(cells)} cells, the header {len(header)}; is a cell with a delimiter not quoted?"
            row = replace(row, problems=(Problem("", "cell_count", reason), *row.problems))
        yield row


def _read_header(records: _Records, path: str, delimiter: str) -> list[str]:
    cells = next(iter(records), None)
    if cells is None:
        raise InputError(f"{path} is empty; the first line of CSV names the columns")
    if isinstance(cells, Problem):
        raise InputError(f"the header of {path} cannot be read: {cells.reason}")
    header = [cell.strip() for cell in cells]
    for name in header:
        if name and header.count(name) > 1:
            raise InputError(f"the header of {path} names the column {name!a} twice; rename one of the two")
        if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
            raise InputError(f"the header of {path} cannot be read: {NOT_UTF8}")
    if len(header) == 1:
        for other, words in ((";", "';'"), ("\t", "'\\t'"), ("|", "'|'"), (",", "','")):
            if other != delimiter and other in header[0]:
                raise InputError(
                    f"the header of {path} is one column, with {words} in its name; pass delimiter={words}"
                )
    return header


class _RecordTooLargeError(Exception):
    """A record has more than MAX_ROW_BYTES."""


class _Records:
    """The records of a CSV file: the cells of one, or the problem of a broken one.

    After a broken record, reading goes on in its second line, since an open quote swallows the records that follow.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self._lines = _RecordLines(iter(lines))
        # The limit is the module's own; it is only ever raised, since other readers of the process share it.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW_BYTES))
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self._whole: re.Pattern[str] = _strict_record(delimiter)

    @property
    def is_utf8(self) -> bool:
        """Whether the present record is UTF-8."""
        return self._lines.is_utf8

    def __iter__(self) -> Iterator[list[str] | Problem]:
        while True:
            self._lines.begin_record()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._lines.problem()
                self._lines.keep_all_but_first()
            except _RecordTooLargeError:
                yield Problem("", "row_too_large", TOO_LARGE)
                self._lines.keep_all_but_first()
            else:
                # The reader takes a quote in a cell without quotes as text, also where it closes that of another row.
                if any('"' in cell for cell in cells) and not self._whole.fullmatch(self._lines.text):
                    yield self._lines.problem()
                    self._lines.keep_all_but_first()
                elif cells:
                    yield cells


def _strict_record(delimiter: str) -> re.Pattern[str]:
    """Return the pattern of a record in which each quote encloses a cell, or is written as two in one."""
    other = re.escape(delimiter)
    cell = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{other}\r\n]*)'
    return re.compile(rf"{cell}(?:{other}{cell})*[\r\n]*")


class _RecordLines:
    """The lines that the CSV reader takes, of which those of the present record can be read again."""

    def __init__(self, lines: Iterator[bytes | None]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._size = 0
        self.first = 1
        """The number of the line in which the present record begins."""
        self.is_utf8 = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._again:
            text = self._again.popleft()
        else:
            line = next(self._lines)
            if line is None:
                self._record.append("")
                raise _RecordTooLargeError
            text, is_utf8 = decode(line)
            self.is_utf8 = self.is_utf8 and is_utf8
        self._record.append(text)
        self._size += len(text)
        if self._size > MAX_ROW_BYTES:
            raise _RecordTooLargeError
        return text

    @property
    def text(self) -> str:
        """The present record as it stands in the file."""
        return "".join(self._record)

    def begin_record(self) -> None:
        """Forget the lines of the record before."""
        self.first += len(self._record)
        self.is_utf8 = True
        self._record = []
        self._size = 0

    def keep_all_but_first(self) -> None:
        """Read the lines of the present record again, except for the first one."""
        self._again.extendleft(reversed(self._record[1:]))
        del self._record[1:]

    def problem(self) -> Problem:
        """Return the reason why the present record is no CSV."""
        if any("\0" in line for line in self._record):  # Python 3.10 refuses such a line.
            return Problem("", "control_character", f"line {self.first} holds the control character U+0000; remove it")
        return Problem("", "malformed_csv", _BAD_QUOTE.format(line=self.first))
