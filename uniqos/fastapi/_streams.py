"""Streamed turns of a FastAPI service: opened before the response begins, and sent on as events."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import AsyncIterator
from typing import Annotated

import anyio
from fastapi import Depends, HTTPException, Request
from fastapi.sse import ServerSentEvent

from .. import errors
from .._async.stream import AsyncRespondStream
from .._turn.relay import RelayedEvent, relay_event, relay_failure, report_hidden
from ._bodies import TurnBody
from ._clients import Client
from ._errors import mask_errors


async def open_stream(turn: TurnBody, client: Client, request: Request) -> AsyncIterator[AsyncRespondStream]:
    """Open the stream of the turn in the body before the response begins, so that a refusal keeps its status.

    Args:
        turn: The body of the request.
        client: The process's client.
        request: The request, which tells when the browser leaves.

    Yields:
        The opened stream; it is closed when the response has ended.

    Raises:
        UniqOSError: As for every call; `install_error_handlers` answers for it.
    """
    stream = client.respond(turn, stream=True)
    mask_errors(stream, request)
    try:
        await _unless_left(request, stream)
        yield stream
    finally:
        await stream.aclose()


async def _unless_left(request: Request, stream: AsyncRespondStream) -> None:
    """Open the stream; give up, and try no more, when the browser leaves before it is open."""
    failed: list[errors.UniqOSError] = []
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            await stream.open()
        except errors.UniqOSError as exc:  # not out of here: a group would wrap it
            failed.append(exc)
        group.cancel_scope.cancel()
    if failed:
        raise failed[0]
    if stream.http is None:
        raise HTTPException(499, "The browser has left.")


TurnStream = Annotated[AsyncRespondStream, Depends(open_stream)]
"""The opened stream of the turn in the body as a parameter."""


async def sse(stream: AsyncRespondStream) -> AsyncIterator[ServerSentEvent]:
    """The events of a stream under their names, to the letter.

    A stream that breaks, or never completes, ends with an event ``error``: the status of 200 is sent already. So does
    one that the API ends for a fault of this service, such as a used-up quota, which is none of the browser's business.

    Args:
        stream: An opened stream; it is closed at the end.

    Yields:
        What a route with ``response_class=EventSourceResponse`` yields on.
    """
    try:
        async for event in stream:
            yield _sent(relay_event(event), stream)
    except errors.UniqOSError as exc:
        yield _sent(relay_failure(exc), stream)
    finally:
        await stream.aclose()


def _sent(event: RelayedEvent, stream: AsyncRespondStream) -> ServerSentEvent:
    report_hidden(event, stream._turn, stream._requester.config.log)
    return ServerSentEvent(event=event.name, raw_data=event.data)
