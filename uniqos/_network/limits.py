"""The time limits of one connection, and the networks that open it.

httpx bounds each read by itself. Here each step may take the time that is left of the whole exchange.
"""

from __future__ import annotations

import httpcore

from .._base.deadline import Deadline

READ_BYTES = 64 * 1024
"""How many bytes one read asks a stream for."""
CAN_START_TLS = "can_start_tls"
"""The name of a stream's extra info: whether its own ``start_tls`` works. If not, ``inner_tls`` does TLS over it."""


class Limits:
    """The deadline of the exchange that a connection serves, and the progress of the exchange."""

    def __init__(self) -> None:
        self.deadline: Deadline = Deadline()
        self.written: bool = False
        """Whether a part of the request was sent."""
        self.was_cut: bool = False
        """Whether the connection ended without the close_notify of TLS: the last response may be incomplete."""

    def left(self, timeout: float | None, error: type[Exception]) -> float | None:
        """Return the seconds that a step may take; None is no limit.

        Raises:
            Exception: ``error``, if no time is left.
        """
        left = self.deadline.clamp(timeout)
        if left == 0:
            raise error("no time left")
        return left

    def left_to_write(self, timeout: float | None) -> float | None:
        """Return the seconds that writing may take; None is no limit.

        Raises:
            httpcore.ConnectTimeout: No time is left, and nothing of the request was sent.
            httpcore.WriteTimeout: No time is left.
        """
        left = self.left(timeout, httpcore.WriteTimeout if self.written else httpcore.ConnectTimeout)
        self.written = True
        return left


class Network(Limits):
    """The network of one connection, for threads."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.NetworkStream:
        """Return a stream of bytes to ``host``, whose steps are bounded by the limits.

        Raises:
            httpcore.ConnectError: The host cannot be reached.
            httpcore.ConnectTimeout: Connecting took longer than ``timeout`` seconds, or than the deadline.
        """
        raise NotImplementedError


class AsyncNetwork(Limits):
    """The network of one connection, for event loops."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        """Return a stream of bytes to ``host``, whose steps are bounded by the limits.

        Raises:
            httpcore.ConnectError: The host cannot be reached.
            httpcore.ConnectTimeout: Connecting took longer than ``timeout`` seconds, or than the deadline.
        """
        raise NotImplementedError
