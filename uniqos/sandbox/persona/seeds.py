"""The built-in personalities, and those of the catalog. They are the sandbox's own."""

from __future__ import annotations

from .voice import TRAITS

DEFAULT_ID = "pers_sandbox_warm"
SEEDS: dict[str, tuple[str, tuple[float, float, float, float, float]]] = {
    DEFAULT_ID: ("Warm", (0.7, 0.4, 0.8, 0.9, 0.3)),
    "pers_sandbox_calm": ("Calm", (0.4, 0.7, 0.2, 0.8, 0.2)),
    "pers_sandbox_blunt": ("Blunt", (0.3, 0.8, 0.6, 0.2, 0.3)),
}
CATALOG: dict[str, tuple[str, tuple[float, float, float, float, float]]] = {
    "warm-mentor": ("Warm mentor", (0.7, 0.6, 0.6, 0.9, 0.2)),
    "stoic-coach": ("Stoic coach", (0.4, 0.9, 0.4, 0.5, 0.1)),
    "curious-friend": ("Curious friend", (0.9, 0.4, 0.8, 0.7, 0.3)),
    "worried-poet": ("Worried poet", (0.9, 0.3, 0.3, 0.7, 0.9)),
    "blunt-critic": ("Blunt critic", (0.4, 0.8, 0.4, 0.1, 0.3)),
}


def traits(values: tuple[float, ...]) -> dict[str, float]:
    """Return the Big Five by name."""
    return dict(zip(TRAITS, values, strict=True))
