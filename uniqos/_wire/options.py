"""The options that every call takes, and the rules for their values and for headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pydantic
from typing_extensions import TypedDict

from .. import errors
from .._base.plain import to_plain, unbox
from .._base.secret import Secret
from .operation import OnInvalidResponse, Request


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
_MOST_SECONDS = 2_000_000  # sockets of Windows take no more than 2,147,483
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_HEADER_VALUE = r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?"


def as_text(value: Any) -> str | None:
    """Return what JSON writes as text, such as a UUID, as that text; None of anything else."""
    try:
        value = to_plain(value, "")
    except pydantic.ValidationError:
        return None
    return value if isinstance(value, str) else None


def take_options(request: Request, fields: Mapping[str, Any]) -> dict[str, Any]:
    rest = dict(fields)
    for name in OPTION_NAMES & rest.keys():
        value = rest.pop(name)
        if value is None:
            continue
        if name == "headers":
            if not isinstance(value, Mapping):
                raise refused(f"headers must be a mapping, got {type(value).__name__}")
            for key, text in value.items():
                if str(key).lower() in REFUSED_HEADERS:
                    raise refused(f"the header {key} is the SDK's own; see the options for what you want to set")
                request.headers.append((header_name(key), header_value(key, text)))
        elif name == "idempotency_key":
            request.idempotency_key = header_value("idempotency_key", value).decode()
        else:
            setattr(request, name, check_option(name, value))
    return rest


def check_option(name: str, value: Any) -> Any:
    """Return a valid option, as the client and each call take it."""
    value = unbox(value)
    if name in ("timeout", "deadline"):
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 <= value <= _MOST_SECONDS:
            raise refused(f"{name} must be a number of seconds, 0 (no limit) to {_MOST_SECONDS:,}, got {shown(value)}")
    elif name == "max_retries":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise refused(f"max_retries must be a whole number, 0 or more, got {shown(value)}")
    elif name == "on_invalid_response" and not (isinstance(value, str) and value in ("raise", "salvage")):
        raise refused(f'on_invalid_response must be "raise" or "salvage", got {value!r}')
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
        raise refused(f"{name!r} is not a header name")
    return name.encode()


def header_value(name: str, value: Any) -> bytes:
    """Return a header's value as bytes, or raise an error that does not repeat it: it may be a secret."""
    text = value if isinstance(value, Secret) else as_text(value)
    if text is None or not re.fullmatch(_HEADER_VALUE, text):
        raise refused(f"{name} must be visible ASCII text, without line breaks, to travel in a header")
    return text.encode()


def refused(message: str) -> errors.RequestValidationError:
    return errors.RequestValidationError(message)
