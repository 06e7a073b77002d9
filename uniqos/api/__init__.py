"""The contract as data: one file for each namespace, with its models and one ``Operation`` for each endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._base.model import Model, Source
    from .._wire.operation import Operation

NAMESPACES = (
    "engine",
    "personalities",
    "catalog",
    "vocabularies.topics",
    "vocabularies.emotions",
    "end_users",
    "deletions",
    "relationships",
    "relationships.memory",
    "interactions",
    "me",
    "sessions",
    "organizations",
    "organizations.members",
    "organizations.invitations",
    "invitations",
    "api_keys",
    "billing.subscription",
    "billing.payment_methods",
    "billing.invoices",
    "billing.usage",
    "billing.overage_policy",
    "billing.alerts",
    "billing.plans",
    "webhooks",
)
"""The namespaces of a client. The part after a dot is the prefix of the operations' names in the module."""


def operations() -> dict[str, Operation[Any]]:
    """Collect every operation by its dotted method name, e.g. ``"personalities.create"``."""
    from importlib import import_module

    from .._wire.operation import Operation

    found: dict[str, Operation[Any]] = {}
    for namespace in NAMESPACES:
        module, _, inner = namespace.partition(".")
        others = tuple(f"{other.partition('.')[2]}_" for other in NAMESPACES if other.startswith(f"{module}."))
        for constant, value in vars(import_module(f".{module}", __name__)).items():
            name = constant.lower()
            if isinstance(value, Operation) and name.startswith(f"{inner}_" if inner else others) == bool(inner):
                found[f"{namespace}.{name.removeprefix(f'{inner}_' if inner else '')}"] = value
    return found


def source_of(model: type[Model]) -> Source:
    """Return the source that the shape of a model is known from."""
    return model.__source__
