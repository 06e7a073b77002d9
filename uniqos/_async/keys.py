"""The API key of one call, for a client whose key is a function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any

from .. import errors
from .._base.secret import hide
from .._wire.failures import forget_locals

_PLAIN_WANTED = "api_key of a synchronous client must be a text or a plain function, and no coroutine function"


def check_source(source: object) -> None:
    """Refuse a coroutine function for a synchronous client.

    Raises:
        ConfigurationError: The function is one.
    """
    is_async = iscoroutinefunction(source) or iscoroutinefunction(getattr(source, "__call__", None))  # noqa: B004
    if is_async and not iscoroutinefunction(read_key):
        raise errors.ConfigurationError(_PLAIN_WANTED)


async def read_key(source: Callable[[], Any]) -> Any:
    """Return the key that the function gives now, hidden from tracebacks.

    Raises:
        ConfigurationError: ``api_key_unavailable``: the function raised an exception, which is the cause. The local
            variables of its frames are cleared, since they may hold the key.
    """
    try:
        key = source()
        # async only: begin
        if isawaitable(key):
            key = await key
        # async only: end
    except errors.UniqOSError as exc:
        forget_locals(exc)
        raise
    except Exception as exc:
        forget_locals(exc)
        raise errors.ConfigurationError(
            f"no API key: the function that api_key names raised {type(exc).__name__}", code="api_key_unavailable"
        ) from exc
    if iscoroutine(key):
        key.close()
        raise errors.ConfigurationError(_PLAIN_WANTED)
    return hide(key)
