"""The answers of a FastAPI service to errors of the SDK."""

# No deferred annotations: FastAPI would look up those of the functions that are made here, and not find them.

import logging
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from .. import errors
from .._base.safe import safe_code, safe_id
from .._turn.relay import relay_error

_log = logging.getLogger("uniqos")


def install_error_handlers(app: FastAPI) -> None:
    """Answer for the SDK's errors: a known fault of the caller keeps its status and the API's envelope.

    A rate limit stays a 429 with ``Retry-After``. Faults of the service itself (a bad key, a missing scope, a quota
    that is used up) become a 503 that says nothing more, time-outs a 504, faults behind it a 502. An error whose code
    this version does not know keeps a status that blames the caller, such as 400 or 409, under the code
    ``request_refused``: its words are not passed on. All but known faults of the caller are logged to the logger
    ``uniqos``. ``X-Request-Id`` is passed on.

    Args:
        app: The application.
    """
    app.add_exception_handler(errors.UniqOSError, _answer)


async def _answer(connection: HTTPConnection, exc: Exception) -> Any:
    assert isinstance(exc, errors.UniqOSError)
    relayed = relay_error(exc)
    if relayed.masked:
        report_masked(exc)
    if isinstance(connection, WebSocket):
        await connection.close(1013 if relayed.status == 429 else 1011)
        return None
    return JSONResponse(relayed.envelope.model_dump(mode="json"), relayed.status, relayed.headers)


def report_masked(error: errors.UniqOSError) -> None:
    # What was never sent is a mistake of the service's own, whose words and place help to find it.
    own = isinstance(error, errors.ConfigurationError)
    words = error.message if own else f"code={safe_code(error.code)}, request_id={safe_id(error.request_id)}"
    _log.error("uniqos: %s (%s)", type(error).__name__, words, exc_info=error if own else None)
