"""The app that holds all commands, which ``registry.COMMANDS`` and the operations of the API name."""

from __future__ import annotations

from textwrap import fill
from typing import Annotated

import typer

from .._version import __version__
from .exits import ExitCode
from .registry import CommandGroup

_HELP = """Talk to the personalities of the uniqOS API.

The API key comes from UNIQOS_API_KEY, or from a profile of uniqos login. It is never an argument: every process of the
machine could see it, and the shell would keep it in its history.

Data goes to standard output, everything else to standard error. NO_COLOR switches colours off, FORCE_COLOR on.

\b
Exit codes:
""" + "\n".join(
    # Click wraps no paragraph whose line breaks it keeps, and indents all by two.
    fill(f"{code.value:<4} {code.__doc__}", 76, initial_indent="  ", subsequent_indent=" " * 7)
    for code in ExitCode
)

app: typer.Typer = typer.Typer(
    cls=CommandGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(is_given: bool) -> None:
    if is_given:
        from . import output

        output.write(f"uniqos {__version__}\n")
        raise typer.Exit


@app.callback(help=_HELP)
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run before each command."""
