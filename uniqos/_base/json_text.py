"""The JSON text of a response, kept as the server sent it."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

_ABSENT: Any = object()


class JsonText:
    """The JSON text of one response, shared by all its models and parsed on first use."""

    __slots__ = ("_parsed", "_raw")

    def __init__(self, raw: bytes | str) -> None:
        self._raw: bytes | str = raw
        self._parsed: Any = _ABSENT

    @property
    def parsed(self) -> Any:
        """The JSON value."""
        if self._parsed is _ABSENT:
            self._parsed = from_json(self._raw, allow_inf_nan=False)
        return self._parsed

    @property
    def raw(self) -> bytes:
        """The text as bytes."""
        return self._raw if isinstance(self._raw, bytes) else self._raw.encode()

    @property
    def text(self) -> str:
        """The text itself."""
        return self._raw if isinstance(self._raw, str) else self._raw.decode()

    def __getstate__(self) -> bytes | str:
        return self._raw

    def __setstate__(self, raw: bytes | str) -> None:
        self._raw = raw
        self._parsed = _ABSENT


def refuse_nan(text: bytes | str) -> None:
    """Raise ValueError if JSON text holds NaN or Infinity."""
    # pydantic accepts both in fields that a model does not declare. Searching the text is cheap, so the text is parsed
    # again only if one of the words occurs in it.
    if isinstance(text, bytes):
        if b"NaN" not in text and b"Infinity" not in text:
            return
    elif "NaN" not in text and "Infinity" not in text:
        return
    from_json(text, allow_inf_nan=False)
