"""The command line in a process of its own, and servers that answer it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from .rawserver import RawServer, reply

KEY = "uniq_test_abcd1234"
NOTHING: Mapping[str, str] = {}
NO_PROFILES = os.path.join(os.path.dirname(__file__), "no-profiles")
"""A folder that does not exist."""
COMMAND = [sys.executable, "-W", "error", "-m", "uniqos"]
# A process that a shell started in the background ignores SIGINT, and its children inherit that.
INTERRUPTIBLE = [
    *(sys.executable, "-W", "error", "-c"),
    "import signal, uniqos.cli; signal.signal(signal.SIGINT, signal.default_int_handler); uniqos.cli.main()",
]
needs_full_device = pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="only Linux has a device that is always full"
)
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process, and no pty")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with the given settings of the SDK and no others."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("UNIQOS_", "FORCE_COLOR"))}
    # No profile of the person who runs the tests may count.
    return {**mine, "PYTHONUTF8": "1", "UNIQOS_CONFIG_DIR": NO_PROFILES, **settings}


def run(*arguments: str, stdin: bytes = b"", settings: Mapping[str, str] = NOTHING) -> tuple[int, str, str]:
    """Run ``uniqos`` to its end; return its exit code, standard output and standard error."""
    done = subprocess.run(
        [*COMMAND, *arguments], input=stdin, capture_output=True, env=environment(settings), timeout=30
    )
    out, err = (data.decode().replace("\r\n", "\n") for data in (done.stdout, done.stderr))
    assert "Traceback" not in err or "--debug" in arguments
    assert "\x1b" not in out + err, "no ANSI where no terminal is"
    return done.returncode, out, err


def start(
    *arguments: str, command: list[str] = COMMAND, settings: Mapping[str, str] = NOTHING
) -> subprocess.Popen[bytes]:
    """Start ``uniqos`` with pipes for its output."""
    return subprocess.Popen(
        [*command, *arguments],
        bufsize=0,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(settings),
    )


def at(server: RawServer) -> dict[str, str]:
    """Return the settings by which ``uniqos`` calls a server."""
    return {"UNIQOS_API_KEY": KEY, "UNIQOS_BASE_URL": server.url, "UNIQOS_PERSONALITY": "pers_1"}


def read(pipe: Any) -> str:
    """Return the next output that a process wrote to a pipe."""
    data: bytes = os.read(pipe.fileno(), 65536)
    return data.decode()


Event = tuple[str, dict[str, Any]]
METADATA: dict[str, Any] = {
    "interaction_id": "int_1",
    "inferred_emotional_state": {"primary": "joy", "confidence": 0.9},
    "memory": {"consulted": False, "summary_used": None, "significant_moments_referenced": 0},
}
COMPLETION: dict[str, Any] = {
    "memory": {"summary_used": None, "model_updated": False},
    "guardrails": {"applied": []},
    "usage": {"turns_consumed": 1, "active_relationship_counted": False, "llm_provider": "x", "llm_model": "y"},
    "latency_ms": 12,
}


def open_stream(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req_7\r\nConnection: close\r\n\r\n"
    )


def send_event(connection: socket.socket, name: str, value: dict[str, Any]) -> None:
    connection.sendall(f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode())


def streaming(*events: Event) -> RawServer:
    """Make a server that answers with a stream of these events."""

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        open_stream(connection)
        for event in events:
            send_event(connection, *event)
        connection.close()

    return RawServer(handler)


def answering(status: int, value: object, **headers: str) -> RawServer:
    """Make a server that answers each call with this status and JSON."""

    def handler(connection: socket.socket, request: bytes, number: int) -> None:
        fields = {name.replace("_", "-"): text for name, text in headers.items()}
        reply(connection, status, json.dumps(value, ensure_ascii=False).encode(), fields)

    return RawServer(handler)


def run_on_full_disk(*arguments: str, server: RawServer) -> subprocess.CompletedProcess[bytes]:
    """Run ``uniqos`` with a standard output that accepts no byte."""
    with open("/dev/full", "wb") as full:
        return subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, env=environment(at(server)), timeout=30
        )
