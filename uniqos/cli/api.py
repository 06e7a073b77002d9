"""The command ``uniqos api``: one call of any operation, and the table of all operations."""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, cast, get_args
from urllib.parse import unquote
from uuid import uuid4

import typer

import uniqos

from .._base.fields import json_fields, models_in
from .._base.model import Model, RequestModel
from .._wire.file import File, PartialFile
from .._wire.operation import AnyMethod, Method, Operation
from .._wire.undeclared import UndocumentedAnswer
from ..api import operations, source_of
from . import output
from .calls import is_stream, perform, print_stream
from .output import json_text
from .shared import BaseUrl, Debug, IdempotencyKey, Profile, Timeout, connected, parse_json, read_json
from .table import columns_text

# A path of characters that a URL may hold unescaped, or as "%" and two hexadecimal digits.
_PATH = re.compile(r"/v1(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+/?")

_HINTS = {
    "stateful_requires_user_id": 'add "user_id" to --data',
    "not_found": "check the ids in the path and in --data",
}


def api(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PUT, PATCH or DELETE; or the word list.")],
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="e.g. /v1/personalities/pers_1; none with list.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="JSON", help="Body: a JSON object, or @FILE, or - for standard input.")
    ] = None,
    query: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Query parameter; repeatable.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the answer to this file.  [default: standard output]"),
    ] = None,
    idempotency_key: IdempotencyKey = None,
    as_json: Annotated[bool, typer.Option("--json", help="With list: print one JSON array.")] = False,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Call one operation of the API, or list all of them.

    The server's JSON goes to standard output. Body and query of a known operation are checked before the call. A path
    that this version does not know is sent with any body and query, and must answer with JSON: only a turn, POST
    /v1/respond, may have "stream": true, and then prints one line for each event. No call asks for agreement.

    uniqos api list prints all operations, with the source of each request's and answer's shape.

    The API key comes from UNIQOS_API_KEY, or from a profile of uniqos login. Without a key a local sandbox answers.
    """
    with output.report_errors(debug, _HINTS) as run:
        if method == "list":
            if path is not None or data is not None or query or file is not None or idempotency_key is not None:
                raise uniqos.ConfigurationError("uniqos api list takes no path and no option but --json")
            _list(as_json)
            return
        if as_json:
            raise uniqos.ConfigurationError("--json is an option of uniqos api list; a call prints JSON without it")
        if path is None:
            raise uniqos.ConfigurationError("the path is missing; e.g. uniqos api GET /v1/personalities")
        op, values = _operation(method.upper(), path)
        op, arguments = _with_arguments(op, None if data is None else _body(data), _query(query or []))
        if op.returns is File and file is None and sys.stdout.isatty():
            raise uniqos.ConfigurationError(f"{op.label} answers with a file: give --output FILE")
        # The file is opened before the call, since the answer may cost money and must not be lost.
        with (
            PartialFile(file) if file else nullcontext() as part,
            connected(base_url, timeout, debug, profile=profile) as connection,
        ):
            if idempotency_key is None and op.resend in ("keyed", "billed"):
                idempotency_key = str(uuid4())
            if not connection.is_sandbox:  # A sandbox that ends with the command forgets the key.
                run.idempotency_key = idempotency_key
            content = _call(connection.client, op, arguments, values, idempotency_key, part)
            if content is None:
                return
            if part is None:
                output.write_bytes(content)
                return
            try:
                part.begin()
                part.write(content)
                part.finish()
            except uniqos.UniqOSError:
                output.write_bytes(content)
                raise


def _call(
    client: uniqos.UniqOS,
    op: Operation[Any],
    arguments: dict[str, Any] | None,
    values: list[str],
    idempotency_key: str | None,
    part: PartialFile | None,
) -> bytes | None:
    """Return the answer to write, even if it breaks the contract; None after a stream, whose events are printed."""
    options: dict[str, Any] = {"idempotency_key": idempotency_key}
    if is_stream(op, arguments):
        if part is not None:
            raise uniqos.ConfigurationError("a stream is printed event by event: leave out --output")
        print_stream(client, arguments or {}, options)
        return None
    answer = perform(client, op, values, arguments, options)
    if isinstance(answer, File):
        return answer.content
    for problem in answer.http.problems if answer.http else ():
        output.note(f"the answer breaks the contract: {'.'.join(map(str, problem['loc']))}: {problem['msg']}", "yellow")
    return json_text(answer.to_dict(), pretty=part is None and sys.stdout.isatty()).encode(errors="replace")


def _list(as_json: bool) -> None:
    rows = [
        {
            "name": name,
            "method": op.method,
            "path": op.path,
            "request": _source(op.body or op.query),
            "answer": _source(op.returns),
        }
        for name, op in operations().items()
    ]
    if as_json:
        output.write(json_text(rows, pretty=False))
        return
    lines = [[name.upper() for name in rows[0]], *([value or "-" for value in row.values()] for row in rows)]
    output.write(columns_text(lines))


def _source(model: type[Model] | None) -> str | None:
    if model is None:
        return None
    source = source_of(model)
    items = [inner for _, _, info in json_fields(model) for inner in models_in(info.annotation, Model)]
    if source != "undocumented" and any(source_of(inner) == "undocumented" for inner in items):
        return f"{source}, its items undocumented"
    return source


def _operation(method: str, path: str) -> tuple[Operation[Any], list[str]]:
    """Return the operation of a path and the values of its parameters, or an operation that takes anything."""
    if method not in get_args(AnyMethod):
        raise uniqos.ConfigurationError(
            f"{method} is not a method of the API: use {', '.join(get_args(AnyMethod))}, or list"
        )
    if "?" in path or "#" in path:
        raise uniqos.ConfigurationError(
            "the path holds a ? or #: give a query with --query KEY=VALUE, and write ? and # of an id as %3F and %23"
        )
    # Fixed paths come before those with a parameter, so that "aggregates" in /interactions/aggregates is not an id.
    for op in sorted(operations().values(), key=lambda op: len(op.params)):
        if op.method == method:
            match = re.fullmatch(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(op.path)), path)
            if match:
                return op, [_decoded(value) for value in match.groups()]
    parts = [_decoded(part) for part in path.split("/")]
    if not _PATH.fullmatch(path) or any(part in (".", "..") or not part.isprintable() for part in parts):
        raise uniqos.ConfigurationError(
            f"{path!r} is not a path of the API: it must look like /v1/personalities/pers_1"
        )
    return Operation(cast(Method, method), path, UndocumentedAnswer), []


def _decoded(part: str) -> str:
    try:
        return unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise uniqos.ConfigurationError(f"{part!r} in the path is not percent-encoded UTF-8") from None


def _body(data: str) -> dict[str, Any]:
    is_file = data == "-" or data.startswith("@")
    value = read_json(data.removeprefix("@")) if is_file else parse_json(data, "--data")
    if not isinstance(value, dict):
        raise uniqos.ConfigurationError(f"--data must be a JSON object, not {type(value).__name__}")
    return value


def _query(pairs: list[str]) -> dict[str, str]:
    query: dict[str, str] = {}
    for pair in pairs:
        key, is_pair, value = pair.partition("=")
        if not key or not is_pair or key in query:
            raise uniqos.ConfigurationError(f"--query {pair} is not usable: give KEY=VALUE, each key once")
        query[key] = value
    return query


def _with_arguments(
    op: Operation[Any], body: dict[str, Any] | None, query: dict[str, str]
) -> tuple[Operation[Any], dict[str, Any] | None]:
    """Return the operation and its body or query; an operation without a model for them then takes anything."""
    if body is not None:
        if op.method == "GET":
            raise uniqos.ConfigurationError(f"{op.label} takes no --data: give --query KEY=VALUE")
        if query:
            raise uniqos.ConfigurationError(f"{op.label}: give --query or --data, not both")
        if op.returns is UndocumentedAnswer and body.get("stream") is True:
            raise uniqos.ConfigurationError(
                f'{op.label}: only a stream of POST /v1/respond can be printed: leave out "stream"'
            )
        return (op if op.body else replace(op, body=RequestModel)), body
    if query:
        if op.returns is File:
            raise uniqos.ConfigurationError(f"{op.label} has no query: leave out --query")
        if op.body is not None:
            raise uniqos.ConfigurationError(f"{op.label} has no query: give --data")
        return (op if op.query else replace(op, query=RequestModel)), query
    return op, None
