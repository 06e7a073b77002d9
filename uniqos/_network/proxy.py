"""The proxy of a client, by argument or by the environment. Pure but for the environment: nothing is connected."""

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
_MAX_SOCKS_BYTES = 255
"""The longest user or password that SOCKS 5 can carry."""
SANDBOX_KEY = "uniq_test_sandbox"
"""The prefix of each API key of the sandbox, which no key of the API has."""
SANDBOX_TOKEN = "sandbox."
"""The prefix of each access token of the sandbox."""


def checked_proxy(url: str, what: str = "proxy") -> Secret:
    """Check a proxy's URL; return it as a secret, since it may hold a password.

    Args:
        url: The URL.
        what: The setting that holds it, for the error.

    Raises:
        ConfigurationError: The URL is malformed, or its scheme is not supported.
    """
    url = hide(url)
    proxy = _parsed(url) if isinstance(url, str) and "://" in url else None
    if proxy is None:
        raise ConfigurationError(
            f"{what} must look like http://user:password@host:port; http, https, socks5 and socks5h are supported"
        )
    return proxy


def _parsed(url: str) -> Secret | None:
    """Return a URL as a secret, or None if it is not a proxy's.

    The password is in local variables here. No error leaves this function, so that no traceback shows them.
    """
    try:
        parts = urlsplit(url)
        ascii_host(parts.hostname or "")
        if parts.scheme == "socks5h":  # With both schemes this SDK lets the proxy look up the host name.
            parts = parts._replace(scheme="socks5")
        auth = httpx.Proxy(parts.geturl()).raw_auth
    except (ValueError, TypeError, httpx.InvalidURL):
        return None
    if parts.scheme not in _SCHEMES or re.search(r"[\s\x00-\x1f\x7f]", url):
        return None
    if parts.scheme.startswith("socks") and any(len(part) > _MAX_SOCKS_BYTES for part in auth or ()):
        return None
    return Secret(parts.geturl())


def proxy_of_environment(base_url: str, token: str = "") -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name for ``base_url``, unless NO_PROXY excepts it.

    A client of the sandbox on this machine uses no proxy: a proxy on another machine cannot reach it.

    Args:
        base_url: Where the client sends its requests.
        token: The credential of the client.

    Raises:
        ConfigurationError: The variable does not hold the URL of a proxy.
    """
    import urllib.request  # A slow import, needed for the first connection only.

    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if token.startswith((SANDBOX_KEY, SANDBOX_TOKEN)) and is_loopback(host):
        return None
    url = _of_environment(parts.scheme)
    # An entry of NO_PROXY may name the port too, and an IPv6 address with or without brackets.
    if not url or any(map(urllib.request.proxy_bypass, (host, parts.netloc))) or _is_excepted(host, parts.netloc):
        return None
    return checked_proxy(url, "the proxy of the environment")


def _is_excepted(host: str, netloc: str) -> bool:
    """Return whether NO_PROXY excepts a host by ``*``, by a name outside ASCII, or by a network such as 10.0.0.0/8."""
    import ipaddress
    import urllib.request

    for entry in map(str.strip, urllib.request.getproxies_environment().get("no", "").split(",")):
        if entry == "*":
            return True
        if not entry.isascii():  # The host is in its ASCII form.
            excepted = _ascii_entry(entry)
            if any(name == excepted or name.endswith(f".{excepted}") for name in (host, netloc)):
                return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:  # The host or the entry is a name.
            pass
    return False


def _ascii_entry(entry: str) -> str:
    """Return the ASCII form of a name in NO_PROXY, which may begin with dots and end with a port."""
    name, colon, port = entry.lstrip(".").lower().partition(":")
    try:
        return ascii_host(name) + colon + port
    except ValueError:
        return entry


def _of_environment(scheme: str) -> Any:
    """Return the proxy that the environment names for a scheme, as a URL; None if it names none."""
    import urllib.request

    proxies = urllib.request.getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    return hide(f"http://{url}" if url and "://" not in url else url)


class ProxyAuthenticationError(httpcore.ProxyError):
    """A proxy wants another user and password."""

    code = "proxy_authentication_required"


class ProxyAddress:
    """The address of a proxy, with its credentials.

    Args:
        url: The URL of the proxy, with user and password if it needs them.
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
        """The headers that an HTTP proxy needs."""
        if proxy.raw_auth is not None:
            user, password = proxy.raw_auth
            self.auth = SecretBytes(user), SecretBytes(password)
            basic = SecretBytes(b"Basic " + base64.b64encode(user + b":" + password))
            self.headers.append((b"Proxy-Authorization", basic))
