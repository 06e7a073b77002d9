"""The options that a call takes, their rules, and the rules for headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import pydantic
from typing_extensions import TypedDict

from .. import errors
from .._base.plain import to_plain, unbox
from .._base.secret import Secret

OnInvalidResponse = Literal["raise", "salvage"]
HeaderPair = tuple[bytes, bytes]
Check = Callable[[str, Any], Any]
"""Takes an option's name and value; returns the value to keep, or raises the error that names both."""


# An option that a client and a call share has its place here four times: its type, its rule, and its value in each.


class SharedOptions(TypedDict, total=False):
    """The options that a client and each of its calls take. None leaves a setting as it is."""

    timeout: float | None
    """Seconds one attempt may take, 90 by default; 0 is no limit. The default lies above the server's own limit of
    about 75 s: a slow turn then ends in the server's unbilled 504. A client that gave up earlier would be billed."""
    deadline: float | None
    """Seconds a whole call may take, retries and waits included; 0 is no limit, which is the default."""
    max_retries: int | None
    """How often a failed attempt is repeated, 3 times by default; 0 is never."""
    on_invalid_response: OnInvalidResponse | None
    """``"raise"``, the default: an answer that breaks the contract raises a ResponseValidationError, which carries it.
    ``"salvage"``: the fields that fit are returned, and the problems are listed on ``.http``."""


@dataclass(frozen=True, kw_only=True)
class SharedSettings:
    """The shared options of a client, with their defaults."""

    timeout: float = 90.0
    deadline: float | None = None
    max_retries: int = 3
    on_invalid_response: OnInvalidResponse = "raise"


@dataclass(slots=True, kw_only=True)
class CallSettings:
    """The shared options of one call. None is the client's setting."""

    timeout: float | None = None
    deadline: float | None = None
    max_retries: int | None = None
    on_invalid_response: OnInvalidResponse | None = None


def settings_of(call: CallSettings, client: SharedSettings) -> SharedSettings:
    """Return the shared settings that count for a call: its own, and else the client's."""
    values = {field.name: getattr(call, field.name) for field in fields(CallSettings)}
    own = {name: value for name, value in values.items() if value is not None}
    return SharedSettings(**{field.name: getattr(client, field.name) for field in fields(SharedSettings)} | own)


class Options(SharedOptions, total=False):
    """The options of every method, for this one call. None is the client's setting."""

    headers: Mapping[str, str] | None
    """Further request headers. They win over the client's."""
    idempotency_key: str | None
    """The ``Idempotency-Key`` of the call. By default, creations and turns get a random UUID4."""


OPTION_NAMES = Options.__optional_keys__
_OWN_HEADERS = (
    "accept accept-encoding authorization content-length content-type host idempotency-key transfer-encoding"
    " x-uniqos-sdk"
)
REFUSED_HEADERS = frozenset(_OWN_HEADERS.split())
_MOST_SECONDS = 2_000_000  # sockets of Windows take no more than 2,147,483
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_HEADER_VALUE = r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?"


def as_text(value: Any) -> str | None:
    """Return the text that JSON writes for a value such as a UUID; None for anything that is not text in JSON."""
    try:
        value = to_plain(value, "")
    except pydantic.ValidationError:
        return None
    return value if isinstance(value, str) else None


def take_options(request: CallSettings, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Set the options among ``fields`` on ``request``, and return the other fields."""
    rest = dict(fields)
    for name in OPTION_NAMES & rest.keys():
        value = rest.pop(name)
        if value is not None:
            setattr(request, name, check_option(name, value))
    return rest


def check_option(name: str, value: Any) -> Any:
    """Return the value of a call's option in the form that is kept, or raise a RequestValidationError."""
    return CALL_CHECKS[name](name, value)


def seconds(name: str, value: Any) -> Any:
    """Check a number of seconds."""
    value = unbox(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value <= _MOST_SECONDS:
        raise refused(f"{name} must be a number of seconds, 0 (no limit) to {_MOST_SECONDS:,}, got {shown(value)}")
    return value


def whole_number(least: int, error: type[errors.ConfigurationError] = errors.RequestValidationError) -> Check:
    """Return the check of a whole number that is ``least`` or more."""

    def check(name: str, value: Any) -> Any:
        value = unbox(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise error(f"{name} must be a whole number, {least} or more, got {shown(value)}")
        return value

    return check


def one_of(*words: str) -> Check:
    """Return the check of a word out of ``words``."""
    choice = " or ".join(f'"{word}"' for word in words)

    def check(name: str, value: Any) -> Any:
        value = unbox(value)
        if not isinstance(value, str) or value not in words:
            raise refused(f"{name} must be {choice}, got {value!r}")
        return value

    return check


def _headers(name: str, value: Any) -> list[HeaderPair]:
    if not isinstance(value, Mapping):
        raise refused(f"headers must be a mapping, got {type(value).__name__}")
    for key in value:
        if str(key).lower() in REFUSED_HEADERS:
            raise refused(f"the header {key} is the SDK's own; see the options for what you want to set")
    return [(header_name(key), header_value(key, text)) for key, text in value.items()]


def merge_headers(headers: Sequence[HeaderPair], over: Sequence[HeaderPair]) -> list[HeaderPair]:
    """Return the headers with those of ``over`` in place of the ones of the same name."""
    names = {name.lower() for name, _ in over}
    return [pair for pair in headers if pair[0].lower() not in names] + [*over]


def _idempotency_key(name: str, value: Any) -> str:
    return header_value(name, value).decode()


SHARED_CHECKS: dict[str, Check] = {
    "timeout": seconds,
    "deadline": seconds,
    "max_retries": whole_number(0),
    "on_invalid_response": one_of("raise", "salvage"),
}
CALL_CHECKS: dict[str, Check] = {**SHARED_CHECKS, "headers": _headers, "idempotency_key": _idempotency_key}


def shown(value: Any) -> str:
    """Return a wrong value as an error shows it."""
    try:
        return repr(value)
    except ValueError:  # Python writes no number with thousands of digits
        return "a number with thousands of digits"


def header_name(name: str) -> bytes:
    """Return a header's name as bytes, or raise an error that names it."""
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
    """Return the error of an argument that cannot be sent."""
    return errors.RequestValidationError(message)
