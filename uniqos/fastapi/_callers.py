"""The callers of a FastAPI service: whether they are still connected, their idempotency keys and rate limits."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, Literal

import anyio
from fastapi import Depends, Header, HTTPException, Request
from starlette.types import Receive
from typing_extensions import Unpack

from .. import errors
from .._async.client import AsyncUniqOS
from .._base.http import HttpInfo
from .._wire.operation import Body
from .._wire.options import Options
from ..api.engine import RespondResult

_MOST_KEY_CHARACTERS = 255


class BrowserLeft(HTTPException):
    """The browser has closed its connection. Nobody reads the answer, whose status is only for logs."""

    def __init__(self) -> None:
        super().__init__(499, "The browser has disconnected.")


async def run_while_connected(
    receive: Receive,
    work: Callable[[], Awaitable[object]],
    beside: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> bool:
    """Run ``work``, and cancel it when the browser leaves.

    Args:
        receive: Receives the messages of the ASGI server.
        work: The work to do.
        beside: Runs in a task beside the work, until the work ends.

    Returns:
        Whether the work has ended by itself. Its exceptions are raised as they are.
    """
    failed: list[Exception] = []
    has_ended = False
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        if beside is not None:
            group.start_soon(beside)
        try:
            await work()
            has_ended = True
        except Exception as exc:  # The task group would wrap it.
            failed.append(exc)
        group.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return has_ended


async def respond_while_connected(
    request: Request,
    client: AsyncUniqOS,
    turn: Body,
    /,
    *,
    stop: Literal["keyed", "always"] = "keyed",
    **options: Unpack[Options],
) -> RespondResult:
    """Answer a turn as JSON, and stop the call to the API when the browser leaves before the answer.

    A turn that has reached the API may be billed though nobody reads its answer. With an ``idempotency_key`` that the
    caller knows, see `idempotency_key`, the answer can be asked for again. Whether the API gives it again is
    undocumented; the sandbox does. Without such a key it would be lost.

    Args:
        request: The request, by which this notices that the browser has disconnected.
        client: The client that makes the call.
        turn: The turn, as for ``client.respond``.
        stop: ``"keyed"``, the default: the call is stopped only if the options hold an ``idempotency_key``. Without
            one it goes on to its end, and the route can keep the answer. ``"always"``: the call is stopped, and a
            billed answer may be lost.
        **options: The options of the call.

    Returns:
        The answer.

    Raises:
        HTTPException: 499: the browser has left, and the call was stopped.
        UniqOSError: As for every call.

    Source: this SDK.
    """
    if stop not in ("keyed", "always"):
        raise errors.ConfigurationError(f'stop must be "keyed" or "always", got {stop!r}')
    if stop == "keyed" and options.get("idempotency_key") is None:
        return await client.respond(turn, **options)
    answers: list[RespondResult] = []

    async def ask() -> None:
        answers.append(await client.respond(turn, **options))

    await run_while_connected(request.receive, ask)
    if not answers:
        raise BrowserLeft
    return answers[0]


def idempotency_key(caller: Callable[..., Any]) -> Callable[..., Awaitable[str | None]]:
    """Make a dependency that returns the key to send to the API for the caller's ``Idempotency-Key`` header.

    The key is a hash of the caller's id and the header, so that the key of one caller never returns the answer of
    another. The id must therefore name the caller for certain: that of the tenant and of the user, if users of one
    tenant may not read each other's answers.

    Args:
        caller: A dependency that returns the caller's id as text.

    Returns:
        The dependency. It returns None if the request has no such header. A header that is empty or longer than 255
        characters is refused with 400.

    Raises:
        ConfigurationError: When a request comes: ``caller`` returned no text, or an empty one.
    """

    async def derived(caller_id: Any, key: str | None = None) -> str | None:
        if not isinstance(caller_id, str) or not caller_id:
            raise errors.ConfigurationError("the dependency caller= must return the caller's id as text, not empty")
        if key is None:
            return None
        if not 0 < len(key) <= _MOST_KEY_CHARACTERS:
            raise HTTPException(400, f"Idempotency-Key must have 1 to {_MOST_KEY_CHARACTERS} characters.")
        # The length keeps two pairs apart that are the same text when joined.
        text = f"{len(caller_id)}:{caller_id}:{key}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    derived.__annotations__ = {
        "caller_id": Annotated[Any, Depends(caller)],
        "key": Annotated[str | None, Header(alias="Idempotency-Key")],
        "return": str | None,
    }
    return derived


def rate_limit_headers_of(http: HttpInfo | None) -> dict[str, str]:
    """Return the API's ``X-RateLimit-*`` headers, for the service's own answer."""
    if http is None:
        return {}
    return {name: value for name, value in http.headers.items() if name.lower().startswith("x-ratelimit-")}
