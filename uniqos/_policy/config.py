"""Settings from a client's options and the environment: credentials, the base URL, and who may see a live key."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from .._base.secret import NotText, Secret, hide, hide_key, redact
from .._wire.options import header_value, merge_headers
from .._wire.urls import ascii_host, is_loopback, parsed_url
from ..errors import ConfigurationError
from .logging import LeveledLogger
from .options import Config, Environment, check_options

DEFAULT_BASE_URL = "https://api.uniqos.ai"
_API_KEY = re.compile(r"uniq_(live|test)_[A-Za-z0-9]{8,}")


def resolve(api_key: Any, access_token: str | None, base_url: str | None, **options: Any) -> Config:
    """Return the settings of a new client, from its options and the environment.

    Raises:
        ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or another setting is wrong.
    """
    checked = check_options(options)
    log = LeveledLogger(checked.get("log_level", "warning"), checked.get("logger"))
    credential = _credential(api_key, access_token)
    if base_url is None:
        base_url = hide(os.environ.get("UNIQOS_BASE_URL") or DEFAULT_BASE_URL)
    url = _base_url(base_url, log)
    config = Config(**credential, base_url=url, **checked)
    _check_secrecy(config)
    shown = redact(config.token)
    log.debug("uniqos: client initialized", environment=config.environment, base_url=url, api_key=shown)
    return config


def change(config: Config, **options: Any) -> Config:
    """Return the settings with these options changed. Headers are added to those of the settings."""
    checked = check_options(options)
    if "headers" in checked:
        checked["headers"] = tuple(merge_headers(config.headers, checked["headers"]))
    return replace(config, **checked)


def change_credentials(config: Config, api_key: Any, access_token: str | None) -> Config:
    """Return the settings with another credential, which must be given.

    Raises:
        ConfigurationError: ``missing_api_key`` or ``invalid_api_key_format``.
    """
    if api_key is None and access_token is None:
        raise ConfigurationError("no API key: with_credentials needs one", code="missing_api_key")
    changed = replace(config, **_credential(api_key, access_token))
    _check_secrecy(changed)
    return changed


def config_with_key(config: Config, key: Any) -> Config:
    """Return the settings of one call, for the key that a function gave.

    Raises:
        ConfigurationError: ``missing_api_key``, ``invalid_api_key_format``, or the key may not be sent there.
    """
    changed = replace(config, **_key_settings(key))
    _check_secrecy(changed)
    return changed


def _key_settings(key: Any) -> dict[str, Any]:
    token, environment = _checked_credential("" if key is None else key, None)
    return {"token": token, "environment": environment}


def _credential(api_key: Any, access_token: str | None) -> dict[str, Any]:
    """Return the settings for the key or token: its text, its environment, and the function that gives it."""
    api_key, access_token = hide_key(api_key), hide(access_token)
    if access_token is None and callable(api_key):
        if not isinstance(api_key, Hashable):
            raise ConfigurationError(
                f"api_key must be hashable as a function is, got an object of {type(api_key).__name__}: give it a "
                "__hash__, as a dataclass has with frozen=True"
            )
        return {"token": Secret(), "environment": None, "key_source": api_key}
    token, environment = _checked_credential(api_key, access_token)
    return {"token": token, "environment": environment, "key_source": None}


def _checked_credential(api_key: Any, access_token: str | None) -> tuple[str, Environment | None]:
    """Return the key or token, and the environment that a key belongs to."""
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


def _check_secrecy(config: Config) -> None:
    """Refuse settings by which a live credential would leave this machine unencrypted.

    A key that a function gives is checked in each call.
    """
    url, token, proxy = config.base_url, config.token, config.proxy
    if config.environment == "test" or not url.startswith("http://") or not token:
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

    This function raises nothing: its local variables may hold a password, and many tools show those of a traceback.
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
