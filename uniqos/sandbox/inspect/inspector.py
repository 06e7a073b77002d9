"""The page at ``/_sandbox/``, and the routes that only this page uses.

It shows the stored relationships and emotions of each organization, and never the text of a message.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from ..http.call import Settings
from ..http.caller import API_KEY, ORGANIZATION
from ..routes.personalities import seen_by
from ..routes.relationships import memory_view, view

_MEDIA_TYPES = {
    "index.html": "text/html",
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_MAX_TURNS = 200


def router(settings: Settings) -> APIRouter:
    """Return the routes of the page."""
    inspector = _Inspector(settings)
    routes = APIRouter(prefix="/_sandbox", include_in_schema=False)
    routes.add_api_route("", inspector.page)
    routes.add_api_route("/", inspector.page)
    routes.add_api_route("/page/{name}", inspector.file)
    routes.add_api_route("/access", inspector.access)
    routes.add_api_route("/relationships", inspector.relationships)
    routes.add_api_route("/relationships/{relationship_id}", inspector.relationship)
    return routes


class _Inspector:
    """The endpoints of the page."""

    def __init__(self, settings: Settings) -> None:
        self._store = settings.store

    async def page(self) -> Response:
        return _file("index.html")

    async def file(self, name: str) -> Response:
        if name not in _MEDIA_TYPES:
            raise HTTPException(404, f"There is no file {name}.")
        return _file(name)

    async def access(self) -> dict[str, Any]:
        active = [row for row in seen_by(self._store, ORGANIZATION)[::-1] if row["status"] == "active"]
        return {"api_key": API_KEY, "personalities": [{"id": row["id"], "name": row["name"]} for row in active]}

    async def relationships(self) -> dict[str, Any]:
        return {"data": [view(row) for row in self._all_relationships()]}

    async def relationship(self, relationship_id: str) -> dict[str, Any]:
        found = next((row for row in self._all_relationships() if row["id"] == relationship_id), None)
        if found is None:
            raise HTTPException(404, f"There is no relationship {relationship_id}.")
        turns = self._store.all(
            "select id as interaction_id, created_at, primary_emotion, valence, arousal from interactions"
            " where relationship_id = ? order by number desc limit ?",
            relationship_id,
            _MAX_TURNS,
        )
        return {**view(found), "emotional_states": turns[::-1], "memory": memory_view(found)}

    def _all_relationships(self) -> list[dict[str, Any]]:
        rows = self._store.all(
            "select * from relationships order by coalesce(last_turn_at, created_at) desc, rowid desc"
        )
        return [{**row, "memory": json.loads(row["memory"])} for row in rows]


def _file(name: str) -> Response:
    # Read as a resource, since the package may be in a zip file.
    content = resources.files("uniqos.sandbox.inspect").joinpath("page", name).read_bytes()
    return Response(content, media_type=_MEDIA_TYPES[name], headers=_HEADERS)
