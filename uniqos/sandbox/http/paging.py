"""Pages of lists: limits and cursors. A cursor holds the number of the last row; its shape is the sandbox's own."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..refusal import Refusal

DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def limit_of(given: int | str | None) -> int:
    """Return the number of items on a page.

    Raises:
        Refusal: ``validation_error``: the limit is not a number from 1 to 100.
    """
    try:
        limit = DEFAULT_LIMIT if given is None else int(given)
    except ValueError:
        limit = 0
    if not 1 <= limit <= MAX_LIMIT:
        raise Refusal("validation_error", f"limit is from 1 to {MAX_LIMIT}.", details=[{"field": "limit"}])
    return limit


def cursor_of(number: int) -> str:
    """Return the cursor of the page after the row with this number."""
    return base64.urlsafe_b64encode(json.dumps([number]).encode()).decode()


def number_of(cursor: str) -> int:
    """Return the number of the row after which a page begins.

    Raises:
        Refusal: ``validation_error``: the cursor is not one that a list has given.
    """
    try:
        (number,) = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(number, int) and 0 <= number < 2**63:
            return number
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise Refusal("validation_error", "This cursor is not one of ours.", details=[{"field": "cursor"}])


def page(rows: list[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Return the rows of a page, and the cursor of the next page, if any.

    Args:
        rows: The rows from the beginning of the page, one more than the limit if there are so many. Each has its
            ``number``.
        limit: The number of rows on a page.
    """
    on_page = rows[:limit]
    return on_page, cursor_of(on_page[-1]["number"]) if len(rows) > limit else None
