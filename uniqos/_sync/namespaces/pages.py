# Generated from _async/namespaces/pages.py by python -m uniqos._generate. Do not edit.
"""Pages of a list, and their items one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from ... import errors
from ..._network.threads import Limiter
from ..._wire.operation import Body
from ..._wire.paging import check_page_size, cursor_of, next_page

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """An answer that holds some of a list's items."""

    @property
    def data(self) -> Sequence[T_co] | None:
        """The items."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """To ask for the next page."""
        ...


class Items(Generic[T]):
    """The items of all pages, each page asked for when it is needed; a cursor that came before ends it.

    After an error the next step asks for the same page again. It is no generator: one that is left half read would
    have to be closed by its own event loop.
    """

    __slots__ = ("_ask", "_asked", "_items", "_lock", "_next")

    def __init__(
        self,
        ask: Callable[[Body | None, Mapping[str, Any]], Page[T]],
        query: Body | None,
        filters: Mapping[str, Any],
    ) -> None:
        check_page_size(query, filters)
        self._ask = ask
        self._next: tuple[Body | None, Mapping[str, Any]] | None = query, filters
        self._asked: set[str | None] = {cursor_of(query, filters)}
        self._items: deque[T] = deque()
        self._lock: Limiter = Limiter(1)  # several workers may share it: each item goes to one of them

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        self._lock.acquire(None)
        try:
            while not self._items:
                if self._next is None:
                    raise StopIteration
                self._take(self._ask(*self._next), *self._next)
            return self._items.popleft()
        finally:
            self._lock.release()

    def _take(self, page: Any, query: Body | None, filters: Mapping[str, Any]) -> None:
        items, cursor = getattr(page, "data", None), getattr(page, "next_cursor", None)
        if not isinstance(items, list) or not isinstance(cursor, str | None):
            raise errors.ResponseValidationError(
                "this page has no list of items in `data`, or no text in `next_cursor`; the answer is in `.partial`",
                partial=page,
                request_id=page.http.request_id if page.http else None,
                http_status=page.http.status if page.http else None,
            )
        self._items.extend(items)
        self._next = None if not cursor or cursor in self._asked else next_page(query, filters, cursor)
        self._asked.add(cursor)
