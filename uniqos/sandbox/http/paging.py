"""Lists page by page. Where the next page begins is in the cursor, which is nobody's business but the sandbox's."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..refusal import Refusal

DEFAULT_LIMIT, MOST = 20, 100


def limit_of(given: int | str | None) -> int:
    """How many items a page has.

    Raises:
        Refusal: That is no number from 1 to 100.
    """
    try:
        limit = DEFAULT_LIMIT if given is None else int(given)
    except ValueError:
        limit = 0
    if not 1 <= limit <= MOST:
        raise Refusal("validation_error", f"limit is from 1 to {MOST}.", details=[{"field": "limit"}])
    return limit


def cursor_of(number: int) -> str:
    """The cursor for what comes after the row of that number."""
    return base64.urlsafe_b64encode(json.dumps([number]).encode()).decode()


def number_of(cursor: str) -> int:
    """The row after which a page begins.

    Raises:
        Refusal: That is no cursor.
    """
    try:
        (number,) = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(number, int) and 0 <= number < 2**63:
            return number
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise Refusal("validation_error", "This cursor is not one of ours.", details=[{"field": "cursor"}])


def page(rows: list[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a page and the next cursor, of one row more than the page has, each with its ``number``."""
    shown = rows[:limit]
    return shown, cursor_of(shown[-1]["number"]) if len(rows) > limit else None
