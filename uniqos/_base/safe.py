"""Text that servers and settings hold, in a form that is safe to show: bounded, and without control characters."""

from __future__ import annotations

import re
from typing import TypeGuard

UNKNOWN = "unknown"
"""Stands for a code, id or name that does not look like one: it may be a line of the log, or somebody's words."""
UNSAFE = (
    r"[\x00-\x1f\x7f-\x9f"  # controls: line breaks, and the beginnings of a terminal's commands
    r"\u2028\u2029"  # further line breaks
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks that reorder the text around them
    r"\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # characters that nobody sees
    r"\ud800-\udfff]"  # halves of surrogate pairs, which cannot be encoded
)
_CODE = r"[a-z][a-z0-9_.]{0,63}"
_ID = r"[A-Za-z0-9._:/+=@-]{1,128}"
_WORD = r"[\w.:/-]{1,64}"


def safe_text(text: str, most: int = 4000) -> str:
    """Return ``text`` with unsafe characters escaped, and cut after ``most`` characters."""
    if len(text) > most:
        text = f"{text[:most]}... ({len(text)} characters)"
    return re.sub(UNSAFE, lambda match: match[0].encode("unicode_escape").decode(), text)


def safe_code(code: str | None) -> str | None:
    """Return an error's code if it looks like one, else ``unknown``; None stays None."""
    return _matching(_CODE, code)


def safe_id(request_id: str | None) -> str | None:
    """Return a request id if it looks like one, else ``unknown``; None stays None."""
    return _matching(_ID, request_id)


def is_word(value: object) -> TypeGuard[str]:
    """Return whether ``value`` is one word, such as the name of a field or an event."""
    return isinstance(value, str) and re.fullmatch(_WORD, value) is not None


def _matching(pattern: str, text: str | None) -> str | None:
    return text if text is None or re.fullmatch(pattern, text) else UNKNOWN
