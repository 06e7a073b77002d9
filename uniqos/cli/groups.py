"""The building of commands, and the group that builds a command when it is asked for."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


class Command(TyperCommand):
    """A command whose usage line names required arguments plainly; typer 0.29 puts them in braces."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line after the command's name."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


class LazyGroup(TyperGroup):
    """A group of commands, of which only the one that is asked for is imported and built."""

    words: tuple[str, ...] = ()
    """The words that call this group, without the name of the program."""
    _is_completing = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._built: dict[str, Any] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the group's commands, in the order of its help."""
        return list(self.lines())

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Return the names that complete a word. For them no command is built."""
        self._is_completing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._is_completing = False

    @abstractmethod
    def lines(self) -> dict[str, str]:
        """Return the help line of each command in this group, by its name."""

    @abstractmethod
    def build(self, cmd_name: str) -> Any:
        """Import and build one command; None if this group has no such command."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and build one command; None if this group has no such command."""
        if self._is_completing:
            return TyperCommand(cmd_name, help=self.lines()[cmd_name])
        if cmd_name not in self._built:
            self._built[cmd_name] = self.build(cmd_name)
        return self._built[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of some words. For a word that is none, typer suggests names that are like it."""
        if args and self.get_command(ctx, args[0]) is None:
            names: Any = dict.fromkeys(self.lines())
            self.commands = names  # typer reads the names alone
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands into the help, of which none is imported for that."""
        write_commands(formatter, self.lines())


def write_commands(formatter: Any, lines: dict[str, str]) -> None:
    """Write the names of commands into a help, each with its whole line, of which typer writes 45 letters."""
    if lines:
        with formatter.section("Commands"):
            formatter.write_dl(list(lines.items()))


def built(found: Any, name: str) -> Any:
    """Return the command of a function or of a Typer."""
    if isinstance(found, typer.Typer):
        made: Any = get_group(found)
        made.name = name
        return made
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=Command)(found)
    made = get_command(app)
    made.name = name
    return made
