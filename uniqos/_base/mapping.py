"""The methods of a mapping, for a class that is not a subclass of Mapping."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    JsonObject = Mapping[str, Any]
else:

    class JsonObject:
        """The methods of a read-only mapping.

        Some tools read a subclass of Mapping as JSON. The command line of pydantic-settings, for example, would offer
        no options for the fields of a request. So response models are registered as mappings, and request models
        are not.
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
