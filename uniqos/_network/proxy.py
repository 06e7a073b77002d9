"""Which proxy leads to a host, if any: by argument, else by the environment. Nothing is connected here."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from .._base.secret import Secret, SecretBytes, hide
from .._wire.urls import ascii_host, is_loopback
from ..errors import ConfigurationError

_SCHEMES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443}
_MOST_OF_SOCKS = 255
SANDBOX_KEY = "uniq_test_sandbox"
"""How each API key of the sandbox begins; none of the API's does."""
SANDBOX_TOKEN = "sandbox."
"""How each access token of the sandbox begins."""


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
        if parts.scheme == "socks5h":  # the proxy looks the name up: so it does for us by either name
            parts = parts._replace(scheme="socks5")
        auth = httpx.Proxy(parts.geturl()).raw_auth
    except (ValueError, TypeError, httpx.InvalidURL):
        return None
    if parts.scheme not in _SCHEMES or re.search(r"[\s\x00-\x1f\x7f]", url):
        return None
    if parts.scheme.startswith("socks") and any(len(part) > _MOST_OF_SOCKS for part in auth or ()):
        return None
    return Secret(parts.geturl())


def proxy_of_environment(base_url: str, token: str = "") -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name for ``base_url``, unless NO_PROXY excepts it.

    A client of our own sandbox on this machine uses none. A company's proxy reaches no loopback address but its own.

    Args:
        base_url: Where the client sends its requests.
        token: The credential of the client.

    Raises:
        ConfigurationError: The variable is no proxy's URL.
    """
    import urllib.request  # it brings half of the standard library, and is only needed for the first connection

    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if token.startswith((SANDBOX_KEY, SANDBOX_TOKEN)) and is_loopback(host):
        return None
    url = _of_environment(parts.scheme)
    # Some except the host, some its port too, and an IPv6 address with or without brackets.
    if not url or any(map(urllib.request.proxy_bypass, (host, parts.netloc))) or _is_excepted(host, parts.netloc):
        return None
    return checked_proxy(url, "the proxy of the environment")


def _is_excepted(host: str, netloc: str) -> bool:
    """Whether NO_PROXY names all hosts among others, a name in other letters, or a network such as 10.0.0.0/8."""
    import ipaddress
    import urllib.request

    for entry in map(str.strip, urllib.request.getproxies_environment().get("no", "").split(",")):
        if entry == "*":
            return True
        if not entry.isascii():  # the host is in its ASCII form
            excepted = _ascii_entry(entry)
            if any(name == excepted or name.endswith(f".{excepted}") for name in (host, netloc)):
                return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # one of them is a name
            pass
    return False


def _ascii_entry(entry: str) -> str:
    """The ASCII form of a name in NO_PROXY, which may begin with dots and end with a port."""
    name, colon, port = entry.lstrip(".").lower().partition(":")
    try:
        return ascii_host(name) + colon + port
    except ValueError:
        return entry


def _of_environment(scheme: str) -> Any:
    import urllib.request

    proxies = urllib.request.getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    return hide(f"http://{url}" if url and "://" not in url else url)


class ProxyAuthenticationError(httpcore.ProxyError):
    """A proxy wants another user and password."""

    code = "proxy_authentication_required"


class ProxyAddress:
    """Where a proxy is, and what it wants to be told.

    Args:
        url: Its address, with user and password where it asks for them.
    """

    __slots__ = ("auth", "headers", "origin", "secure", "socks")

    def __init__(self, url: str) -> None:
        proxy = httpx.Proxy(url)
        scheme = proxy.url.scheme
        self.secure: bool = scheme == "https"
        self.socks: bool = scheme.startswith("socks")
        self.origin: httpcore.Origin = httpcore.Origin(
            b"https" if self.secure else b"http", proxy.url.raw_host, proxy.url.port or _PORTS.get(scheme, 1080)
        )
        self.auth: tuple[bytes, bytes] | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        """For HTTP proxies."""
        if proxy.raw_auth is not None:
            user, password = proxy.raw_auth
            self.auth = SecretBytes(user), SecretBytes(password)
            basic = SecretBytes(b"Basic " + base64.b64encode(user + b":" + password))
            self.headers.append((b"Proxy-Authorization", basic))
