"""Faults below HTTP: a small TCP proxy that stands in front of the sandbox, and breaks what goes through it.

with sandbox.proxy("reset_after_request", times=1) as url:
client = UniqOS(sandbox.api_key, base_url=url)
"""

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
    "cut_keep_alive": "the connection ends after each answer, without a word",
    "garbage": "bytes that are no HTTP come instead of an answer",
}
_GARBAGE = b"\x00\xff\x13\x37 this is no HTTP \r\n\r\n"
_DRIP_SECONDS = 0.001


class Proxy:
    """Takes connections and passes them on; the first ``times`` answers suffer ``fault``, then all goes well."""

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
        """Close everything."""
        with self._lock:
            sockets = [self._listener, *self._open]
        for one in sockets:
            _end(one)

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, 5)
            except OSError:
                _end(browser)
                continue
            server.settimeout(None)
            for one in (browser, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {browser, server}
            threading.Thread(target=self._upstream, args=(browser, server), daemon=True).start()
            threading.Thread(target=self._downstream, args=(browser, server), daemon=True).start()

    def _takes(self, fault: Fault) -> bool:
        """Whether the fault is this one and applies once more."""
        with self._lock:
            if self._fault != fault or self._left < 1:
                return False
            self._left -= 1
            return True

    def _upstream(self, browser: socket.socket, server: socket.socket) -> None:
        try:
            while data := browser.recv(65536):
                if self._takes("reset_before_request"):
                    _reset(browser)
                    break
                server.sendall(data)
        except OSError:
            pass
        finally:
            self._drop(server)

    def _downstream(self, browser: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                if self._fault == "reset_before_request" or not self._takes(self._fault):
                    browser.sendall(data)
                    continue
                if self._fault == "reset_after_request":
                    _reset(browser)
                    return
                if self._fault == "garbage":
                    browser.sendall(_GARBAGE)
                    return
                while not _is_whole(data) and (more := server.recv(65536)):
                    data += more
                if self._fault == "drop_mid_body":
                    head, _, body = data.partition(b"\r\n\r\n")
                    browser.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
                    return
                if self._fault == "drip":
                    for position in range(len(data)):
                        browser.sendall(data[position : position + 1])
                        time.sleep(_DRIP_SECONDS)
                else:
                    browser.sendall(data)
                    return
        except OSError:
            pass
        finally:
            self._drop(browser)

    def _drop(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)
        _end(one)


def _end(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def _is_whole(data: bytes) -> bool:
    """Whether an answer has come to its end."""
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def _reset(one: socket.socket) -> None:
    one.shutdown(socket.SHUT_RD)  # whoever reads from it in another thread lets it go
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


@contextmanager
def proxy(url: str, fault: Fault, times: int | None) -> Generator[str, None, None]:
    """A proxy in front of a server.

    Args:
        url: The server's, e.g. ``http://127.0.0.1:4010``.
        fault: What it does, as in ``FAULTS``.
        times: How often; None always.

    Yields:
        The proxy's URL.

    Raises:
        ConfigurationError: There is no such fault.
    """
    if fault not in FAULTS:
        raise ConfigurationError(f"there is no fault {fault!r}; there are {', '.join(FAULTS)}")
    if times is not None and times < 0:
        raise ConfigurationError(f"a fault happens so many times, or always (None), got times={times!r}")
    host, _, port = url.removeprefix("http://").rpartition(":")
    running = Proxy((host.strip("[]"), int(port)), fault, times)
    try:
        yield running.url
    finally:
        running.close()
