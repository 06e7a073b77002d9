"""An endpoint as data, and the pure half of a call: ``encode`` before the request, ``decode`` after the response."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import pydantic
from pydantic import BaseModel
from pydantic_core import from_json
from typing_extensions import TypedDict

from .. import errors
from .._base.model import Model, RequestModel, Wire, bind, from_wire, ready, set_http
from .._base.plain import given, plain, unboxed
from .._policy.logging import Secret

if TYPE_CHECKING:
    from .._base.http import HttpInfo

R = TypeVar("R", bound=Model)
S = TypeVar("S", bound=Model)
Method = Literal["GET", "POST", "PATCH", "DELETE"]
Resend = Literal["safe", "keyed", "billed", "once", "limited"]
OnInvalidResponse = Literal["raise", "salvage"]
Body = BaseModel | Mapping[str, Any]


class Options(TypedDict, total=False):
    """What every method takes besides its own arguments, for this one call."""

    timeout: float | None
    """Seconds one attempt may take; 0 is no limit, None the client's setting."""
    deadline: float | None
    """Seconds the whole call may take, retries and waits included; None the client's setting."""
    max_retries: int | None
    """How often a failed attempt is repeated; None the client's setting."""
    headers: Mapping[str, str] | None
    """Further request headers."""
    idempotency_key: str | None
    """Your own ``Idempotency-Key``; creations and turns get a UUID4 of their own without one."""
    on_invalid_response: OnInvalidResponse | None
    """``"raise"`` or ``"salvage"``: what becomes of an answer that breaks the contract."""


OPTION_NAMES = frozenset(Options.__annotations__)
_OWN_HEADERS = (
    "accept accept-encoding authorization content-length content-type host idempotency-key transfer-encoding"
    " x-uniqos-sdk"
)
REFUSED_HEADERS = frozenset(_OWN_HEADERS.split())
EMPTY_STATUSES = frozenset({202, 204, 205})  # these may answer without a body
_LONGEST_PATH = 32 * 1024
_MOST_SECONDS = 2_000_000  # sockets of Windows take no more than 2,147,483
# Compiled by the first who needs them, and not by every import.
_CONTROL = r"[\x00-\x1f\x7f]"
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_HEADER_VALUE = r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?"


@dataclass(frozen=True, slots=True)
class Operation(Generic[R]):
    """One endpoint: where it is, what goes in, what comes out, and what sending it twice may cost.

    ``resend``: ``"safe"`` has no second effect; ``"keyed"`` carries an Idempotency-Key; ``"billed"`` carries one too
    and is not sent again after a timeout, when the turn may still be running; ``"once"`` may have a second effect and
    is only sent again when the first request surely never ran; ``"limited"`` is like it, and a 429 of it speaks of a
    limit of its own, such as once an hour, which no short wait will lift.
    """

    method: Method
    path: str
    returns: type[R]
    body: type[RequestModel] | None = None
    query: type[RequestModel] | None = None
    resend: Resend = "once"
    reserved: frozenset[str] = frozenset()
    """Values that the last parameter cannot have, since that path is another operation's."""
    params: tuple[str, ...] = field(init=False)
    """Names of the path's parameters, in order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", tuple(part.partition("}")[0] for part in self.path.split("{")[1:]))
        if self.method != "POST":
            object.__setattr__(self, "resend", "safe")

    @property
    def label(self) -> str:
        """The endpoint in words, for messages."""
        return f"{self.method} {self.path}"

    def returning(self, model: type[S]) -> Operation[S]:
        """The same endpoint where the request asks for another answer."""
        return replace(self, returns=model)  # type: ignore[arg-type, return-value]


@dataclass(slots=True)
class Request:
    """One call, ready to be sent any number of times."""

    method: str
    path: str
    label: str
    content: bytes | None
    headers: list[tuple[bytes, bytes]]
    resend: Resend
    idempotency_key: str | None = None
    timeout: float | None = None
    deadline: float | None = None
    max_retries: int | None = None
    on_invalid_response: OnInvalidResponse | None = None


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
            raise _refused(f"{op.params[-1]}={path[-1]!r} is no id: that path is another operation's")
        request.path = op.path.format(**ids)
    rest = _take_options(request, fields) if fields else fields
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
        raise _refused(
            f"{op.label}: ids and query are {len(request.path)} bytes long; at most {_LONGEST_PATH} can be sent"
        )
    if op.resend in ("keyed", "billed") and request.idempotency_key is None:
        request.idempotency_key = str(uuid4())
    if request.idempotency_key is not None:
        request.headers.append((b"Idempotency-Key", request.idempotency_key.encode()))
    return request


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


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords, of which one of None was not given: so it is in the official SDK."""
    return {name: value for name, value in fields.items() if value is not None}


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
    bind(partial, Wire(text))
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


def _id(name: str, value: Any) -> str:
    """Return an id as it stands in a path, percent-encoded."""
    text = value if isinstance(value, str) else _as_text(value)
    if text is None:
        raise _refused(f"{name} must be a string, got {type(value).__name__}")
    if text in ("", ".", "..") or re.search(_CONTROL, text):
        raise _refused(f'{name}={text!r} is no id: it must not be empty, ".", ".." or hold control characters')
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise _refused(f"{name}={text!r} is no id: it holds half a surrogate pair") from None


def _as_text(value: Any) -> str | None:
    """Return what JSON writes as text, such as a UUID, as that text; None of anything else."""
    try:
        value = plain(value, "")
    except pydantic.ValidationError:
        return None
    return value if isinstance(value, str) else None


def _take_options(request: Request, fields: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(fields)
    for name in OPTION_NAMES & rest.keys():
        value = rest.pop(name)
        if value is None:
            continue
        if name == "headers":
            if not isinstance(value, Mapping):
                raise _refused(f"headers must be a mapping, got {type(value).__name__}")
            for key, text in value.items():
                if str(key).lower() in REFUSED_HEADERS:
                    raise _refused(f"the header {key} is the SDK's own; see the options for what you want to set")
                request.headers.append((header_name(key), header_value(key, text)))
        elif name == "idempotency_key":
            request.idempotency_key = header_value("idempotency_key", value).decode()
        else:
            setattr(request, name, check_option(name, value))
    return rest


def check_option(name: str, value: Any) -> Any:
    """Return a valid option, as the client and each call take it."""
    value = unboxed(value)
    if name in ("timeout", "deadline"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value <= _MOST_SECONDS:
            raise _refused(f"{name} must be a number of seconds, 0 (no limit) to {_MOST_SECONDS:,}, got {shown(value)}")
    elif name == "max_retries":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _refused(f"max_retries must be a whole number, 0 or more, got {shown(value)}")
    elif name == "on_invalid_response" and not (isinstance(value, str) and value in ("raise", "salvage")):
        raise _refused(f'on_invalid_response must be "raise" or "salvage", got {value!r}')
    return value


def shown(value: Any) -> str:
    """A wrong value as an error shows it."""
    try:
        return repr(value)
    except ValueError:  # Python writes no number with thousands of digits
        return "a number with thousands of digits"


def header_name(name: str) -> bytes:
    """A header's name as bytes, or a clear error."""
    if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
        raise _refused(f"{name!r} is not a header name")
    return name.encode()


def header_value(name: str, value: Any) -> bytes:
    """Return a header's value as bytes, or raise an error that does not repeat it: it may be a secret."""
    text = value if isinstance(value, Secret) else _as_text(value)
    if text is None or not re.fullmatch(_HEADER_VALUE, text):
        raise _refused(f"{name} must be visible ASCII text, without line breaks, to travel in a header")
    return text.encode()


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
        raise _refused(f"{op.label}: the body must be a model or a mapping, got {type(data).__name__}")
    try:
        # Our own models too: model_construct builds them unchecked.
        return ready(model).model_validate(given(data) if isinstance(data, BaseModel) else data)
    except pydantic.ValidationError as exc:
        raise _refused_values(exc, f"{op.label}: ") from exc.__cause__  # what a serializer of the caller's raised


def _json(op: Operation[Any], valid: RequestModel) -> bytes:
    try:
        return valid.__pydantic_serializer__.to_json(valid, exclude_unset=True, by_alias=True)
    except ValueError as exc:
        raise _refused(f"{op.label}: the body is not JSON: {exc}") from None


def _query(valid: RequestModel) -> list[tuple[str, str]]:
    values = valid.model_dump(exclude_none=True, exclude_unset=True, by_alias=True)
    return [(name, _query_text(name, value)) for name, value in values.items()]


def _query_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise _refused(f"{name} needs a time zone, e.g. datetime.now(timezone.utc)")
            return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, (str, int, float)):
            return str(value)
    except (OverflowError, ValueError):
        raise _refused(f"{name} is too large to be sent") from None
    raise _refused(f"{name}: a query holds text, numbers, booleans and datetimes, not {type(value).__name__}")


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


def _refused(message: str) -> errors.RequestValidationError:
    return errors.RequestValidationError(message)


def as_mapping(data: Any) -> Any:
    """Return a model as the mapping that it is sent as, and anything else as it is.

    Raises:
        RequestValidationError: The model holds a value that cannot be sent.
    """
    try:
        return given(data) if isinstance(data, BaseModel) else data
    except pydantic.ValidationError as exc:
        raise _refused_values(exc) from exc.__cause__


def cursor_of(query: Body | None, filters: Mapping[str, Any]) -> str | None:
    """The cursor that a call for a page asks with."""
    cursor = _listed("cursor", query, filters)
    return cursor if isinstance(cursor, str) else None  # another will be refused


def check_page_size(query: Body | None, filters: Mapping[str, Any]) -> None:
    """Refuse a ``limit`` that is none, also where the public contract does not know the keys of a query."""
    size = unboxed(_listed("limit", query, filters))
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise _refused(f"limit must be a whole number, 1 or more, got {shown(size)}")


def next_page(query: Body | None, filters: Mapping[str, Any], cursor: str) -> tuple[Body | None, Mapping[str, Any]]:
    """Query and keywords of the page after this one."""
    if query is None:
        return None, {**filters, "cursor": cursor}
    return {**as_mapping(query), "cursor": cursor}, filters


def _listed(name: str, query: Body | None, filters: Mapping[str, Any]) -> Any:
    named = as_mapping(filters if query is None else query)
    return named.get(name) if isinstance(named, Mapping) else None  # what is neither will be refused
