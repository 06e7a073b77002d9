"""Detection of libraries that mock or record HTTP by replacing methods of httpx or httpcore.

respx, pytest-httpx and vcrpy do so. The connections of this SDK do not use these methods, so that a mocked test would
make real calls. While one of the methods is replaced, calls therefore go through httpx.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any

import httpcore
import httpx

_OWNERS = frozenset({"httpx", "httpcore"})


class ReplacedMethods:
    """The methods that these libraries replace, with the originals that were seen.

    Args:
        methods: Classes with the names of their methods. A version of httpx may lack one.
    """

    def __init__(self, *methods: tuple[type[Any], str]) -> None:
        self._methods: list[tuple[Mapping[str, Any], str]] = [
            (vars(owner), name) for owner, name in methods if name in vars(owner)
        ]
        self._originals: list[Any] = []

    def any(self) -> bool:
        """Return whether one of the methods is replaced."""
        methods = [attributes.get(name) for attributes, name in self._methods]
        if methods == self._originals:  # Each call asks, and hardly ever has one been replaced since the last.
            return False
        if not all(map(_is_original, methods)):
            return True
        self._originals = methods
        return False


def _is_original(method: Any) -> bool:
    # The globals tell where a function was defined. Decorators copy its name and module, but not these.
    return isinstance(method, FunctionType) and method.__globals__["__name__"].partition(".")[0] in _OWNERS


of_threads = ReplacedMethods(
    (httpx.HTTPTransport, "handle_request"),
    (httpx.Client, "send"),
    (httpx.Client, "_send_single_request"),
    (httpx.Client, "_transport_for_url"),
    (httpcore.ConnectionPool, "handle_request"),
    (httpcore.HTTPConnection, "handle_request"),
)
of_event_loops = ReplacedMethods(
    (httpx.AsyncHTTPTransport, "handle_async_request"),
    (httpx.AsyncClient, "send"),
    (httpx.AsyncClient, "_send_single_request"),
    (httpx.AsyncClient, "_transport_for_url"),
    (httpcore.AsyncConnectionPool, "handle_async_request"),
    (httpcore.AsyncHTTPConnection, "handle_async_request"),
)
