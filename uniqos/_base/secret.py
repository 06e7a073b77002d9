"""Keys and tokens whose repr is redacted, so that no traceback shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SHOWN_PREFIX = re.compile(r"uniq_(?:live|test)_[A-Za-z0-9]{0,4}")


class Secret(str):
    """A key or token as text. Its repr, which tracebacks with local variables show, is redacted."""

    def __repr__(self) -> str:
        return repr(redact(self))


class SecretBytes(bytes):
    """A secret as bytes, such as the value of a header."""

    def __repr__(self) -> str:
        return "b'***'"


class NotText:
    """A placeholder for a key that is not text. An error may name its type, but not its value."""

    def __init__(self, kind: str) -> None:
        self.kind: str = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def hide(value: Any) -> Any:
    """Return text as a Secret, None unchanged, and any other value as NotText, which is refused later."""
    if isinstance(value, str):
        return Secret(value)
    return value if value is None or isinstance(value, NotText) else NotText(type(value).__name__)


def hide_headers(headers: Any) -> Any:
    """Return headers with their text values as Secrets; return any other value unchanged."""
    if not isinstance(headers, Mapping):
        return headers
    return {name: Secret(value) if isinstance(value, str) else value for name, value in headers.items()}


def hide_key(value: Any) -> Any:
    """Return a function that gives the key unchanged, and any other value as ``hide`` does."""
    return value if callable(value) and not isinstance(value, type) else hide(value)


def hide_options(options: dict[str, Any]) -> None:
    """Hide the secrets among the keywords of a client.

    The dict is changed in place: as a local variable of the caller, it would show the secrets in a traceback.
    """
    for name in options.keys() & {"api_key", "access_token", "base_url", "proxy"}:
        options[name] = hide(options[name])
    if "headers" in options:
        options["headers"] = hide_headers(options["headers"])


def redact(secret: str) -> str:
    """Return the prefix and four characters of a key, or ``***`` for any other text."""
    shown = _SHOWN_PREFIX.match(secret)
    return f"{shown[0]}..." if shown else "***"
