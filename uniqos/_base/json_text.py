"""The JSON text of a response, kept as it came."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

_ABSENT: Any = object()


class Wire:
    """The JSON text of one response, parsed when the first subscript asks for it and shared by all its parts."""

    __slots__ = ("_parsed", "_raw")

    def __init__(self, raw: bytes | str) -> None:
        self._raw: bytes | str = raw
        self._parsed: Any = _ABSENT

    @property
    def parsed(self) -> Any:
        if self._parsed is _ABSENT:
            self._parsed = from_json(self._raw, allow_inf_nan=False)
        return self._parsed

    def __getstate__(self) -> bytes | str:
        return self._raw

    def __setstate__(self, raw: bytes | str) -> None:
        self._raw = raw
        self._parsed = _ABSENT


def refuse_nan(text: bytes | str) -> None:
    """Raise ValueError where JSON text holds NaN or Infinity."""
    # Searching costs nothing; parsing again only happens where a word looks like one.
    if isinstance(text, bytes):
        if b"NaN" not in text and b"Infinity" not in text:
            return
    elif "NaN" not in text and "Infinity" not in text:
        return
    from_json(text, allow_inf_nan=False)
