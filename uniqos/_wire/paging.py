"""Cursors and page sizes among the arguments of a call that lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._base.plain import unboxed
from .encode import as_mapping
from .operation import Body
from .options import refused, shown


def cursor_of(query: Body | None, filters: Mapping[str, Any]) -> str | None:
    """The cursor that a call for a page asks with."""
    cursor = _listed("cursor", query, filters)
    return cursor if isinstance(cursor, str) else None  # another will be refused


def check_page_size(query: Body | None, filters: Mapping[str, Any]) -> None:
    """Refuse a ``limit`` that is none, also where the public contract does not know the keys of a query."""
    size = unboxed(_listed("limit", query, filters))
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise refused(f"limit must be a whole number, 1 or more, got {shown(size)}")


def next_page(query: Body | None, filters: Mapping[str, Any], cursor: str) -> tuple[Body | None, Mapping[str, Any]]:
    """Query and keywords of the page after this one."""
    if query is None:
        return None, {**filters, "cursor": cursor}
    return {**as_mapping(query), "cursor": cursor}, filters


def _listed(name: str, query: Body | None, filters: Mapping[str, Any]) -> Any:
    named = as_mapping(filters if query is None else query)
    return named.get(name) if isinstance(named, Mapping) else None  # what is neither will be refused
