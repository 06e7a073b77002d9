"""Tables for people: columns that fit the terminal."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

_NARROWEST = 8
"""Cells that the values of a column need to say anything."""


def columns_text(lines: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return rows of cells as columns, as wide as their longest cells.

    Args:
        lines: The rows, all of the same length.
        width: Cells that a line may have; the widest columns are cut for it. None is no limit.
    """
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    if width is not None:
        widths = _fitted(widths, width - 2 * (len(widths) - 1))
    text: list[str] = []
    for line in lines:
        cells = [
            cell + " " * (size - cell_len(cell)) for cell, size in zip(map(_cut, line, widths), widths, strict=True)
        ]
        text.append("  ".join(cells).rstrip() + "\n")
    return "".join(text)


def table_text(rows: Sequence[Any]) -> str:
    """Return objects as a table with a header, or one after the other where a line is too narrow for that."""
    named = [row if isinstance(row, Mapping) else {"value": row} for row in rows]
    keys = list(dict.fromkeys(key for row in named for key in row))
    width = line_width()
    if width is not None and len(keys) * (_NARROWEST + 2) > width:
        return "\n".join(map(record_text, named))
    if not keys:
        return ""
    header = [key.upper() for key in keys]
    return columns_text([header, *([cell_text(row.get(key)) for key in keys] for row in named)], width)


def record_text(value: Any) -> str:
    """Return an object with a line for each of its fields; any other value as text."""
    if not isinstance(value, Mapping) or not value:
        return cell_text(value) + "\n"
    width = line_width()
    names = max(map(cell_len, value))
    if width is not None and names + 2 + _NARROWEST > width:
        return "".join(f"{_cut(key, width)}\n  {_cut(cell_text(item), width - 2)}\n" for key, item in value.items())
    # The value of a single object is never cut: the terminal wraps it.
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


def _fitted(widths: list[int], room: int) -> list[int]:
    """Return the widths of columns in a room, of which the widest give way."""
    if sum(widths) <= room:
        return widths
    low, high = 1, max(widths)
    while low < high:  # the largest limit with which all columns fit
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(size, middle) for size in widths) <= room else (low, middle - 1)
    return [min(size, low) for size in widths]


def _cut(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    dots = "\u2026" if (sys.stdout.encoding or "").lower().startswith("utf") else "."
    return set_cell_size(text, max(width - 1, 0)) + dots
