"""JSON as indented lines for a person to read."""

from __future__ import annotations

from typing import Any

from .._base.safe import safe_text


def outline(value: Any, indent: str = "") -> list[str]:
    """Return JSON as indented lines for a person to read."""
    if isinstance(value, dict):
        pairs: list[tuple[str, Any]] = [(f"{key}:", inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [("-", inner) for inner in value]
    else:
        return [indent + _scalar(value)]
    lines: list[str] = []
    for label, inner in pairs:
        if isinstance(inner, (dict, list)) and inner:
            lines += [f"{indent}{label}", *outline(inner, indent + "  ")]
        else:
            lines.append(f"{indent}{label} {_scalar(inner)}")
    return lines


def _scalar(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (dict, list)):
        return "none"
    return safe_text(str(value))
