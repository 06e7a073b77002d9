"""What several commands share: their options, how they read, and the client they call with."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic_core import from_json

import uniqos

from . import output

if TYPE_CHECKING:
    from uniqos import RespondStream, UniqOS

Debug = Annotated[bool, typer.Option("--debug", help="Show the SDK's log, and tracebacks.")]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", envvar="UNIQOS_BASE_URL", help="Host of the API, without /v1.")
]
IdempotencyKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="The same key for the same call, so that it takes effect once.")
]
Timeout = Annotated[float | None, typer.Option(metavar="S", help="Seconds an attempt may take; 0 is no limit.")]


def standard_input() -> str:
    """Everything on standard input, without the line break at its end."""
    text = _utf8(sys.stdin.buffer.read(), "standard input")
    return text.removesuffix("\n").removesuffix("\r")


def read_json(where: str, hint: str = "") -> Any:
    """The JSON in a file, or on standard input where it is called ``-``.

    Raises:
        ConfigurationError: It cannot be read, or is no JSON; ``hint`` ends that sentence.
    """
    if where == "-":
        return parse_json(standard_input(), "standard input", hint)
    try:
        content = Path(where).read_bytes()
    except OSError as exc:
        raise uniqos.ConfigurationError(f"cannot read {where}: {exc.strerror or exc}") from None
    return parse_json(_utf8(content, where), where, hint)


def parse_json(text: str, name: str, hint: str = "") -> Any:
    """A text of the user's as JSON.

    Raises:
        ConfigurationError: It is none; ``hint`` ends that sentence.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as exc:
        raise uniqos.ConfigurationError(f"{name} is not JSON: {exc}{hint}") from None


def json_text(value: Any, *, pretty: bool) -> str:
    """JSON to print: indented, or as one line."""
    unicode = sys.stdout.encoding.lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=2 if pretty else None) + "\n"


@contextmanager
def connected(
    base_url: str | None, timeout: float | None, debug: bool
) -> Generator[tuple[UniqOS, str | None], None, None]:
    """A client, and the personality that answers unless told otherwise."""
    if sys.stdout is None:  # before anything is sent: an answer that was paid for must have a place to go
        raise uniqos.ConfigurationError("standard output is closed, so there is nowhere to print the answer")
    if debug:
        logging.basicConfig()
        logging.getLogger("uniqos").setLevel(logging.DEBUG)
    log_level: Literal["debug", "warning"] = "debug" if debug else "warning"
    if os.environ.get("UNIQOS_API_KEY") or base_url:
        with uniqos.UniqOS(base_url=base_url, timeout=timeout, log_level=log_level) as client:
            yield client, None
        return
    try:
        serve = uniqos.sandbox.serve
    except uniqos.ConfigurationError as exc:
        raise uniqos.ConfigurationError(
            f"UNIQOS_API_KEY is not set, and without it the local sandbox would answer; {exc.message}", code=exc.code
        ) from None
    with serve() as local, local.client(timeout=timeout, log_level=log_level) as client:
        output.note(
            "UNIQOS_API_KEY is not set: a local sandbox answers, for this run only, a stand-in for the real engine; "
            "set it (see https://docs.uniqos.ai) to ask the real one"
        )
        yield client, local.personality_id


def print_events(stream: RespondStream) -> None:
    """Print each event as one line of JSON."""
    for event in stream:
        kind = event.name if event.type == "unknown" else event.type
        output.write_json({"type": kind, **event.to_dict()})
    stream.until_done()


def _utf8(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise uniqos.ConfigurationError(f"{name} is not UTF-8: {exc.reason} at byte {exc.start}") from None
