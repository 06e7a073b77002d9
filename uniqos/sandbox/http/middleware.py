"""The middleware that all requests pass: request ids, rate limit, error envelope, journal, and faults by rule."""

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
"""The character that stands for a slash within an id, from the middleware to the handler."""
_MAX_BODY_BYTES = 1024 * 1024
_MAX_ADMIN_BYTES = 64 * 1024 * 1024
"""The limit for admin routes: a snapshot may be large."""
_MAX_JOURNAL_CHARACTERS = 1000
"""The number of characters of a path or a key that the journal keeps."""
_log = logging.getLogger("uniqos.sandbox")


class Bucket:
    """The token bucket of the rate limit."""

    def __init__(self, size: int) -> None:
        self.size: int = size
        self._tokens: float = size
        self._at: float = time.monotonic()

    def take(self) -> int:
        """Take a token, and return how many are left; -1 when there was none."""
        now = time.monotonic()
        self._tokens = min(self.size, self._tokens + (now - self._at) * self.size)
        self._at = now
        if self._tokens < 1:
            return -1
        self._tokens -= 1
        return int(self._tokens)

    def headers(self, left: int) -> dict[str, str]:
        """Return the API's headers of the rate limit."""
        full = datetime.now(timezone.utc) + timedelta(seconds=(self.size - self._tokens) / self.size)
        return {
            "X-RateLimit-Limit": str(self.size),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": instant(full),
        }


class Envelope:
    """Middleware for request ids, the rate limit, the size of bodies, the error envelope and the journal."""

    def __init__(self, app: ASGIApp, settings: Settings, bucket: Bucket) -> None:
        self._app = app
        self._settings = settings
        self._bucket = bucket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            too_large: Exception = HTTPException(413, f"A body holds at most {_MAX_ADMIN_BYTES} bytes.")
            await self._app(scope, _limit_body(receive, _MAX_ADMIN_BYTES, too_large), send)
            return
        response = _Response(self._settings, scope, send)
        left = self._bucket.take()
        response.headers.update(self._bucket.headers(left))
        try:
            if left < 0:
                raise Refusal("rate_limit_exceeded", headers={"Retry-After": "1"})
            too_large = Refusal("validation_error", f"A body holds at most {_MAX_BODY_BYTES} bytes.", status=413)
            await self._app(_with_slashes(scope), _limit_body(receive, _MAX_BODY_BYTES, too_large), response.send)
        except Exception as raised:
            exc = _unwrap(raised)
            if isinstance(exc, ClientDisconnect):
                return  # the client is gone, so there is nothing to answer
            if not isinstance(exc, (Refusal, ConnectionDrop)):
                _log.error("%s %s failed", safe_text(scope["method"]), safe_text(scope["path"]), exc_info=exc)
            if response.status:
                raise ConnectionDrop from None
            refusal = exc if isinstance(exc, Refusal) else Refusal("internal_error", "A bug; see the log.")
            await _error(refusal, scope)(scope, receive, response.send)
        finally:
            response.record()


class _Response:
    """The response to one request: it gets the headers of the sandbox, and is recorded in the journal."""

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
        self._is_replayed: bool = False
        self._is_recorded: bool = False
        self._key: str | None = Headers(scope=scope).get("idempotency-key")
        self._attempt: int = settings.journal.attempt(self._key)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self._is_replayed = "idempotent-replayed" in headers
            headers.update(self.headers)
        elif not message.get("more_body"):
            self.record()  # before the last byte, so that a client with the answer finds it in the journal
        await self._send(message)

    def record(self) -> None:
        """Add the request to the journal, once. Status 0 is a connection that was closed before the status was sent."""
        if self._is_recorded:
            return
        self._is_recorded = True
        try:
            billed = self._settings.store.count("turns_billed", 0)
        except sqlite3.Error:
            billed = 0  # a broken store must not keep the answer from the client and from the journal
        self._settings.journal.add(
            at=self._settings.clock.text(),
            method=self._scope["method"],
            path=self._scope["path"][:_MAX_JOURNAL_CHARACTERS],
            status=self.status,
            ms=round((time.perf_counter() - self._started) * 1000, 1),
            request_id=self.request_id,
            idempotency_key=self._key and self._key[:_MAX_JOURNAL_CHARACTERS],
            attempt=self._attempt,
            replayed=self._is_replayed,
            turns_billed=billed,
            rule=self.notes.get("rule"),
        )


class Faults:
    """Middleware that applies the rules for faults."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_admin = scope["type"] != "http" or scope["path"].startswith(ADMIN)
        path = scope.get("path", "").replace(SLASH, "/")
        rule = None if is_admin else self._settings.rules.for_request(scope["method"], path)
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
        """Return the application that answers: the error, redirect or gzip bomb of the rule, or else the API."""
        if rule.code is not None:
            return _error(Refusal(rule.code, "A rule of the sandbox says so."), scope)
        if rule.redirect is not None:
            return Response(status_code=307, headers={"Location": rule.redirect})
        if rule.gzip_bomb is not None:
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            content = await asyncio.to_thread(_gzip_bomb, rule.gzip_bomb)  # compressing a gigabyte takes seconds
            return Response(content, headers=headers)
        return self._app


async def _change(rule: Rule, answer: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the request, and change its answer. A stream is collected first."""
    start: Message = {}
    body = bytearray()

    async def collect(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
        body.extend(message.get("body", b""))

    try:
        await answer(scope, receive, collect)
    except Exception as raised:
        refusal = _unwrap(raised)
        if start or not isinstance(refusal, Refusal):
            raise
        await _error(refusal, scope)(scope, receive, collect)
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
def _gzip_bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(mebibytes)) + packer.flush()


def _with_slashes(scope: Scope) -> Scope:
    """Return the request with a mark for each slash within an id, since the router would split the path there."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower():
        return scope
    return {**scope, "path": unquote(re.sub(rb"(?i)%2f", SLASH.encode(), raw))}


def _unwrap(exc: BaseException) -> BaseException:
    """Return an exception without the exception groups of one member that older versions of Starlette put around it."""
    inner: tuple[BaseException, ...] = getattr(exc, "exceptions", ())
    return _unwrap(inner[0]) if len(inner) == 1 else exc


def _limit_body(receive: Receive, max_bytes: int, too_large: Exception) -> Receive:
    """Return a function that receives a request, and raises an exception when its body is too large."""
    count = 0

    async def receive_limited() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > max_bytes:
            raise too_large
        return message

    return receive_limited


def new_request_id() -> str:
    """Return an id for a request: ``req_`` and a ULID."""
    return f"req_{_ulid()}"


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _ulid() -> str:
    """Return the time and random bits in 26 characters, which sort by time."""
    number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
