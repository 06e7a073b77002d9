"""The options of a client: their types, their rules, and the checked settings that are made of them."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import TypedDict

from .._base.secret import SecretBytes, redact
from .._wire.body import MAX_BODY_BYTES
from .._wire.options import (
    SHARED_CHECKS,
    Check,
    HeaderPair,
    SharedOptions,
    SharedSettings,
    check_option,
    whole_number,
)
from ..errors import ConfigurationError
from .logging import LeveledLogger, Logger, LogLevel, check_logger, is_level

if TYPE_CHECKING:
    import ssl

    import httpx

    from .. import middleware as middlewares
    from . import drift as drifts
    from . import observer as observers
    from . import telemetry as telemetries

Environment = Literal["live", "test"]
_OF_THE_CONNECTION = "the SDK decides it for each connection"
_NOT_FOR_EVERY_CALL = {
    **dict.fromkeys(("connection", "expect", "keep-alive", "te", "trailer", "upgrade"), _OF_THE_CONNECTION),
    "cookie": "the SDK keeps no cookies; give those of a load balancer to an http_client",
    "proxy-authorization": "only the proxy may see it; put user and password into proxy=",
}
"""The headers that a client refuses beside the SDK's own, and the reasons."""
DEFAULT_MAX_CONNECTIONS = 1000
SYSTEM = "system"
"""The value of ``verify`` for the operating system's trust store."""
KeySource = Callable[[], str]
"""Returns the API key of a call."""
AsyncKeySource = Callable[[], str | Awaitable[str]]
"""Returns the API key of a call, or awaits it."""


# An option has its place here three times: its type, its value in a client, and its rule.


class ChangeableOptions(SharedOptions, total=False):
    """The options that a client may change and still use the same connections."""

    headers: Mapping[str, str] | None
    """Further headers of every request, such as the key of a gateway. A call's headers win over them, and those of
    ``with_options`` are added to them. Logs and the observer do not see them."""
    log_level: LogLevel | None
    """``"debug"``, ``"info"``, ``"warning"`` (the default), ``"error"`` or ``"silent"``."""
    logger: Logger | logging.Logger | None
    """Takes the log lines: a logger of ``logging``, structlog or loguru. It may also be any object with the methods
    debug, info, warning and error that take a message and a mapping. The default is ``logging.getLogger("uniqos")``."""
    max_response_bytes: int | None
    """How many bytes an answer may have, decompressed, 32 MiB by default. For a stream this limits all its events
    together. Downloads to a file have a separate limit."""
    observer: observers.Observer | None
    """Is called at each step of each call, for metrics and traces."""
    middleware: Sequence[middlewares.Middleware | middlewares.AsyncMiddleware] | None
    """Functions around each attempt of a call, the outermost first: see ``uniqos.middleware``. They may add headers,
    see status and timing, and answer by themselves. An empty list removes those of the client."""
    telemetry: bool | telemetries.Telemetry | None
    """Spans and metrics of OpenTelemetry, with the extra ``otel``: True, or the settings of ``uniqos.telemetry``. False
    turns off those that an instrumentation has turned on for all clients."""
    on_drift: drifts.OnDrift | None
    """A function that is called with a DriftReport, once for each finding: a field, a word or an event that this
    version does not know, or a field that was salvaged. An exception that it raises is logged, and the call goes on."""


class Credentials(TypedDict, total=False):
    """The credential of a client: one of the two."""

    api_key: str | KeySource | AsyncKeySource | None
    """``uniq_live_...`` or ``uniq_test_...``; by default the environment's UNIQOS_API_KEY. For a secret that rotates, a
    function without arguments that returns it. The function is called once for each call. With an asynchronous client,
    it may be a coroutine function. ``deadline`` counts its time, and does not end it: give it a timeout of its own."""
    access_token: str | None
    """A portal JWT instead of a key, for the calls that only a person may make (``personalities.dry_run``)."""


class ClientOptions(Credentials, ChangeableOptions, total=False):
    """The options of a client. None is the default."""

    base_url: str | None
    """Address of the API without ``/v1``; by default the environment's UNIQOS_BASE_URL, else https://api.uniqos.ai."""
    max_connections: int | None
    """How many calls may be under way at once, for each event loop, 1,000 by default. Further calls wait."""
    proxy: str | None
    """URL of the proxy to use: ``http://user:password@host:port``, ``https://``, or ``socks5://`` with the extra
    ``socks``. By default HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY of the environment count, except for the
    sandbox on this machine."""
    verify: ssl.SSLContext | str | os.PathLike[str] | None
    """The certificates to trust instead of the usual ones: the path of a file or folder, or an SSLContext. A file that
    is replaced counts from the next new connection on, as SSL_CERT_FILE and SSL_CERT_DIR do. ``"system"``, with the
    extra ``truststore``, means the certificate authorities that the operating system trusts."""
    http_client: httpx.Client | httpx.AsyncClient | None
    """An httpx client of yours that sends the requests, with its own connections, proxy, hooks and auth. Closing it is
    up to you. Its default headers, params and cookies are sent too; a header that the SDK sets itself wins over them.
    Its base_url, timeout and follow_redirects are not used. It limits the time of each read, but not of all reads
    together: an answer whose headers arrive very slowly can outlive the deadline. A hook or auth may call
    ``raise_for_status()``: the call then raises the API's typed error, with the API's own message if the hook has read
    the answer. Any other exception of a hook is passed on unchanged, unless it is an OSError or a failure of the
    network."""


@dataclass(frozen=True)
class Config(SharedSettings):
    """The settings of a client, checked."""

    token: str = field(repr=False)
    environment: Environment | None
    base_url: str
    headers: tuple[HeaderPair, ...] = field(default=(), repr=False)
    log_level: LogLevel = "warning"
    logger: Logger | logging.Logger | None = field(default=None, hash=False)  # one with its own __eq__ has no hash
    max_response_bytes: int = MAX_BODY_BYTES
    observer: observers.Observer | None = None
    middleware: tuple[Any, ...] = ()
    telemetry: telemetries.Telemetry | Literal[False] | None = None
    on_drift: drifts.OnDrift | None = None
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    proxy: str | None = field(default=None, repr=False)
    verify: ssl.SSLContext | str | None = None
    key_source: Callable[[], Any] | None = None
    """Gives the key of each call, which is the ``token`` of that call's settings."""

    def __repr__(self) -> str:
        key = "<function>" if self.key_source is not None else repr(redact(self.token))
        return f"api_key={key}, base_url={self.base_url!r}, timeout={self.timeout:g}, max_retries={self.max_retries}"

    @property
    def log(self) -> LeveledLogger:
        """The logger behind its level."""
        return LeveledLogger(self.log_level, self.logger)


def check_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are not None, in the form that is kept.

    Raises:
        ConfigurationError: A value breaks the rule of its option.
    """
    return {name: CHECKS[name](name, value) for name, value in options.items() if value is not None}


def _headers(name: str, value: Any) -> tuple[HeaderPair, ...]:
    """Return headers whose values no traceback shows."""
    headers = tuple((key, SecretBytes(text)) for key, text in check_option(name, value))
    names = [key.decode().lower() for key, _ in headers]
    for key in names:
        if key in _NOT_FOR_EVERY_CALL:
            raise ConfigurationError(f"the header {key} cannot be sent with every call: {_NOT_FOR_EVERY_CALL[key]}")
        if names.count(key) > 1:
            raise ConfigurationError(f"headers names {key} twice: case does not count in the name of a header")
    return headers


def _log_level(name: str, value: Any) -> Any:
    if not is_level(value):
        raise ConfigurationError(f"log_level must be debug, info, warning, error or silent, got {value!r}")
    return value


def _logger(name: str, value: Any) -> Any:
    problem = check_logger(value)
    if problem is not None:
        raise ConfigurationError(problem)
    return value


def _observer(name: str, value: Any) -> Any:
    from .observer import Observer  # most clients have no observer

    methods = [method for method in vars(Observer) if not method.startswith("_")]
    fits = isinstance(value, Observer) and isinstance(value, Hashable) and not isinstance(value, type)
    if not fits or any(iscoroutinefunction(getattr(value, method)) for method in methods):
        raise ConfigurationError(
            f"observer must be an object derived from uniqos.Observer, with plain functions: {', '.join(methods)}"
        )
    return value


def _middleware(name: str, value: Any) -> Any:
    fits = isinstance(value, (list, tuple)) and all(
        callable(each) and isinstance(each, Hashable) and not isinstance(each, type) for each in value
    )
    if not fits:
        raise ConfigurationError(
            f"middleware must be a list of functions (attempt, next) that return an answer, got {type(value).__name__}"
        )
    return tuple(value)


def _telemetry(name: str, value: Any) -> Any:
    from .telemetry import Telemetry  # most clients have no telemetry

    if value is False:
        return False
    if value is not True and not isinstance(value, Telemetry):
        raise ConfigurationError(
            f"telemetry must be True, False or a uniqos.telemetry.Telemetry, got {type(value).__name__}"
        )
    try:
        import opentelemetry.trace  # noqa: F401
    except ModuleNotFoundError as exc:
        from .._extras import missing_extra

        raise missing_extra("telemetry needs OpenTelemetry's API", "otel") from exc
    return Telemetry() if value is True else value


def _on_drift(name: str, value: Any) -> Any:
    is_async = callable(value) and (iscoroutinefunction(value) or iscoroutinefunction(value.__call__))
    if not callable(value) or is_async or not isinstance(value, Hashable):
        raise ConfigurationError("on_drift must be a plain function, which is called with a DriftReport")
    return value


def _proxy(name: str, value: Any) -> Any:
    from .._network.proxy import checked_proxy  # most clients have no proxy

    return checked_proxy(value)


def _verify(name: str, value: Any) -> Any:
    """Return an SSLContext unchanged, and a path as absolute text."""
    if hasattr(value, "wrap_socket") and not isinstance(value, (type, ModuleType)):  # without importing ssl
        return value
    if not isinstance(value, (str, os.PathLike)):
        raise ConfigurationError(
            f'verify must be an ssl.SSLContext, a path of certificates, or "system", got {value!r}; certificates are '
            "always checked, since otherwise any machine on the way could read the key and the messages"
        )
    if value == SYSTEM:
        try:
            import truststore  # noqa: F401
        except ModuleNotFoundError as exc:
            from .._extras import missing_extra

            raise missing_extra('verify="system" needs truststore', "truststore") from exc
        return SYSTEM
    path = os.path.abspath(os.fsdecode(value))
    try:
        names = os.listdir(path) if os.path.isdir(path) else None
    except OSError as exc:
        raise ConfigurationError(f"verify={path!r}: the folder cannot be read: {exc}") from None
    if not os.fspath(value) or not os.path.exists(path):
        raise ConfigurationError(f"verify={value!r}: there are no certificates")
    if names is not None and not any(re.fullmatch(r"[0-9a-f]{8}\.\d+", entry) for entry in names):
        raise ConfigurationError(f"verify={path!r}: no file is named by its certificate's hash; see openssl rehash")
    return path


CHECKS: dict[str, Check] = {
    **SHARED_CHECKS,
    "headers": _headers,
    "log_level": _log_level,
    "logger": _logger,
    "max_response_bytes": whole_number(1, ConfigurationError),
    "observer": _observer,
    "middleware": _middleware,
    "telemetry": _telemetry,
    "on_drift": _on_drift,
    "max_connections": whole_number(1, ConfigurationError),
    "proxy": _proxy,
    "verify": _verify,
}
"""The rule of each option. Key, token, base URL and http_client are checked where a client is made of them."""
