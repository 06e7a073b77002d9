"""The commands ``uniqos contract export`` and ``uniqos contract diff``."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

import uniqos

from . import output
from .groups import Command
from .output import json_text
from .shared import Debug, read_json
from .table import columns_text

contract: typer.Typer = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@contract.callback()
def top() -> None:
    """Export the API as OpenAPI, or compare it with a document."""


@contract.command(cls=Command)
def export(
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write to this file.  [default: standard output]")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write the publicly known API as an OpenAPI 3.1 document."""
    with output.report_errors(debug):
        from uniqos._wire.file import File
        from uniqos.contract import export

        text = json_text(export(), pretty=True)
        if file is None:
            output.write(text)
        else:
            File(content=text.encode()).save(file)


@contract.command(cls=Command)
def diff(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="OpenAPI 3.0 or 3.1 document in JSON; - reads standard input.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as one JSON array.")] = False,
    debug: Debug = False,
) -> None:
    """Compare an OpenAPI document with this version of the SDK.

    \b
    Exit codes:
      0  no differences
      1  differences
      2  the file cannot be used
    """  # noqa: D301 (\b makes click keep the line breaks of its paragraph)
    with output.report_errors(debug):
        from uniqos.contract import diff

        found = diff(read_json(file, hint=" (YAML is not read; convert it to JSON first)"))
        if as_json:
            output.write(json_text([asdict(difference) for difference in found], pretty=False))
        elif found:
            output.write(_table(found))
        if not found:
            output.note("no differences")
    if found:
        raise typer.Exit(1)


def _table(found: list[uniqos.contract.Difference]) -> str:
    """Return the differences of each operation under its name, in columns as wide as their longest cells."""
    # rich would take minutes for the hundred thousand differences that two documents may have.
    lines: list[str] = []
    for operation, differences in groupby(found, key=lambda difference: difference.operation):
        rows = [("  kind", "where", "ours", "theirs")]
        for one in differences:
            rows.append((f"  {one.kind}", _cell(one.where), _cell(one.ours), _cell(one.theirs)))
        lines += [_cell(operation) + "\n", columns_text(rows)]
    return "".join(lines)


def _cell(text: str | None) -> str:
    return " ".join(text.split()) if text else "-"
