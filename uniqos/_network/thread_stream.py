"""The network for threads: plain sockets, bounded by the deadline of the exchange."""

from __future__ import annotations

import socket
import ssl
import threading
from queue import Empty, SimpleQueue
from typing import Any

import httpcore

from .limits import CAN_START_TLS, Network
from .sockets import is_address, is_readable, keep_alive

_WRITE_BYTES = 64 * 1024


class ThreadNetwork(Network):
    """The network of one connection, used by one thread at a time."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None) -> httpcore.NetworkStream:
        """Connect to the first address of ``host`` that answers. Each but the last may take half of the time left."""
        found = _addresses(host, port, self.left(timeout, httpcore.ConnectTimeout))
        for number, (family, kind, protocol, _, address) in enumerate(found, 1):
            seconds = self.left(timeout, httpcore.ConnectTimeout)
            if seconds is not None and number < len(found):
                seconds /= 2
            sock = None
            try:
                sock = socket.socket(family, kind, protocol)
                sock.settimeout(seconds)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                keep_alive(sock)
                sock.connect(address)
            except BaseException as exc:
                if sock is not None:
                    sock.close()
                if number < len(found) and isinstance(exc, OSError):
                    continue
                if isinstance(exc, TimeoutError):
                    raise httpcore.ConnectTimeout("the connection took too long") from exc
                if isinstance(exc, OSError):
                    raise httpcore.ConnectError(str(exc)) from exc
                raise
            return _Stream(sock, self)
        raise httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    """A socket, plain or with TLS."""

    def __init__(self, sock: socket.socket, network: ThreadNetwork) -> None:
        self._socket: socket.socket = sock
        self._network: ThreadNetwork = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._network.left(timeout, httpcore.ReadTimeout)
        try:
            self._socket.settimeout(left)
            return self._socket.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout("the answer took too long") from exc
        except ssl.SSLEOFError:
            self._network.was_cut = True
            return b""
        except OSError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        # In parts: over TLS, sendall grants the whole timeout to each of its sends.
        for start in range(0, len(view), _WRITE_BYTES):
            left = self._network.left_to_write(timeout)
            try:
                self._socket.settimeout(left)
                self._socket.sendall(view[start : start + _WRITE_BYTES])
            except TimeoutError as exc:
                raise httpcore.WriteTimeout("the server does not read the request") from exc
            except OSError as exc:
                raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._network.left(timeout, httpcore.ConnectTimeout))
            # By default, a connection that was cut off looks like one that TLS has closed properly.
            secure = self._socket = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, suppress_ragged_eofs=False, do_handshake_on_connect=False
            )
            secure.do_handshake()
        except BaseException as exc:
            self.close()
            if isinstance(exc, TimeoutError):
                raise httpcore.ConnectTimeout("the TLS handshake took too long") from exc
            if isinstance(exc, (OSError, ValueError)):
                raise httpcore.ConnectError(str(exc)) from exc
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return is_readable(self._socket)
        if info == CAN_START_TLS:
            return not isinstance(self._socket, ssl.SSLSocket)
        if info == "socket":
            return self._socket
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "client_addr":
            return self._socket.getsockname()
        if info == "server_addr":
            return self._socket.getpeername()
        return None


def _addresses(host: str, port: int, seconds: float | None) -> list[Any]:
    """Return the addresses of a host, within ``seconds``.

    The system's lookup takes no timeout. It runs in a thread of its own, so that a name server which does not answer
    does not hold up the call.
    """
    if seconds is None or is_address(host):
        return _lookup(host, port)
    answers: SimpleQueue[list[Any] | httpcore.ConnectError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_lookup(host, port))
        except httpcore.ConnectError as exc:
            answers.put(exc)

    try:
        threading.Thread(target=ask, name="uniqos name lookup", daemon=True).start()
    except RuntimeError:  # The interpreter is ending, and starts no more threads.
        return _lookup(host, port)
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout(f"the lookup of the host name {host} took too long") from None
    if isinstance(answer, httpcore.ConnectError):
        raise answer from answer.__cause__
    return answer


def _lookup(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise httpcore.ConnectError(str(exc)) from exc
