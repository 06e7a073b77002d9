"""What all requests have in common: ids, the rate limit, errors in their envelope, the journal, and faults by rule."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import sqlite3
import time
import zlib
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import unquote

from fastapi import HTTPException
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..._base.safe import safe_text
from ..faults.rules import Rule
from ..refusal import ConnectionDrop, Refusal
from ..state.store import instant
from .call import Settings

ADMIN = "/_sandbox"
SLASH = "\ue000"
"""Stands for a slash inside of an id, from the middleware to the handler."""
_MAX_BODY_BYTES = 1024 * 1024
_MAX_ADMIN_BYTES = 64 * 1024 * 1024
"""A snapshot that is restored may be large."""
_MOST_LETTERS = 1000
"""How much of a path or a key the journal keeps."""
_log = logging.getLogger("uniqos.sandbox")


class Bucket:
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


class Envelope:
    """Around everything, streams included: request ids, rate limit, a limit for bodies, errors, the journal."""

    def __init__(self, app: ASGIApp, settings: Settings, bucket: Bucket) -> None:
        self._app = app
        self._settings = settings
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            refused = HTTPException(413, f"A body holds at most {_MAX_ADMIN_BYTES} bytes.")
            await self._app(scope, _capped(receive, _MAX_ADMIN_BYTES, refused), send)
            return
        exchange = _Exchange(self._settings, scope, send)
        left = self._bucket.take()
        exchange.headers.update(self._bucket.headers(left))
        try:
            if left < 0:
                raise Refusal("rate_limit_exceeded", headers={"Retry-After": "1"})
            too_large = Refusal("validation_error", f"A body holds at most {_MAX_BODY_BYTES} bytes.", status=413)
            await self._app(_with_slashes(scope), _capped(receive, _MAX_BODY_BYTES, too_large), exchange.send)
        except Exception as raised:
            exc = _alone(raised)
            if isinstance(exc, ClientDisconnect):
                return  # whoever asked has gone; there is nobody to answer
            if not isinstance(exc, (Refusal, ConnectionDrop)):
                _log.error("%s %s failed", safe_text(scope["method"]), safe_text(scope["path"]), exc_info=exc)
            if exchange.status:
                raise ConnectionDrop from None
            refusal = exc if isinstance(exc, Refusal) else Refusal("internal_error", "A bug; see the log.")
            await _error(refusal, scope)(scope, receive, exchange.send)
        finally:
            exchange.note()


class _Exchange:
    """One request on its way through: what is added to its answer, and what of it is noted."""

    def __init__(self, settings: Settings, scope: Scope, send: Send) -> None:
        self.request_id: str = new_request_id()
        self.headers: dict[str, str] = {"X-Request-Id": self.request_id}
        self.status: int = 0
        self._settings = settings
        self._scope = scope
        scope["uniqos.notes"] = self.notes = dict[str, str]()
        scope["uniqos.request_id"] = self.request_id
        self._send = send
        self._started: float = time.perf_counter()
        self._replayed: bool = False
        self._noted: bool = False
        self._key: str | None = Headers(scope=scope).get("idempotency-key")
        self._attempt: int = settings.journal.attempt(self._key)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self._replayed = "idempotent-replayed" in headers
            headers.update(self.headers)
        elif not message.get("more_body"):
            self.note()  # before the last byte, so that whoever has the answer finds it in the journal
        await self._send(message)

    def note(self) -> None:
        """Put it into the journal, once; a status of 0 is a connection that was closed without one."""
        if self._noted:
            return
        self._noted = True
        try:
            billed = self._settings.store.count("turns_billed", 0)
        except sqlite3.Error:
            billed = 0  # whoever asked gets an answer nevertheless, and it is noted
        self._settings.journal.add(
            at=self._settings.clock.text(),
            method=self._scope["method"],
            path=self._scope["path"][:_MOST_LETTERS],
            status=self.status,
            ms=round((time.perf_counter() - self._started) * 1000, 1),
            request_id=self.request_id,
            idempotency_key=self._key and self._key[:_MOST_LETTERS],
            attempt=self._attempt,
            replayed=self._replayed,
            turns_billed=billed,
            rule=self.notes.get("rule"),
        )


class Faults:
    """Does to requests what the rules say."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admin = scope["type"] != "http" or scope["path"].startswith(ADMIN)
        path = scope.get("path", "").replace(SLASH, "/")
        rule = None if admin else self._settings.rules.for_request(scope["method"], path)
        if rule is None:
            await self._app(scope, receive, send)
            return
        scope["uniqos.notes"]["rule"] = ", ".join(
            f"{name}={value}" for name, value in rule.model_dump(exclude_defaults=True).items()
        )
        if rule.latency is not None:
            await asyncio.sleep(rule.latency.seconds(self._settings.rules.chance))
        if rule.is_only_late():
            await self._app(scope, receive, send)
        else:
            await _change(rule, await self._answer(rule, scope), scope, receive, send)

    async def _answer(self, rule: Rule, scope: Scope) -> ASGIApp:
        """What answers before anything is changed: an error, or else what stands instead of the API, or the API."""
        if rule.code is not None:
            return _error(Refusal(rule.code, "A rule of the sandbox says so."), scope)
        if rule.redirect is not None:
            return Response(status_code=307, headers={"Location": rule.redirect})
        if rule.gzip_bomb is not None:
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            content = await asyncio.to_thread(_bomb, rule.gzip_bomb)  # compressing a gigabyte takes seconds
            return Response(content, headers=headers)
        return self._app


async def _change(rule: Rule, answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the request run, and change its answer; a stream is gathered first."""
    start: Message = {}
    body = bytearray()

    async def gather(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        body.extend(message.get("body", b""))

    try:
        await answer(scope, receive, gather)
    except Exception as raised:
        refusal = _alone(raised)
        if start or not isinstance(refusal, Refusal):
            raise
        await _error(refusal, scope)(scope, receive, gather)
    status: int = rule.status or start["status"]
    headers = MutableHeaders(scope=start)
    if rule.content_type is not None:
        headers["Content-Type"] = rule.content_type
    if rule.retry_after is not None:
        headers["Retry-After"] = rule.retry_after
    content = bytes(body if rule.truncate is None else body[: rule.truncate])
    if status in (204, 304):
        content = b""
        del headers["Content-Length"]
    else:
        headers["Content-Length"] = str(len(content))
    await send({**start, "status": status})
    if rule.drop:
        raise ConnectionDrop
    await send({"type": "http.response.body", "body": content})


def _error(refusal: Refusal, scope: Scope) -> JSONResponse:
    return JSONResponse(refusal.envelope(scope["uniqos.request_id"]), refusal.status, refusal.headers)


@lru_cache(maxsize=4)
def _bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(mebibytes)) + packer.flush()


def _with_slashes(scope: Scope) -> Scope:
    """The request with the slashes inside of ids marked: the router would take them for its own."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower():
        return scope
    return {**scope, "path": unquote(re.sub(rb"(?i)%2f", SLASH.encode(), raw))}


def _alone(exc: BaseException) -> BaseException:
    """An exception without the groups of one around it, which older versions of Starlette leave on."""
    inner: tuple[BaseException, ...] = getattr(exc, "exceptions", ())
    return _alone(inner[0]) if len(inner) == 1 else exc


def _capped(receive: Receive, most: int, too_large: Exception) -> Receive:
    count = 0

    async def receiving() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:
            raise too_large
        return message

    return receiving


def new_request_id() -> str:
    """Return an id for a request: ``req_`` and a ULID."""
    return f"req_{_ulid()}"


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _ulid() -> str:
    """Time and chance in 26 letters that sort as they were made."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
