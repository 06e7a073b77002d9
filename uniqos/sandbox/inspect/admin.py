"""What a test or a person does to the sandbox itself, under ``/_sandbox/``: all of it is the sandbox's own.

Bodies must be called JSON. Who may use these routes is checked before, in guard.py.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Body, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ...errors import ConfigurationError
from ..faults.magic import MAGIC, Errors
from ..faults.rules import Rule
from ..http.call import Call, Settings
from ..http.caller import Caller
from ..http.caller import seed as seed_accounts
from ..routes.billing import subscriptions
from ..routes.delivery import deliver_badly, queue
from ..routes.personalities import seed
from ..state.store import Store
from .parity import shown as parity_shown


class ClockChange(BaseModel):
    """How the time goes on."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    advance_seconds: float | None = None
    freeze: bool | AwareDatetime | None = None
    """True stands still now, an instant there, false goes on."""


class Delivery(BaseModel):
    """A webhook to send."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    type: str
    data: Any = None
    bad: Literal["stale", "duplicate", "wrongly_signed", "unsigned", "cut"] | None = None
    """What a receiver must not believe, see delivery.py."""


def _call_of(settings: Settings, organization_id: str) -> Call:
    """A request as an organization would make it."""
    return Call(settings, {}, None, None, None, Caller("portal", organization_id))


def reset(settings: Settings) -> None:
    """As it was when it started: no rule, no journal, the time of the machine, and only what is always there."""
    settings.clock.reset()
    settings.errors = Errors()
    settings.rules.remove()
    with closing(Store(":memory:")) as fresh:
        with fresh:
            seed(fresh, settings.clock.text())
            seed_accounts(fresh, settings.clock.text())
        settings.start_from(fresh)
    settings.journal.clear()


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
            "frozen": settings.clock.frozen,
            "turns_billed": settings.store.count("turns_billed", 0),
            "rules": [rule.shown() for rule in settings.rules.active],
            "magic": MAGIC,
        }

    @routes.get("/parity")
    async def parity() -> dict[str, Any]:
        return parity_shown()

    @routes.get("/openapi.json")
    def document(request: Request) -> dict[str, Any]:
        from ...contract import export  # few ask for it, and every start would wait for it

        return {**export(), "servers": [{"url": str(request.base_url).rstrip("/")}]}

    @routes.get("/journal")
    async def journal() -> dict[str, Any]:
        return {"requests": settings.journal.entries(), "calls": settings.journal.calls()}

    @routes.get("/journal/live")
    async def live() -> StreamingResponse:
        return StreamingResponse(_live(settings), media_type="text/event-stream")

    @routes.post("/rules", status_code=201)
    async def add(rule: Rule) -> dict[str, Any]:
        try:
            return settings.rules.add(rule).shown()
        except ConfigurationError as exc:
            raise HTTPException(409, str(exc)) from None

    @routes.delete("/rules", status_code=204)
    async def remove_all() -> None:
        settings.rules.remove()

    @routes.delete("/rules/{rule_id}", status_code=204)
    async def remove(rule_id: str) -> None:
        if not settings.rules.remove(rule_id):
            raise HTTPException(404, f"There is no rule {rule_id}.")

    @routes.post("/clock")
    async def clock(change: ClockChange) -> dict[str, Any]:
        try:
            now = change_clock(settings, change)
        except ConfigurationError as exc:
            raise HTTPException(422, str(exc)) from None
        for organization in settings.store.records("organization"):
            call = _call_of(settings, organization["id"])
            with settings.store:
                subscriptions.current(call)  # periods that have ended by now are invoiced, and webhooks told
            settings.begin(call.jobs)
        return {"now": now}

    @routes.post("/webhooks/{webhook_id}/emit", status_code=202)
    async def emit(webhook_id: str, delivery: Delivery) -> dict[str, Any]:
        owner = settings.store.one("select owner from records where kind = 'webhook' and id = ?", webhook_id)
        if owner is None:
            raise HTTPException(404, f"There is no webhook {webhook_id}.")
        call = _call_of(settings, owner["owner"])
        with settings.store as store:
            if delivery.bad is None:
                identifier = queue(call, webhook_id, store.new_id("evt"), delivery.type, delivery.data)
            else:
                identifier = deliver_badly(delivery.bad, call, webhook_id, delivery.type, delivery.data)
        settings.begin(call.jobs)
        return {"id": identifier}

    @routes.post("/reset", status_code=204)
    async def start_anew(nothing: Annotated[dict[str, Any], Body()]) -> None:
        reset(settings)

    @routes.get("/snapshot")
    async def snapshot() -> Response:
        return Response(json.dumps({"sql": settings.store.dump()}), media_type="application/json")

    @routes.post("/restore", status_code=204)
    def restore(sql: Annotated[str, Body(embed=True)]) -> None:
        try:
            fresh = Store(":memory:", sql)
        except (sqlite3.Error, ValueError) as exc:
            raise HTTPException(422, f"That is no snapshot of a sandbox: {exc}") from None
        with closing(fresh):
            settings.start_from(fresh)

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
