"""The table: medians, with the smallest and largest of the rounds."""

from __future__ import annotations

from collections.abc import Sequence
from math import isinf, isnan
from statistics import median

from .rows import Row

Values = dict[str, dict[str, list[float]]]
_HEAD = ("", "base = 1", "httpx_sse", "official 0.6.0", "ours", "at most", "")


def render(rows: Sequence[Row], ours: Values, official: Values) -> str:
    """Lines of text."""
    lines = [_HEAD, *(_line(row, ours[row.name], official.get(row.name, {})) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _line(row: Row, ours: dict[str, list[float]], official: dict[str, list[float]]) -> tuple[str, ...]:
    base = f"{row.base}: {_text(row, ours['base'])}" if row.unit and "base" in ours else row.base
    theirs = official.get("sdk", [])
    limit = _limit(row, theirs)
    shown = "-" if limit is None else f"{limit:.3g} {row.unit}".strip()
    peer, sdk = ours.get("httpx_sse", []), ours["sdk"]
    return row.what, base, _text(row, peer), _text(row, theirs), _text(row, sdk), shown, _verdict(sdk, limit)


def _limit(row: Row, official: list[float]) -> float | None:
    if not row.part or row.limit is None:
        return row.limit
    return row.limit * median(official) if official else None


def _verdict(values: list[float], limit: float | None) -> str:
    if limit is None or isnan(median(values)):
        return "-"
    return "ok" if median(values) <= limit else "MISSED"


def _text(row: Row, values: list[float]) -> str:
    if not values or isnan(median(values)):
        return "-"
    if isinf(median(values)):
        return "unfinished"
    low, middle, high = (f"{value:.3g}" for value in (min(values), median(values), max(values)))
    spread = f"({low}..{high})" if len(values) > 1 and low != high else ""
    return " ".join(filter(None, (middle, row.unit, spread)))
