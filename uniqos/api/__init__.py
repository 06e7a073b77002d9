"""The contract as data: per namespace one file with its models and one ``Operation`` line per endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._operation import Operation

NAMESPACES = ("engine", "personalities", "interactions")


def operations() -> dict[str, Operation[Any]]:
    """Every operation by its dotted method name, e.g. ``"personalities.create"``."""
    from importlib import import_module

    from .._operation import Operation

    found: dict[str, Operation[Any]] = {}
    for namespace in NAMESPACES:
        for name, value in vars(import_module(f".{namespace}", __name__)).items():
            if isinstance(value, Operation):
                found[f"{namespace}.{name.lower()}"] = value
    return found
