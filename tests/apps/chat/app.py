"""Service of the chat page: it passes turns and history through, and keeps an inbox of verified webhooks.

Deliveries are verified with the secret in UNIQOS_WEBHOOK_SECRET. Without a secret they are refused with 503.
"""

import logging
import os
import secrets
from collections import deque
from collections.abc import AsyncIterable, Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles

from uniqos import AsyncRespondStream, AsyncUniqOS
from uniqos.fastapi import TURN_EVENTS, Client, install_error_handlers, lifespan, sse, turn_body, turn_stream, webhook
from uniqos.models import InteractionPage, PersonalityPage, WebhookEvent

PAGE = Path(__file__).parent / "page"
USER = "demo_user"
# The page may choose the personality and the message. A user_id of its choice would give it another person's memory.
TURN = turn_body(["personality_id", "message"], mode="stateful", user_id=USER)
_log = logging.getLogger(__name__)


def make_app(
    make_client: Callable[[], AsyncUniqOS] = AsyncUniqOS, sign: Callable[[str], tuple[bytes, str]] | None = None
) -> FastAPI:
    """Make the application.

    Args:
        make_client: Makes the client; by default one of the real API, with the key of the environment.
        sign: Signs a test delivery with a secret, to try the inbox without the real API. With ``sign`` the secret is
            random unless UNIQOS_WEBHOOK_SECRET is set.
    """
    secret = os.environ.get("UNIQOS_WEBHOOK_SECRET", "").strip() or (secrets.token_hex(32) if sign else "")
    app = FastAPI(title="uniqOS chat", lifespan=lifespan(make_client))
    install_error_handlers(app)
    inbox: deque[WebhookEvent] = deque(maxlen=20)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    @app.get("/api/personalities")
    async def personalities(client: Client) -> PersonalityPage:
        return await client.personalities.list()

    @app.post("/api/turns", response_class=EventSourceResponse, responses=TURN_EVENTS)
    async def turns(
        stream: Annotated[AsyncRespondStream, Depends(turn_stream(turn=TURN))],
    ) -> AsyncIterable[ServerSentEvent]:
        async for event in sse(stream):
            yield event

    @app.get("/api/history")
    async def history(client: Client) -> InteractionPage:
        return await client.interactions.list(user_id=USER, limit=20)

    if secret:

        @app.post("/webhook", status_code=204)
        async def receive(event: Annotated[WebhookEvent, Depends(webhook(secret))]) -> None:
            if all(event.id != known.id for known in inbox):  # the API may send a delivery twice
                inbox.appendleft(event)

    else:
        _log.warning("UNIQOS_WEBHOOK_SECRET is not set: deliveries to /webhook are refused with 503")

        @app.post("/webhook")
        async def refuse() -> None:
            raise HTTPException(503, "The secret of the webhook is not set.")

    @app.get("/api/inbox")
    async def received() -> dict[str, Any]:
        return {"events": list(inbox), "can_try": sign is not None}

    @app.post("/api/inbox/try", status_code=204)
    async def try_it() -> None:
        if sign is None:
            raise HTTPException(404, "The real API sends deliveries; register this address with it.")
        body, signature = sign(secret)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as sender:
            answer = await sender.post("/webhook", content=body, headers={"x-uniqos-signature": signature})
            answer.raise_for_status()

    app.mount("/page", StaticFiles(directory=PAGE), name="page-files")
    return app
