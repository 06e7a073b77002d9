"""The answers of a FastAPI service to errors of the SDK."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isasyncgenfunction, unwrap
from typing import Any

from fastapi import WebSocket
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response

from .. import errors
from .._async.client import AsyncUniqOS
from .._async.stream import AsyncRespondStream
from .._policy.logging import LeveledLogger
from .._policy.options import check_options
from .._turn.relay import REQUEST_ID, as_request_id, log_masked, mask_error_events, relay_error

_REQUEST_ID_KEY = "uniqos.request_id"
"""Where the scope of a request keeps the id that the service gave to it."""
OnError = Callable[[errors.UniqOSError], object]
"""Takes each error that the caller does not see, for an error tracker."""


@dataclass(frozen=True)
class _Policy:
    """The settings of ``install_error_handlers``."""

    on_error: OnError | None = None
    request_id: Callable[[HTTPConnection], str | None] | None = None
    request_id_header: str | None = REQUEST_ID

    def id_of(self, connection: HTTPConnection) -> str | None:
        """Return the id that the service gave to a request, asking for it once for each request."""
        if self.request_id is None:
            return None
        scope = connection.scope
        if _REQUEST_ID_KEY not in scope:
            scope[_REQUEST_ID_KEY] = as_request_id(self.request_id(connection))
        known: str | None = scope[_REQUEST_ID_KEY]
        return known


def install_error_handlers(
    app: Starlette,
    *,
    on_error: OnError | None = None,
    request_id: Callable[[HTTPConnection], str | None] | None = None,
    request_id_header: str | None = REQUEST_ID,
) -> None:
    """Answer for the SDK's errors by the policy of `uniqos.relay`: a known fault of the caller keeps its status.

    A rate limit stays a 429 with ``Retry-After``. Faults of the service itself (a bad key, a missing scope, a quota
    that is used up) become a 503 that says nothing more, time-outs a 504, faults behind it a 502. A mistake in a call,
    such as ``timeout=-1``, is a 500. An error whose code this version does not know keeps a status that blames the
    caller, such as 400 or 409, under the code ``request_refused``: its words are not passed on. All but known faults
    of the caller are written to the client's logger.

    Args:
        app: The application, of FastAPI or Starlette.
        on_error: Called with each error that is hidden from the caller, for an error tracker. It must not wait. If it
            raises, its error is logged and the answer is sent all the same.
        request_id: Returns the id that your service gave to the request; it is called once for each request. An error's
            answer carries it instead of the API's id, which is in the log. `get_client` sends it to the API too.
        request_id_header: Name of the header that carries the id; None if a middleware of yours sets it. Then the API
            gets the id as ``X-Request-Id``.

    Raises:
        ConfigurationError: A request with the header ``request_id_header`` cannot be sent to the API.
    """
    if request_id is not None and request_id_header is not None:
        check_options({"headers": {request_id_header: "id"}})
    app.state.uniqos_errors = _Policy(on_error, request_id, request_id_header)
    app.add_exception_handler(errors.UniqOSError, _answer)


async def _answer(connection: HTTPConnection, exc: Exception) -> Any:
    assert isinstance(exc, errors.UniqOSError)
    policy = _policy(connection)
    own_id, header = policy.id_of(connection), policy.request_id_header
    relayed = relay_error(exc, request_id=own_id, request_id_header=header)
    if relayed.is_masked:
        report_masked(exc, connection)
    if isinstance(connection, WebSocket):
        await connection.close(1013 if relayed.status == 429 else 1011)
        return None
    return Response(relayed.content, relayed.status, relayed.headers, "application/json")


def mask_errors(stream: AsyncRespondStream, connection: HTTPConnection) -> None:
    """Hide the error events of a stream that are none of the caller's business, before a route gets them."""
    if stream._turn.report is not None:
        return  # A response may get a stream that a dependency has opened.

    def report(error: errors.UniqOSError) -> None:
        report_masked(error, connection, stream._requester.config.log)

    mask_error_events(stream._turn, report, breaks=isasyncgenfunction(unwrap(connection.scope.get("endpoint", report))))


def request_id_headers(connection: HTTPConnection) -> dict[str, str]:
    """Return the header by which the API is told the service's own id of a request; empty without such an id."""
    policy = _policy(connection)
    own_id = policy.id_of(connection)
    return {} if own_id is None else {policy.request_id_header or REQUEST_ID: own_id}


def report_masked(error: errors.UniqOSError, connection: HTTPConnection, log: LeveledLogger | None = None) -> None:
    """Log an error that the caller does not see, and give it to the hook of the application.

    Args:
        error: The error.
        connection: The request or WebSocket that is being answered.
        log: The logger of the client; by default of the process's client.
    """
    if log is None:
        client = getattr(connection.state, "uniqos", None)
        log = client._requester.config.log if isinstance(client, AsyncUniqOS) else LeveledLogger("error", None)
    log_masked(error, log)
    on_error = _policy(connection).on_error
    if on_error is not None:
        try:
            on_error(error)
        except Exception as exc:  # A hook that fails must not cost the caller an answer.
            log.error("uniqos: on_error failed", error=type(exc).__name__)


def _policy(connection: HTTPConnection) -> _Policy:
    app = connection.scope.get("app")
    return getattr(app.state, "uniqos_errors", None) or _Policy() if app is not None else _Policy()
