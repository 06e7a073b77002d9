"""A ready router: a turn as JSON, and a turn as a stream."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from typing_extensions import Unpack

from .._async.client import AsyncUniqOS
from .._async.stream import AsyncRespondStream
from .._wire.options import Options
from ..api.engine import RespondRequest, RespondResult
from ._bodies import turn_body
from ._clients import get_client
from ._openapi import TURN_ERRORS, TURN_EVENTS
from ._responses import AnswerResponse, TurnResponse
from ._streams import turn_stream


def turn_router(
    turn: Callable[..., RespondRequest] | None = None,
    *,
    client: Callable[..., Any] = get_client,
    path: str = "/turns",
    **options: Unpack[Options],
) -> APIRouter:
    """Make a router with two routes: ``POST {path}`` answers as JSON, and ``POST {path}/stream`` as a stream of events.

    ``app.include_router(turn_router(), prefix="/api")``. Call `install_error_handlers` too.

    Args:
        turn: The dependency that returns the turn; by default ``turn_body()``.
        client: A dependency that returns the client, such as one with the key of the caller's tenant.
        path: The path of the first route.
        **options: The options of each call, such as timeout and deadline (seconds), max_retries and headers.

    Returns:
        The router.

    Raises:
        ConfigurationError: An option is invalid.
        TypeError: An option is unknown.
    """
    turn = turn_body() if turn is None else turn
    opened = turn_stream(client=client, turn=turn, **options)  # It checks the options.
    router = APIRouter(tags=["turns"])

    async def answer_turn(turn: RespondRequest, client: AsyncUniqOS) -> AnswerResponse:
        """Answer one message."""
        return AnswerResponse(await client.respond(turn, **options))

    async def stream_turn(stream: AsyncRespondStream) -> TurnResponse:
        """Answer one message as a stream of events."""
        return TurnResponse(stream)

    answer_turn.__annotations__ = {
        "turn": Annotated[RespondRequest, Depends(turn)],
        "client": Annotated[AsyncUniqOS, Depends(client)],
    }
    stream_turn.__annotations__ = {"stream": Annotated[AsyncRespondStream, Depends(opened)]}
    router.post(path, response_model=RespondResult, responses=TURN_ERRORS)(answer_turn)
    router.post(f"{path}/stream", response_class=TurnResponse, responses=TURN_EVENTS | TURN_ERRORS)(stream_turn)
    return router
