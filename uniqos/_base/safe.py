"""The escaping of foreign text, so that it is safe to show: bounded, and without control characters."""

from __future__ import annotations

import re
from typing import TypeGuard

UNKNOWN = "unknown"
"""The replacement for a code or id of unexpected form, which might forge a log line or hold people's words."""
UNSAFE = (
    r"[\x00-\x1f\x7f-\x9f"  # control characters: line breaks, terminal escape sequences
    r"\u2028\u2029"  # further line breaks
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks that change the direction of text
    r"\u200b\u2060-\u2065\ufeff\ufff9-\ufffb"  # invisible characters
    r"\ud800-\udfff]"  # halves of surrogate pairs, which cannot be encoded
)
_CODE = r"[a-z][a-z0-9_.]{0,63}"
_ID = r"[A-Za-z0-9._:/+=@-]{1,128}"
_WORD = r"[\w.:/-]{1,64}"


def safe_text(text: str, most: int = 4000) -> str:
    """Escape the unsafe characters of a text, and cut it after ``most`` characters."""
    if len(text) > most:
        text = f"{text[:most]}... ({len(text)} characters)"
    return re.sub(UNSAFE, lambda match: match[0].encode("unicode_escape").decode(), text)


def safe_code(code: str | None) -> str | None:
    """Return an error code if it has the form of one, else ``unknown``; None stays None."""
    return _match_or_unknown(_CODE, code)


def safe_id(request_id: str | None) -> str | None:
    """Return a request id if it has the form of one, else ``unknown``; None stays None."""
    return _match_or_unknown(_ID, request_id)


def is_word(value: object) -> TypeGuard[str]:
    """Return whether a value is a single word, such as the name of a field or an event."""
    return isinstance(value, str) and re.fullmatch(_WORD, value) is not None


def _match_or_unknown(pattern: str, text: str | None) -> str | None:
    return text if text is None or re.fullmatch(pattern, text) else UNKNOWN
