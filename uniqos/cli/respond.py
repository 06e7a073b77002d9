"""The command ``uniqos respond``: one turn."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal, cast
from uuid import uuid4

import typer

import uniqos

from . import output
from .completion import PersonalityId, UserId
from .printing import printer
from .shared import (
    BaseUrl,
    Debug,
    DryRun,
    Format,
    FormatOption,
    IdempotencyKey,
    Profile,
    QueryOption,
    Raw,
    Timeout,
    connected,
    print_events,
    standard_input,
    write_summary,
)

_HINTS = {
    "missing_personality": "uniqos respond --personality ID MESSAGE",
    "stateful_requires_user_id": "add --user ID",
    "not_found": "check the personality's id, in --personality or UNIQOS_PERSONALITY",
}
_REPEAT_HINTS = {
    "conflict": "if the key is that of an earlier turn, give all else as for that turn, --stream or --no-stream too"
}


class Mode(str, Enum):
    """Mode of a turn: with or without relational memory of the user."""

    stateless = "stateless"
    stateful = "stateful"


def respond(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The user's message; - reads standard input.")],
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Print the answer piece by piece.  [default: --stream, with --json --no-stream]",
        ),
    ] = None,
    personality: PersonalityId = None,
    user: UserId = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Without or with relational memory of the user.  [default: the personality's]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the server's JSON; with --stream one line for each event.")
    ] = False,
    idempotency_key: IdempotencyKey = None,
    form: FormatOption = Format.auto,
    query: QueryOption = None,
    raw: Raw = False,
    dry_run: DryRun = False,
    profile: Profile = None,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Answer MESSAGE in the voice of a personality.

    The answer goes to standard output; emotion, latency and interaction id go to standard error. The API key comes
    from UNIQOS_API_KEY, or from a profile of uniqos login. Without a key a local sandbox answers, a stand-in for the
    real engine.

    A turn that fails after it was sent may have run and been billed. The error then names an --idempotency-key: with
    it, run the same command again, and the turn is not billed twice.
    """
    hints = _HINTS if idempotency_key is None else {**_HINTS, **_REPEAT_HINTS}
    with output.report_errors(debug, hints, as_json=form.has_json_errors) as run:
        out = None
        if form is not Format.auto or query is not None or raw:
            if stream or as_json:
                raise uniqos.ConfigurationError(
                    "--format, --query and --raw print a whole answer: leave out --stream and --json"
                )
            stream, out = False, printer(form, query, raw=raw)
        text = standard_input() if message == "-" else message
        with connected(
            base_url, timeout, debug, profile=profile, dry_run=dry_run, silent=form.has_json_errors
        ) as connection:
            if not text.strip():
                raise uniqos.ConfigurationError(
                    "the message is empty: give a text, or - to read standard input", code="empty_message"
                )
            client, personality_id = connection.client, connection.personality(personality)
            turn_mode = cast('Literal["stateless", "stateful"] | None', mode and mode.value)
            key = str(uuid4()) if idempotency_key is None else idempotency_key
            if not connection.is_sandbox:  # A sandbox that ends with the command forgets the key.
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
        if out is not None:
            out.answer(result.to_dict())
            out.finish()
            return
        if as_json:
            output.write_json(result.to_dict())
            return
        output.write(result.response.removesuffix("\n") + "\n")
        write_summary(result.inferred_emotional_state, result.latency_ms, result.interaction_id)


def _print_text(stream: uniqos.RespondStream) -> None:
    try:
        for piece in stream.text_stream:
            output.write(piece)
    finally:
        if stream.text and not stream.text.endswith("\n"):
            output.write("\n")
    if stream.metadata and stream.completion:
        write_summary(
            stream.metadata.inferred_emotional_state, stream.completion.latency_ms, stream.metadata.interaction_id
        )
