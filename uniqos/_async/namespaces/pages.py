"""The pages of a list, and an iterator over the items of all pages."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from ... import errors
from ..._network.aio import AsyncLimiter
from ..._wire.operation import Body
from ..._wire.paging import check_page_size, cursor_of, next_page

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """An answer that holds a part of a list."""

    @property
    def data(self) -> Sequence[T_co] | None:
        """The items of this page."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page; None on the last page."""
        ...


class AsyncItems(Generic[T]):
    """An iterator over the items of all pages, which fetches each page when it is needed.

    After an error, the next step fetches the same page again. A cursor that was used before ends the iteration. The
    iterator is no generator: only its own event loop could close an unfinished one.

    Args:
        ask: Fetches one page by its query.
        query: The query of the first page as one object, or None.
        filters: The query as keywords, and the options of the calls.
    """

    __slots__ = ("_ask", "_asked", "_items", "_lock", "_next")

    def __init__(
        self,
        ask: Callable[[Body | None, Mapping[str, Any]], Coroutine[Any, Any, Page[T]]],
        query: Body | None,
        filters: Mapping[str, Any],
    ) -> None:
        check_page_size(query, filters)
        self._ask = ask
        self._next: tuple[Body | None, Mapping[str, Any]] | None = query, filters
        self._asked: set[str | None] = {cursor_of(query, filters)}
        self._items: deque[T] = deque()
        self._lock: AsyncLimiter = AsyncLimiter(1)  # Tasks may share the iterator: each item goes to one.

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        await self._lock.acquire(None)
        try:
            while not self._items:
                if self._next is None:
                    raise StopAsyncIteration
                self._take(await self._ask(*self._next), *self._next)
            return self._items.popleft()
        finally:
            self._lock.release()

    def _take(self, page: Any, query: Body | None, filters: Mapping[str, Any]) -> None:
        items, cursor = getattr(page, "data", None), getattr(page, "next_cursor", None)
        if not isinstance(items, list) or not isinstance(cursor, str | None):
            raise errors.ResponseValidationError(
                "a page must have a list in `data` and a string or null in `next_cursor`; this answer is in `.partial`",
                partial=page,
                request_id=page.http.request_id if page.http else None,
                http_status=page.http.status if page.http else None,
            )
        self._items.extend(items)
        self._next = None if not cursor or cursor in self._asked else next_page(query, filters, cursor)
        self._asked.add(cursor)
