"""The request of a call: its arguments, checked against the operation."""

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
from .._base.plain import given
from .._base.response import ready
from .decode import describe, problems
from .operation import Body, Operation, Request
from .options import OPTION_NAMES, as_text, refused, take_options

_LONGEST_PATH = 32 * 1024
# Compiled by the first who needs them, and not by every import.
_CONTROL = r"[\x00-\x1f\x7f]"


def encode(op: Operation[Any], data: Body | None, fields: Mapping[str, Any], path: tuple[str, ...] = ()) -> Request:
    """Check the arguments against the operation and lay them out as a request.

    Args:
        op: The endpoint.
        data: Body or query as one object: our model, any pydantic model, or a mapping.
        fields: The same as keywords instead, and the per-call options.
        path: Values of the path's parameters, in order.

    Raises:
        TypeError: An unknown keyword, or a body both as an object and as keywords.
        RequestValidationError: A value that the API cannot accept.
    """
    request = Request(op.method, op.path, op.label, None, [], op.resend)
    if path:
        ids = {name: _id(name, value) for name, value in zip(op.params, path, strict=True)}
        if ids[op.params[-1]] in op.reserved:
            raise refused(f"{op.params[-1]}={path[-1]!r} is no id: that path is another operation's")
        request.path = op.path.format(**ids)
    rest = take_options(request, fields) if fields else fields
    model = op.body or op.query
    if model is not None:
        valid = _validate(op, model, data, rest)
        if op.body is not None:
            if op.method != "DELETE" or valid.model_fields_set:
                request.content = _json(op, valid)
        else:
            query = urlencode(_query(valid))
            if query:
                request.path += "?" + query
    elif rest:
        raise _unknown_keyword(op, rest, ())
    if len(request.path) > _LONGEST_PATH:
        raise refused(
            f"{op.label}: ids and query are {len(request.path)} bytes long; at most {_LONGEST_PATH} can be sent"
        )
    if op.resend in ("keyed", "billed") and request.idempotency_key is None:
        request.idempotency_key = str(uuid4())
    if request.idempotency_key is not None:
        request.headers.append((b"Idempotency-Key", request.idempotency_key.encode()))
    return request


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords, of which one of None was not given: so it is in the official SDK."""
    return {name: value for name, value in fields.items() if value is not None}


def _id(name: str, value: Any) -> str:
    """Return an id as it stands in a path, percent-encoded."""
    text = value if isinstance(value, str) else as_text(value)
    if text is None:
        raise refused(f"{name} must be a string, got {type(value).__name__}")
    if text in ("", ".", "..") or re.search(_CONTROL, text):
        raise refused(f'{name}={text!r} is no id: it must not be empty, ".", ".." or hold control characters')
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise refused(f"{name}={text!r} is no id: it holds half a surrogate pair") from None


def _validate(
    op: Operation[Any], model: type[RequestModel], data: Body | None, rest: Mapping[str, Any]
) -> RequestModel:
    if data is None:
        known = model.model_fields
        if known and not rest.keys() <= known.keys():
            raise _unknown_keyword(op, rest, tuple(known))
        if not known and rest:
            _refuse_misspelt_options(op, rest)
        data = rest
    elif rest:
        raise TypeError(f"{op.label}: give the body as one object or as keywords, not both: {', '.join(rest)}")
    elif not isinstance(data, (BaseModel, Mapping)):
        raise refused(f"{op.label}: the body must be a model or a mapping, got {type(data).__name__}")
    try:
        # Our own models too: model_construct builds them unchecked.
        return ready(model).model_validate(given(data) if isinstance(data, BaseModel) else data)
    except pydantic.ValidationError as exc:
        raise _refused_values(exc, f"{op.label}: ") from exc.__cause__  # what a serializer of the caller's raised


def _json(op: Operation[Any], valid: RequestModel) -> bytes:
    try:
        return valid.__pydantic_serializer__.to_json(valid, exclude_unset=True, by_alias=True)
    except ValueError as exc:
        raise refused(f"{op.label}: the body is not JSON: {exc}") from None


def _query(valid: RequestModel) -> list[tuple[str, str]]:
    values = valid.model_dump(exclude_none=True, exclude_unset=True, by_alias=True)
    return [(name, _query_text(name, value)) for name, value in values.items()]


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise refused(f"{name} needs a time zone, e.g. datetime.now(timezone.utc)")
            return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, (str, int, float)):
            return str(value)
    except (OverflowError, ValueError):
        raise refused(f"{name} is too large to be sent") from None
    raise refused(f"{name}: a query holds text, numbers, booleans and datetimes, not {type(value).__name__}")


def _unknown_keyword(op: Operation[Any], rest: Mapping[str, Any], known: tuple[str, ...]) -> TypeError:
    from difflib import get_close_matches  # rarely needed

    name = next(name for name in rest if name not in known)
    near = get_close_matches(name, [*known, *OPTION_NAMES])
    hint = f"; did you mean {near[0]!r}?" if near else "; pass further keys of the API in a mapping" if known else ""
    return TypeError(f"{op.label}: unexpected keyword argument {name!r}{hint}")


def _refuse_misspelt_options(op: Operation[Any], rest: Mapping[str, Any]) -> None:
    """Where any keyword is sent, one that was meant as an option must not be: a key that is lost may cost a turn."""
    from difflib import get_close_matches  # only for bodies that nobody knows

    for name in rest:
        near = get_close_matches(name, OPTION_NAMES, cutoff=0.8)
        if near:
            raise TypeError(
                f"{op.label}: unexpected keyword argument {name!r}; did you mean {near[0]!r}? Else pass it in a mapping"
            )


def _refused_values(exc: pydantic.ValidationError, before: str = "") -> errors.RequestValidationError:
    found = problems(exc)
    codes = {p["type"] for p in found} & {"stateful_requires_user_id", "stream_not_supported"}
    return errors.RequestValidationError(
        before + describe(found), code=codes.pop() if codes else "invalid_request", details=list(found)
    )


def as_mapping(data: Any) -> Any:
    """Return a model as the mapping that it is sent as, and anything else as it is.

    Raises:
        RequestValidationError: The model holds a value that cannot be sent.
    """
    try:
        return given(data) if isinstance(data, BaseModel) else data
    except pydantic.ValidationError as exc:
        raise _refused_values(exc) from exc.__cause__
