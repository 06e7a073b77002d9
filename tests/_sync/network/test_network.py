# Generated from _async/network/test_network.py by python -m uniqos._generate. Do not edit.
"""The network under the pool, without HTTP: what it does when the time is over."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import httpcore
import pytest

from uniqos._base.deadline import Deadline
from uniqos._network.limits import Network
from uniqos._network.threads import make_network
from uniqos._sync.transport.inner_tls import start_tls

NETWORKS: list[Callable[[], Network]] = [make_network]


@pytest.mark.parametrize("make", NETWORKS)
def test_when_no_time_is_left_for_tls_the_connection_is_closed(make: Callable[[], Network]) -> None:
    network = make()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = network.connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
        other, _ = listener.accept()
        with other:
            network.deadline = Deadline(0)
            with pytest.raises(httpcore.ConnectTimeout):
                start_tls(stream, network, ssl.create_default_context(), "127.0.0.1", 5)
            other.settimeout(5)
            assert other.recv(1) == b""


@pytest.mark.parametrize("make", NETWORKS)
def test_when_no_time_is_left_it_tells_whether_anything_was_written(make: Callable[[], Network]) -> None:
    network = make()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = network.connect_tcp("127.0.0.1", listener.getsockname()[1], 5)
        network.deadline = Deadline(0)
        with pytest.raises(httpcore.ConnectTimeout):
            stream.write(b"x", 5)
        network.deadline = Deadline(5)
        stream.write(b"x", 5)
        network.deadline = Deadline(0)
        with pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x", 5)
        stream.close()
