"""Calls of operations by the methods of a client, which have the checks and the resending rules of each operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import uniqos

from .._base.model import Model
from .._wire.file import File
from .._wire.operation import Operation
from ..api import operations
from ..api.engine import RESPOND
from . import output
from .shared import print_events


def perform(
    client: uniqos.UniqOS,
    op: Operation[Any],
    values: Sequence[str],
    arguments: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> Model:
    """Call an operation, and return its answer, even if the answer breaks the contract.

    Args:
        client: The client that sends.
        op: The operation. One that the table does not have is sent by ``client.request``.
        values: Values of the path's parameters, in order.
        arguments: Body or query; None for none.
        options: Options of the call.

    Raises:
        ResponseDecodeError: The answer is no JSON. It is printed, since it may have cost money.
    """
    kept = options if op.returns is File else {**options, "on_invalid_response": "salvage"}
    method = method_of(client, op)
    answer: Model
    try:
        if method is None:
            body, query = (arguments, None) if op.body else (None, arguments)
            params = dict(zip(op.params, values, strict=True)) or None
            answer = client.request(op.method, op.path, params=params, body=body, query=query, model=op.returns, **kept)
        elif op is RESPOND:
            turn = arguments or {}
            answer = method(turn, return_format=turn.get("return_format"), **kept)
        elif op.body or op.query:
            answer = method(*values, {} if arguments is None else arguments, **kept)
        else:
            answer = method(*values, **kept)
    except uniqos.ResponseDecodeError as exc:
        if exc.http_status is not None and exc.http_status < 300:
            output.write_bytes(exc.body)
        raise
    return answer


def print_stream(client: uniqos.UniqOS, turn: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Call ``respond`` with ``stream`` set, and print each event as one line of JSON."""
    respond: Any = client.respond  # The overloads depend on values that are known only at run time.
    with respond(turn, stream=True, **options) as events:
        print_events(events)


def is_stream(op: Operation[Any], arguments: Mapping[str, Any] | None) -> bool:
    """Return whether a call is a turn whose answer is a stream of events."""
    return op is RESPOND and (arguments or {}).get("stream") is True


def method_of(client: object, op: Operation[Any]) -> Any:
    """Return the method of a client, or of its class, that calls an operation; None if it has none."""
    name = next((name for name, known in operations().items() if known is op), None)
    try:
        return None if name is None else attrgetter(name)(client)
    except AttributeError:
        return None
