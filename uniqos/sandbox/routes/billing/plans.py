"""The plans, and their handler. The names are public; prices and limits are the sandbox's own.

The Free plan is small, so that a test reaches its limits with a few turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...http.call import Answer, Call, Handler
from ...http.checks import invalid

CURRENCY = "USD"
COMPONENTS = ("turns", "active_relationships")
"""The components of a plan that have a limit."""


@dataclass(frozen=True)
class Plan:
    """The price and the limits of a period of 30 days."""

    id: str
    name: str
    price_cents: int
    limits: dict[str, int]
    overage_cents_per_turn: int | None
    """The price of a turn above the limit; None where no such turn is possible."""

    def view(self) -> dict[str, Any]:
        """Return the plan as the API shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "price": {"amount_cents": self.price_cents, "currency": CURRENCY, "period_days": 30},
            "limits": self.limits,
            "overage_cents_per_turn": self.overage_cents_per_turn,
        }


def _limits(*limits: int) -> dict[str, int]:
    return dict(zip(COMPONENTS, limits, strict=True))


PLANS: dict[str, Plan] = {
    plan.id: plan
    for plan in (
        Plan("free", "Free", 0, _limits(50, 5), None),
        Plan("pro", "Pro", 4_900, _limits(10_000, 500), 2),
        Plan("scale", "Scale", 19_900, _limits(100_000, 5_000), 1),
        Plan("enterprise", "Enterprise", 99_900, _limits(1_000_000, 100_000), 1),
    )
}


def plan_of(name: object) -> Plan:
    """Return a plan by its id.

    Raises:
        Refusal: ``validation_error``: there is no such plan.
    """
    plan = PLANS.get(name) if isinstance(name, str) else None
    if plan is None:
        raise invalid("plan", f"plan is one of {', '.join(PLANS)}.")
    return plan


def _list(call: Call) -> Answer:
    return Answer({"data": [plan.view() for plan in PLANS.values()]})


HANDLERS: dict[str, Handler] = {"billing.plans.list": _list}
