"""The admin routes under ``/_sandbox/``, by which a test or a person looks at the sandbox and changes it.

All of them are the sandbox's own. Bodies must have the content type of JSON. ``http/guard.py`` checks who may use them.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
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

_SECONDS_BETWEEN_COMMENTS = 15
"""The time after which the live journal sends a comment, so that proxies keep an idle connection."""


class ClockChange(BaseModel):
    """A change of the clock."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    advance_seconds: float | None = None
    freeze: bool | AwareDatetime | None = None
    """True stops the clock now, an instant stops it there, and false lets it run on."""


class Delivery(BaseModel):
    """A webhook to send."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    type: str
    data: Any = None
    bad: Literal["stale", "duplicate", "wrongly_signed", "unsigned", "cut"] | None = None
    """A fault that the receiver must notice; see ``BAD`` in delivery.py."""


def router(settings: Settings) -> APIRouter:
    """Return the admin routes."""
    admin = _Admin(settings)
    endpoints: list[tuple[str, str, int, Callable[..., Any]]] = [
        ("GET", "/state", 200, admin.state),
        ("GET", "/parity", 200, admin.parity),
        ("GET", "/openapi.json", 200, admin.openapi),
        ("GET", "/journal", 200, admin.journal),
        ("GET", "/journal/live", 200, admin.live_journal),
        ("POST", "/rules", 201, admin.add_rule),
        ("DELETE", "/rules", 204, admin.remove_rules),
        ("DELETE", "/rules/{rule_id}", 204, admin.remove_rule),
        ("POST", "/clock", 200, admin.change_clock),
        ("POST", "/webhooks/{webhook_id}/emit", 202, admin.emit),
        ("POST", "/reset", 204, admin.reset),
        ("GET", "/snapshot", 200, admin.snapshot),
        ("POST", "/restore", 204, admin.restore),
    ]
    routes = APIRouter(prefix="/_sandbox", include_in_schema=False)
    for method, path, status, endpoint in endpoints:
        routes.add_api_route(path, endpoint, methods=[method], status_code=status)
    return routes


class _Admin:
    """The endpoints of the admin routes. FastAPI runs those without ``async`` in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def state(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "now": settings.clock.text(),
            "frozen": settings.clock.frozen,
            "turns_billed": settings.store.count("turns_billed", 0),
            "rules": [rule.view() for rule in settings.rules.active],
            "magic": MAGIC,
        }

    async def parity(self) -> dict[str, Any]:
        return parity_shown()

    def openapi(self, request: Request) -> dict[str, Any]:
        from ...contract import export  # imported late: the start of a sandbox need not wait for it

        return {**export(), "servers": [{"url": str(request.base_url).rstrip("/")}]}

    async def journal(self) -> dict[str, Any]:
        journal = self._settings.journal
        return {"requests": journal.entries(), "calls": journal.calls()}

    async def live_journal(self) -> StreamingResponse:
        return StreamingResponse(_live(self._settings), media_type="text/event-stream")

    async def add_rule(self, rule: Rule) -> dict[str, Any]:
        try:
            return self._settings.rules.add(rule).view()
        except ConfigurationError as exc:
            raise HTTPException(409, str(exc)) from None

    async def remove_rules(self) -> None:
        self._settings.rules.remove()

    async def remove_rule(self, rule_id: str) -> None:
        if not self._settings.rules.remove(rule_id):
            raise HTTPException(404, f"There is no rule {rule_id}.")

    async def change_clock(self, change: ClockChange) -> dict[str, Any]:
        settings = self._settings
        try:
            now = _change_clock(settings, change)
        except ConfigurationError as exc:
            raise HTTPException(422, str(exc)) from None
        for organization in settings.store.records("organization"):
            call = _call_of(settings, organization["id"])
            with settings.store:
                subscriptions.current(call)  # invoices the periods that have ended, and queues the webhooks
            settings.begin(call.jobs)
        return {"now": now}

    async def emit(self, webhook_id: str, delivery: Delivery) -> dict[str, Any]:
        settings = self._settings
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

    async def reset(self, body: Annotated[dict[str, Any], Body()]) -> None:
        # A body is required, so that a form of a foreign page, which cannot send JSON, is refused.
        reset(self._settings)

    async def snapshot(self) -> Response:
        return Response(json.dumps({"sql": self._settings.store.dump()}), media_type="application/json")

    def restore(self, sql: Annotated[str, Body(embed=True)]) -> None:
        try:
            fresh = Store(":memory:", sql)
        except (sqlite3.Error, ValueError) as exc:
            raise HTTPException(422, f"That is no snapshot of a sandbox: {exc}") from None
        with closing(fresh):
            self._settings.start_from(fresh)


def reset(settings: Settings) -> None:
    """Go back to the state of a new sandbox: built-in data, no rules, an empty journal, the machine's time."""
    settings.clock.reset()
    settings.errors = Errors()
    settings.rules.remove()
    with closing(Store(":memory:")) as fresh:
        with fresh:
            seed(fresh, settings.clock.text())
            seed_accounts(fresh, settings.clock.text())
        settings.start_from(fresh)
    settings.journal.clear()


def _call_of(settings: Settings, organization_id: str) -> Call:
    """Return a request in the name of an organization."""
    return Call(settings, {}, None, None, None, Caller("portal", organization_id))


def _change_clock(settings: Settings, change: ClockChange) -> str:
    """Change the clock, and return its time."""
    if isinstance(change.freeze, datetime):
        settings.clock.freeze(change.freeze)
    elif change.freeze:
        settings.clock.freeze()
    elif change.freeze is False:
        settings.clock.resume()
    if change.advance_seconds is not None:
        settings.clock.advance(change.advance_seconds)
    return settings.clock.text()


async def _live(settings: Settings) -> AsyncIterator[bytes]:
    """Yield the entries of the journal as server-sent events, from now on."""
    entries = settings.journal.listen()
    try:
        yield b": here they come\n\n"
        while True:
            try:
                entry = await asyncio.wait_for(entries.get(), _SECONDS_BETWEEN_COMMENTS)
            except asyncio.TimeoutError:
                yield b": still here\n\n"
            else:
                yield f"event: request\ndata: {json.dumps(asdict(entry))}\n\n".encode()
    finally:
        settings.journal.leave(entries)
