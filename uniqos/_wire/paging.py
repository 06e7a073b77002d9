"""The cursors and page sizes of list calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.plain import unbox
from .encode import as_mapping
from .operation import Body
from .options import refused, shown


def cursor_of(query: Body | None, filters: Mapping[str, Any]) -> str | None:
    """Return the cursor among the arguments of a list call, if it has one."""
    cursor = _argument("cursor", query, filters)
    return cursor if isinstance(cursor, str) else None  # encode() refuses a cursor of another type.


def check_page_size(query: Body | None, filters: Mapping[str, Any]) -> None:
    """Refuse an invalid ``limit``, also of a query whose keys are undocumented.

    Raises:
        RequestValidationError: The limit is not a whole number of 1 or more.
    """
    size = unbox(_argument("limit", query, filters))
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise refused(f"limit must be a whole number, 1 or more, got {shown(size)}")


def next_page(query: Body | None, filters: Mapping[str, Any], cursor: str) -> tuple[Body | None, Mapping[str, Any]]:
    """Return the query and keywords that ask for the page at ``cursor``."""
    if query is None:
        return None, {**filters, "cursor": cursor}
    return {**as_mapping(query), "cursor": cursor}, filters


def _argument(name: str, query: Body | None, filters: Mapping[str, Any]) -> Any:
    """Return one argument of a list call, from the query object or the keywords."""
    arguments = as_mapping(filters if query is None else query)
    return arguments.get(name) if isinstance(arguments, Mapping) else None  # encode() refuses other types.
