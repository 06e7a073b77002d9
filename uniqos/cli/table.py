"""Tables for people: columns that fit the terminal."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

_NARROWEST = 8
"""Cells that a value needs beside its name."""
_WIDEST = 32
"""Cells that a value has in a table on a terminal."""


def columns_text(lines: Sequence[Sequence[str]]) -> str:
    """Return rows of cells, all of the same length, as columns as wide as their longest cells."""
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    text: list[str] = []
    for line in lines:
        cells = [cell + " " * (size - cell_len(cell)) for cell, size in zip(line, widths, strict=True)]
        text.append("  ".join(cells).rstrip() + "\n")
    return "".join(text)


def table_text(rows: Sequence[Any]) -> tuple[str, list[str]]:
    """Return objects as a table with a header, and the names of the columns for which a line has no room.

    Where standard output is no terminal, all columns are there and no cell is cut.
    """
    named = [row if isinstance(row, Mapping) else {"value": row} for row in rows]
    keys = list(dict.fromkeys(key for row in named for key in row))
    if "name" in keys[1:]:
        keys.insert(1, keys.pop(keys.index("name")))  # People know a resource by its name, so it needs room first.
    columns = [[key.upper(), *(cell_text(row.get(key)) for row in named)] for key in keys]
    width = line_width()
    if width is not None:
        columns = _fitted(columns, width)
    return columns_text(list(zip(*columns, strict=True))), keys[len(columns) :]


def _fitted(columns: list[list[str]], room: int) -> list[list[str]]:
    """Return the first columns that fit into a line. Long cells are cut, except for the first column, the ids."""
    fitted: list[list[str]] = []
    for column in columns:
        size = min(max(map(cell_len, column)), room if not fitted else _WIDEST)
        if fitted and size > room:
            break
        fitted.append([_cut(cell, size) for cell in column])
        room -= size + 2
    return fitted


def record_text(value: Any) -> str:
    """Return an object with a line for each of its fields; any other value as text. The terminal wraps long values."""
    if not isinstance(value, Mapping) or not value:
        return cell_text(value) + "\n"
    width = line_width()
    names = max(map(cell_len, value))
    if width is not None and names + 2 + _NARROWEST > width:
        return "".join(f"{key}\n  {cell_text(item)}\n" for key, item in value.items())
    return "".join(f"{key}{' ' * (names - cell_len(key))}  {cell_text(item)}\n" for key, item in value.items())


def cell_text(value: Any) -> str:
    """Return a value as the text of one cell: null as ``-``, lists and objects as JSON."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split()) or "-"


def line_width() -> int | None:
    """Return the cells of the terminal's line; None where standard output is no terminal, so that nothing is cut."""
    return max(shutil.get_terminal_size().columns, _NARROWEST) if sys.stdout.isatty() else None


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    dots = "\u2026" if (sys.stdout.encoding or "").lower().startswith("utf") else "."
    return set_cell_size(text, max(width - 1, 0)) + dots
