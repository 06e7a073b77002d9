# Generated from _async/namespace.py by python -m uniqos._generate. Do not edit.
"""What all namespaces have in common."""

from __future__ import annotations

from .requester import Requester


class Namespace:
    """A group of methods of one client."""

    __slots__ = ("_requester",)

    def __init__(self, requester: Requester) -> None:
        self._requester: Requester = requester
