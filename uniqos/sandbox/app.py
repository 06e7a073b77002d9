"""The HTTP application: one route for each operation of the table, and the steps that all operations share.

Chosen by the sandbox, since the public contract does not say: the answer to a repeated Idempotency-Key (the stored
answer with ``Idempotent-Replayed: true``, or 409 for another body), the numbers of the rate limit, and the shape of
``details``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import pydantic
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from .._wire.decode import describe, problems
from .._wire.operation import Operation
from ..api import operations
from ..api.engine import RespondRequest
from ..api.invitations import GET as INVITATION
from .faults.magic import HEADER, MAGIC, read
from .http.call import Answer, Call, EventStream, FileAnswer, Handler, Result, Settings
from .http.caller import authenticate, seed
from .http.middleware import ADMIN, SLASH, Bucket, Envelope, Faults
from .inspect import admin, inspector
from .persona.seeds import CATALOG, SEEDS
from .refusal import Refusal
from .routes import (
    api_keys,
    catalog,
    deletions,
    end_users,
    identity,
    interactions,
    personalities,
    relationships,
    vocabularies,
    webhooks,
)
from .routes import engine as turns
from .routes.billing import billing
from .routes.organizations import organizations
from .state.store import dumps


def _respond(call: Call) -> Answer | EventStream:
    assert isinstance(call.body, RespondRequest)
    return turns.respond(call, personalities.existing(call, call.body.personality_id))


HANDLERS: dict[str, Handler] = {
    "engine.respond": _respond,
    "engine.infer_state": turns.infer_state,
    "engine.recall_memory": turns.recall_memory,
    **personalities.HANDLERS,
    **interactions.HANDLERS,
    **catalog.HANDLERS,
    **vocabularies.HANDLERS,
    **end_users.HANDLERS,
    **relationships.HANDLERS,
    **deletions.HANDLERS,
    **identity.HANDLERS,
    **organizations.HANDLERS,
    **api_keys.HANDLERS,
    **billing.HANDLERS,
    **webhooks.HANDLERS,
}


def make_app(settings: Settings, requests_per_second: int) -> FastAPI:
    """Return the application of one sandbox.

    Args:
        settings: The state of the sandbox.
        requests_per_second: The size of the token bucket, and the number of tokens that it gets in a second.

    Returns:
        The application. It refuses an operation without a handler, with a 501 that names the missing handler.
    """
    app = FastAPI(title="uniqOS sandbox", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    seed(settings.store, settings.clock.text())
    table = operations()
    problems = handler_problems(table, HANDLERS)
    # Fixed paths come before those with parameters: in /interactions/aggregates the last part is not an id.
    for name in sorted(table, key=lambda name: "{" in table[name].path):
        endpoint = _endpoint(table[name], HANDLERS.get(name) or _refuse(problems[name]), settings)
        app.add_api_route(table[name].path, endpoint, methods=[table[name].method], name=name)
    app.add_api_route("/", _about, methods=["GET"])
    app.add_exception_handler(HTTPException, _no_route)
    app.include_router(admin.router(settings))
    app.include_router(inspector.router(settings))
    app.add_middleware(Faults, settings=settings)
    app.add_middleware(Envelope, settings=settings, bucket=Bucket(requests_per_second))
    return app


def handler_problems(table: Collection[str], handlers: Mapping[str, Handler]) -> dict[str, str]:
    """Compare the handlers with the table of operations.

    Args:
        table: Names of the operations.
        handlers: Handlers by name.

    Returns:
        By name, a sentence that says what is missing and in which file it belongs.
    """
    missing = {
        name: f"The sandbox has no handler for {name}: add one to HANDLERS in {_home_of(name, handlers)}."
        for name in table
        if name not in handlers
    }
    unknown = {
        name: f"{_file(handler)} has a handler for {name}, and uniqos/api no such operation: add it, or mend the name."
        for name, handler in handlers.items()
        if name not in table
    }
    return missing | unknown


def _home_of(name: str, handlers: Mapping[str, Handler]) -> str:
    """Return the file with the handlers of the same namespace."""
    for namespace in (name.rpartition(".")[0], name.partition(".")[0]):
        for other, handler in handlers.items():
            if other.startswith(f"{namespace}."):
                return _file(handler)
    return "a new file in uniqos/sandbox/routes, and list it in app.py"


def _file(handler: Handler) -> str:
    return handler.__module__.replace(".", "/") + ".py"


def _refuse(problem: str) -> Handler:
    """Return the handler of an operation that has none, so that the others can be used and tested meanwhile."""

    def handler(call: Call) -> Answer:
        raise Refusal("not_implemented", problem)

    return handler


async def _about() -> dict[str, Any]:
    return {
        "name": "uniqOS sandbox",
        "what": "A local stand-in for the uniqOS API: emotions come from a lexicon, replies from templates.",
        "personalities": list(SEEDS),
        "catalog": list(CATALOG),
        "operations": {name: op.label for name, op in operations().items()},
        "magic": MAGIC,
    }


async def _no_route(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if request.url.path.startswith(ADMIN):
        return JSONResponse({"detail": exc.detail}, exc.status_code)
    code = "not_found" if exc.status_code == 404 else "validation_error"
    message = f"{request.method} {request.url.path}: {exc.detail}"
    raise Refusal(code, message, status=exc.status_code, headers=dict(exc.headers or {})) from None


def _endpoint(op: Operation[Any], handler: Handler, settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        authorization, now = request.headers.get("authorization", ""), settings.clock.text()
        caller = authenticate(authorization, settings.store, now, public=op is INVITATION)
        if caller.scope == "read" and not (op.method == "GET" or (op.method == "POST" and op.resend == "safe")):
            raise Refusal("permission_denied", "This API key may only read.")
        content = await request.body()
        deletions.erase_due(settings)
        call = Call(
            settings,
            {name: value.replace(SLASH, "/") for name, value in request.path_params.items()},
            _valid(op.body, content or b"{}") if op.body else None,
            _valid(op.query, dumps(dict(request.query_params)).encode()) if op.query else None,
            request.headers.get("idempotency-key"),
            caller,
            header_marks=request.headers.getlist(HEADER),
        )
        settings.errors.check(read("", call.header_marks), call.error_key(f"{op.method} {request.url.path}"))

        generation = settings.generation

        def handle(call: Call) -> Answer | EventStream | FileAnswer:
            if settings.generation != generation:  # a reset is possible while a language model is answering
                raise Refusal("service_unavailable", "The sandbox was reset during this request.")
            return handler(call)

        def attempt() -> Result:
            if call.key is None or op.method != "POST":
                with settings.store:
                    answer: Result = handle(call)
            else:
                path = request.url.path.encode()
                answer = _once(call, handle, hashlib.sha256(path + b"\n" + content).hexdigest())
            settings.begin(call.jobs)
            return answer

        return _response(await settings.llm.answer(call, attempt) if settings.llm else attempt())

    return endpoint


def _once(call: Call, handler: Handler, fingerprint: str) -> Result:
    """Run a request and store its answer in the same transaction, or return the stored answer of the same key."""
    with call.store as store:
        stored = store.one("select * from answers where key = ?", call.answer_key)
        if stored is not None:
            if stored["fingerprint"] != fingerprint:
                raise Refusal("conflict", "This Idempotency-Key belongs to another request.")
            headers = {"Idempotent-Replayed": "true"}
            return Response(bytes(stored["body"]), stored["status"], headers, stored["media_type"])
        answer = handler(call)
        if isinstance(answer, EventStream):
            row = 200, "text/event-stream", answer.content
        elif isinstance(answer, FileAnswer):
            row = 200, answer.media_type, answer.content
        else:
            row = answer.status, "application/json", dumps(answer.body).encode()
        sql = "insert into answers values (?, ?, ?, ?, ?, ?, ?)"
        store.run(sql, call.answer_key, fingerprint, *row, relationships.user_of(call), call.now)
    return answer


def _response(answer: Result) -> Response:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, FileAnswer):
        return Response(answer.content, media_type=answer.media_type)
    if isinstance(answer, EventStream):
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(answer.writes(), headers=headers, media_type="text/event-stream")
    if answer.status == 204:
        return Response(status_code=204, headers=answer.headers)
    return Response(dumps(answer.body), answer.status, answer.headers, media_type="application/json")


def _valid(model: Any, content: bytes) -> Any:
    try:
        return model.model_validate_json(content)
    except pydantic.ValidationError as exc:
        found = problems(exc)
        status = 400 if found[0]["type"] in ("json_invalid", "not_json") else 422
        raise Refusal("validation_error", describe(found), status=status, details=list(found)) from None
