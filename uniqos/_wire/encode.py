"""The encoding of a call: its arguments, checked against the operation, become a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pydantic
from pydantic import BaseModel

from .. import errors
from .._base.model import RequestModel
from .._base.plain import request_values
from .._base.response import build_model
from .decode import describe, problems
from .operation import Body, Operation, Request
from .options import OPTION_NAMES, as_text, refused, take_options

_MAX_PATH_BYTES = 32 * 1024
# A compiled pattern would slow down every import.
_CONTROL_CHARACTERS = r"[\x00-\x1f\x7f]"
_KEY_HEADER = b"Idempotency-Key"

INVALID_ID = "invalid_id"
"""The type of the problem of an id that goes into a path."""


def encode(op: Operation[Any], data: Body | None, fields: Mapping[str, Any], path: tuple[str, ...] = ()) -> Request:
    """Check the arguments of a call, and return its request.

    Args:
        op: The endpoint.
        data: Body or query as one object: any pydantic model, or a mapping.
        fields: Body or query as keywords, and the options of the call.
        path: Values of the path parameters, in order.

    Raises:
        TypeError: A keyword is unknown, or the body was given as an object and as keywords.
        RequestValidationError: The API cannot accept a value.
    """
    request = Request(op.method, op.path, op.label, None, [], op.resend)
    if path:
        ids = {name: _encode_id(name, value) for name, value in zip(op.params, path, strict=True)}
        if ids[op.params[-1]] in op.reserved:
            raise refused(f"{path[-1]!r} is not a valid {op.params[-1]}: that path belongs to another operation")
        request.path = op.path.format(**ids)
    rest = take_options(request, fields) if fields else fields
    model = op.body or op.query
    if model is not None:
        arguments = _validate(op, model, data, rest)
        if op.body is not None:
            if op.method != "DELETE" or arguments.model_fields_set:
                request.content = _encode_json(op, arguments)
        else:
            query = urlencode(_query_pairs(arguments))
            if query:
                request.path += "?" + query
    elif rest:
        raise _unknown_keyword(op, rest, ())
    if len(request.path) > _MAX_PATH_BYTES:
        raise refused(
            f"{op.label}: path and query have {len(request.path)} bytes; shorten the ids or the query to at most "
            f"{_MAX_PATH_BYTES}"
        )
    if op.resend in ("keyed", "billed") and request.idempotency_key is None:
        request.idempotency_key = str(uuid4())
    if request.idempotency_key is not None:
        request.headers.append((_KEY_HEADER, request.idempotency_key.encode()))
    return request


def set_idempotency_key(request: Request, key: str) -> None:
    """Give an encoded request that has an idempotency key another one, which may depend on its content."""
    request.idempotency_key = key
    request.headers[-1] = (_KEY_HEADER, key.encode())  # encode() adds it last.


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords whose value is not None. The official SDK does not send None either."""
    return {name: value for name, value in fields.items() if value is not None}


def _encode_id(name: str, value: Any) -> str:
    """Percent-encode an id for a path."""
    text = value if isinstance(value, str) else as_text(value)
    if text is None:
        raise refused(f"{name} must be a string, got {type(value).__name__}")
    if text in ("", ".", "..") or re.search(_CONTROL_CHARACTERS, text):
        raise _invalid_id(name, text, "an id must not be empty, '.', '..' or hold control characters")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise _invalid_id(name, text, "it holds half of a surrogate pair, which UTF-8 cannot encode") from None


def _invalid_id(name: str, text: str, reason: str) -> errors.RequestValidationError:
    error = refused(f"{text!r} is not a valid {name}: {reason}")
    error.details = [{"loc": [name], "type": INVALID_ID, "msg": reason}]
    return error


def _validate(
    op: Operation[Any], model: type[RequestModel], data: Body | None, rest: Mapping[str, Any]
) -> RequestModel:
    """Return the body or query as its request model."""
    if data is None:
        known = model.model_fields
        if known and not rest.keys() <= known.keys():
            raise _unknown_keyword(op, rest, tuple(known))
        if not known and rest:
            _refuse_misspelled_options(op, rest)
        data = rest
    elif rest:
        raise TypeError(f"{op.label}: give the body as one object or as keywords, not both: {', '.join(rest)}")
    elif not isinstance(data, (BaseModel, Mapping)):
        raise refused(f"{op.label}: the body must be a model or a mapping, got {type(data).__name__}")
    try:
        # A model of this package is validated again, because model_construct() may have built it unchecked.
        return build_model(model).model_validate(request_values(data) if isinstance(data, BaseModel) else data)
    except pydantic.ValidationError as exc:
        # The cause, if any, is the exception that the caller's serializer raised.
        raise _invalid_request(exc, f"{op.label}: ") from exc.__cause__


def _encode_json(op: Operation[Any], body: RequestModel) -> bytes:
    try:
        return body.__pydantic_serializer__.to_json(body, exclude_unset=True, by_alias=True)
    except ValueError as exc:
        raise refused(f"{op.label}: the body cannot be written as JSON: {exc}") from None


def _query_pairs(query: RequestModel) -> list[tuple[str, str]]:
    values = query.model_dump(exclude_none=True, exclude_unset=True, by_alias=True)
    return [(name, _query_text(name, value)) for name, value in values.items()]


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise refused(f"{name} needs a time zone: pass datetime.now(timezone.utc), for example")
            return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, (str, int, float)):
            return str(value)
    except (OverflowError, ValueError):
        raise refused(
            f"{name} is out of range: the number has too many digits, or the UTC date is outside the years 1 to 9999"
        ) from None
    raise refused(f"{name}: a query holds text, numbers, booleans and datetimes, not {type(value).__name__}")


def _unknown_keyword(op: Operation[Any], rest: Mapping[str, Any], known: tuple[str, ...]) -> TypeError:
    from difflib import get_close_matches  # A slow import that is rarely needed.

    name = next(name for name in rest if name not in known)
    near = get_close_matches(name, [*known, *OPTION_NAMES])
    hint = f"; did you mean {near[0]!r}?" if near else "; pass further keys of the API in a mapping" if known else ""
    return TypeError(f"{op.label}: unexpected keyword argument {name!r}{hint}")


def _refuse_misspelled_options(op: Operation[Any], rest: Mapping[str, Any]) -> None:
    """Refuse keywords that resemble an option, for a body that accepts any keyword.

    Sent as a key of the body, a misspelled idempotency_key would be lost, and a repeated call would be paid twice.
    """
    from difflib import get_close_matches  # A slow import that is rarely needed.

    for name in rest:
        near = get_close_matches(name, OPTION_NAMES, cutoff=0.8)
        if near:
            raise TypeError(
                f"{op.label}: unexpected keyword argument {name!r}; did you mean {near[0]!r}? "
                "If it is a key of the body, pass the body as a mapping"
            )


def _invalid_request(exc: pydantic.ValidationError, prefix: str = "") -> errors.RequestValidationError:
    """Return the error of values that the request model refused."""
    found = problems(exc)
    codes = {p["type"] for p in found} & {"stateful_requires_user_id", "stream_not_supported"}
    return errors.RequestValidationError(
        prefix + describe(found), code=codes.pop() if codes else "invalid_request", details=list(found)
    )


def as_mapping(data: Any) -> Any:
    """Return the mapping that a model is sent as; return any other value unchanged.

    Raises:
        RequestValidationError: The model holds a value that cannot be sent.
    """
    try:
        return request_values(data) if isinstance(data, BaseModel) else data
    except pydantic.ValidationError as exc:
        raise _invalid_request(exc) from exc.__cause__
