# Generated from _async/namespace.py by python -m uniqos._generate. Do not edit.
"""What all namespaces have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from .. import errors
from .._operation import Body, cursor_of, next_page
from .requester import Requester

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Namespace:
    """A group of methods of one client."""

    __slots__ = ("_requester",)

    def __init__(self, requester: Requester) -> None:
        self._requester: Requester = requester


class Page(Protocol[T_co]):
    """An answer that holds some of a list's items."""

    @property
    def data(self) -> Sequence[T_co]:
        """The items."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """To ask for the next page."""
        ...


def each(
    ask: Callable[[Body | None, Mapping[str, Any]], Page[T]],
    query: Body | None,
    filters: Mapping[str, Any],
) -> Iterator[T]:
    """The items of all pages, each page asked for when it is needed; a cursor that came before ends it."""
    seen: set[str | None] = {cursor_of(query, filters)}
    following: tuple[Body | None, Mapping[str, Any]] | None = query, filters
    while following is not None:
        page: Any = ask(*following)
        items = getattr(page, "data", None)
        if not isinstance(items, list):  # an answer that was salvaged
            raise errors.ResponseValidationError("this page has no list of items in `data`", partial=page)
        for item in items:
            yield item
        cursor = getattr(page, "next_cursor", None)
        following = None if not cursor or cursor in seen else next_page(*following, cursor)
        seen.add(cursor)
