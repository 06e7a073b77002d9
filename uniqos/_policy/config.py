"""A client's settings: checked when it is made, before anything is sent."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from inspect import iscoroutinefunction
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import httpx

from .._base.secret import NotText, hide, redact
from .._wire.body import MAX_BODY_BYTES
from .._wire.operation import OnInvalidResponse
from .._wire.options import check_option, header_value, shown
from .._wire.urls import parsed_url
from ..errors import ConfigurationError
from .logging import LeveledLogger, Logger, LogLevel, check_logger, is_level

if TYPE_CHECKING:
    import ssl

    from .drift import OnDrift
    from .observer import Observer
from .._wire.urls import ascii_host, is_loopback

Environment = Literal["live", "test"]
DEFAULT_BASE_URL = "https://api.uniqos.ai"
# Above the server's turn ceiling of 75 s: a slow turn then ends in its unbilled 504 instead of
# a client that gives up on a turn which goes on, and is billed.
DEFAULT_TIMEOUT = 90.0
DEFAULT_MAX_RETRIES = 3
DEFAULT_MAX_CONNECTIONS = 1000
_API_KEY = re.compile(r"uniq_(live|test)_[A-Za-z0-9]{8,}")


@dataclass(frozen=True)
class Config:
    """Everything a client was told, resolved and checked."""

    token: str = field(repr=False)
    environment: Environment | None
    base_url: str
    timeout: float = DEFAULT_TIMEOUT
    deadline: float | None = None
    max_retries: int = DEFAULT_MAX_RETRIES
    on_invalid_response: OnInvalidResponse = "raise"
    log_level: LogLevel = "warning"
    logger: Logger | logging.Logger | None = field(default=None, hash=False)  # one with its own __eq__ has no hash
    on_drift: OnDrift | None = None
    observer: Observer | None = None
    max_response_bytes: int = MAX_BODY_BYTES
    max_connections: int = DEFAULT_MAX_CONNECTIONS
    proxy: str | None = field(default=None, repr=False)
    verify: ssl.SSLContext | str | None = None

    def __repr__(self) -> str:
        return (
            f"api_key={redact(self.token)!r}, base_url={self.base_url!r}, timeout={self.timeout:g}, "
            f"max_retries={self.max_retries}"
        )

    def changed(self, **changes: Any) -> Config:
        """The same settings but for ``changes`` (None: unchanged), checked again."""
        return replace(self, **_checked({name: value for name, value in changes.items() if value is not None}))

    def of_another(self, api_key: str | None, access_token: str | None) -> Config:
        """The same settings with other credentials, which must be given."""
        if api_key is None and access_token is None:
            raise ConfigurationError("no API key: with_credentials needs one", code="missing_api_key")
        token, environment = _credentials(api_key, access_token)
        _check_secrecy(self.base_url, token, environment, self.proxy)
        return replace(self, token=token, environment=environment)

    @property
    def log(self) -> LeveledLogger:
        return LeveledLogger(self.log_level, self.logger)


def resolve(
    api_key: str | None,
    access_token: str | None,
    base_url: str | None,
    **options: Any,
) -> Config:
    """A Config from a client's arguments and the environment variables.

    Raises:
        ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or another setting is wrong.
    """
    options = _checked({name: value for name, value in options.items() if value is not None})
    log = LeveledLogger(options.get("log_level", "warning"), options.get("logger"))
    token, environment = _credentials(api_key, access_token)
    if base_url is None:
        base_url = hide(os.environ.get("UNIQOS_BASE_URL") or DEFAULT_BASE_URL)
    url = _base_url(base_url, log)
    _check_secrecy(url, token, environment, options.get("proxy"))
    config = Config(token, environment, url, **options)
    log.debug("uniqos: client initialized", environment=environment, base_url=url, api_key=redact(token))
    return config


def _credentials(api_key: str | None, access_token: str | None) -> tuple[str, Environment | None]:
    api_key, access_token = hide(api_key), hide(access_token)
    if access_token is not None:
        if api_key is not None:
            raise ConfigurationError("give api_key or access_token, not both")
        if not isinstance(access_token, str) or not access_token:
            raise ConfigurationError("access_token must be a portal JWT", code="missing_api_key")
        header_value("access_token", access_token)
        return access_token, None
    if api_key is None:
        api_key = hide(os.environ.get("UNIQOS_API_KEY", ""))
    if isinstance(api_key, NotText):
        raise ConfigurationError(f"api_key must be a string, got {api_key.kind}", code="missing_api_key")
    if not api_key:
        raise ConfigurationError(
            "no API key: pass api_key=..., or set UNIQOS_API_KEY in the environment", code="missing_api_key"
        )
    match = _API_KEY.fullmatch(api_key)
    if match is None:
        raise ConfigurationError(
            "this is not an API key: one looks like uniq_live_... or uniq_test_... with at least 8 letters and digits, "
            "without spaces or line ends around it (a portal JWT goes to access_token=)",
            code="invalid_api_key_format",
        )
    return api_key, "live" if match[1] == "live" else "test"


def _check_secrecy(url: str, token: str, environment: Environment | None, proxy: str | None) -> None:
    if environment == "test" or not url.startswith("http://"):
        return
    host = urlsplit(url).hostname or ""
    if not is_loopback(host):
        raise ConfigurationError(
            f"base_url {url} would send a live credential unencrypted; use https, or a loopback address"
        )
    from .._network.proxy import proxy_of_environment  # a live credential over plain HTTP is rare

    proxy = proxy or proxy_of_environment(url, token)
    if proxy is not None and not is_loopback(urlsplit(proxy).hostname or ""):
        raise ConfigurationError(
            f"the proxy would get a live credential unencrypted on its way to {url}; give none, or except {host} by "
            "NO_PROXY"
        )


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """The options, checked, and two of them in the form that is kept."""
    for name, value in list(options.items()):
        if name == "log_level":
            if not is_level(value):
                raise ConfigurationError(f"log_level must be debug, info, warning, error or silent, got {value!r}")
        elif name == "on_drift":
            later = callable(value) and (iscoroutinefunction(value) or iscoroutinefunction(value.__call__))
            if not callable(value) or later or not isinstance(value, Hashable):
                raise ConfigurationError("on_drift must be a plain function, which is called with a DriftReport")
        elif name == "observer":
            _check_observer(value)
        elif name in ("max_connections", "max_response_bytes"):
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigurationError(f"{name} must be a whole number, 1 or more, got {shown(value)}")
        elif name == "proxy":
            from .._network.proxy import checked_proxy  # few have one

            options[name] = checked_proxy(value)
        elif name == "verify":
            options[name] = _checked_verify(value)
        elif name == "logger":
            problem = check_logger(value)
            if problem is not None:
                raise ConfigurationError(problem)
        else:
            options[name] = check_option(name, value)
    return options


def _check_observer(value: Any) -> None:
    from .observer import Observer  # few have one

    names = [name for name in vars(Observer) if not name.startswith("_")]
    fits = isinstance(value, Observer) and isinstance(value, Hashable) and not isinstance(value, type)
    if not fits or any(iscoroutinefunction(getattr(value, name)) for name in names):
        raise ConfigurationError(
            f"observer must be an object derived from uniqos.Observer, with plain functions: {', '.join(names)}"
        )


def _checked_verify(value: Any) -> Any:
    """A TLS context as it is, a path as text."""
    if hasattr(value, "wrap_socket") and not isinstance(value, (type, ModuleType)):  # without importing ssl
        return value
    if not isinstance(value, (str, os.PathLike)):
        raise ConfigurationError(
            f"verify must be an ssl.SSLContext, or the path of certificates to trust, got {value!r}; without any check "
            "of certificates whoever is in between reads key and messages"
        )
    path = os.path.abspath(os.fsdecode(value))
    try:
        names = os.listdir(path) if os.path.isdir(path) else None
    except OSError as exc:
        raise ConfigurationError(f"verify={path!r}: the folder cannot be read: {exc}") from None
    if not os.fspath(value) or not os.path.exists(path):
        raise ConfigurationError(f"verify={value!r}: there are no certificates")
    if names is not None and not any(re.fullmatch(r"[0-9a-f]{8}\.\d+", name) for name in names):
        raise ConfigurationError(f"verify={path!r}: no file is named by its certificate's hash; see openssl rehash")
    return path


def _base_url(url: Any, log: LeveledLogger) -> str:
    """Return the base URL without a path of ``/v1``. No error text repeats the URL: it may hold a password."""
    url = hide(url)
    if isinstance(url, NotText):
        raise ConfigurationError(f"base_url must be a string, got {url.kind}")
    problem, parts = _parsed_base_url(url)
    if parts is None:
        raise ConfigurationError(f"base_url {problem}; it must look like {DEFAULT_BASE_URL}")
    origin, path = parts
    if path == "/v1":
        log.debug("uniqos: /v1 was taken off base_url; the SDK adds it itself", base_url=origin)
        return origin
    if path:
        log.warning("uniqos: base_url has a path; /v1/... will be added after it", base_url=origin + path)
    return origin + path


def _parsed_base_url(url: str) -> tuple[str, tuple[str, str] | None]:
    """Return the problem of a URL, or its origin and path.

    It raises nothing, for its local variables hold what the URL does, and many tools show those of a traceback.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "is not a URL", None
    try:
        port = parts.port
    except ValueError:
        return "has a port that is no number from 0 to 65535", None
    if parts.username is not None or parts.query or parts.fragment:
        return "must not hold a user, a query or a fragment", None
    if parts.scheme not in ("http", "https"):
        return "does not begin with https:// or http://", None
    if not host:
        return "names no host", None
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        return "holds white space or control characters", None
    try:
        origin = f"{parts.scheme}://{ascii_host(host)}" + (f":{port}" if port is not None else "")
    except ValueError:
        return "has a host that is neither a name nor an address", None
    path = parts.path.rstrip("/")
    try:
        parsed_url(origin + path)  # httpx refuses malformed addresses
    except (httpx.InvalidURL, ValueError):
        return "is not a URL", None
    return "", (origin, path)
