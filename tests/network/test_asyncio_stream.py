"""The stream on asyncio's transports: each read has its own limit of time, though one timer serves all."""

from __future__ import annotations

import asyncio
import socket

import httpcore
import pytest

from uniqos._network.asyncio_stream import AsyncioNetwork

SHORT, LONG = 0.05, 60.0


async def connected() -> tuple[httpcore.AsyncNetworkStream, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = await AsyncioNetwork().connect_tcp("127.0.0.1", server.getsockname()[1], LONG)
        return stream, server.accept()[0]


async def read_late(stream: httpcore.AsyncNetworkStream, peer: socket.socket, limit: float | None) -> bytes:
    """Read, while the peer sends when twice the short limit is over."""
    asyncio.get_running_loop().call_later(2 * SHORT, peer.sendall, b"late")
    return await stream.read(10, limit)


@pytest.mark.parametrize("limit", [LONG, None])
def test_the_limit_of_an_earlier_read_does_not_end_a_later_one(limit: float | None) -> None:
    async def main() -> None:
        stream, peer = await connected()
        with peer:
            asyncio.get_running_loop().call_soon(peer.sendall, b"soon")
            assert await stream.read(10, SHORT) == b"soon"
            assert await read_late(stream, peer, limit) == b"late"
            await stream.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("earlier", [LONG, None])
def test_a_short_limit_holds_after_a_long_one(earlier: float | None) -> None:
    async def main() -> None:
        stream, peer = await connected()
        with peer:
            assert await read_late(stream, peer, earlier) == b"late"
            for _ in range(2):
                with pytest.raises(httpcore.ReadTimeout):
                    await stream.read(10, SHORT)
            assert await read_late(stream, peer, LONG) == b"late"
            await stream.aclose()

    asyncio.run(asyncio.wait_for(main(), LONG / 2))


def test_the_timer_of_a_closed_connection_is_cancelled() -> None:
    async def main() -> None:
        stream, peer = await connected()
        with peer:
            assert await read_late(stream, peer, LONG) == b"late"
        assert await stream.read(10, LONG) == b""
        await stream.aclose()
        await asyncio.sleep(0)
        assert not [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]

    asyncio.run(main())
