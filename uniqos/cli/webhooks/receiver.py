"""A small HTTP server on this machine that receives deliveries."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from ...errors import ConfigurationError
from .delivery import Delivery

_MAX_BODY_BYTES = 1024 * 1024
_SECONDS_FOR_A_REQUEST = 10
_MAX_LINE = 1024


class Receiver:
    """A server that passes each delivery to a function, and answers with the status that it returns.

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one.
        take: The function. It is called in a thread for each delivery.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """

    def __init__(self, host: str, port: int, take: Callable[[Delivery], int]) -> None:
        try:
            self._server = _Server((host, port), _Handler)
        except OSError as exc:
            raise ConfigurationError(f"cannot listen on {host} port {port}: {exc}; --port 0 takes a free one") from None
        self._server.take = take
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        bound_host, bound_port = self._server.server_address[:2]
        self.port: int = bound_port
        self.url: str = f"http://{bound_host!s}:{self.port}/"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Refused(Exception):
    """A request that cannot be read."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status: int = status


class _Server(ThreadingHTTPServer):
    daemon_threads: bool = True
    take: Callable[[Delivery], int]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a sender that closed its connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version: str = "HTTP/1.1"
    timeout: ClassVar[float | None] = _SECONDS_FOR_A_REQUEST

    def do_POST(self) -> None:
        try:
            body = self._chunks() if self._is_chunked() else self._whole_body()
        except _Refused as exc:
            self.close_connection = True
            status = exc.status
        else:
            assert isinstance(self.server, _Server)
            status = self.server.take(Delivery(self.path, list(self.headers.items()), body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _is_chunked(self) -> bool:
        """Return whether the body comes in chunks, as a tunnel may send it."""
        return "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    def _whole_body(self) -> bytes:
        try:
            length = int(self.headers["Content-Length"])
        except (TypeError, ValueError):
            raise _Refused(411) from None
        if not 0 <= length <= _MAX_BODY_BYTES:
            raise _Refused(413)
        body = self.rfile.read(length)
        if len(body) < length:
            raise _Refused(400)
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if size > _MAX_BODY_BYTES - len(body):
                raise _Refused(413)
            body += self.rfile.read(size)
            self.rfile.readline(_MAX_LINE)
        while self.rfile.readline(_MAX_LINE).strip():
            pass  # The trailers.
        return bytes(body)

    def _chunk_size(self) -> int:
        line = self.rfile.readline(_MAX_LINE).split(b";")[0].strip()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", line):
            raise _Refused(400)
        return int(line, 16)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: deliveries are shown by the command."""
