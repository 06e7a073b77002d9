"""The table of commands, and the group that imports a command when it is asked for."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

COMMANDS: dict[str, tuple[str, str]] = {
    # The words of a command: its module in this folder, and its line in the help of its group. The module's function
    # or Typer is called as the last word, with _ for -. A further command is one line here.
    "respond": ("respond", "Answer MESSAGE in the voice of a personality."),
    "batch": ("batch", "Run one operation over the rows of a file, and pay for no row twice."),
    "api": ("api", "Call one operation of the API, or list all of them."),
    "contract": ("contract", "Export the API as OpenAPI, or compare it with a document."),
    "sandbox": ("sandbox", "Run a local stand-in for the uniqOS API until Ctrl-C."),
    "completion": ("man", "Print the script that completes commands, options and ids in a shell."),
    "man": ("man", "Print the manual page of all commands."),
}
"""All commands that are no operations of the API. ``"webhooks listen"`` is a command in the group ``webhooks``."""


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

    def lines(self) -> dict[str, str]:
        """Return the help line of each command in this group, by its name."""
        depth = len(self.words)
        own = {
            name.split()[depth]: line for name, (_, line) in COMMANDS.items() if name.split()[:-1] == list(self.words)
        }
        return {**own, **_resource_lines(self.words)}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import and build one command; None if this group has no such command."""
        if self._is_completing:
            return TyperCommand(cmd_name, help=self.lines()[cmd_name])
        words = (*self.words, cmd_name)
        key = " ".join(words)
        if key in COMMANDS:
            found = getattr(import_module(f".{COMMANDS[key][0]}", __package__), cmd_name.replace("-", "_"))
            return built(found, cmd_name)
        from .resources import command

        return command(words)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands into the help, of which none is imported for that."""
        lines = self.lines()
        width = formatter.width - 6 - max(map(len, lines), default=0)
        if lines:
            with formatter.section("Commands"):
                formatter.write_dl([(name, _shortened(line, width)) for name, line in lines.items()])


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


def _resource_lines(words: tuple[str, ...]) -> dict[str, str]:
    """Return the help lines of the resources in a group; of the top, from the first lines of the API's modules."""
    if words:
        from .resources import lines

        return lines(words)
    from ..api import NAMESPACES

    names = dict.fromkeys(namespace.partition(".")[0] for namespace in NAMESPACES)
    return {name.replace("_", "-"): _first_line(f"uniqos.api.{name}") for name in names}


def _first_line(module: str) -> str:
    """Return what a module's docstring says of its namespace, without importing the module."""
    spec = find_spec(module)
    loader: Any = spec and spec.loader
    source = loader.get_source(module) if hasattr(loader, "get_source") else None
    text = (source or "").partition("\n")[0].strip('"')
    summary = re.sub(r"^``client[.\w]*``(?: and .*?)?: ", "", text)
    return summary[:1].upper() + summary[1:]


def _shortened(text: str, width: int) -> str:
    """Return the words of a line that fit into a width."""
    if len(text) <= width or width < 20:
        return text
    return text[: width - 3].rsplit(" ", 1)[0] + "..."
