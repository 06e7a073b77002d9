"""Streamed turns of a FastAPI service: opened before the response begins, and sent on as events."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import anyio
from fastapi import Depends, Request, Response
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel
from typing_extensions import Unpack

from .. import errors
from .._async.client import AsyncUniqOS
from .._async.stream import AsyncRespondStream
from .._turn.relay import RelayedEvent, relay_event, relay_failure, report_hidden
from .._wire.options import Options, check_option
from ._bodies import TurnBody
from ._callers import BrowserLeft, idempotency_key, rate_limit_headers_of, run_while_connected
from ._clients import Client, get_client
from ._errors import mask_errors


async def open_stream(turn: TurnBody, client: Client, request: Request) -> AsyncIterator[AsyncRespondStream]:
    """Open the stream of the turn in the body before the response begins, so that a refusal keeps its status.

    An error event that is none of the caller's business is masked before a route gets it, and logged. In a route that
    yields, a stream that breaks gives an error event too, as its last. So a route may yield the events as they are.
    ``until_done()`` still raises the API's own error, and the one of the break.

    Args:
        turn: The body of the request, with the fields that a browser may set.
        client: The process's client.
        request: The request, by which this notices that the browser has disconnected.

    Yields:
        The opened stream; it is closed when the response has ended.

    Raises:
        UniqOSError: As for every call; `install_error_handlers` makes a response of it.
    """
    async with _opened(client.respond(turn, stream=True), request) as stream:
        yield stream


TurnStream = Annotated[AsyncRespondStream, Depends(open_stream)]
"""The opened stream of the turn in the body as a parameter. `turn_stream` makes others."""

StreamDependency = Callable[..., AsyncIterator[AsyncRespondStream]]


def turn_stream(
    *,
    client: Callable[..., Any] = get_client,
    turn: Callable[..., Any] = TurnBody,
    caller: Callable[..., Any] | None = None,
    rate_limit_headers: bool = False,
    **options: Unpack[Options],
) -> StreamDependency:
    """Make a dependency like `TurnStream`: ``Annotated[AsyncRespondStream, Depends(turn_stream(...))]``.

    Args:
        client: A dependency that returns the client, such as one with the key of the caller's tenant.
        turn: The type of the body, as a pydantic model, or a dependency that returns the turn as a model or mapping,
            such as `turn_body`.
        caller: A dependency that returns the id of the caller. The caller's ``Idempotency-Key`` is then sent on, see
            `idempotency_key`. By default the header is not read.
        rate_limit_headers: Whether the answer of a route that yields events has the API's ``X-RateLimit-*`` headers.
            `TurnResponse` takes an argument of this name itself.
        **options: The options of each call, such as timeout and deadline (seconds), max_retries and headers.

    Returns:
        The dependency.

    Raises:
        ConfigurationError: An option is invalid, or is ``idempotency_key``, which no two turns may share.
        TypeError: An option is unknown.
    """
    fixed: Any = _checked(options)
    has_body = isinstance(turn, type) and issubclass(turn, BaseModel)

    async def opened(
        turn: Any, client: AsyncUniqOS, key: str | None, request: Request, response: Response
    ) -> AsyncIterator[AsyncRespondStream]:
        async with _opened(client.respond(turn, stream=True, **fixed, idempotency_key=key), request) as stream:
            if rate_limit_headers:
                response.headers.update(rate_limit_headers_of(stream.http))
            yield stream

    opened.__annotations__ = {
        "turn": turn if has_body else Annotated[Any, Depends(turn)],
        "client": Annotated[AsyncUniqOS, Depends(client)],
        "key": Annotated[str | None, Depends(idempotency_key(caller) if caller is not None else _no_key)],
        "request": Request,
        "response": Response,
    }
    return opened


async def _no_key() -> None:
    return None


def _checked(options: Options) -> Options:
    unknown = options.keys() - Options.__optional_keys__
    if unknown:
        raise TypeError(f"turn_stream() got unknown options: {', '.join(sorted(unknown))}")
    if options.get("idempotency_key") is not None:
        raise errors.ConfigurationError(
            "turn_stream(idempotency_key=...) would give all turns one key: pass caller= to send on the caller's"
        )
    for name, value in options.items():
        if value is not None:
            check_option(name, value)
    return options


@asynccontextmanager
async def _opened(stream: AsyncRespondStream, request: Request) -> AsyncIterator[AsyncRespondStream]:
    """Open the stream; stop trying when the browser disconnects first."""
    mask_errors(stream, request)
    try:
        if not await run_while_connected(request.receive, stream.open):
            raise BrowserLeft
        yield stream
    finally:
        with anyio.CancelScope(shield=True):
            await stream.aclose()


async def sse(stream: AsyncRespondStream) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a stream under their names, unchanged.

    A stream that breaks, or never completes, ends with an event ``error``, since the status 200 is sent already. The
    API's error event for a fault of this service, such as a used-up quota, is replaced by one without details.
    `TurnResponse` sends the same bytes and costs less.

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


class EventReader:
    """The events of a stream as a service sends them on, and an event ``error`` for a failure of the stream.

    Args:
        stream: An opened stream.
    """

    def __init__(self, stream: AsyncRespondStream) -> None:
        self._stream: AsyncRespondStream = stream
        self._has_failed: bool = False

    async def read(self) -> list[RelayedEvent]:
        """Wait for the next event, and return it with all events that arrived with it; an empty list at the end."""
        if self._has_failed:
            return []
        try:
            event = await anext(self._stream)
            events = [relay_event(event)]
            for event in self._stream.received():
                events.append(relay_event(event))
        except StopAsyncIteration:
            return []
        except errors.UniqOSError as exc:
            self._has_failed = True
            events = [relay_failure(exc)]
        for sent in events:
            if sent.hidden is not None:
                report_hidden(sent, self._stream._turn, self._stream._requester.config.log)
        return events
