"""Turns over WebSockets: each event as a JSON text message."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

import json

import anyio
from pydantic_core import from_json
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from .._async.stream import AsyncRespondStream
from .._turn.relay import RelayedEvent
from ..api.stream_events import EVENT_MODELS
from ._callers import run_while_connected
from ._errors import mask_errors
from ._streams import EventReader

_MOST_MESSAGES = 16
"""How many messages of the browser are kept during one turn. More are left to the server, which makes them wait."""


async def send_turn(websocket: WebSocket, stream: AsyncRespondStream) -> list[str | bytes]:
    """Send the events of a turn over a WebSocket, each as ``{"event": name, "data": data}`` in a text message.

    The names and data are those of the API's events. A turn that is refused or breaks ends with an event ``error``,
    whose text is chosen as for `sse`. The WebSocket stays open for the next turn. When the browser leaves, the stream
    to the API is closed.

    Args:
        websocket: The WebSocket, which was accepted before.
        stream: The stream of the turn, such as ``client.respond(turn, stream=True)``. It is closed at the end.

    Returns:
        The messages that the browser sent meanwhile, 16 at most. The route should answer them next: they are not
        received again.

    Raises:
        WebSocketDisconnect: The browser has left. A server logs it as an error if the route does not catch it.

    Source: this SDK.
    """
    messages: list[str | bytes] = []
    left: list[Message] = []

    async def receive() -> Message:
        if len(messages) >= _MOST_MESSAGES:
            await anyio.sleep_forever()
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            left.append(message)
        else:
            text: str | None = message.get("text")
            messages.append(message["bytes"] if text is None else text)
        return message

    async def send() -> None:
        reader = EventReader(stream)
        while events := await reader.read():
            for event in events:
                await websocket.send_text(_message(event))

    mask_errors(stream, websocket)
    try:
        await run_while_connected(receive, send)
    finally:
        with anyio.CancelScope(shield=True):
            await stream.aclose()
    if left:
        raise WebSocketDisconnect(left[0].get("code", 1005), left[0].get("reason"))
    return messages


def _message(event: RelayedEvent) -> str:
    return f'{{"event":{json.dumps(event.name)},"data":{_json(event)}}}'


def _json(event: RelayedEvent) -> str:
    """Return the data of an event as JSON: an unknown event may have other text."""
    if event.name not in EVENT_MODELS:
        try:
            from_json(event.data, allow_inf_nan=False)
        except ValueError:
            return json.dumps(event.data)
    return event.data
