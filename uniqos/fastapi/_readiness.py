"""The readiness of a FastAPI service: whether its client reaches the API."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from time import monotonic

from fastapi import Response
from pydantic import BaseModel

from .. import errors
from .._async.client import AsyncUniqOS
from ._clients import Client

_SECONDS_TO_CONNECT = 5.0


class Readiness(BaseModel):
    """Whether a client has reached the API. It names neither hosts nor keys nor errors."""

    ready: bool
    """Whether the API has answered once. A later failure does not change it: calls that fail have their own errors."""
    busy: int
    """How many connections serve a call now."""
    idle: int
    """How many connections wait for the next call."""
    seconds_since_answer: float | None
    """Seconds since an answer last began; None before the first, or with an ``http_client`` of yours."""


async def readiness(client: AsyncUniqOS) -> Readiness:
    """Return whether the client has reached the API; before its first answer, try once.

    The try is ``client.warm_up()``, without retries and for 5 s at most. It is not billed. After the first answer
    nothing is sent, unless the client has an ``http_client`` of yours: that is tried each time.

    Args:
        client: The client to ask about.

    Returns:
        The state of its connections in this event loop.

    Source: this SDK.
    """
    connections = client._requester.connections
    ready = not connections.closed
    if ready and (connections.pool is None or connections.pool.last_answer is None):
        try:
            await client.with_options(deadline=_SECONDS_TO_CONNECT, max_retries=0).warm_up()
        except errors.UniqOSError:
            ready = False
    pool = connections.pool
    if pool is None:
        return Readiness(ready=ready, busy=0, idle=0, seconds_since_answer=None)
    since = None if pool.last_answer is None else max(monotonic() - pool.last_answer, 0.0)
    return Readiness(ready=ready, busy=pool.busy, idle=pool.idle, seconds_since_answer=since)


async def ready(client: Client, response: Response) -> Readiness:
    """Answer 200 if the API has been reached, else 503: ``app.get("/ready")(ready)``.

    Args:
        client: The process's client.
        response: The answer, whose status is set.

    Returns:
        The state of the client.
    """
    state = await readiness(client)
    response.status_code = 200 if state.ready else 503
    return state
