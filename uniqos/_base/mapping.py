"""The methods of a mapping, for a class that need not be one."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    JsonObject = Mapping[str, Any]
else:

    class JsonObject:
        """What a mapping can do, for a class that need not be a subclass of Mapping.

        Tools that ask for subclasses take a mapping for JSON: the command line of pydantic-settings, for one, would
        offer no options for the fields of a request. So answers are registered as mappings, and requests are not.
        """

        __slots__ = ()

        def keys(self) -> KeysView[str]:
            return KeysView(self)

        def values(self) -> ValuesView[object]:
            return ValuesView(self)

        def items(self) -> ItemsView[str, object]:
            return ItemsView(self)

        def get(self, key: str, default: object = None) -> object:
            try:
                return self[key]
            except KeyError:
                return default
