"""Text of the table: medians, with the smallest and largest value of the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf, isnan
from statistics import median

from ..support.environments import PEERS
from .rows import Row

Values = dict[str, list[float]]
"""Values of each round, by side."""

_VALUE = len("0.123 (0.123..0.123)")


class Table:
    """Lines of the table, in columns whose widths do not depend on measurements."""

    def __init__(self, rows: Sequence[Row], titles: Mapping[str, str]) -> None:
        shown = (titles.get(peer, peer) for peer in PEERS)
        self._head = ("", "base = 1", *shown, "ours", "at most", "", "others")
        whats, bases = ([getattr(row, name) for row in rows] for name in ("what", "base"))
        least = (max(map(len, whats)), max(map(len, bases)), *[_VALUE] * (len(PEERS) + 1), 0, len("MISSED"), 0)
        self._widths = [max(width, len(title)) for width, title in zip(least, self._head, strict=True)]

    def head(self) -> str:
        """Return the line of titles."""
        return self._line(self._head)

    def row(self, row: Row, ours: Values, peers: Mapping[str, Values]) -> str:
        """Return the line of a row."""
        base = f"{row.base}: {_text(row, ours['base'])}" if row.unit and "base" in ours else row.base
        limit = "-" if row.limit is None else f"{row.limit:.3g} {row.unit}".strip()
        shown = (_text(row, peers.get(peer, {}).get("sdk", [])) for peer in PEERS)
        sdk = ours.get("sdk", [])
        others = (f"{side}: {_text(row, found)}" for side, found in ours.items() if side not in ("base", "sdk"))
        return self._line((row.what, base, *shown, _text(row, sdk), limit, _verdict(sdk, row.limit), ", ".join(others)))

    def _line(self, cells: Sequence[str]) -> str:
        return "  ".join(map(str.ljust, cells, self._widths)).rstrip()


def _verdict(values: list[float], limit: float | None) -> str:
    if limit is None or not values or isnan(median(values)):
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
