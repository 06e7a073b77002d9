"""Requests to endpoints that no ``Operation`` declares: ``client.request``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast, get_args
from urllib.parse import unquote

from pydantic_core import from_json

from .._base.model import Model, RequestModel
from .encode import encode
from .operation import AnyMethod, Body, Method, Operation, R, Request
from .options import refused, shown

_VERSION = "/v1/"
_PARAMETER = r"\{([A-Za-z][A-Za-z0-9_]*)\}"
_SEGMENT = r"([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+"
_WORD = r"[a-z]+([-_][a-z]+)*"


class UndocumentedAnswer(Model):
    """The answer of an endpoint that this version does not know (undocumented).

    Its JSON is in its subscripts, ``answer["mood"]``, and in ``answer.to_dict()``.
    """

    data: Any = None
    """``data`` of the answer. An answer that is a JSON list is its ``data``."""


def undeclared_request(
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None,
    query: Body | None,
    body: Body | None,
    model: type[R],
    options: Mapping[str, Any],
) -> tuple[Operation[R], Request]:
    """Check the arguments of ``client.request`` and lay them out as a request.

    Raises:
        TypeError: An unknown keyword.
        RequestValidationError: An argument that cannot be sent.
    """
    if method not in get_args(AnyMethod):
        raise refused(f"method must be {', '.join(get_args(AnyMethod))}, got {shown(method)}")
    _check_model(model)
    template, values = _template(path, params)
    label = f"{method} {template}"
    if body is not None and method == "GET":
        raise refused(f"{label}: a GET has no body; give query=")

    def operation(**more: Any) -> Operation[R]:
        return Operation(cast(Method, method), template, model, **more)

    op = operation()
    request = encode(op, None, options, values)
    request.path = _as_written(path, request.path)
    if query is not None:
        request.path = _as_written(path, encode(operation(query=RequestModel), query, {}, values).path)
    if body is not None:
        request.content = encode(operation(body=RequestModel), body, {}, values).content
        if request.content and from_json(request.content).get("stream") is True:
            raise refused(f'{label}: request() reads JSON and no stream; leave out "stream", or use client.respond()')
    if method in ("GET", "DELETE"):
        request.resend = "safe"
    else:
        # As for a turn: after a timeout the first request may still be running, and may be billed.
        request.resend = "once" if request.idempotency_key is None else "billed"
    return op, request


def _check_model(model: object) -> None:
    from .file import File  # most clients download no file

    if not isinstance(model, type) or not issubclass(model, Model):
        raise refused(f"model must be a class derived from uniqos.models.Model, got {model!r}")
    if issubclass(model, File):
        raise refused("model must be a model of JSON: request() downloads no files")


def _template(path: str, params: Mapping[str, Any] | None) -> tuple[str, tuple[Any, ...]]:
    """Return a path with a parameter in place of each segment that may be an id, and the values of the parameters.

    The template is the name of the endpoint in logs and metrics, where no id of a person may stand.
    """
    if not isinstance(path, str) or not path.startswith(_VERSION):
        raise refused(f'path must begin with "{_VERSION}"; the host is the base_url of the client')
    if "?" in path or "#" in path:
        raise refused("path must not hold ? or #; give the query as query={...}, and an id as params={...}")
    segments = path.removeprefix(_VERSION).split("/")
    named = re.findall(_PARAMETER, path)
    given = _given(params, named)
    template: list[str] = []
    values: list[Any] = []
    for number, segment in enumerate(segments, 1):
        parameter = re.fullmatch(_PARAMETER, segment)
        is_fixed = (number == 1 or bool(named)) and re.fullmatch(_WORD, segment)
        if parameter is not None:
            template.append(segment)
            values.append(given[parameter[1]])
        elif is_fixed or (not segment and number == len(segments) > 1):
            template.append(segment)
        else:
            template.append(f"{{{_new_name({*named, *template})}}}")
            values.append(_decoded(segment, number))
    return _VERSION + "/".join(template), tuple(values)


def _as_written(path: str, encoded: str) -> str:
    """Return an encoded path with the caller's own spelling of the segments that are no parameters.

    By RFC 3986 a server may tell ``jobs:cancel`` from ``jobs%3Acancel``.
    """
    target, mark, query = encoded.partition("?")
    pairs = zip(path.split("/"), target.split("/"), strict=True)
    return "/".join(new if re.fullmatch(_PARAMETER, old) else old for old, new in pairs) + mark + query


def _given(params: Mapping[str, Any] | None, named: list[str]) -> Mapping[str, Any]:
    given = {} if params is None else params
    if not isinstance(given, Mapping):
        raise refused(f"params must be a mapping, got {type(given).__name__}")
    for name in named:
        if name not in given:
            raise refused(f"path has the parameter {{{name}}}; give its value: params={{{name!r}: ...}}")
    for name in given:
        if name not in named:
            raise refused(f"params has {name!r}, and path has no parameter {{{name}}}")
    return given


def _new_name(taken: set[str]) -> str:
    """Return a name for a parameter that the caller did not name."""
    number = 1
    while (name := "id" if number == 1 else f"id{number}") in taken or f"{{{name}}}" in taken:
        number += 1
    return name


def _decoded(segment: str, number: int) -> str:
    """Return a segment of a path as the text that it stands for. No error repeats it: it may be an id of a person."""
    try:
        text = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise refused(f"path: segment {number} after {_VERSION} is not UTF-8 in % form") from None
    is_relative = any(part in (".", "..") for part in re.split(r"[/\\]", text))
    if not re.fullmatch(_SEGMENT, segment) or is_relative or not text.isprintable():
        raise refused(
            f'path: segment {number} after {_VERSION} must not be empty, ".", ".." or hold control characters or '
            "characters that a URL does not hold; give an id as params={...}"
        )
    return text
