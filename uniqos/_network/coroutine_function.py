"""A decorator for functions that return a coroutine without being declared by ``async def``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import update_wrapper
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def coroutine_function(function: F) -> F:
    """Mark a plain function that returns a coroutine, so that frameworks treat it as a coroutine function."""
    if sys.version_info >= (3, 12):
        return inspect.markcoroutinefunction(function)
    method: Any = _CoroutineMethod(function)
    return method  # type: ignore[no-any-return]


class _CoroutineMethod:
    """A stand-in for a function of Python 3.10 or 3.11, which ``inspect.iscoroutinefunction`` takes for a coroutine's.

    These versions have no mark for functions. They look at a flag of the function's code instead. The stand-in shows a
    copy of the code with that flag, and otherwise passes for the function. The code that runs has no flag: with it,
    Python 3.10 would make a coroutine of each call, and of each stream too.
    """

    __class__ = FunctionType  # type: ignore[assignment]  # isinstance() looks here

    def __init__(self, function: Callable[..., Any]) -> None:
        update_wrapper(self, function)
        code: CodeType = function.__code__
        self.__code__ = code.replace(co_flags=code.co_flags | inspect.CO_COROUTINE)
        self._function = function

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return repr(self._function)

    def __reduce__(self) -> str:
        return self.__qualname__  # type: ignore[no-any-return]
