"""The commands ``uniqos man`` and ``uniqos completion``, which are written from the commands themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Annotated, Any

import typer
from typer.main import get_command

from .._version import __version__
from . import output


class Shell(str, Enum):
    """A shell whose completion can be written."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"
    powershell = "powershell"


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="The shell that reads the script.")],
) -> None:
    """Print the script that completes commands, options and ids in a shell.

    The last part of each line is the file to put it in; zsh needs it after compinit:

    \b
    bash        source <(uniqos completion bash)      ~/.bashrc
    zsh         source <(uniqos completion zsh)       ~/.zshrc
    fish        uniqos completion fish | source       ~/.config/fish/config.fish
    PowerShell  uniqos completion powershell | Out-String | iex         $PROFILE

    Ids come from the account whose key or profile is in use. They are kept for a minute, in a file that only you can
    read.
    """  # noqa: D301 (\b makes click keep the line breaks of its paragraph)
    with output.report_errors(False):
        # The function has no public name; --show-completion of other programs prints the same.
        from typer._completion_shared import get_completion_script

        output.write(
            get_completion_script(prog_name="uniqos", complete_var="_UNIQOS_COMPLETE", shell=shell.value) + "\n"
        )


def man() -> None:
    """Print the manual page of all commands.

    \b
    Read it now:  uniqos man | man -l -
    Install it:   uniqos man > ~/.local/share/man/man1/uniqos.1
    """  # noqa: D301 (\b makes click keep the line breaks of its paragraph)
    with output.report_errors(False):
        from .app import app

        output.write("".join(f"{line}\n" for line in _page(get_command(app))))


def _page(top: Any) -> Iterator[str]:
    context = top.context_class(top, info_name="uniqos")
    commands = [*_commands(top, context)]
    counts = Counter(record for command, inner in commands for record in _records(command, inner))
    common = [record for record, count in counts.items() if count > len(commands) / 2]
    yield f'.TH UNIQOS 1 "" "uniqos {__version__}" "User Commands"'
    yield from (".SH NAME", r"uniqos \- talk to the personalities of the uniqOS API")
    yield from (".SH SYNOPSIS", _escaped(_usage(top, context)), ".SH DESCRIPTION")
    yield from _paragraphs(top.help)
    yield from _options(_records(top, context))
    yield from (".SH COMMON OPTIONS", "Most commands take these.")
    yield from _options(common)
    yield ".SH COMMANDS"
    for command, inner in commands:
        yield from (f".SS {_escaped(inner.command_path)}", _escaped(_usage(command, inner)))
        yield from _paragraphs(command.help)
        yield from _options(record for record in _records(command, inner) if record not in common)


def _commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each command of a group, and of the groups inside it, with its context."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.context_class(command, info_name=name, parent=context)
        yield command, inner
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner)


def _records(command: Any, context: Any) -> list[tuple[str, str]]:
    """Return the names and the help of each argument and option."""
    found = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [(record[0], " ".join(record[1].split())) for record in found if record is not None]


def _options(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    for names, text in records:
        yield from (".TP", f".B {_escaped(names)}", _escaped(text) or "-")


def _usage(command: Any, context: Any) -> str:
    return " ".join([context.command_path, *command.collect_usage_pieces(context)])


def _paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in (text or "").split("\n\n"):
        kept, mark, lines = paragraph.partition("\b\n")
        yield ".PP"
        if mark:
            yield from (".nf", *map(_escaped, lines.splitlines()), ".fi")
        elif kept.strip():
            yield _escaped(" ".join(kept.split()))


def _escaped(text: str) -> str:
    """Return a line that roff prints as it is."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("~", r"\(ti")
    return re.sub(r"^(\.)", r"\&\1", escaped)
