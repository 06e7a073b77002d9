"""The lines that a person types into a conversation, or that come from a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..._extras import missing_extra
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

FENCE = '"""'
"""A line that begins with it opens a message of several lines, and one that ends with it closes the message."""


class Lines(Protocol):
    """A source of lines."""

    is_terminal: bool
    """Whether a person types them, who can go on after a failure."""

    def read(self, prompt: str) -> str | None:
        """Return the next input, which may hold line breaks; None at its end.

        Raises:
            KeyboardInterrupt: The person pressed Ctrl-C.
        """


def lines_of_standard_input(commands: Sequence[str], history: Path | None) -> Lines:
    """Return the terminal's lines with editing and history, or those of a pipe.

    Args:
        commands: The commands to offer for completion.
        history: The file of the history; None for a history that ends with the program.

    Raises:
        ConfigurationError: Standard input is closed, or the extra is missing.
    """
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed, so there is nothing to answer")
    if not sys.stdin.isatty() or not _has_terminal_output():
        return _Pipe()
    return _Terminal(commands, history)


def next_message(lines: Lines, prompt: str) -> str | None:
    """Return the next message that is not empty; None at the end of the input.

    A message between fences spans several lines.

    Raises:
        KeyboardInterrupt: The person pressed Ctrl-C.
    """
    while (first := lines.read(prompt)) is not None:
        message = _fenced(first, lines.read) if first.lstrip().startswith(FENCE) else first
        if message.strip():
            return message
    return None


def _fenced(first: str, read: Callable[[str], str | None]) -> str:
    text = first.lstrip()[len(FENCE) :]
    while not text.rstrip().endswith(FENCE):
        line = read("... ")
        if line is None:  # The end of the input ends the message too.
            return text.strip("\n")
        text += "\n" + line
    return text.rstrip()[: -len(FENCE)].strip("\n")


def _has_terminal_output() -> bool:
    return any(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))


class _Pipe:
    """The lines of a pipe or file, as UTF-8."""

    is_terminal: bool = False

    def read(self, prompt: str) -> str | None:
        line = sys.stdin.buffer.readline()
        if not line:
            return None
        try:
            return line.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as exc:
            raise ConfigurationError(f"standard input is not UTF-8: {exc.reason} at byte {exc.start}") from None


class _Terminal:
    """The lines of a person at a terminal, with editing, history and completion."""

    is_terminal: bool = True

    def __init__(self, commands: Sequence[str], history: Path | None) -> None:
        try:
            from prompt_toolkit import PromptSession
            from prompt_toolkit.completion import WordCompleter
            from prompt_toolkit.output import create_output
        except ModuleNotFoundError:
            raise missing_extra("a conversation at a terminal needs prompt_toolkit", "cli") from None
        output = sys.stdout if sys.stdout is not None and sys.stdout.isatty() else sys.stderr
        self._session: PromptSession[str] = PromptSession(
            history=_history(history),
            multiline=True,
            key_bindings=_bindings(),
            completer=WordCompleter(list(commands), sentence=True),
            complete_while_typing=False,
            prompt_continuation="... ",
            enable_suspend=True,
            output=create_output(output),
        )

    def read(self, prompt: str) -> str | None:
        try:
            text = self._session.prompt(prompt)
        except EOFError:
            return None
        # In an ASCII locale, prompt_toolkit 3.0.53 gives the bytes of other letters as halves of surrogate pairs.
        return text.encode(errors="surrogateescape").decode(errors="replace")


def _bindings() -> KeyBindings:
    """Return the keys: Enter sends, and Alt-Enter makes a new line."""
    from prompt_toolkit.key_binding import KeyBindings

    bindings = KeyBindings()

    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    bindings.add("enter")(send)
    bindings.add("escape", "enter")(new_line)
    return bindings


def _history(path: Path | None) -> History:
    """Return the history of a file, which only its owner can read; one in memory if the file cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    if path is None:
        return InMemoryHistory()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)
