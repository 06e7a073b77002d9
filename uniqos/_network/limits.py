"""The time that the steps of one connection may take.

httpx bounds each read by itself. Here each step asks how much time is left of the whole exchange.
"""

from __future__ import annotations

import httpcore

from .._base.deadline import Deadline

READ_BYTES = 64 * 1024
"""How many bytes one read asks a stream for."""
CAN_START_TLS = "can_start_tls"
"""Extra info of a stream: whether its own ``start_tls`` works. If not, ``inner_tls`` does TLS over it."""


class Limits:
    """The deadline of the exchange that a connection serves, and what the exchange has come to."""

    def __init__(self) -> None:
        self.deadline: Deadline = Deadline()
        self.written: bool = False
        """Whether any of the request has gone out."""
        self.was_cut: bool = False
        """Whether the connection ended without the close_notify of TLS: the last response may be incomplete."""

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Return the seconds that a step may take; None is no limit.

        Raises:
            Exception: ``error``, where none are left.
        """
        left = self.deadline.clamp(timeout)
        if left == 0:
            raise error("no time left")
        return left

    def left_to_write(self, timeout: float | None) -> float | None:
        """Return the seconds that writing may take; None is no limit.

        Raises:
            httpcore.ConnectTimeout: None are left, and nothing of the request has gone out.
            httpcore.WriteTimeout: None are left.
        """
        left = self.left(timeout, httpcore.WriteTimeout if self.written else httpcore.ConnectTimeout)
        self.written = True
        return left


class Network(Limits):
    """The network of one connection in a thread."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.NetworkStream:
        """Return a stream of bytes to ``host``, whose steps keep the limits.

        Raises:
            httpcore.ConnectError: The host cannot be reached.
            httpcore.ConnectTimeout: It took longer than ``timeout`` seconds, or than the deadline.
        """
        raise NotImplementedError


class AsyncNetwork(Limits):
    """The network of one connection on an event loop."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        """Return a stream of bytes to ``host``, whose steps keep the limits.

        Raises:
            httpcore.ConnectError: The host cannot be reached.
            httpcore.ConnectTimeout: It took longer than ``timeout`` seconds, or than the deadline.
        """
        raise NotImplementedError
