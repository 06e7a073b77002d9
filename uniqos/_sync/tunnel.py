# Generated from _async/tunnel.py by python -m uniqos._generate. Do not edit.
"""A way through an HTTP proxy for the pool's connections, so that these are as many, and as bounded, as without one."""

from __future__ import annotations

from collections.abc import Iterable

import httpcore

from .._proxy import ProxyAddress
from .._threads import Shield
from .network import Network


class Tunnel(httpcore.NetworkBackend):
    """Connects by asking a proxy to.

    Args:
        proxy: Where it is; its headers hold what it asks for.
        network: How to get there.
    """

    def __init__(self, proxy: ProxyAddress, network: Network) -> None:
        self._proxy: ProxyAddress = proxy
        self._network: Network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        origin = self._proxy.origin
        connection = httpcore.HTTPConnection(origin, network_backend=self._network)
        try:
            response = connection.handle_request(
                httpcore.Request(
                    "CONNECT",
                    httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target.encode()),
                    headers=[(b"Host", target.encode()), *self._proxy.headers],
                    extensions={"timeout": {"connect": timeout, "read": timeout, "write": timeout}},
                )
            )
            if not 200 <= response.status < 300:
                reason = response.extensions.get("reason_phrase", b"").decode("ascii", "replace")
                raise httpcore.ProxyError(f"{response.status} {reason}".strip())
        except BaseException as exc:
            with Shield():
                connection.close()
            # Whatever goes wrong up to here: nothing was sent to the API.
            if isinstance(exc, httpcore.TimeoutException):
                raise httpcore.ConnectTimeout("the proxy did not lead there in time") from exc
            if isinstance(exc, (httpcore.ReadError, httpcore.WriteError, httpcore.ProtocolError)):
                raise httpcore.ConnectError(f"the proxy broke the connection: {exc}") from exc
            raise
        stream: httpcore.NetworkStream = response.extensions["network_stream"]
        return stream
