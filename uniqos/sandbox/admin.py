"""What a test or a person does to the sandbox itself, under ``/_sandbox/``: all of it is the sandbox's own.

No key is asked for, since only this machine can reach it; bodies must be called JSON, so that no web page of somebody
else's can send them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict

from .call import Settings
from .caller import seed as seed_accounts
from .magic import MAGIC, Errors
from .personalities import seed
from .rules import Rule


class ClockChange(BaseModel):
    """How the time goes on."""

    model_config = ConfigDict(extra="forbid")

    advance_seconds: float | None = None
    freeze: bool | AwareDatetime | None = None
    """True stands still now, an instant there, false goes on."""


def reset(settings: Settings) -> None:
    """As it was when it started: no rule, no journal, the time of the machine, and only what is always there."""
    settings.store.load(None)
    settings.clock.reset()
    settings.errors = Errors()
    settings.rules.remove()
    settings.journal.clear()
    with settings.store as store:
        seed(store, settings.clock.text())
        seed_accounts(store, settings.clock.text())


def change_clock(settings: Settings, change: ClockChange) -> str:
    """Move the time on, stop it or let it go; gives what time it is then."""
    if isinstance(change.freeze, datetime):
        settings.clock.freeze(change.freeze)
    elif change.freeze:
        settings.clock.freeze()
    elif change.freeze is False:
        settings.clock.resume()
    if change.advance_seconds is not None:
        settings.clock.advance(change.advance_seconds)
    return settings.clock.text()


def router(settings: Settings) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/_sandbox", include_in_schema=False)

    @routes.get("/state")
    async def state() -> dict[str, Any]:
        return {
            "now": settings.clock.text(),
            "turns_billed": settings.store.count("turns_billed", 0),
            "rules": [rule.shown() for rule in settings.rules.active],
            "magic": MAGIC,
        }

    @routes.get("/journal")
    async def journal() -> dict[str, Any]:
        return {"requests": settings.journal.entries(), "calls": settings.journal.calls()}

    @routes.get("/journal/live")
    async def live() -> StreamingResponse:
        return StreamingResponse(_live(settings), media_type="text/event-stream")

    @routes.post("/rules", status_code=201)
    async def add(rule: Rule) -> dict[str, Any]:
        return settings.rules.add(rule).shown()

    @routes.delete("/rules", status_code=204)
    async def remove_all() -> None:
        settings.rules.remove()

    @routes.delete("/rules/{rule_id}", status_code=204)
    async def remove(rule_id: str) -> None:
        if not settings.rules.remove(rule_id):
            raise HTTPException(404, f"There is no rule {rule_id}.")

    @routes.post("/clock")
    async def clock(change: ClockChange) -> dict[str, Any]:
        return {"now": change_clock(settings, change)}

    @routes.post("/reset", status_code=204)
    async def start_anew(nothing: Annotated[dict[str, Any], Body()]) -> None:
        reset(settings)

    @routes.get("/snapshot")
    async def snapshot() -> Response:
        return Response(json.dumps({"sql": settings.store.dump()}), media_type="application/json")

    @routes.post("/restore", status_code=204)
    async def restore(sql: Annotated[str, Body(embed=True)]) -> None:
        settings.store.load(sql)

    return routes


async def _live(settings: Settings) -> AsyncIterator[bytes]:
    queue = settings.journal.listen()
    try:
        yield b": here they come\n\n"
        while True:
            try:
                entry = await asyncio.wait_for(queue.get(), 15)
            except asyncio.TimeoutError:
                yield b": still here\n\n"
            else:
                yield f"event: request\ndata: {json.dumps(asdict(entry))}\n\n".encode()
    finally:
        settings.journal.leave(queue)
