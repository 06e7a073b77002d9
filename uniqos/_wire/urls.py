"""URLs and hosts: parsed, in ASCII, and whether they lead to this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import httpx

_LONGEST_NAME = 253
"""The most characters of a host name (RFC 1035)."""


@lru_cache(maxsize=1024)
def parsed_url(url: str) -> httpx.URL:
    """Return a URL object from a cache, since parsing one costs more than the rest of building a request."""
    return httpx.URL(url)


def ascii_host(host: str) -> str:
    """Return a host's name or address as it stands in a URL; a name in other letters by IDNA 2008.

    Raises:
        ValueError: The host is neither a name nor an address.
    """
    name = f"[{host}]" if ":" in host else host if host.isascii() else _idna(host)
    if len(name) > _LONGEST_NAME or not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", name):
        raise ValueError("neither a name nor an address")
    return name


def _idna(host: str) -> str:
    # The SDK must connect to the host that httpx would. Python's own codec is IDNA 2003, which takes "ß" for "ss".
    try:
        return httpx.URL(scheme="https", host=host).raw_host.decode()
    except httpx.InvalidURL:
        raise ValueError("not a name") from None


def is_loopback(host: str) -> bool:
    """Return whether a host, without brackets, is this machine: ``localhost`` or a loopback address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
