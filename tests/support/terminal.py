"""The command line in a pseudo-terminal, whose picture can be read."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyte

from .commandline import NOTHING, environment

# Opening the terminal makes it the controlling one of the new session, so that Ctrl-C becomes SIGINT.
_RUN = "import os; os.open(os.ttyname(0), os.O_RDWR); import uniqos.cli; uniqos.cli.main()"


class Terminal:
    """A running command, and what its terminal shows."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, columns: int, rows: int) -> None:
        self._process = process
        self._master = master
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        """All bytes that the command wrote."""

    @property
    def picture(self) -> str:
        """The lines that scrolled away, and those of the screen, without empty ones at the end."""
        above = ["".join(line[column].data for column in range(self._screen.columns)) for line in self._scrolled()]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display]).rstrip()

    @property
    def words(self) -> str:
        """The picture as one line of words, so that line breaks of a narrow terminal do not matter."""
        return "".join(self.picture.split())

    def type(self, keys: str) -> None:
        """Type keys; Enter is a carriage return, Ctrl-C is ``\\x03`` and Ctrl-D ``\\x04``."""
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, times: int = 1) -> None:
        """Read until the picture shows a text so many times, white space left out."""
        wanted = "".join(text.split())
        self._read(lambda: self.words.count(wanted) >= times, f"{text!r} is not shown")

    def wait_for_prompt(self) -> None:
        """Read until the last line is an empty prompt: keys that come earlier are those of another mode."""
        self._read(lambda: self.picture.splitlines()[-1:] == [">"], "there is no prompt")

    def end(self) -> int:
        """Read until the command ends; return its exit code."""
        self._read(lambda: False, "it did not end", is_end_good=True)
        code = self._process.wait(20)
        assert "Traceback" not in self.picture, self.picture
        return code

    def _scrolled(self) -> list[Any]:
        return list(self._screen.history.top)

    def _read(self, is_done: Any, otherwise: str, is_end_good: bool = False) -> None:
        deadline = time.monotonic() + 30
        while not is_done():
            ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
            try:
                data = os.read(self._master, 65536) if ready else b""
            except OSError:  # The last process has closed the terminal.
                data = b""
            if not data:
                assert ready, f"{otherwise}:\n{self.picture}"
                assert is_end_good or is_done(), f"{otherwise}, and the command ended:\n{self.picture}"
                return
            self.raw += data
            self._stream.feed(data)
            if b"\x1b[6n" in data:  # prompt_toolkit asks for the position of the cursor.
                os.write(self._master, f"\x1b[{self._screen.cursor.y + 1};{self._screen.cursor.x + 1}R".encode())


@contextmanager
def terminal(
    *arguments: str, settings: Mapping[str, str] = NOTHING, columns: int = 100, rows: int = 40
) -> Iterator[Terminal]:
    """Run ``uniqos`` in a pseudo-terminal for the time of a ``with`` block."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _RUN, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={"TERM": "xterm-256color", **environment(settings)},
    )
    os.close(slave)
    try:
        yield Terminal(process, master, columns, rows)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        os.close(master)
