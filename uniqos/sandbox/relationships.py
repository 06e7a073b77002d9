"""End users and personalities that have met, and their memory. Shapes that are not public are the sandbox's own."""

from __future__ import annotations

from .call import Handler

HANDLERS: dict[str, Handler] = {}
