"""Helpers for FastAPI services that pass turns on to the API. They need the extra ``fastapi``.

```python
import os
from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

from uniqos.fastapi import TURN_EVENTS, Client, TurnStream, install_error_handlers, lifespan, sse, webhook
from uniqos.models import RespondRequest, RespondResult, WebhookEvent

app = FastAPI(lifespan=lifespan())  # one client for the process
app.openapi_version = "3.2.0"  # the version in which FastAPI describes streams
install_error_handlers(app)


@app.post("/chat")
async def chat(turn: RespondRequest, client: Client) -> RespondResult:
    return await client.respond(turn)


@app.post("/chat/stream", response_class=EventSourceResponse, responses=TURN_EVENTS)
async def chat_stream(stream: TurnStream) -> AsyncIterable[ServerSentEvent]:
    async for event in sse(stream):
        yield event


@app.post("/webhook", status_code=204)
async def receive(event: Annotated[WebhookEvent, Depends(webhook(os.environ["UNIQOS_WEBHOOK_SECRET"]))]) -> None:
    print(event.type, event.data)
```

## Run it

Save it as ``chat.py`` and serve it with ``uvicorn chat:app``. The client reads ``UNIQOS_API_KEY`` and, for another
host such as a sandbox, ``UNIQOS_BASE_URL``. The webhook reads ``UNIQOS_WEBHOOK_SECRET``. Both routes take a turn as
their body:

```bash
curl -N localhost:8000/chat/stream --json '{"personality_id": "pers_...", "message": "Hello!"}'
```

## Behaviour

- **A refusal keeps its status**: the stream is opened before the response begins.
- **A stream that breaks ends with an event** ``error``, because the status 200 is sent already.
- **A browser that leaves** closes the stream to the API at once.
- **Answers and events are passed on unchanged**, unknown fields included.
- **Errors** have the API's envelope, see `install_error_handlers`. Faults of your service, such as a bad key or a
  used-up quota, become a 503 without details. The message of an error with an unknown code is not passed on.

## Adapt it

`lifespan` takes a function that makes the client, and your own lifespan that runs inside:

```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from uniqos import AsyncUniqOS
from uniqos.fastapi import lifespan


@asynccontextmanager
async def resources(app: FastAPI) -> AsyncIterator[None]:
    yield  # open and close other resources here


app = FastAPI(lifespan=lifespan(lambda: AsyncUniqOS(timeout=30), around=resources))
```

Per-tenant keys: ``client.with_credentials(key)`` is a client for a customer's key over the same connections. Make one
for each request; it costs little. In tests, replace the client by
``app.dependency_overrides[get_client]``. In any other framework, send ``stream.frames()``.
"""

# Without ``from __future__ import annotations``: FastAPI could not resolve the annotations of nested functions.

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import reduce
from operator import or_
from typing import Annotated, Any

import anyio

from . import errors
from ._async.client import AsyncUniqOS
from ._async.stream import AsyncRespondStream
from ._base.safe import safe_code, safe_id
from ._extras import missing_extra
from ._turn.relay import Event, relay_error, relay_event, relay_failure
from .api.engine import RespondRequest
from .api.stream_events import EVENT_MODELS
from .webhooks import WebhookEvent, check_secrets, check_tolerance, construct_event, hide_secrets

try:
    from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket
    from fastapi.responses import JSONResponse
    from fastapi.sse import ServerSentEvent
    from starlette.requests import ClientDisconnect, HTTPConnection
except ModuleNotFoundError as _missing:
    raise missing_extra("uniqos.fastapi needs FastAPI with fastapi.sse", "fastapi") from _missing

__all__ = [
    "TURN_EVENTS",
    "Client",
    "TurnStream",
    "get_client",
    "install_error_handlers",
    "lifespan",
    "open_stream",
    "sse",
    "webhook",
]

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]
PlainLifespan = Callable[[Any], AbstractAsyncContextManager[None]]

TURN_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": reduce(or_, EVENT_MODELS.values()),
        "description": "The events of the turn, by their names.",
    }
}
"""The events of a turn in the OpenAPI document, for ``responses=`` of a route that streams."""

_MAX_WEBHOOK_BYTES = 1024 * 1024
_log = logging.getLogger("uniqos")


def lifespan(
    make: Callable[[], AsyncUniqOS] = AsyncUniqOS, *, around: Lifespan | PlainLifespan | None = None
) -> Lifespan:
    """Return a lifespan that opens one client when the process starts, and closes it at the end.

    Args:
        make: Makes the client; by default with the settings of the environment.
        around: Your own lifespan, which runs inside this one. Its state is kept.

    Returns:
        The lifespan, for ``FastAPI(lifespan=...)``.
    """

    @asynccontextmanager
    async def running(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        async with make() as client:
            if around is None:
                yield {"uniqos": client}
                return
            async with around(app) as state:
                yield {**(state or {}), "uniqos": client}

    return running


async def get_client(connection: HTTPConnection) -> AsyncUniqOS:
    """Return the process's client: a dependency, for ``Depends`` and ``dependency_overrides``.

    Args:
        connection: The request or WebSocket that is being answered.

    Returns:
        The client of ``lifespan()``.

    Raises:
        ConfigurationError: ``no_lifespan``: the application has no ``lifespan()`` of this module.
    """
    client = getattr(connection.state, "uniqos", None)
    if client is None:
        raise errors.ConfigurationError(
            "there is no client: use FastAPI(lifespan=uniqos.fastapi.lifespan())", code="no_lifespan"
        )
    return client  # type: ignore[no-any-return]


Client = Annotated[AsyncUniqOS, Depends(get_client)]
"""The client as a parameter. For another customer's key: ``client.with_credentials(key)``, over the same pool."""


async def open_stream(turn: RespondRequest, client: Client, request: Request) -> AsyncIterator[AsyncRespondStream]:
    """Open the stream of the turn in the body before the response begins, so that a refusal keeps its status.

    Args:
        turn: The body of the request.
        client: The process's client.
        request: The request, by which this notices that the browser has disconnected.

    Yields:
        The opened stream; it is closed when the response has ended.

    Raises:
        UniqOSError: As for every call; `install_error_handlers` makes a response of it.
    """
    stream = client.respond(turn, stream=True)
    try:
        await _open_unless_disconnected(request, stream)
        yield stream
    finally:
        await stream.aclose()


async def _open_unless_disconnected(request: Request, stream: AsyncRespondStream) -> None:
    """Open the stream; stop trying when the browser disconnects first."""
    failed: list[errors.UniqOSError] = []
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await stream.open()
        except errors.UniqOSError as exc:  # Raised below: the task group would wrap it.
            failed.append(exc)
        group.cancel_scope.cancel()
    if failed:
        raise failed[0]
    if stream.http is None:
        raise HTTPException(499, "The browser has disconnected.")


TurnStream = Annotated[AsyncRespondStream, Depends(open_stream)]
"""The opened stream of the turn in the body as a parameter."""


async def sse(stream: AsyncRespondStream) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a stream under their names, unchanged.

    A stream that breaks, or never completes, ends with an event ``error``, since the status 200 is sent already. The
    API's error event for a fault of this service, such as a used-up quota, is replaced by one without details.

    Args:
        stream: An opened stream; it is closed at the end.

    Yields:
        The events for a route with ``response_class=EventSourceResponse``.
    """
    try:
        async for event in stream:
            yield _to_sse(relay_event(event))
    except errors.UniqOSError as exc:
        yield _to_sse(relay_failure(exc))
    finally:
        await stream.aclose()


def _to_sse(event: Event) -> ServerSentEvent:
    if event.hidden is not None:
        _log_error(event.hidden)
    return ServerSentEvent(event=event.name, raw_data=event.data)


def install_error_handlers(app: FastAPI) -> None:
    """Install handlers that answer the SDK's errors with the API's envelope.

    A known fault of the caller keeps its status and message. A rate limit stays a 429 with ``Retry-After``. Faults of
    the service (a bad key, a missing scope, a used-up quota) become a 503 without details, timeouts a 504, other
    failures of the API a 502. An error with an unknown code keeps a status that blames the caller, such as 400 or 409.
    Its code becomes ``request_refused``, and its message is not passed on. All errors but known faults of the caller
    are logged to the logger ``uniqos``. ``X-Request-Id`` is passed on.

    Args:
        app: The application.
    """
    app.add_exception_handler(errors.UniqOSError, _answer)


async def _answer(connection: HTTPConnection, exc: Exception) -> Any:
    assert isinstance(exc, errors.UniqOSError)
    relayed = relay_error(exc)
    if relayed.is_masked:
        _log_error(exc)
    if isinstance(connection, WebSocket):
        await connection.close(1013 if relayed.status == 429 else 1011)
        return None
    return JSONResponse(relayed.envelope.model_dump(mode="json"), relayed.status, relayed.headers)


def _log_error(error: errors.UniqOSError) -> None:
    # A ConfigurationError is a mistake of the service. Its message and traceback help to find it.
    is_own = isinstance(error, errors.ConfigurationError)
    words = error.message if is_own else f"code={safe_code(error.code)}, request_id={safe_id(error.request_id)}"
    _log.error("uniqos: %s (%s)", type(error).__name__, words, exc_info=error if is_own else None)


def webhook(
    secret: str | Sequence[str], *, tolerance: float = 300, max_bytes: int = _MAX_WEBHOOK_BYTES
) -> Callable[[Request], Awaitable[WebhookEvent]]:
    """Return a dependency that verifies a delivery: ``Annotated[WebhookEvent, Depends(webhook(secret))]``.

    A body that is too large is refused with 413, a signature that is wrong with 400.

    Args:
        secret: The endpoint's secret; several while one is being replaced. Keep it out of the source code: anyone who
            knows it can forge deliveries.
        tolerance: Seconds that the delivery may lie in the past or the future; 0 is no limit.
        max_bytes: The largest accepted body, in bytes.

    Returns:
        The dependency, whose value is the event.

    Raises:
        ConfigurationError: A secret is missing, empty or not a string, or ``tolerance`` is negative.
    """
    secret = hide_secrets(secret)  # First, so that no traceback with local variables shows it.
    if not all(one.strip() if isinstance(one, str) else one for one in secret):
        raise errors.ConfigurationError("webhook() needs the endpoint's secret, e.g. whsec_...")
    check_secrets(secret)
    check_tolerance(tolerance)

    async def verify(request: Request) -> WebhookEvent:
        body = b""
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise HTTPException(413, f"A delivery has at most {max_bytes} bytes.")
        except ClientDisconnect:
            raise HTTPException(400, "The delivery is incomplete.") from None
        request._body = body  # For a route that needs it too: the stream can be read only once.
        try:
            return construct_event(body, request.headers.get("x-uniqos-signature"), secret, tolerance=tolerance)
        except errors.WebhookSignatureError as exc:
            raise HTTPException(400, f"The delivery is refused: {exc.reason}.") from None

    return verify
