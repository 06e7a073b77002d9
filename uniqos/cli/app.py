"""The commands. They print through ``output``, and import the SDK when they run."""

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
from .shared import BaseUrl, Debug, IdempotencyKey, Timeout, connected, print_events, standard_input

if TYPE_CHECKING:
    from uniqos import RespondStream
    from uniqos.sandbox import Sandbox, ServerOptions

app: typer.Typer = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)


class Mode(str, Enum):
    """With or without relational memory."""

    stateless = "stateless"
    stateful = "stateful"


def _version(asked: bool) -> None:
    if asked:
        output.write(f"uniqos {uniqos.__version__}\n")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Talk to the personalities of the uniqOS API.

    The API key is read from UNIQOS_API_KEY only: a secret on a command line is seen by every process of the machine,
    and stays in the shell's history.

    Exit codes: 0 done, 1 the API or the network failed, 2 wrong usage or settings, 130 Ctrl-C.
    """


@app.command()
def respond(
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="What the user says; - reads it from standard input.")
    ],
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="Print the answer as it is spoken; the default without --json."),
    ] = None,
    personality: Annotated[
        str | None,
        typer.Option(metavar="ID", envvar="UNIQOS_PERSONALITY", help="Who answers; optional in the sandbox."),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Your own stable id of the end user.")] = None,
    mode: Annotated[Mode | None, typer.Option(help="Without or with relational memory of the user.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the server's JSON; with --stream one line per event.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Answer MESSAGE in the voice of a personality.

    The answer goes to standard output, what is known about it to standard error. The API key is read from
    UNIQOS_API_KEY, never from the command line; without one the local sandbox answers, a stand-in for the real engine.

    A turn that fails on its way may have run, and been billed: the error then says with which --idempotency-key to
    run the same command again, so that the turn is not paid twice.
    """
    with output.told(debug) as run:
        text = standard_input() if message == "-" else message
        with connected(base_url, timeout, debug) as (client, default):
            if not text.strip():
                raise uniqos.ConfigurationError("the message is empty", code="empty_message")
            personality_id = personality or default
            if personality_id is None:
                raise uniqos.ConfigurationError(
                    "which personality? Give --personality ID, or set UNIQOS_PERSONALITY", code="missing_personality"
                )
            how = cast('Literal["stateless", "stateful"] | None', mode and mode.value)
            key = str(uuid4()) if idempotency_key is None else idempotency_key
            if default is None:  # a sandbox for this run only forgets it
                run.idempotency_key = key
            if stream or (stream is None and not as_json):
                events = client.respond(
                    personality_id=personality_id,
                    message=text,
                    user_id=user,
                    mode=how,
                    stream=True,
                    idempotency_key=key,
                )
                with events:
                    (print_events if as_json else _print_words)(events)
                return
            result = client.respond(
                personality_id=personality_id, message=text, user_id=user, mode=how, idempotency_key=key
            )
        if as_json:
            output.write_json(result.to_dict())
            return
        output.write(result.response.removesuffix("\n") + "\n")
        output.about(result.inferred_emotional_state, result.latency_ms, result.interaction_id)


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 4010,
    database: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, help="Keep everything here; default: in memory.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same answers.")] = 0,
    pause: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Between two events of a stream.")] = 0.02,
    requests_per_second: Annotated[int, typer.Option(min=1, metavar="N", help="The rate limit.")] = 1000,
    llm: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="An OpenAI-compatible server makes the replies: POST URL/chat/completions. UNIQOS_LLM_API_KEY is its "
            "key.",
        ),
    ] = None,
    llm_model: Annotated[str, typer.Option(metavar="NAME", help="The model of that server.")] = "default",
    debug: Debug = False,
) -> None:
    """Run a local stand-in for the uniqOS API until Ctrl-C.

    Its answers are templates, or a language model's with --llm, made for developing and testing against; they are not
    the real engine's.
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
    with output.told(debug):
        try:
            uniqos.sandbox.run(**options, on_ready=_announce)
        except KeyboardInterrupt:
            pass  # the way to end it


def _announce(local: Sandbox) -> None:
    settings = {
        "UNIQOS_BASE_URL": local.url,
        "UNIQOS_API_KEY": local.api_key,
        "UNIQOS_PERSONALITY": local.personality_id,
    }
    line = '$env:{}="{}"\n' if os.name == "nt" else "export {}={}\n"
    output.write("".join(line.format(*setting) for setting in settings.items()))
    if local.admin_token is not None:
        output.note(
            f"other machines can reach this sandbox. Its routes under {local.url}/_sandbox/ want the header "
            f"Authorization: Bearer {local.admin_token}; the page is at {local.url}/_sandbox/?token={local.admin_token}"
        )
    output.note(
        "the sandbox is ready, a stand-in for the real engine; paste these lines into another shell; Ctrl-C ends it"
    )


def _print_words(stream: RespondStream) -> None:
    try:
        for piece in stream.text_stream:
            output.write(piece)
    finally:
        if stream.text and not stream.text.endswith("\n"):
            output.write("\n")
    if stream.metadata and stream.completion:
        output.about(
            stream.metadata.inferred_emotional_state, stream.completion.latency_ms, stream.metadata.interaction_id
        )


app.command()(api)
app.add_typer(contract, name="contract")
