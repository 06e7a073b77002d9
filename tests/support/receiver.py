"""Webhook receiver on loopback."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from uniqos import construct_event
from uniqos.webhooks import WebhookEvent


class Receiver:
    """The deliveries in order; each is answered with the next of ``statuses``, then with 204."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.statuses: list[int] = []
        self._arrived: queue.Queue[tuple[bytes, str | None]] = queue.Queue()

    def take(self) -> tuple[bytes, str | None]:
        """Return body and signature of the next delivery."""
        return self._arrived.get(timeout=10)

    def event(self, secret: str) -> WebhookEvent:
        """Return the next delivery, verified."""
        return construct_event(*self.take(), secret)

    @property
    def is_empty(self) -> bool:
        return self._arrived.empty()

    def put(self, body: bytes, signature: str | None) -> int:
        self._arrived.put((body, signature))
        return self.statuses.pop(0) if self.statuses else 204


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver; yield it."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            self.send_response(receiver.put(body, self.headers["x-uniqos-signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
