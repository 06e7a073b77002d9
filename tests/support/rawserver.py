"""Server of plain sockets, which sends exactly the bytes that a test chooses."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from types import TracebackType

Handler = Callable[[socket.socket, bytes, int], None]


class RawServer:
    """A server on loopback that calls ``handler(connection, raw request, number of the request)``, in threads."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None, greeting: bytes = b"") -> None:
        self.handler = handler
        self._greeting = greeting
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._closing = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._closing = True
        with self._lock:
            connections = list(self._open)
        for connection in [self._listener, *connections]:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.sendall(self._greeting)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.append(connection)
            while True:
                request = read_request(connection)
                if not request:
                    return
                with self._lock:
                    self.requests.append(request)
                    number = len(self.requests)
                self.handler(connection, request, number)
        except (OSError, ValueError):
            pass  # the client or the handler closed the connection
        finally:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """Read one whole HTTP/1.1 request with its Content-Length body; return b"" at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        body += chunk
    return head + b"\r\n\r\n" + body


def header(request: bytes, name: str) -> str | None:
    """Return a header of a raw request; None if it has none of that name."""
    found = re.search(rb"(?im)^" + re.escape(name.encode()) + rb": *([^\r\n]*)", request)
    return found[1].decode() if found else None


def body(request: bytes) -> bytes:
    """Return the body of a raw request."""
    return request.partition(b"\r\n\r\n")[2]


def reply(
    connection: socket.socket, status: int = 200, body: bytes = b"{}", headers: Mapping[str, str] | None = None
) -> None:
    """Send a complete response, and keep the connection open."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body)


def silent(connection: socket.socket, request: bytes, number: int) -> None:
    """Send no answer, and return when the client closes the connection."""
    connection.recv(1)


def rst(connection: socket.socket) -> None:
    """Close the connection by a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
