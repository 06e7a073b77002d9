"""Helpers for FastAPI services that pass turns on to the API. They need the extra ``fastapi``.

```python
import os
from collections.abc import AsyncIterable
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

from uniqos.fastapi import TURN_ERRORS, TURN_EVENTS, WEBHOOK_BODY, Client, TurnBody, TurnStream
from uniqos.fastapi import install_error_handlers, lifespan, sse, webhook
from uniqos.models import RespondResult, WebhookEvent

app = FastAPI(lifespan=lifespan())  # one client for the process
app.openapi_version = "3.2.0"  # the version in which FastAPI describes streams
install_error_handlers(app)


@app.post("/chat", responses=TURN_ERRORS)
async def chat(turn: TurnBody, client: Client) -> RespondResult:
    return await client.respond(turn)


@app.post("/chat/stream", response_class=EventSourceResponse, responses=TURN_EVENTS | TURN_ERRORS)
async def chat_stream(stream: TurnStream) -> AsyncIterable[ServerSentEvent]:
    async for event in sse(stream):
        yield event


@app.post("/webhook", status_code=204, openapi_extra=WEBHOOK_BODY)
async def receive(event: Annotated[WebhookEvent, Depends(webhook(os.environ["UNIQOS_WEBHOOK_SECRET"]))]) -> None:
    print(event.type, event.data)
```

## Run it

Save it as ``chat.py``, install uvicorn, and serve it with ``uvicorn chat:app``. The client reads ``UNIQOS_API_KEY``
and, for another host such as a sandbox, ``UNIQOS_BASE_URL``. The service does not start without the
``UNIQOS_WEBHOOK_SECRET`` of the webhook. ``/chat`` and ``/chat/stream`` take a turn as their body:

```bash
curl -N localhost:8000/chat/stream --json '{"personality_id": "pers_...", "message": "Hello!"}'
```

## Behaviour

- **A refusal keeps its status**: the stream is opened before the response begins.
- **A stream that breaks ends with an event** ``error``, because the status 200 is sent already.
- **A browser that leaves** closes the stream to the API at once.
- **Answers and events are passed on unchanged**, unknown fields included.
- **Errors of the SDK** have the API's envelope, see `install_error_handlers`. Faults of your service (a bad key, a
  used-up quota) become a 503 without details. The message of an error with an unknown code is not passed on. The
  client's logger gets each error that is hidden. `uniqos.relay` is the same policy for other frameworks.

## Say which fields are the browser's

A body typed ``RespondRequest`` would let a browser set the ``user_id``, and so read another person's memory. `TurnBody`
takes ``personality_id``, ``message`` and ``mode``, and refuses any other key. `turn_body` narrows it further, and adds
the fields that the service sets:

```python
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from uniqos.fastapi import Client, lifespan, turn_body, turn_stream
from uniqos.models import RespondRequest, RespondResult


async def current_user(authorization: Annotated[str, Header()]) -> str:
    return authorization.removeprefix("Bearer ")  # look the session up here


app = FastAPI(lifespan=lifespan())
my_turn = turn_body(["message"], personality_id="pers_...", mode="stateful", user_id=Depends(current_user))
MyStream = Depends(turn_stream(turn=my_turn))  # a stream of such turns


@app.post("/reply")
async def reply(turn: Annotated[RespondRequest, Depends(my_turn)], client: Client) -> RespondResult:
    return await client.respond(turn)
```

`turn_router` makes a router of both routes with such a turn.

## Generate a client from the OpenAPI document

``responses=`` takes `TURN_EVENTS` and `TURN_ERRORS`, and ``openapi_extra=`` takes `WEBHOOK_BODY`. In a client that is
generated after ``close_schemas(app)``, a misspelt field of an answer is an error.

## Hear of hidden errors, and use one request id

```python
import uuid

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from uniqos import UniqOSError
from uniqos.fastapi import install_error_handlers


def track(error: UniqOSError) -> None:
    print(type(error).__name__, error.code)  # or sentry_sdk.capture_exception(error)


def request_id(connection: HTTPConnection) -> str:
    return connection.headers.get("x-request-id") or uuid.uuid4().hex


app = FastAPI()
install_error_handlers(app, on_error=track, request_id=request_id)
```

An error's answer carries this id, and the log has the API's. `Client` sends the id to the API too, and so does a client
that is made of it, such as a tenant's. ``request_id_header=`` names another header than ``X-Request-Id``.

## Take webhooks of several tenants, each delivery once

```python
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import SecretStr
from uniqos.fastapi import webhook
from uniqos.models import WebhookEvent

SECRETS = {"acme": SecretStr("...")}  # a table of yours
handled: set[str] = set()


async def secret_of(tenant: str) -> SecretStr:
    return SECRETS[tenant]


app = FastAPI()
verified = webhook(secret_of, seen=lambda event: event.id in handled)


@app.post("/webhook/{tenant}", status_code=204)
async def receive(tenant: str, event: Annotated[WebhookEvent, Depends(verified)]) -> None:
    handled.add(event.id)  # when the work is done
```

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

## At less cost

`TurnResponse` sends the bytes of `sse` at half its CPU, and pings before the first event too. `answers` sends an answer
as the API's own JSON, without FastAPI's second validation:

```python
from fastapi import FastAPI

from uniqos.fastapi import TURN_EVENTS, Client, TurnBody, TurnResponse, answers, install_error_handlers, lifespan, ready
from uniqos.models import RespondResult

app = FastAPI(lifespan=lifespan())
install_error_handlers(app)
app.get("/ready")(ready)  # 200 if the API has been reached, else 503


@app.post("/chat")
@answers
async def chat(turn: TurnBody, client: Client) -> RespondResult:
    return await client.respond(turn)


@app.post("/chat/stream", response_class=TurnResponse, responses=TURN_EVENTS)
async def chat_stream(turn: TurnBody, client: Client) -> TurnResponse:
    return TurnResponse(client.respond(turn, stream=True))
```

For a route that changes answers there is `AnswerResponse`, and `readiness` for a check of your own.

## Tenants

``client.with_credentials(key)`` is a client for a tenant's key over the same connections. Make one for each request; it
costs little. `turn_stream` makes a stream for any client and body. With ``caller=`` the ``Idempotency-Key`` of a caller
is sent on, as a hash that no other caller can have:

```python
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from uniqos import AsyncRespondStream, AsyncUniqOS
from uniqos.fastapi import (
    Client,
    TurnResponse,
    idempotency_key,
    install_error_handlers,
    lifespan,
    respond_while_connected,
    send_turn,
    turn_stream,
)
from uniqos.models import RespondResult

KEYS = {"acme": "uniq_test_acmeskey1"}


class Message(BaseModel):
    text: str


def tenant(x_tenant: Annotated[str, Header()]) -> str:
    return x_tenant  # in truth from a session or a token


def tenant_client(client: Client, tenant: Annotated[str, Depends(tenant)]) -> AsyncUniqOS:
    return client.with_credentials(KEYS[tenant])  # and .with_options(headers=...) for headers of its calls


def turn(message: Message, tenant: Annotated[str, Depends(tenant)]) -> dict[str, str]:
    return {"personality_id": "pers_...", "message": message.text, "user_id": tenant}


TenantClient = Annotated[AsyncUniqOS, Depends(tenant_client)]
Turn = Annotated[dict[str, str], Depends(turn)]
Key = Annotated[str | None, Depends(idempotency_key(tenant))]
Stream = Annotated[
    AsyncRespondStream, Depends(turn_stream(client=tenant_client, turn=turn, caller=tenant, timeout=60))
]

app = FastAPI(lifespan=lifespan())
install_error_handlers(app)


@app.post("/chat")
async def chat(request: Request, turn: Turn, client: TenantClient, key: Key) -> RespondResult:
    # With a key the call stops when the browser leaves: the caller can ask for the answer again.
    return await respond_while_connected(request, client, turn, idempotency_key=key)


@app.post("/chat/stream")
async def chat_stream(stream: Stream) -> TurnResponse:
    return TurnResponse(stream, rate_limit_headers=True)


@app.websocket("/chat")
async def chat_socket(websocket: WebSocket, client: TenantClient) -> None:
    await websocket.accept()
    texts: list[str | bytes] = []
    with suppress(WebSocketDisconnect):  # the browser has left
        while True:
            text = texts.pop(0) if texts else await websocket.receive_text()
            turn = {"personality_id": "pers_...", "message": text}
            texts += await send_turn(websocket, client.respond(turn, stream=True))
```

The ``make`` of `lifespan` may be a coroutine function and take the application, such as to fetch a key when the service
starts. In tests, replace the client by ``app.dependency_overrides[get_client]``; `uniqos.testing`
shows how. Any other framework can send ``stream.frames(ping=15)`` on, by the policy of `uniqos.relay`.
"""

from __future__ import annotations

from .._extras import missing_extra

try:
    import fastapi.sse as _needed  # noqa: F401
except ModuleNotFoundError as _missing:
    raise missing_extra("uniqos.fastapi needs FastAPI with fastapi.sse", "fastapi") from _missing

from ._bodies import TurnBody as TurnBody
from ._bodies import turn_body as turn_body
from ._callers import idempotency_key as idempotency_key
from ._callers import respond_while_connected as respond_while_connected
from ._clients import Client as Client
from ._clients import get_client as get_client
from ._clients import lifespan as lifespan
from ._errors import install_error_handlers as install_error_handlers
from ._openapi import TURN_ERRORS as TURN_ERRORS
from ._openapi import TURN_EVENTS as TURN_EVENTS
from ._openapi import close_schemas as close_schemas
from ._readiness import Readiness as Readiness
from ._readiness import readiness as readiness
from ._readiness import ready as ready
from ._responses import AnswerResponse as AnswerResponse
from ._responses import TurnResponse as TurnResponse
from ._responses import answers as answers
from ._router import turn_router as turn_router
from ._streams import TurnStream as TurnStream
from ._streams import open_stream as open_stream
from ._streams import sse as sse
from ._streams import turn_stream as turn_stream
from ._webhooks import WEBHOOK_BODY as WEBHOOK_BODY
from ._webhooks import webhook as webhook
from ._websockets import send_turn as send_turn

__all__ = [
    "TURN_ERRORS",
    "TURN_EVENTS",
    "WEBHOOK_BODY",
    "AnswerResponse",
    "Client",
    "TurnBody",
    "Readiness",
    "TurnResponse",
    "TurnStream",
    "answers",
    "close_schemas",
    "get_client",
    "idempotency_key",
    "install_error_handlers",
    "lifespan",
    "open_stream",
    "readiness",
    "ready",
    "respond_while_connected",
    "send_turn",
    "sse",
    "turn_body",
    "turn_router",
    "turn_stream",
    "webhook",
]
