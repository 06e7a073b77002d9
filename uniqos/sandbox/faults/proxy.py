"""A TCP proxy in front of the sandbox, which breaks connections below HTTP."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

from ...errors import ConfigurationError

Fault = Literal["reset_before_request", "reset_after_request", "drip", "drop_mid_body", "cut_keep_alive", "garbage"]
FAULTS: dict[Fault, str] = {
    "reset_before_request": "the connection is reset as soon as something is sent, before the server sees it",
    "reset_after_request": "the server gets the request, and the connection is reset instead of its answer",
    "drip": "the answer comes byte by byte, 1 ms apart",
    "drop_mid_body": "the connection ends in the middle of the answer's body",
    "cut_keep_alive": "the connection ends after each answer, without a header that announces this",
    "garbage": "bytes that are no HTTP come instead of an answer",
}
_GARBAGE = b"\x00\xff\x13\x37 this is no HTTP \r\n\r\n"
_DRIP_SECONDS = 0.001


class Proxy:
    """A proxy whose first ``times`` answers suffer ``fault``; all others pass unchanged."""

    def __init__(self, target: tuple[str, int], fault: Fault, times: int | None) -> None:
        self._target = target
        self._fault: Fault = fault
        self._left: float = float("inf") if times is None else times
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url: str = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Close the listener and all connections."""
        with self._lock:
            sockets = [self._listener, *self._open]
        for one in sockets:
            _close(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                _close(client)
                continue
            server.settimeout(None)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._send_requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._send_answers, args=(client, server), daemon=True).start()

    def _use_fault(self, fault: Fault) -> bool:
        """Return whether the proxy's fault is this one and still applies, and count it."""
        with self._lock:
            if self._fault != fault or self._left < 1:
                return False
            self._left -= 1
            return True

    def _send_requests(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                if self._use_fault("reset_before_request"):
                    _reset(client)
                    break
                server.sendall(data)
        except OSError:
            pass
        finally:
            self._drop(server)

    def _send_answers(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                if self._fault == "reset_before_request" or not self._use_fault(self._fault):
                    client.sendall(data)
                    continue
                if self._fault == "reset_after_request":
                    _reset(client)
                    return
                if self._fault == "garbage":
                    client.sendall(_GARBAGE)
                    return
                while not _is_complete(data) and (more := server.recv(65536)):
                    data += more
                if self._fault == "drop_mid_body":
                    head, _, body = data.partition(b"\r\n\r\n")
                    client.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
                    return
                if self._fault == "drip":
                    for position in range(len(data)):
                        client.sendall(data[position : position + 1])
                        time.sleep(_DRIP_SECONDS)
                else:
                    client.sendall(data)
                    return
        except OSError:
            pass
        finally:
            self._drop(client)

    def _drop(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)
        _close(one)


def _close(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def _is_complete(data: bytes) -> bool:
    """Return whether the data are a complete answer."""
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def _reset(one: socket.socket) -> None:
    one.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it; until then the socket would stay open
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


@contextmanager
def proxy(url: str, fault: Fault, times: int | None) -> Generator[str, None, None]:
    """Run a proxy in front of a server.

    Args:
        url: The URL of the server, such as ``http://127.0.0.1:4010``.
        fault: A key of ``FAULTS``.
        times: The number of answers that suffer the fault; None for all.

    Yields:
        The URL of the proxy.

    Raises:
        ConfigurationError: There is no such fault, or ``times`` is negative.
    """
    if fault not in FAULTS:
        raise ConfigurationError(f"there is no fault {fault!r}; choose one of {', '.join(FAULTS)}")
    if times is not None and times < 0:
        raise ConfigurationError(
            f"times must be the number of answers that suffer the fault, or None for all, got {times!r}"
        )
    host, _, port = url.removeprefix("http://").rpartition(":")
    running = Proxy((host.strip("[]"), int(port)), fault, times)
    try:
        yield running.url
    finally:
        running.close()
