"""Charts of text for a terminal: a line over time, and bars. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_ASCII_LEVELS = "_.-=+*#@"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def can_show_blocks(encoding: str | None) -> bool:
    """Return whether an output of this encoding can show the block characters; else the charts are of ASCII."""
    try:
        (_LEVELS + _EIGHTHS).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def line_over_time(values: Sequence[float | None], *, width: int, blocks: bool = True) -> str:
    """Return the latest values as a line of one character each, the oldest first.

    Values of -1 to 1 are drawn on that scale, so that lines of two sessions can be compared. Other values are drawn
    between the smallest and the largest of them.

    Args:
        values: The values; None is a gap.
        width: The most characters of the line.
        blocks: Whether to draw with block characters instead of ASCII.
    """
    latest = values[-max(0, width) :] if width > 0 else []
    known = [value for value in latest if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low >= -1 and high <= 1:
        low, high = -1.0, 1.0
    levels = _LEVELS if blocks else _ASCII_LEVELS
    return "".join(" " if value is None else levels[_step(value, low, high, len(levels))] for value in latest)


def _step(value: float, low: float, high: float, count: int) -> int:
    return min(count - 1, int((value - low) / (high - low) * count)) if high > low else 0


def bar(value: float, most: float, *, width: int, blocks: bool = True) -> str:
    """Return a bar whose length stands for a value; a value above ``most`` fills the width.

    Args:
        value: The value, 0 or more.
        most: The value of a full bar.
        width: The characters of a full bar.
        blocks: Whether to draw with block characters, to an eighth of a character, instead of ASCII.
    """
    share = min(1.0, max(0.0, value / most)) if most > 0 else 0.0
    if not blocks:
        return "#" * (round(share * width) or int(value > 0 and width > 0))
    eighths = round(share * width * 8) or int(value > 0 and width > 0)  # A small value is not the same as none.
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def bar_rows(rows: Sequence[tuple[str, float]], *, width: int, blocks: bool = True) -> list[str]:
    """Return one line for each label and value: the label, the value, and a bar on the scale of the largest value.

    Args:
        rows: The labels and values.
        width: The most characters of a line. Without room for a bar, only label and value are shown.
        blocks: Whether to draw with block characters instead of ASCII.
    """
    label_width = max((len(label) for label, _ in rows), default=0)
    number_width = max((len(f"{value:g}") for _, value in rows), default=0)
    room = width - label_width - number_width - 2
    most = max((value for _, value in rows), default=0)
    lines = []
    for label, value in rows:
        drawn = bar(value, most, width=room, blocks=blocks) if room > 0 else ""
        lines.append(f"{label:<{label_width}} {value:>{number_width}g} {drawn}".rstrip())
    return lines
