"""The network for event loops other than asyncio, such as trio: the streams of httpcore, bounded by a deadline."""

from __future__ import annotations

from typing import Any

import httpcore

from .limits import AsyncNetwork
from .sockets import keep_alive


class AnyioNetwork(AsyncNetwork):
    """The network of one connection, on the streams of anyio."""

    async def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
        left = self.left(timeout, httpcore.ConnectTimeout)
        backend: Any = httpcore.AnyIOBackend()  # Type checkers see None, for httpcore without anyio.
        stream = await backend.connect_tcp(host, port, left)
        keep_alive(stream.get_extra_info("socket"))
        return _Stream(stream, self)


class _Stream(httpcore.AsyncNetworkStream):
    """A stream of httpcore whose steps are bounded by the deadline of the exchange."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, network: AsyncNetwork) -> None:
        self._stream: httpcore.AsyncNetworkStream = stream
        self._network: AsyncNetwork = network

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, self._network.left(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, self._network.left_to_write(timeout))

    async def aclose(self) -> None:
        await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
