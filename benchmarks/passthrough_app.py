"""The services that ``passthrough`` compares: ``python -m benchmarks.passthrough_app KIND UPSTREAM PORT``."""

import sys
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from uniqos.fastapi import TurnStream, install_error_handlers, lifespan, sse

from .apis import APIS


def with_sdk() -> FastAPI:
    app = FastAPI(lifespan=lifespan())
    install_error_handlers(app)

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


def with_httpx(upstream: str) -> FastAPI:
    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
        async with httpx.AsyncClient(timeout=90, limits=limits) as client:
            yield {"client": client}

    app = FastAPI(lifespan=running)

    @app.post("/chat/stream")
    async def chat_stream(request: Request) -> StreamingResponse:
        turn = {**(await request.json()), "stream": True}
        client: httpx.AsyncClient = request.state.client

        async def copied() -> AsyncIterator[bytes]:
            async with client.stream(
                "POST", f"{upstream}/v1/respond", json=turn, headers=APIS["uniqos"].headers
            ) as answer:
                async for chunk in answer.aiter_raw():
                    yield chunk

        return StreamingResponse(copied(), media_type="text/event-stream")

    return app


if __name__ == "__main__":
    kind, upstream, port = sys.argv[1:]
    app = {"sdk": with_sdk, "frames": with_frames}[kind]() if kind != "httpx" else with_httpx(upstream)
    uvicorn.run(app, port=int(port), log_level="warning")
