"""Placeholders for modules that only type hints name. A module is imported when such a hint is resolved at run time."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class HintedModule:
    """A placeholder for a module, which is imported when one of its names is read."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name: str = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # inspect.unwrap() and others read such names of any object.
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


params = HintedModule("uniqos._params")
models = HintedModule("uniqos.models")
model = HintedModule("uniqos._base.model")
drift = HintedModule("uniqos._policy.drift")
observer = HintedModule("uniqos._policy.observer")
middleware = HintedModule("uniqos.middleware")
telemetry = HintedModule("uniqos._policy.telemetry")
http = HintedModule("uniqos._base.http")
