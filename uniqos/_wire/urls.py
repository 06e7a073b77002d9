"""URLs and hosts: parsed, in ASCII, and whether they lead to this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import httpx


@lru_cache(maxsize=1024)
def parsed_url(url: str) -> httpx.URL:
    """A URL object. Parsing one costs more than all else of building a request, and they come again."""
    return httpx.URL(url)


_LONGEST_NAME = 253


def ascii_host(host: str) -> str:
    """Return a host's name or address as it stands in a URL; a name in other letters by IDNA 2008.

    Raises:
        ValueError: It is none.
    """
    name = f"[{host}]" if ":" in host else host if host.isascii() else _idna(host)
    if len(name) > _LONGEST_NAME or not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", name):
        raise ValueError("neither a name nor an address")
    return name


def _idna(host: str) -> str:
    # By httpx, so that a name leads to the same host there. The codec of Python is IDNA 2003: it takes "ß" for "ss".
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
