"""The client of a FastAPI service: one for the process, and as a parameter of its routes."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import Parameter, isawaitable, signature
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from .. import errors
from .._async.client import AsyncUniqOS
from ._errors import request_id_headers

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any]]]


PlainLifespan = Callable[[Any], AbstractAsyncContextManager[None]]

_Made = AsyncUniqOS | Awaitable[AsyncUniqOS]
MakeClient = Callable[[], _Made] | Callable[[Any], _Made]


def lifespan(make: MakeClient = AsyncUniqOS, *, around: Lifespan | PlainLifespan | None = None) -> Lifespan:
    """Return a lifespan that opens one client when the process starts, and closes it at the end.

    Args:
        make: Makes the client; by default with the settings of the environment. It may be a coroutine function, such
            as one that fetches the key from a store of secrets. It is given the application if it has a parameter
            without a default.
        around: Your own lifespan, which runs inside this one. Its state is kept.

    Returns:
        The lifespan, for ``FastAPI(lifespan=...)``.
    """

    @asynccontextmanager
    async def running(app: Any) -> AsyncIterator[Mapping[str, Any]]:
        async with await _make_client(make, app) as client:
            if around is None:
                yield {"uniqos": client}
                return
            async with around(app) as state:
                yield {**(state or {}), "uniqos": client}

    return running


async def _make_client(make: Callable[..., Any], app: Any) -> AsyncUniqOS:
    made = make(app) if _takes_app(make) else make()
    client: AsyncUniqOS = await made if isawaitable(made) else made
    return client


def _takes_app(make: Callable[..., Any]) -> bool:
    positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    return any(one.kind in positional and one.default is one.empty for one in signature(make).parameters.values())


async def get_client(connection: HTTPConnection) -> AsyncUniqOS:
    """Return the process's client: a dependency, for ``Depends`` and ``dependency_overrides``.

    With the ``request_id`` of `install_error_handlers`, the client sends the id of this request to the API.

    Args:
        connection: The request or WebSocket that is being answered.

    Returns:
        The client of ``lifespan()``, or one over its connections.

    Raises:
        ConfigurationError: ``no_lifespan``: the application has no ``lifespan()`` of this module.
    """
    client: AsyncUniqOS | None = getattr(connection.state, "uniqos", None)
    if client is None:
        raise errors.ConfigurationError(
            "there is no client: use FastAPI(lifespan=uniqos.fastapi.lifespan())", code="no_lifespan"
        )
    headers = request_id_headers(connection)
    return client.with_options(headers=headers) if headers else client


Client = Annotated[AsyncUniqOS, Depends(get_client)]
"""The client as a parameter. For another customer's key: ``client.with_credentials(key)``, over the same pool."""
