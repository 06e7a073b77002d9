"""The table of commands, and the group that finds them in it and in the operations of the API."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .groups import LazyGroup, built

COMMANDS: dict[str, tuple[str, str]] = {
    # The words of a command: its module in this folder, and its line in the help of its group. The module's function
    # or Typer is called as the last word, with _ for -. A further command is one line here.
    "respond": ("respond", "Answer MESSAGE in the voice of a personality."),
    "batch": ("batch", "Run one operation over the rows of a file, and pay for no row twice."),
    "api": ("api", "Call one operation of the API, or list all of them."),
    "contract": ("contract", "Export the API as OpenAPI, or compare it with a document."),
    "sandbox": ("sandbox", "Run a local stand-in for the uniqOS API until Ctrl-C."),
    "mcp": ("mcp", "Serve the API as tools of the Model Context Protocol until the host leaves."),
    "completion": ("man", "Print the script that completes commands, options and ids in a shell."),
    "man": ("man", "Print the manual page of all commands."),
    "chat": ("chat", "Talk to a personality: each line is a message."),
    "login": ("profiles", "Store a key or portal token under a name, and use it from now on."),
    "logout": ("profiles", "Delete a profile and its key from this machine."),
    "profiles": ("profiles", "List the profiles, without their keys."),
    "use": ("profiles", "Use a profile from now on, in all commands without --profile."),
    "doctor": ("doctor", "Check everything between this machine and the API, and say what to do."),
    "usage": ("usage", "Show the turns by day, the quota that is left, and the alerts."),
    "webhooks listen": ("webhooks", "Receive deliveries on this machine until Ctrl-C."),
    "webhooks trigger": ("webhooks", "Let a running sandbox send an event."),
    "webhooks replay": ("webhooks", "Forward the deliveries of a record again."),
}
"""All commands that are no operations of the API. ``"webhooks listen"`` is a command in the group ``webhooks``."""


class CommandGroup(LazyGroup):
    """A group of the commands in the table, and of the operations of the API."""

    def lines(self) -> dict[str, str]:
        """Return the help line of each command in this group, by its name."""
        depth = len(self.words)
        own = {
            name.split()[depth]: line for name, (_, line) in COMMANDS.items() if name.split()[:-1] == list(self.words)
        }
        return {**own, **_resource_lines(self.words)}

    def build(self, cmd_name: str) -> Any:
        """Import and build one command; None if this group has no such command."""
        words = (*self.words, cmd_name)
        key = " ".join(words)
        if key in COMMANDS:
            found = getattr(import_module(f".{COMMANDS[key][0]}", __package__), cmd_name.replace("-", "_"))
            return built(found, cmd_name)
        from .resources import command

        return command(words, CommandGroup)


def _resource_lines(words: tuple[str, ...]) -> dict[str, str]:
    """Return the help lines of the resources in a group; of the top, from the first lines of the API's modules."""
    if words:
        from .resources import lines

        return lines(words)
    from ..api import NAMESPACES

    names = dict.fromkeys(namespace.partition(".")[0] for namespace in NAMESPACES)
    return {name.replace("_", "-"): _first_line(f"uniqos.api.{name}") for name in names}


def _first_line(module: str) -> str:
    """Return what the first sentence of a module's docstring says of its namespace, without importing the module."""
    spec = find_spec(module)
    loader: Any = spec and spec.loader
    source = loader.get_source(module) if hasattr(loader, "get_source") else None
    text = (source or "").partition("\n")[0].strip('"')
    summary = re.sub(r"^``client[.\w]*``(?: and .*?)?: ", "", text)
    sentence = summary.partition(". ")[0].rstrip(".")
    return f"{sentence[:1].upper()}{sentence[1:]}."
