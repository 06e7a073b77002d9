"""Keys and tokens that no repr and no traceback shows."""

from __future__ import annotations

import re
from typing import Any

_SHOWN = re.compile(r"uniq_(?:live|test)_[A-Za-z0-9]{0,4}")


class Secret(str):
    """A key or token: text like any other, except in a repr, and so in a traceback that shows local variables."""

    def __repr__(self) -> str:
        return repr(redact(self))


class SecretBytes(bytes):
    """The same as bytes, such as the value of a header."""

    def __repr__(self) -> str:
        return "b'***'"


class Unfit:
    """Stands for a key that is no text: its type may be told, its value not."""

    def __init__(self, kind: str) -> None:
        self.kind: str = kind

    def __repr__(self) -> str:
        return f"<{self.kind}>"


def hide(value: Any) -> Any:
    """Return a text as a Secret, None as it is, and anything else as Unfit, to be refused later."""
    if isinstance(value, str):
        return Secret(value)
    return value if value is None or isinstance(value, Unfit) else Unfit(type(value).__name__)


def hide_options(options: dict[str, Any]) -> None:
    """Hide the secrets among the keywords of a client, in place, since the caller's local variable is that dict."""
    for name in options.keys() & {"api_key", "access_token", "base_url", "proxy"}:
        options[name] = hide(options[name])


def redact(secret: str) -> str:
    """Return a key as it may be shown: its prefix and four characters. Of any other text nothing is shown."""
    shown = _SHOWN.match(secret)
    return f"{shown[0]}..." if shown else "***"
