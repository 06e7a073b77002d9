"""The addresses of webhooks, parsed by the library that also connects to them."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket

import httpx

from ..._wire.urls import is_loopback

_LOCAL = ("127.0.0.1", "localhost", "::1")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_ENDS_AS_A_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""Names that some parsers read as an IPv4 address: ``2130706433``, ``0x7f.1``, ``127.1``."""


def webhook_address(text: str) -> httpx.URL:
    """Return the address of a webhook, which is an https URL, or an http URL of this machine.

    Only one spelling of each address is accepted, so that no two parsers can disagree about its host.

    Raises:
        ValueError: The address is not accepted; the text of the error says why.
    """
    if _UNSAFE.search(text):
        raise ValueError("url holds a space, a control character or a backslash.")
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise ValueError("url is no URL.") from None
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("url is an https address, or http of this machine.")
    if url.userinfo:
        raise ValueError("url holds a user or a password.")
    written = text.partition("//")[2].lower()
    if not _is_canonical(host) or not written.startswith((host, f"[{host}]", url.host)):
        raise ValueError("the host of url is a name, or an address in its usual form.")
    if url.port is not None and not 0 < url.port < 65_536:
        raise ValueError("the port of url is from 1 to 65535.")
    if url.scheme == "http" and host not in _LOCAL:
        raise ValueError(f"url is an https address, or http of this machine: {', '.join(_LOCAL)}.")
    return url


def _is_canonical(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _NAME.fullmatch(host) is not None and _ENDS_AS_A_NUMBER.fullmatch(host) is None
    return str(address) == host and "%" not in host and getattr(address, "ipv4_mapped", None) is None


async def connectable(url: httpx.URL) -> list[httpx.URL]:
    """Return the URLs to try for a checked address.

    For ``localhost`` these are the loopback addresses that the name resolves to. An https address is used as it is,
    since the certificate proves its host.

    Raises:
        OSError: The name does not resolve to a loopback address.
    """
    if url.scheme == "https" or url.host != "localhost":
        return [url]
    found = await asyncio.get_running_loop().getaddrinfo(url.host, None, type=socket.SOCK_STREAM)
    hosts = [host for host in dict.fromkeys(str(address[0]) for *_, address in found) if is_loopback(host)]
    if not hosts:
        raise OSError(f"{url.host} is not this machine")
    return [url.copy_with(host=host) for host in hosts]
