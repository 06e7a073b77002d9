"""The command ``uniqos sandbox``: a local stand-in for the API."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import uniqos

from .._base.secret import hide
from . import output
from .shared import Debug

if TYPE_CHECKING:
    from uniqos.sandbox import ServerOptions


def sandbox(
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="Port; 0 takes a free one.")] = 4010,
    database: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="SQLite file of the state.  [default: in memory]"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same answers.")] = 0,
    pause: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Time between two events of a stream.")] = 0.02,
    requests_per_second: Annotated[int, typer.Option(min=1, metavar="N", help="Rate limit.")] = 1000,
    llm: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="OpenAI-compatible server that writes the replies, by POST URL/chat/completions. Its key is read from "
            "UNIQOS_LLM_API_KEY.  [default: templates]",
        ),
    ] = None,
    llm_model: Annotated[str, typer.Option(metavar="NAME", help="Model of the --llm server.")] = "default",
    debug: Debug = False,
) -> None:
    """Run a local stand-in for the uniqOS API until Ctrl-C.

    Its answers are made for development and tests, not by the real engine. Ctrl-C ends it with exit code 0.

    A mark in a message asks for a fault, e.g. [[uniqos:error=rate_limit_exceeded]] or [[uniqos:stream=drop_after]]. The
    refusal of an unknown mark names those that exist.
    """
    llm = hide(llm)
    options: ServerOptions = {
        "host": host,
        "port": port,
        "database": ":memory:" if database is None else database,
        "seed": seed,
        "pause": pause,
        "requests_per_second": requests_per_second,
        "llm": llm,
        "llm_model": llm_model,
    }
    with output.report_errors(debug):
        try:
            uniqos.sandbox.run(**options, on_ready=_announce)
        except KeyboardInterrupt:
            pass  # Ctrl-C is the usual end of a server, so the exit code is 0.


def _announce(local: uniqos.sandbox.Sandbox) -> None:
    settings = {
        "UNIQOS_BASE_URL": local.url,
        "UNIQOS_API_KEY": local.api_key,
        "UNIQOS_PERSONALITY": local.personality_id,
    }
    line = '$env:{}="{}"\n' if os.name == "nt" else "export {}={}\n"
    output.write("".join(line.format(*setting) for setting in settings.items()))
    if local.admin_token is not None:
        output.note(
            f"other machines can reach this sandbox. Its routes under {local.url}/_sandbox/ require the header "
            f"Authorization: Bearer {local.admin_token}. The page is at {local.url}/_sandbox/?token={local.admin_token}"
        )
    output.note(
        "the sandbox is ready, a stand-in for the real engine. Paste these lines into another shell. Ctrl-C ends it."
    )
