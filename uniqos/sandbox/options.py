"""The options of the sandbox: their types, their default values, and the check of given values."""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike
from typing import Any, NamedTuple

from typing_extensions import TypedDict

from .._base.secret import hide
from .._wire.options import shown
from ..errors import ConfigurationError


class SandboxOptions(TypedDict, total=False):
    """The options of every sandbox, with or without a server. Each one may be left out."""

    database: str | PathLike[str]
    """The SQLite file that keeps the state. Default: ``":memory:"``, which keeps it until the sandbox ends."""
    seed: int
    """The seed of the choice of words in replies. The same seed gives the same replies. Default: 0."""
    pause: float
    """Seconds between two events of a stream. Default: 0.02 with a server, 0 in process and in the pytest plugin."""
    requests_per_second: int
    """The rate limit. A request above it gets the error ``rate_limit_exceeded``. Default: 1000."""
    llm: str | None
    """The address of an OpenAI-compatible server that makes the replies, up to and without ``/chat/completions``.

    Its key comes from the variable ``UNIQOS_LLM_API_KEY``. Default: None, for replies from templates.
    """
    llm_model: str
    """The name of the model at that server. Default: ``"default"``."""


class ServerOptions(SandboxOptions, total=False):
    """The options of a sandbox with a server: its address, and those of ``SandboxOptions``."""

    host: str
    """The address to listen on. Default: ``"127.0.0.1"``, which only this machine reaches.

    The API key of the sandbox is public. On any other address the sandbox logs a warning, and its routes under
    ``/_sandbox`` require the ``admin_token``.
    """
    port: int
    """The port to listen on. Default: 0, which takes a free port."""


class _Option(NamedTuple):
    default: Any
    is_valid: Callable[[Any], bool]
    accepts: str
    """The values that are valid, in words."""


def _is_int(value: Any, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


_SANDBOX: dict[str, _Option] = {
    "database": _Option(
        ":memory:", lambda value: _is_text(value) or isinstance(value, PathLike), "the path of a file, or ':memory:'"
    ),
    "seed": _Option(0, lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "pause": _Option(0.02, _is_seconds, "a number of seconds, 0 or more"),
    "requests_per_second": _Option(1000, lambda value: _is_int(value, 1), "a whole number, 1 or more"),
    # An address may hold a password: Llm checks it, and shows none of it.
    "llm": _Option(None, lambda _: True, "the address of an OpenAI-compatible server, or None"),
    "llm_model": _Option("default", _is_text, "the name of a model, as text that is not empty"),
}
_SERVER: dict[str, _Option] = {
    **_SANDBOX,
    "host": _Option("127.0.0.1", _is_text, "an address or a name of this machine, as text that is not empty"),
    "port": _Option(0, lambda value: _is_int(value, 0, 65_535), "a whole number from 0 to 65535; 0 takes a free port"),
}


def check_options(given: SandboxOptions, *, has_server: bool = True) -> dict[str, Any]:
    """Return the options of a sandbox, with the default values of those that were left out.

    Args:
        given: The options by name. The address of the language model is hidden in place: it may hold a password, and a
            traceback with local variables shows this dict.
        has_server: Whether ``host`` and ``port`` are options.

    Raises:
        ConfigurationError: The value of an option is not valid.
        TypeError: There is no such option.
    """
    if "llm" in given:
        given["llm"] = hide(given["llm"])
    known = _SERVER if has_server else _SANDBOX
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"{name!r} is not an option of this sandbox; its options are {', '.join(sorted(known))}")
        if not known[name].is_valid(value):
            raise ConfigurationError(f"{name} must be {known[name].accepts}, got {shown(value)}")
    return {**{name: option.default for name, option in known.items()}, **given}
