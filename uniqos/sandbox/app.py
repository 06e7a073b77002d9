"""The HTTP side: one route for each operation of the table, and what all of them have in common.

Own to the sandbox, since the public contract is silent: what a repeated Idempotency-Key answers (the stored answer with
``Idempotent-Replayed: true``; 409 for another body), the numbers of the rate limit, the shape of ``details``.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pydantic
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic_core import from_json
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .._operation import Operation, describe, problems
from ..api import operations
from ..api.engine import RespondRequest
from . import (
    api_keys,
    billing,
    catalog,
    deletions,
    end_users,
    identity,
    interactions,
    organizations,
    personalities,
    relationships,
    turns,
    vocabularies,
    webhooks,
)
from .call import Answer, Call, Dropped, EventStream, FileAnswer, Handler, Settings
from .caller import authenticate
from .magic import MAGIC
from .refusal import Refusal
from .store import dumps, instant

_MAX_BODY_BYTES = 1024 * 1024
_log = logging.getLogger("uniqos.sandbox")


def _respond(call: Call) -> Answer | EventStream:
    assert isinstance(call.body, RespondRequest)
    return turns.respond(call, personalities.existing(call.store, call.body.personality_id))


HANDLERS: dict[str, Handler] = {
    "engine.respond": _respond,
    "engine.infer_state": turns.infer_state,
    "engine.recall_memory": turns.recall_memory,
    **personalities.HANDLERS,
    **interactions.HANDLERS,
    **catalog.HANDLERS,
    **vocabularies.HANDLERS,
    **end_users.HANDLERS,
    **relationships.HANDLERS,
    **deletions.HANDLERS,
    **identity.HANDLERS,
    **organizations.HANDLERS,
    **api_keys.HANDLERS,
    **billing.HANDLERS,
    **webhooks.HANDLERS,
}


def make_app(settings: Settings, requests_per_second: int) -> FastAPI:
    """The application over one store.

    Args:
        settings: Store, seed and pause.
        requests_per_second: Size and filling of the token bucket; above it requests get a 429.
    """
    app = FastAPI(title="uniqOS sandbox", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    table = operations()
    # What is fixed goes before what is a parameter: /interactions/aggregates is no id.
    for name in sorted(table, key=lambda name: "{" in table[name].path):
        endpoint = _endpoint(table[name], HANDLERS.get(name) or _absent(name), settings)
        app.add_api_route(table[name].path, endpoint, methods=[table[name].method], name=name)
    app.add_api_route("/", _about, methods=["GET"])
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(_Envelope, bucket=_Bucket(requests_per_second))
    return app


def _absent(name: str) -> Handler:
    def handler(call: Call) -> Answer:
        raise Refusal("not_implemented", f"The sandbox does not have {name}; GET / lists what it has.")

    return handler


async def _about() -> dict[str, Any]:
    return {
        "name": "uniqOS sandbox",
        "what": "A local stand-in for the uniqOS API: emotions come from a lexicon, replies from templates.",
        "personalities": list(personalities.SEEDS),
        "catalog": list(personalities.CATALOG),
        "operations": {name: op.label for name, op in operations().items() if name in HANDLERS},
        "magic": MAGIC,
    }


async def _no_route(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    code = "not_found" if exc.status_code == 404 else "validation_error"
    message = f"{request.method} {request.url.path}: {exc.detail}"
    raise Refusal(code, message, status=exc.status_code, headers=dict(exc.headers or {})) from None


def _endpoint(op: Operation[Any], handler: Handler, settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    jobs: set[asyncio.Future[None]] = set()  # the loop itself would let them go

    async def endpoint(request: Request) -> Response:
        caller = authenticate(request.headers.get("authorization", ""), settings.store, settings.clock.text())
        if caller.scope == "read" and not (op.method == "GET" or (op.method == "POST" and op.resend == "safe")):
            raise Refusal("permission_denied", "This API key may only read.")
        content = await request.body()
        call = Call(
            settings,
            dict(request.path_params),
            _valid(op.body, content or b"{}") if op.body else None,
            _valid(op.query, dumps(dict(request.query_params)).encode()) if op.query else None,
            request.headers.get("idempotency-key"),
            caller,
        )
        if call.key is None or op.method != "POST":
            with settings.store:
                answer = handler(call)
            response = _response(answer)
        else:
            response = _once(call, handler, hashlib.sha256(request.url.path.encode() + b"\n" + content).hexdigest())
        for job in call.jobs:
            task = asyncio.ensure_future(job())
            jobs.add(task)
            task.add_done_callback(jobs.discard)
        return response

    return endpoint


def _once(call: Call, handler: Handler, fingerprint: str) -> Response:
    """Run a request unless one with the same key has run; keep its answer in the same transaction."""
    with call.store as store:
        stored = store.one("select * from answers where key = ?", call.key)
        if stored is not None:
            if stored["fingerprint"] != fingerprint:
                raise Refusal("conflict", "This Idempotency-Key belongs to another request.")
            headers = {"Idempotent-Replayed": "true"}
            return Response(bytes(stored["body"]), stored["status"], headers, stored["media_type"])
        answer = handler(call)
        if isinstance(answer, EventStream):
            row = 200, "text/event-stream", answer.whole
        elif isinstance(answer, FileAnswer):
            row = 200, answer.media_type, answer.content
        else:
            row = answer.status, "application/json", dumps(answer.body).encode()
        store.run("insert into answers values (?, ?, ?, ?, ?)", call.key, fingerprint, *row)
    return _response(answer)


def _response(answer: Answer | EventStream | FileAnswer) -> Response:
    if isinstance(answer, FileAnswer):
        return Response(answer.content, media_type=answer.media_type)
    if isinstance(answer, EventStream):
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(answer.paced(), headers=headers, media_type="text/event-stream")
    if answer.status == 204:
        return Response(status_code=204, headers=answer.headers)
    return Response(dumps(answer.body), answer.status, answer.headers, media_type="application/json")


def _valid(model: Any, content: bytes) -> Any:
    try:
        valid = model.model_validate_json(content)
        if b"NaN" in content or b"Infinity" in content:
            from_json(content, allow_inf_nan=False)  # pydantic lets them through where a field may hold anything
        return valid
    except pydantic.ValidationError as exc:
        found = problems(exc)
        status = 400 if found[0]["type"] == "json_invalid" else 422
        raise Refusal("validation_error", describe(found), status=status, details=list(found)) from None
    except ValueError as exc:
        raise Refusal("validation_error", f"body: Invalid JSON: {exc}", status=400) from None


class _Bucket:
    """The token bucket of the rate limit."""

    def __init__(self, size: int) -> None:
        self.size: int = size
        self._tokens: float = size
        self._at: float = time.monotonic()

    def take(self) -> int:
        """Take a token; how many are left, -1 where there was none."""
        now = time.monotonic()
        self._tokens = min(self.size, self._tokens + (now - self._at) * self.size)
        self._at = now
        if self._tokens < 1:
            return -1
        self._tokens -= 1
        return int(self._tokens)

    def headers(self, left: int) -> dict[str, str]:
        """What the API tells of it."""
        full = datetime.now(timezone.utc) + timedelta(seconds=(self.size - self._tokens) / self.size)
        return {
            "X-RateLimit-Limit": str(self.size),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": instant(full),
        }


class _Envelope:
    """Around everything, streams included: request ids, rate limit, a limit for bodies, errors in their envelope."""

    def __init__(self, app: ASGIApp, bucket: _Bucket) -> None:
        self._app = app
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started = f"req_{_ulid()}", False
        left = self._bucket.take()
        headers = {"X-Request-Id": request_id, **self._bucket.headers(left)}

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(headers)
            await send(message)

        try:
            if left < 0:
                raise Refusal("rate_limit_exceeded", headers={"Retry-After": "1"})
            await self._app(scope, _capped(receive), sending)
        except Exception as raised:
            exc = _alone(raised)
            if isinstance(exc, ClientDisconnect):
                return  # whoever asked has gone; there is nobody to answer
            if not isinstance(exc, (Refusal, Dropped)):
                _log.error("%s %s failed", scope["method"], scope["path"], exc_info=exc)
            if started:
                raise Dropped from None
            refusal = exc if isinstance(exc, Refusal) else Refusal("internal_error", "A bug; see the log.")
            response = JSONResponse(refusal.envelope(request_id), refusal.status, refusal.headers)
            await response(scope, receive, sending)


def _alone(exc: BaseException) -> BaseException:
    """An exception without the groups of one around it, which older versions of Starlette leave on."""
    inner: tuple[BaseException, ...] = getattr(exc, "exceptions", ())
    return _alone(inner[0]) if len(inner) == 1 else exc


def _capped(receive: Receive) -> Receive:
    count = 0

    async def receiving() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > _MAX_BODY_BYTES:
            raise Refusal("validation_error", f"A body holds at most {_MAX_BODY_BYTES} bytes.", status=413)
        return message

    return receiving


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _ulid() -> str:
    """Time and chance in 26 letters that sort as they were made."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
