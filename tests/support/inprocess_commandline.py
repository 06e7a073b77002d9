"""The command line in this process, with pipes or a real pseudo-terminal for its output."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import uniqos.cli

from .commandline import NO_PROFILES


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The JSON error on standard error, of ``--format json``."""
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return found


def run_here(
    *arguments: str,
    settings: Mapping[str, str],
    stdin: bytes = b"",
    columns: int | None = None,
    encoding: str = "utf-8",
) -> Ended:
    """Run ``uniqos`` in this process to its end.

    Args:
        arguments: The words after ``uniqos``.
        settings: The SDK's settings of the environment; no others are set.
        stdin: What standard input holds.
        columns: The width of a pseudo-terminal for standard output; by default it is a pipe.
        encoding: The encoding of a pipe for standard output.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("UNIQOS_", "FORCE_COLOR", "NO_COLOR"))]:
            patch.delenv(name)
        # No profile of the person who runs the tests may count.
        own = {"TERM": "xterm", "COLUMNS": str(columns or 80), "UNIQOS_CONFIG_DIR": NO_PROFILES}
        for name, value in {**own, **settings}.items():
            patch.setenv(name, value)
        patch.setattr("uniqos.cli.output._has_reported_letters", False)  # It is said once in a process.
        patch.setattr(sys, "argv", ["uniqos", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        patch.setattr(sys, "stderr", err)
        handler = signal.getsignal(signal.SIGTERM)
        try:
            code, out = _with_terminal(patch) if columns else _with_pipe(patch, encoding)
        finally:
            signal.signal(signal.SIGTERM, handler)
        err.seek(0)
        return Ended(code, out, err.read())


def _with_pipe(patch: pytest.MonkeyPatch, encoding: str) -> tuple[int, str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding, write_through=True)
    patch.setattr(sys, "stdout", out)
    code = _exit_code()
    out.seek(0)
    return code, out.read()


def _with_terminal(patch: pytest.MonkeyPatch) -> tuple[int, str]:
    ours, theirs = os.openpty()
    found: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(ours, 65536):
                found.append(data)
        except OSError:
            pass  # Linux reports the end of a pseudo-terminal as an error.

    reader = threading.Thread(target=read)
    reader.start()
    with open(theirs, "w", encoding="utf-8") as terminal:
        patch.setattr(sys, "stdout", terminal)
        code = _exit_code()
    reader.join(20)
    os.close(ours)
    return code, b"".join(found).decode().replace("\r\n", "\n")


def _exit_code() -> int:
    try:
        uniqos.cli.main()
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    return 0
