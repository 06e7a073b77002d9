"""What all namespaces have in common."""

from __future__ import annotations

from .requester import AsyncRequester


class AsyncNamespace:
    """A group of methods of one client."""

    __slots__ = ("_requester",)

    def __init__(self, requester: AsyncRequester) -> None:
        self._requester: AsyncRequester = requester
