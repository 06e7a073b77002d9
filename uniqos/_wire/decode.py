"""The model of an answer, and the findings of pydantic without the values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pydantic
from pydantic_core import from_json

from .. import errors
from .._base.json_text import JsonText
from .._base.response import bind, from_wire, set_http

if TYPE_CHECKING:
    from .._base.http import HttpInfo
from .operation import OnInvalidResponse, R

EMPTY_STATUSES = frozenset({202, 204, 205})  # these may answer without a body


def decode(returns: type[R], content: bytes, http: HttpInfo, on_invalid: OnInvalidResponse) -> R:
    """The bytes of a successful response as their model.

    Raises:
        ResponseDecodeError: The body is not JSON, or not an object.
        ResponseValidationError: It is, but breaks the contract (and is not to be salvaged).
    """
    text = content.removeprefix(b"\xef\xbb\xbf")
    if not text and http.status in EMPTY_STATUSES:
        text = b"{}"
    elif text[:1] == b"[" and "data" in returns.model_fields:  # a list without the envelope that most lists have
        text = b'{"data":' + text + b"}"
    try:
        result = from_wire(returns, text)
    except pydantic.ValidationError as exc:
        return _invalid(returns, content, text, http, on_invalid, exc)
    except ValueError as exc:
        raise _undecodable(content, http, str(exc)) from None
    set_http(result, http)
    return result


def problems(exc: pydantic.ValidationError) -> tuple[dict[str, Any], ...]:
    """Pydantic's findings without the inputs: these hold message text, and end up in logs."""
    return tuple({"loc": list(e["loc"]), "type": e["type"], "msg": e["msg"]} for e in exc.errors(include_input=False))


def describe(found: tuple[dict[str, Any], ...]) -> str:
    """Problems as one line for people."""
    return "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in found)


def _invalid(
    returns: type[R],
    content: bytes,
    text: bytes,
    http: HttpInfo,
    on_invalid: OnInvalidResponse,
    exc: pydantic.ValidationError,
) -> R:
    """Return what can be salvaged of an answer, or raise the error that carries it.

    ``content`` is what came, ``text`` the JSON that was made of it.
    """
    try:
        data = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _undecodable(content, http, str(error)) from None
    if not isinstance(data, dict):
        raise _undecodable(content, http, f"expected a JSON object, got {type(data).__name__}") from None
    from .._base.salvage import salvage  # rarely needed

    found = problems(exc)
    partial = salvage(returns, data)
    http = replace(http, problems=found)
    set_http(partial, http)
    bind(partial, JsonText(text))
    if on_invalid == "salvage":
        return partial
    broken = errors.ResponseValidationError(
        f"the answer breaks the contract of {returns.__name__}: {describe(found)}. The answer is not lost: see "
        '`.partial` and `.body`, or pass on_invalid_response="salvage".',
        body=content,
        partial=partial,
        request_id=http.request_id,
        http_status=http.status,
        details=list(found),
    )
    broken.http = http
    raise broken from None


def _undecodable(content: bytes, http: HttpInfo, reason: str) -> errors.ResponseDecodeError:
    content_type = http.headers.get("content-type")
    error = errors.ResponseDecodeError(
        f"the answer (HTTP {http.status}, {content_type or 'no content type'}, {len(content)} bytes) is not the JSON "
        f"object it should be: {reason}",
        body=content,
        content_type=content_type,
        request_id=http.request_id,
        http_status=http.status,
    )
    error.http = http
    return error
