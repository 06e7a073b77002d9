"""Options and state of sockets, for threads and event loops alike, and a switch that forbids connections."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

_KEEPALIVE_SECONDS = 60
_KEEPALIVE_PROBES = 5
_forbidden: list[str] = []
"""The reasons for which connections are forbidden now."""


def keep_alive(sock: Any) -> None:
    """Turn on TCP keep-alive: the system then probes a silent connection, and notices a peer that is gone.

    A turn may be silent for a minute, and a router that translates addresses forgets a connection after long silence.
    A system without these options, or a connection that was just reset, is left as it is.
    """
    values = {
        "TCP_KEEPIDLE": _KEEPALIVE_SECONDS,
        "TCP_KEEPALIVE": _KEEPALIVE_SECONDS,  # the name of TCP_KEEPIDLE on macOS
        "TCP_KEEPINTVL": _KEEPALIVE_SECONDS,
        "TCP_KEEPCNT": _KEEPALIVE_PROBES,
    }
    options = [(socket.IPPROTO_TCP, getattr(socket, name, None), value) for name, value in values.items()]
    for level, option, value in [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), *options]:
        try:
            if option is not None:
                sock.setsockopt(level, option, value)
        except OSError:
            pass


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, and so needs no name lookup."""
    return ":" in host or host.replace(".", "").isdigit()


def is_readable(sock: Any) -> bool:
    """Return whether a socket has bytes to read, or has ended. None counts as ended."""
    if sock is None:
        return True
    number = sock.fileno()
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def forbidden(reason: str) -> Iterator[None]:
    """Forbid connections in all threads until the block ends."""
    _forbidden.append(reason)
    try:
        yield
    finally:
        _forbidden.remove(reason)


def refuse_if_forbidden(url: httpx.URL, http_client: httpx.Client | httpx.AsyncClient | None) -> None:
    """Raise an error if connections are forbidden and a request needs one.

    Args:
        url: The URL of the request.
        http_client: The caller's client that sends the request; None for the connections of this SDK.

    Raises:
        ConfigurationError: ``network_forbidden``.
    """
    if not _forbidden:
        return
    if http_client is not None:
        import httpx

        transport = http_client._transport_for_url(url)  # httpx has no public method for this.
        if not isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport):
            return
    port = url.port or (443 if url.scheme == "https" else 80)
    raise ConfigurationError(f"a call to {url.host}:{port} was refused: {_forbidden[-1]}", code="network_forbidden")
