"""The decoding of a response: its bytes become a model, or an error that carries them."""

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
from .operation import R
from .options import OnInvalidResponse

EMPTY_STATUSES = frozenset({202, 204, 205})
"""HTTP statuses of successful responses that may have no body."""


def decode(returns: type[R], content: bytes, http: HttpInfo, on_invalid: OnInvalidResponse) -> R:
    """Decode the body of a successful response.

    Raises:
        ResponseDecodeError: The body is not JSON, or not an object.
        ResponseValidationError: The body breaks the contract, and ``on_invalid`` is ``"raise"``.
    """
    text = content.removeprefix(b"\xef\xbb\xbf")
    if not text and http.status in EMPTY_STATUSES:
        text = b"{}"
    elif text[:1] == b"[" and "data" in returns.model_fields:
        # Most lists of the API come in an object with the key "data"; a bare list is read as one.
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
    """Return pydantic's findings without the input values, which may hold people's words and would reach the logs."""
    return tuple({"loc": list(e["loc"]), "type": e["type"], "msg": e["msg"]} for e in exc.errors(include_input=False))


def describe(found: tuple[dict[str, Any], ...]) -> str:
    """Return problems as one line of text."""
    return "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in found)


def _invalid(
    returns: type[R],
    content: bytes,
    text: bytes,
    http: HttpInfo,
    on_invalid: OnInvalidResponse,
    exc: pydantic.ValidationError,
) -> R:
    """Salvage a response that does not fit its model: return the partial model, or raise the error with it.

    Args:
        returns: The model of the response.
        content: The body as it was received.
        text: The body as the JSON text that was validated.
        http: The HTTP side of the response.
        on_invalid: Whether to return or to raise.
        exc: The findings of pydantic.
    """
    try:
        data = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise _undecodable(content, http, str(error)) from None
    if not isinstance(data, dict):
        raise _undecodable(content, http, f"expected a JSON object, got {type(data).__name__}") from None
    from .._base.salvage import salvage  # Only invalid responses need it.

    found = problems(exc)
    partial = salvage(returns, data)
    http = replace(http, problems=found)
    set_http(partial, http)
    bind(partial, JsonText(text))
    if on_invalid == "salvage":
        return partial
    invalid = errors.ResponseValidationError(
        f"the answer breaks the contract of {returns.__name__}: {describe(found)}. The answer is not lost: see "
        '`.partial` and `.body`, or pass on_invalid_response="salvage".',
        body=content,
        partial=partial,
        request_id=http.request_id,
        http_status=http.status,
        details=list(found),
    )
    invalid.http = http
    raise invalid from None


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
