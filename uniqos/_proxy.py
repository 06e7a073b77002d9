"""Which proxy leads to a host, if any: by argument, else by the environment. Nothing is connected here."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from ._config import ascii_host
from ._logging import Secret, hide
from .errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")


def checked_proxy(url: str, what: str = "proxy") -> Secret:
    """A proxy's URL, which may hold a password and is shown without it.

    Raises:
        ConfigurationError: It is none, or of a kind that is not supported.
    """
    url = hide(url)
    proxy = _parsed(url) if isinstance(url, str) and "://" in url else None
    if proxy is None:
        raise ConfigurationError(
            f"{what} must look like http://user:password@host:port; http, https, socks5 and socks5h are supported"
        )
    return proxy


def _parsed(url: str) -> Secret | None:
    """A function of its own, for the parts show the password in a traceback with local variables."""
    try:
        parts = urlsplit(url)
        ascii_host(parts.hostname or "")
        httpx.Proxy(parts.geturl())
    except (ValueError, TypeError, httpx.InvalidURL):
        return None
    return None if parts.scheme not in _SCHEMES or re.search(r"[\s\x00-\x1f\x7f]", url) else Secret(parts.geturl())


def proxy_of_environment(base_url: str) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name for ``base_url``, unless NO_PROXY excepts it.

    Raises:
        ConfigurationError: The variable is no proxy's URL.
    """
    import urllib.request  # it brings half of the standard library, and is only needed for the first connection

    parts = urlsplit(base_url)
    url = _of_environment(parts.scheme)
    # Some except the host, some its port too, and an IPv6 address with or without brackets.
    if not url or any(map(urllib.request.proxy_bypass, (parts.hostname or "", parts.netloc))):
        return None
    return checked_proxy(url, "the proxy of the environment")


def _of_environment(scheme: str) -> Any:
    import urllib.request

    proxies = urllib.request.getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    return hide(f"http://{url}" if url and "://" not in url else url)


class ProxyAddress:
    """Where an HTTP proxy is, and what it wants to be told.

    Args:
        url: Its address, with user and password where it asks for them.
    """

    __slots__ = ("headers", "origin")

    def __init__(self, url: str) -> None:
        proxy = httpx.Proxy(url)
        self.origin: httpcore.Origin = httpcore.Origin(b"http", proxy.url.raw_host, proxy.url.port or 80)
        self.headers: list[tuple[bytes, bytes]] = []
        if proxy.raw_auth is not None:
            self.headers.append((b"Proxy-Authorization", b"Basic " + base64.b64encode(b":".join(proxy.raw_auth))))
