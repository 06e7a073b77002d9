"""``uniqos contract``: the API as an OpenAPI document, and how another document differs from it."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len

from . import output
from .shared import Debug, json_text, read_json

if TYPE_CHECKING:
    from uniqos.contract import Difference

contract: typer.Typer = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@contract.callback()
def top() -> None:
    """Write the API down as an OpenAPI document, or compare it with one."""


@contract.command()
def export(
    file: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write it here instead of to standard output.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Print an OpenAPI 3.1 document of what is publicly known of the API."""
    with output.told(debug):
        from uniqos._wire.file import File
        from uniqos.contract import export

        text = json_text(export(), pretty=True)
        if file is None:
            output.write(text)
        else:
            File(content=text.encode()).save(file)


@contract.command()
def diff(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="An OpenAPI 3.0 or 3.1 document as JSON; - reads standard input.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    debug: Debug = False,
) -> None:
    """Compare an OpenAPI document with what this version knows of the API.

    Exit codes: 0 no differences, 1 differences, 2 a file that cannot be used.
    """
    with output.told(debug):
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


def _table(found: list[Difference]) -> str:
    """Return the differences of each operation under its name, in columns as wide as their longest cells.

    A document may have a hundred thousand differences, for which a table of rich would take minutes.
    """
    lines: list[str] = []
    for operation, differences in groupby(found, key=lambda difference: difference.operation):
        rows = [("  kind", "where", "ours", "theirs")]
        for one in differences:
            rows.append((f"  {one.kind}", _cell(one.where), _cell(one.ours), _cell(one.theirs)))
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        lines.append(_cell(operation))
        for row in rows:
            padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join(padded))
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _cell(text: str | None) -> str:
    return " ".join(text.split()) if text else "-"
