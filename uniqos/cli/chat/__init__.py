"""The command ``uniqos chat``: a conversation at a terminal, or of the lines of a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ... import errors
from .. import credentials, output
from ..completion import PersonalityId, UserId
from ..exits import exit_code_of
from ..respond import Mode
from ..shared import BaseUrl, Debug, Profile, Timeout, connected
from .commands import TABLE, Commands
from .conversation import Conversation, Exchange
from .lines import Lines, lines_of_standard_input, next_message
from .screen import Screen
from .transcript import Transcript

_HINTS = {
    "missing_personality": "uniqos chat --personality ID",
    "stateful_requires_user_id": "add --user ID",
    "not_found": "check the personality's id, in --personality, UNIQOS_PERSONALITY or the profile",
}


def chat(
    personality: PersonalityId = None,
    user: UserId = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Without or with memory.  [default: stateful with --user, else stateless]")
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Append each turn to this file, as a line of JSON."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each turn as one line of JSON.")] = False,
    history: Annotated[bool, typer.Option(help="Keep the typed lines for the next conversation.")] = True,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Talk to a personality: each line is a message.

    The answer is streamed, with the emotion of the turn beside it and the valence of all turns as a line. /help lists
    the commands, such as /memory and /state. Lines may come from a pipe too; the first turn that fails then ends the
    program.

    Ctrl-C stops an answer. /retry asks for an answer that broke off with the turn's own key, so that it is not billed
    twice. With --transcript, that works in the next conversation too. At the end, the turns consumed are shown.
    """
    with output.report_errors(debug, _HINTS) as run, connected(base_url, timeout, debug, profile=profile) as connection:
        client, personality_id = connection.client, connection.personality(personality)
        with Transcript(transcript) as file:
            conversation = Conversation(client, personality_id, user, _mode(mode, user), file)
            server = "a local sandbox, for this run only" if connection.is_sandbox else client.base_url
            commands = Commands(conversation, Screen(as_json), f"{server} ({client.environment or 'portal token'})")
            lines = lines_of_standard_input([f"/{name}" for name in TABLE], _history(history))
            try:
                _Loop(commands, lines, run).run()
            finally:
                commands.screen.show_bill(conversation.exchanges)


def _mode(given: Mode | None, user: str | None) -> Literal["stateless", "stateful"]:
    if given is not None:
        return given.value
    return "stateful" if user is not None else "stateless"


def _history(is_kept: bool) -> Path | None:
    try:
        return credentials.folder() / "chat-history" if is_kept else None
    except errors.ConfigurationError:  # Without a home folder there is no place for it.
        return None


class _Loop:
    """The loop of a conversation: a line, a command or a turn, and the next line.

    Args:
        commands: The commands, with the conversation and its screen.
        lines: The source of the lines.
        run: The report of a failure after which the conversation goes on.
    """

    def __init__(self, commands: Commands, lines: Lines, run: output.Run) -> None:
        self._run = run
        self._commands = commands
        self._conversation = commands.conversation
        self._screen = commands.screen
        self._lines = lines
        self._shown: Exchange | None = None
        """The last failed turn that was shown."""

    def run(self) -> None:
        """Run until the input ends, or ``/quit``.

        Raises:
            UniqOSError: A turn or a command failed, and the lines come from a pipe.
            KeyboardInterrupt: Ctrl-C, and the lines come from a pipe; or SIGTERM.
        """
        self._greet()
        was_stopped, goes_on = False, True
        while goes_on:
            try:
                goes_on = self._step(was_stopped)
                was_stopped = False
            except output.Terminated:
                raise
            except KeyboardInterrupt:
                if not self._lines.is_terminal:
                    self._show_failure()
                    raise
                was_stopped = True  # Shown by the next step, since a second Ctrl-C may come at any moment.

    def _step(self, was_stopped: bool) -> bool:
        """Obey the next line; return whether there was one."""
        if was_stopped:
            self._show_failure()
            output.note("stopped; Ctrl-D or /quit ends the program")
        try:
            line = next_message(self._lines, "> ")
            if line is None or line.strip() == "/quit":
                return False
            self._obey(line)
        except errors.UniqOSError as exc:
            if self._lines.is_terminal:
                self._screen.end_line()
                self._run.report(exc, "", exit_code_of(exc))
            self._show_failure()
            if not self._lines.is_terminal:
                raise
        return True

    def _greet(self) -> None:
        """Show who is talking, and go on with the relationship and with an unfinished turn of the transcript."""
        conversation = self._conversation
        unfinished = conversation.resume()
        if self._lines.is_terminal:
            output.note(f"{conversation.personality_id} is listening, {conversation.mode}; /help lists the commands")
            if conversation.user_id is None:
                output.note("without --user each turn stands alone: nothing is remembered")
            else:
                self._show_relationship()
        if unfinished is not None:
            output.note(f"the last turn of the transcript has no answer, of {unfinished.at}")
            self._shown = unfinished
            self._screen.show_failure(unfinished, self._lines.is_terminal)

    def _show_relationship(self) -> None:
        try:
            found = self._commands.relationship()
        except errors.PermissionError:  # The scope of a key may allow turns only.
            return
        if found is None:
            output.note("this is the first turn of these two")
            return
        known = [f"{name} {found[name]}" for name in ("turns", "last_turn_at") if found.get(name) is not None]
        output.note(f"the relationship {found.get('id')} goes on: {', '.join(known) or 'it exists'}")

    def _obey(self, line: str) -> None:
        screen = self._screen
        if line.strip() == "/retry":
            last = self._conversation.last
            if last is not None and last.status == "completed":
                output.note("the last message was answered: this is a new turn, and billed as one")
            screen.show_end(self._conversation.retry(screen.show_emotion, screen.show_text), self._conversation)
        elif line.startswith("/") and not line.startswith("//"):
            self._commands.run(line.strip())
        else:
            message = line[1:] if line.startswith("//") else line
            screen.show_end(self._conversation.ask(message, screen.show_emotion, screen.show_text), self._conversation)

    def _show_failure(self) -> None:
        """Show the state of the last turn, if that is what failed."""
        last = self._conversation.last
        if last is not None and last.status != "completed" and last is not self._shown:
            self._shown = last
            self._screen.show_failure(last, self._lines.is_terminal)
