"""The table: medians, with the smallest and largest of the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf, isnan
from statistics import median
from typing import Any

from .environments import PEERS
from .rows import Row

Values = dict[str, dict[str, list[float]]]


def render(rows: Sequence[Row], ours: Values, peers: Mapping[str, Any]) -> str:
    """Lines of text; a peer is what its worker found, with no version where it could not be had."""
    titles = (f"{peer} {peers[peer]['version'] or 'missing'}" if peer in peers else peer for peer in PEERS)
    head = ("", "base = 1", "httpx_sse", *titles, "ours", "at most", "")
    found = {peer: peers[peer]["rows"] if peer in peers else {} for peer in PEERS}
    lines = [head, *(_line(row, ours[row.name], _values(row, found)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _values(row: Row, found: Mapping[str, Values]) -> dict[str, list[float]]:
    return {peer: values.get(row.name, {}).get("sdk", []) for peer, values in found.items()}


def _line(row: Row, ours: dict[str, list[float]], peers: dict[str, list[float]]) -> tuple[str, ...]:
    base = f"{row.base}: {_text(row, ours['base'])}" if row.unit and "base" in ours else row.base
    limit = _limit(row, peers["official"])
    shown = "-" if limit is None else f"{limit:.3g} {row.unit}".strip()
    sse, sdk = ours.get("httpx_sse", []), ours["sdk"]
    others = (_text(row, values) for values in peers.values())
    return row.what, base, _text(row, sse), *others, _text(row, sdk), shown, _verdict(sdk, limit)


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
