"""Loopback server with canned answers. It runs in its own process, so that clients' CPU time is without its work.

The message of a turn chooses the answer.

- ``now``, ``late``: a reply, at once or after 50 ms.
- ``paced``: a stream, one write and one HTTP chunk per event, so that each is read by itself.
- ``chunked``: the same HTTP chunks in one write, as from a server that is faster than its client.
- ``burst``: the same events in HTTP chunks of 16 KiB, as through a proxy that gathers chunks.
- ``huge``: a stream whose text event is megabytes, in HTTP chunks of 1 KiB.
- ``turn``: a stream of 40 events in one write.
- ``ticks_20_100``: a stream of 20 events, 100 ms apart, whatever the other streams do.

The id of an invoice is the size of its file in bytes. Any other request is answered with the number of connections.
The server ends when its standard input ends, so that it does not outlive the process that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import ssl
import tempfile
import time
from collections.abc import Iterator
from typing import BinaryIO

from .answers import (
    STREAM_END,
    STREAM_HEAD,
    chunks,
    file_head,
    json_answer,
    replies,
    streams,
    texts,
    turn_events,
)
from .surroundings import allow_many, end_with_parent

LATE_SECONDS = 0.05
PACE_SECONDS = 0.0003
BLOCK = 1_000_000

_MESSAGE = re.compile(rb'"(?:message|content)": ?"(\w+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TICKS = re.compile(r"ticks_(\d+)_(\d+)")
_INVOICE = re.compile(rb"GET /v1/billing/invoices/(\d+)/pdf ")


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    accepted = 0
    replies = replies()
    streams: dict[tuple[str, str], list[bytes]]
    block: BinaryIO

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        type(self).accepted += 1
        self.transport = transport  # asyncio has set TCP_NODELAY
        self.buffer = b""
        self.file: asyncio.Task[None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self.file is not None:
            self.file.cancel()

    def write(self, data: bytes) -> None:
        # asyncio logs a warning for each write to a closed connection, as of a client that gave up.
        if not self.transport.is_closing():
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.buffer, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < stop:
                return
            head, body, self.buffer = self.buffer[:end], self.buffer[end + 4 : stop], self.buffer[stop:]
            self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        path, found = head.split(b" ", 2)[1].decode(), _MESSAGE.search(body)
        message = found[1].decode() if found else ""
        if message == "now":
            self.write(self.replies[path])
        elif message == "late":
            asyncio.get_running_loop().call_later(LATE_SECONDS, self.write, self.replies[path])
        elif (path, message) in self.streams:
            for data in self.streams[path, message]:
                self.write(data)
                time.sleep(PACE_SECONDS)  # the event loop's timers are too coarse, and this is the only client now
        elif ticks := _TICKS.fullmatch(message):
            first, *parts = chunks(turn_events(texts(int(ticks[1]) - 2)))
            parts[-1] += STREAM_END
            self.write(STREAM_HEAD + first)
            self.tick(asyncio.get_running_loop().time(), int(ticks[2]) / 1000, iter(parts))
        elif invoice := _INVOICE.match(head):
            self.file = asyncio.create_task(self.send_file(int(invoice[1])))
        else:
            self.write(json_answer({"connections": Connection.accepted}))

    def tick(self, last: float, seconds: float, parts: Iterator[bytes]) -> None:
        """Write the next part at its time after the first part, even if the last part was late."""

        def due() -> None:
            self.write(part)
            self.tick(last + seconds, seconds, parts)

        if (part := next(parts, b"")) and not self.transport.is_closing():
            asyncio.get_running_loop().call_at(last + seconds, due)

    async def send_file(self, size: int) -> None:
        self.transport.write(file_head(size))
        while size:
            size -= await asyncio.get_running_loop().sendfile(self.transport, self.block, 0, min(size, BLOCK))


async def serve(events: int, huge: int, certificate: str) -> None:
    allow_many()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    Connection.streams = streams(events, huge)
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryFile() as block:
        block.write(os.urandom(BLOCK))
        block.flush()
        Connection.block = block
        for options in (None, context):
            server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=4096, ssl=options)
            print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--huge", type=int, required=True)
    parser.add_argument("--certificate", required=True, metavar="FILE", help="PEM: a key and its certificate")
    arguments = parser.parse_args()
    end_with_parent()
    asyncio.run(serve(arguments.events, arguments.huge, arguments.certificate))
