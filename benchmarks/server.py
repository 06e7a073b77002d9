"""A loopback server with canned answers, in a process of its own so that its work is not in the client's CPU time.

The message of a turn chooses the answer. Standard library only.

- ``now``, ``late``: a reply, at once or after 50 ms.
- ``paced``: a stream, one write and one HTTP chunk per event, so that each is read by itself.
- ``chunked``: the same HTTP chunks in one write, as they come from a server that is faster than its client.
- ``burst``: the same events in HTTP chunks of 16 KiB, as they come through a proxy that gathers.
- ``huge``: a stream whose text event is megabytes, in HTTP chunks of 1 KiB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time

LATE_SECONDS = 0.05
PACE_SECONDS = 0.0003

_MESSAGE = re.compile(rb'"message": ?"(\w+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_INFERRED = {
    "primary": "anticipation",
    "confidence": 0.82,
    "secondary": ["joy", "trust"],
    "intensity": "moderate",
    "valence": 0.61,
    "arousal": 0.44,
}
_USAGE = {
    "turns_consumed": 1,
    "active_relationship_counted": True,
    "llm_provider": "anthropic",
    "llm_model": "large-2026-01",
}
_SUMMARY = "Works night shifts, is learning the cello, prefers short answers and dislikes being reassured."
_REPLY = {
    "response": "That recital sounds like it matters to you more than you let on. You have been practising after night "
    "shifts for months, so of course your hands feel heavy; play the slow movement first and let the rest come.",
    "inferred_emotional_state": _INFERRED,
    "interaction_id": "int_01J9ZC5T7Q8W3R2N6M4K1H0GFD",
    "memory": {
        "consulted": True,
        "summary_used": _SUMMARY,
        "significant_moments_referenced": 2,
        "model_updated": True,
    },
    "guardrails": {"applied": ["no_medical_advice"]},
    "usage": _USAGE,
    "latency_ms": 1243,
}
_FIRST: dict[str, object] = {
    "type": "metadata",
    "interaction_id": "int_01J9ZC5T7Q8W3R2N6M4K1H0GFD",
    "inferred_emotional_state": _INFERRED,
    "memory": {"consulted": True, "summary_used": _SUMMARY, "significant_moments_referenced": 2},
}
_LAST: dict[str, object] = {
    "type": "completion",
    "memory": {"summary_used": _SUMMARY, "model_updated": True},
    "guardrails": {"applied": []},
    "usage": _USAGE,
    "latency_ms": 2318,
}
_COMMON = (
    b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: loopback\r\nX-Request-Id: req_01J9ZC5T7Q8W3R2N6M4K1H0GFD\r\n"
    b"X-RateLimit-Limit: 100\r\nX-RateLimit-Remaining: 99\r\nX-RateLimit-Reset: 2026-01-01T00:00:01Z\r\n"
)


_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n" + _COMMON + b"\r\n"
)


def json_answer(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return head + _COMMON + b"\r\n" + body


def event(value: dict[str, object]) -> bytes:
    return f"event: {value['type']}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


def chunks(parts: list[bytes]) -> list[bytes]:
    return [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]


def cut(whole: bytes, size: int) -> list[bytes]:
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def streams(count: int, huge: int) -> dict[str, list[bytes]]:
    """What is written for each message that asks for a stream."""
    first, last, end = event(_FIRST), event(_LAST), b"0\r\n\r\n"
    events = [first, *(event({"type": "text", "delta": f"and then, {n}, "}) for n in range(count)), last]
    enormous = first + event({"type": "text", "delta": "x" * huge}) + last
    paced = [_STREAM_HEAD, *chunks(events), end]
    return {
        "paced": paced,
        "chunked": [b"".join(paced)],
        "burst": [b"".join([_STREAM_HEAD, *chunks(cut(b"".join(events), 16 * 1024)), end])],
        "huge": [b"".join([_STREAM_HEAD, *chunks(cut(enormous, 1024)), end])],
    }


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    accepted = 0
    reply = json_answer(_REPLY)
    streams: dict[str, list[bytes]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        type(self).accepted += 1
        self.transport = transport  # asyncio has set TCP_NODELAY
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.buffer, 0, end)
            stop = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < stop:
                return
            body, self.buffer = self.buffer[end + 4 : stop], self.buffer[stop:]
            self.answer(body)

    def answer(self, body: bytes) -> None:
        found = _MESSAGE.search(body)
        message = found[1].decode() if found else ""
        if message == "now":
            self.transport.write(self.reply)
        elif message == "late":
            asyncio.get_running_loop().call_later(LATE_SECONDS, self.transport.write, self.reply)
        elif message in self.streams:
            for data in self.streams[message]:
                self.transport.write(data)
                time.sleep(PACE_SECONDS)  # the loop's own timers are too coarse, and nobody else is served now
        else:
            self.transport.write(json_answer({"connections": Connection.accepted}))


async def serve(events: int, huge: int) -> None:
    Connection.streams = streams(events, huge)
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--huge", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.events, arguments.huge))
