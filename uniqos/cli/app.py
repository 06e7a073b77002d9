"""The command line's commands ``respond`` and ``sandbox``, and the app that holds all commands."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast
from uuid import uuid4

import typer

import uniqos

from .._base.secret import hide
from . import output
from .api import api
from .contract import contract
from .shared import BaseUrl, Command, Debug, IdempotencyKey, Timeout, connected, print_events, standard_input

if TYPE_CHECKING:
    from uniqos.sandbox import ServerOptions

_HINTS = {
    "missing_personality": "uniqos respond --personality ID MESSAGE",
    "stateful_requires_user_id": "add --user ID",
    "not_found": "check the personality's id, in --personality or UNIQOS_PERSONALITY",
}

app: typer.Typer = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


class Mode(str, Enum):
    """Mode of a turn: with or without relational memory of the user."""

    stateless = "stateless"
    stateful = "stateful"


def _print_version(is_given: bool) -> None:
    if is_given:
        output.write(f"uniqos {uniqos.__version__}\n")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Talk to the personalities of the uniqOS API.

    The API key is read from UNIQOS_API_KEY only. On a command line every process of the machine could see the key, and
    the shell would keep it in its history.

    \b
    Exit codes:
      0    success
      1    the API or the network failed
      2    wrong usage or settings
      130  Ctrl-C ended the command; uniqos sandbox ends with 0
      141  the reader of a pipe closed it
    """  # noqa: D301 (\b makes click keep the line breaks of its paragraph)


@app.command(cls=Command)
def respond(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The user's message; - reads standard input.")],
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Print the answer piece by piece.  [default: --stream, with --json --no-stream]",
        ),
    ] = None,
    personality: Annotated[
        str | None,
        typer.Option(
            metavar="ID", envvar="UNIQOS_PERSONALITY", help="Personality that answers; optional in the sandbox."
        ),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Your own id of the end user.")] = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Without or with relational memory of the user.  [default: the personality's]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the server's JSON; with --stream one line for each event.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Answer MESSAGE in the voice of a personality.

    The answer goes to standard output; emotion, latency and interaction id go to standard error. The API key is read
    from UNIQOS_API_KEY. Without a key a local sandbox answers, a stand-in for the real engine.

    A turn that fails after it was sent may have run and been billed. The error then names an --idempotency-key: with
    it, run the same command again, and the turn is not billed twice.
    """
    with output.report_errors(debug, _HINTS) as run:
        text = standard_input() if message == "-" else message
        with connected(base_url, timeout, debug) as (client, default):
            if not text.strip():
                raise uniqos.ConfigurationError(
                    "the message is empty: give a text, or - to read standard input", code="empty_message"
                )
            personality_id = personality or default
            if personality_id is None:
                raise uniqos.ConfigurationError(
                    "no personality is given: add --personality ID, or set UNIQOS_PERSONALITY",
                    code="missing_personality",
                )
            turn_mode = cast('Literal["stateless", "stateful"] | None', mode and mode.value)
            key = str(uuid4()) if idempotency_key is None else idempotency_key
            if default is None:  # A sandbox that ends with the command forgets the key.
                run.idempotency_key = key
            if stream or (stream is None and not as_json):
                events = client.respond(
                    personality_id=personality_id,
                    message=text,
                    user_id=user,
                    mode=turn_mode,
                    stream=True,
                    idempotency_key=key,
                )
                with events:
                    (print_events if as_json else _print_text)(events)
                return
            result = client.respond(
                personality_id=personality_id, message=text, user_id=user, mode=turn_mode, idempotency_key=key
            )
        if as_json:
            output.write_json(result.to_dict())
            return
        output.write(result.response.removesuffix("\n") + "\n")
        output.write_summary(result.inferred_emotional_state, result.latency_ms, result.interaction_id)


@app.command(cls=Command)
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


def _print_text(stream: uniqos.RespondStream) -> None:
    try:
        for piece in stream.text_stream:
            output.write(piece)
    finally:
        if stream.text and not stream.text.endswith("\n"):
            output.write("\n")
    if stream.metadata and stream.completion:
        output.write_summary(
            stream.metadata.inferred_emotional_state, stream.completion.latency_ms, stream.metadata.interaction_id
        )


app.command(cls=Command)(api)
app.add_typer(contract, name="contract")
