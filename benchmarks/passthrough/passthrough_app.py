"""Pass-through services: ``python -m benchmarks.passthrough.passthrough_app KIND UPSTREAM PORT`` runs one.

Each answers a turn as a stream, all but ``frames`` as JSON too, and tells the CPU seconds of its process.
"""

import sys
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from httpx_sse import EventSource
from pydantic import TypeAdapter

from uniqos.fastapi import Client, TurnBody, TurnResponse, TurnStream, answers, install_error_handlers, lifespan, sse
from uniqos.models import RespondResult

from ..support.apis import APIS
from ..support.plain import Answer, Event, Turn
from ..support.surroundings import end_with_parent


def with_sdk() -> FastAPI:
    app = FastAPI(lifespan=lifespan())
    install_error_handlers(app)

    @app.post("/chat")
    @answers
    async def chat(turn: TurnBody, client: Client) -> RespondResult:
        return await client.respond(turn)

    @app.post("/chat/stream", response_class=TurnResponse)
    async def chat_stream(turn: TurnBody, client: Client) -> TurnResponse:
        return TurnResponse(client.respond(turn, stream=True))

    return app


def with_sse() -> FastAPI:
    """Use the SDK with FastAPI's own answers and events, as the README shows it."""
    app = FastAPI(lifespan=lifespan())
    install_error_handlers(app)

    @app.post("/chat")
    async def chat(turn: TurnBody, client: Client) -> RespondResult:
        return await client.respond(turn)

    @app.post("/chat/stream", response_class=EventSourceResponse)
    async def chat_stream(stream: TurnStream) -> AsyncIterable[ServerSentEvent]:
        async for event in sse(stream):
            yield event

    return app


def with_frames() -> FastAPI:
    app = FastAPI(lifespan=lifespan())
    install_error_handlers(app)

    @app.post("/chat/stream")
    async def chat_stream(stream: TurnStream) -> StreamingResponse:
        return StreamingResponse(stream.frames(), media_type="text/event-stream")

    return app


@asynccontextmanager
async def httpx_client(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
    async with httpx.AsyncClient(timeout=90, limits=limits) as client:
        yield {"client": client}


def with_bytes(upstream: str) -> FastAPI:
    """Use httpx by hand, and copy bytes without reading them."""
    app = FastAPI(lifespan=httpx_client)
    url, headers = f"{upstream}/v1/respond", APIS["uniqos"].headers

    @app.post("/chat")
    async def chat(request: Request) -> Response:
        client: httpx.AsyncClient = request.state.client
        answer = await client.post(url, json=await request.json(), headers=headers)
        return Response(answer.content, answer.status_code, media_type="application/json")

    @app.post("/chat/stream")
    async def chat_stream(request: Request) -> StreamingResponse:
        turn = {**(await request.json()), "stream": True}
        client: httpx.AsyncClient = request.state.client

        async def chunks() -> AsyncIterator[bytes]:
            async with client.stream("POST", url, json=turn, headers=headers) as answer:
                async for chunk in answer.aiter_raw():
                    yield chunk

        return StreamingResponse(chunks(), media_type="text/event-stream")

    return app


def with_models(upstream: str) -> FastAPI:
    """Use httpx by hand, with a model for the turn, the answer and each event."""
    app = FastAPI(lifespan=httpx_client)
    url, headers, events = f"{upstream}/v1/respond", APIS["uniqos"].headers, TypeAdapter[Any](Event)

    @app.post("/chat")
    async def chat(turn: Turn, request: Request) -> Answer:
        client: httpx.AsyncClient = request.state.client
        answer = await client.post(url, json=turn.model_dump(exclude_unset=True), headers=headers)
        answer.raise_for_status()
        return Answer.model_validate_json(answer.content)

    @app.post("/chat/stream", response_class=EventSourceResponse)
    async def chat_stream(turn: Turn, request: Request) -> AsyncIterable[ServerSentEvent]:
        client: httpx.AsyncClient = request.state.client
        body = {**turn.model_dump(exclude_unset=True), "stream": True}
        async with client.stream("POST", url, json=body, headers=headers) as answer:
            answer.raise_for_status()
            async for event in EventSource(answer).aiter_sse():
                model = events.validate_json(event.data)
                yield ServerSentEvent(event=event.event, raw_data=model.model_dump_json(exclude_unset=True))

    return app


def app_of(kind: str, upstream: str) -> FastAPI:
    makers: dict[str, Callable[[], FastAPI]] = {
        "sdk": with_sdk,
        "sse": with_sse,
        "frames": with_frames,
        "bytes": lambda: with_bytes(upstream),
        "models": lambda: with_models(upstream),
    }
    app = makers[kind]()

    @app.get("/cpu")
    async def cpu() -> float:
        return time.process_time()

    return app


if __name__ == "__main__":
    kind, upstream, port = sys.argv[1:]
    end_with_parent()
    uvicorn.run(app_of(kind, upstream), port=int(port), log_level="warning")
