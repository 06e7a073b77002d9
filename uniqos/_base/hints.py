"""Modules that are named in type hints alone: imported when a hint is resolved at run time, and not by any call."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class HintedModule:
    """Stands for a module of the package until one of its names is asked for."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name: str = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by what looks at any object, such as inspect.unwrap
            raise AttributeError(name)
        return getattr(import_module(self._name), name)


params = HintedModule("uniqos._params")
models = HintedModule("uniqos.models")
model = HintedModule("uniqos._base.model")
drift = HintedModule("uniqos._policy.drift")
observer = HintedModule("uniqos._policy.observer")
http = HintedModule("uniqos._base.http")
