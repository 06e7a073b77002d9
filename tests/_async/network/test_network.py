"""The network under the pool, without HTTP: what it does when the time is over."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import anyio
import httpcore
import pytest

from uniqos._async.transport.inner_tls import start_tls
from uniqos._base.deadline import Deadline
from uniqos._network.aio import make_network

# async only: begin
from uniqos._network.anyio_stream import AnyioNetwork

# async only: end
from uniqos._network.limits import AsyncNetwork

pytestmark = pytest.mark.anyio
NETWORKS: list[Callable[[], AsyncNetwork]] = [make_network]
# async only: begin
NETWORKS.append(AnyioNetwork)
# async only: end


@pytest.mark.parametrize("make", NETWORKS)
async def test_when_no_time_is_left_for_tls_the_connection_is_closed(make: Callable[[], AsyncNetwork]) -> None:
    network = make()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await network.connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
        other, _ = listener.accept()
        with other:
            network.deadline = Deadline(0)
            with pytest.raises(httpcore.ConnectTimeout):
                await start_tls(stream, network, ssl.create_default_context(), "127.0.0.1", 5)
            # async only: begin
            await anyio.sleep(0)  # asyncio closes a moment later
            # async only: end
            other.settimeout(5)
            assert other.recv(1) == b""


@pytest.mark.parametrize("make", NETWORKS)
async def test_when_no_time_is_left_it_tells_whether_anything_was_written(make: Callable[[], AsyncNetwork]) -> None:
    network = make()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await network.connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
        network.deadline = Deadline(0)
        with pytest.raises(httpcore.ConnectTimeout):
            await stream.write(b"x", 5)
        network.deadline = Deadline(5)
        await stream.write(b"x", 5)
        network.deadline = Deadline(0)
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(b"x", 5)
        await stream.aclose()
