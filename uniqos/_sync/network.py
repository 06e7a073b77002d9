# Generated from _async/network.py by python -m uniqos._generate. Do not edit.
"""The network under a connection, bounded by the deadline of the exchange that is using it.

httpx bounds each read alone; here every step asks how much time the whole of it has left.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from .._http import Deadline
from .._threads import Shield, connect

_PART = 64 * 1024


class Network(httpcore.NetworkBackend):
    """httpcore's own network for threads, or for any event loop, within a deadline."""

    def __init__(self) -> None:
        self.deadline: Deadline = Deadline()
        self.written: bool = False
        """Whether any of the request has gone out."""

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Seconds that a step may take; None is no limit.

        Raises:
            Exception: ``error``, where there are none.
        """
        left = self.deadline.clamp(timeout)
        if left == 0:
            raise error("no time left")
        return left

    def left_to_write(self, timeout: float | None) -> float | None:
        """Seconds that writing may take; None is no limit.

        Raises:
            httpcore.ConnectTimeout: There are none, and nothing of the request has gone out.
            httpcore.WriteTimeout: There are none.
        """
        left = self.left(timeout, httpcore.WriteTimeout if self.written else httpcore.ConnectTimeout)
        self.written = True
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        def left() -> float | None:
            return self.left(timeout, httpcore.ConnectTimeout)

        return _TimedStream(connect(host, port, left, local_address, socket_options), self)


class _TimedStream(httpcore.NetworkStream):
    """A stream of httpcore's within the deadline of its network."""

    def __init__(self, stream: httpcore.NetworkStream, network: Network) -> None:
        self._stream: httpcore.NetworkStream = stream
        self._network: Network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._network.left(timeout, httpcore.ReadTimeout)
        try:
            return self._stream.read(max_bytes, left)
        except ssl.SSLError as exc:  # an event loop's comes as it is
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In parts, for in a thread httpcore grants the whole time anew for whatever the socket takes at once.
        for start in range(0, len(buffer), _PART):
            left = self._network.left_to_write(timeout)
            try:
                self._stream.write(buffer[start : start + _PART], left)
            except ssl.SSLError as exc:
                raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            left = self._network.left(timeout, httpcore.ConnectTimeout)
            stream = self._stream.start_tls(ssl_context, server_hostname, left)
        except BaseException:  # httpcore closes it for an error of its own, not for a cancellation
            with Shield():
                self._stream.close()
            raise
        return _TimedStream(stream, self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
