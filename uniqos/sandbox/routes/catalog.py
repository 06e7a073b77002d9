"""The handlers of the catalog. Its entries and their fields are the sandbox's own."""

from __future__ import annotations

from typing import Any

from ..http.call import Answer, Call, Handler
from ..persona.seeds import CATALOG, traits
from ..refusal import Refusal

_DESCRIPTIONS: dict[str, str] = {
    "warm-mentor": "Encourages, remembers what was said, and helps to find the next step.",
    "stoic-coach": "Keeps calm, sorts the facts, and asks for one thing to be done at a time.",
    "curious-friend": "Asks, marvels and celebrates; every topic is worth a second question.",
    "worried-poet": "Speaks in images, feels with whoever speaks, and fears the worst.",
    "blunt-critic": "Says what it thinks, in few words, and spares nobody.",
}


def _entry(slug: str) -> dict[str, Any]:
    name, values = CATALOG[slug]
    return {
        "slug": slug,
        "name": name,
        "description": _DESCRIPTIONS[slug],
        "default_mode": "stateful",
        "big_five": traits(values),
        "big_five_facets": None,
    }


def _list(call: Call) -> Answer:
    return Answer({"data": [_entry(slug) for slug in CATALOG]})


def _get(call: Call) -> Answer:
    slug = call.path["slug"]
    if slug not in CATALOG:
        raise Refusal("not_found", f"The catalog holds {', '.join(CATALOG)}.")
    return Answer(_entry(slug))


HANDLERS: dict[str, Handler] = {"catalog.list": _list, "catalog.get": _get}
