# Generated from _async/namespaces/base.py by python -m uniqos._generate. Do not edit.
"""The base class of all namespaces, and the attribute of a client by which one is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..requester import Requester

N = TypeVar("N", bound="Namespace")


class Namespace:
    """A group of methods of one client.

    Every method takes the options of ``Options`` as keywords, for this one call. Every method raises a subclass of
    UniqOSError: the docstrings name only the errors that are special to a method.
    """

    __slots__ = ("_requester",)

    def __init__(self, requester: Requester) -> None:
        self._requester: Requester = requester


class namespace(Generic[N]):
    """A decorator of a method that returns the class of a namespace. The method becomes an attribute.

    The attribute of a client is the namespace, made on first use and kept. The attribute of the client's class is the
    namespace's class, in which mocks and documentation find the methods.
    """

    def __init__(self, load: Callable[[Any], type[N]]) -> None:
        self.func: Callable[[Any], type[N]] = load
        self._name: str = load.__name__
        self.__doc__ = load.__doc__

    if TYPE_CHECKING:
        # An instance accepts an assignment, as with functools.cached_property.
        def __set__(self, instance: object, value: N) -> None: ...

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> type[N]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> N: ...
    def __get__(self, instance: Any, owner: type[Any]) -> type[N] | N:
        kind = self.func(instance)
        if instance is None:
            return kind
        # Two threads that ask at once both get the namespace that was stored first.
        made: N = instance.__dict__.setdefault(self._name, kind(instance._requester))
        return made
