"""The page at ``/_sandbox/``, and what it asks for beyond the rest of the admin routes.

It shows what the sandbox keeps of each organization, and never the text of a message.
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
    """The routes."""
    routes = APIRouter(prefix="/_sandbox", include_in_schema=False)
    store = settings.store

    @routes.get("")
    @routes.get("/")
    async def page() -> Response:
        return _file("index.html")

    @routes.get("/page/{name}")
    async def file(name: str) -> Response:
        if name not in _MEDIA_TYPES:
            raise HTTPException(404, f"There is no file {name}.")
        return _file(name)

    @routes.get("/access")
    async def access() -> dict[str, Any]:
        active = [row for row in seen_by(store, ORGANIZATION)[::-1] if row["status"] == "active"]
        return {"api_key": API_KEY, "personalities": [{"id": row["id"], "name": row["name"]} for row in active]}

    @routes.get("/relationships")
    async def relationships() -> dict[str, Any]:
        return {"data": [view(row) for row in _relationships(settings)]}

    @routes.get("/relationships/{relationship_id}")
    async def relationship(relationship_id: str) -> dict[str, Any]:
        found = next((row for row in _relationships(settings) if row["id"] == relationship_id), None)
        if found is None:
            raise HTTPException(404, f"There is no relationship {relationship_id}.")
        turns = store.all(
            "select id as interaction_id, created_at, primary_emotion, valence, arousal from interactions"
            " where relationship_id = ? order by number desc limit ?",
            relationship_id,
            _MAX_TURNS,
        )
        return {**view(found), "emotional_states": turns[::-1], "memory": memory_view(found)}

    return routes


def _file(name: str) -> Response:
    content = (
        resources.files("uniqos.sandbox.inspect").joinpath("page", name).read_bytes()
    )  # the package may be in a zip
    return Response(content, media_type=_MEDIA_TYPES[name], headers=_HEADERS)


def _relationships(settings: Settings) -> list[dict[str, Any]]:
    rows = settings.store.all(
        "select * from relationships order by coalesce(last_turn_at, created_at) desc, rowid desc"
    )
    return [{**row, "memory": json.loads(row["memory"])} for row in rows]
