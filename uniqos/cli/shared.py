"""Parts that several commands share: options, input, JSON, and the client."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from pydantic_core import from_json
from typer.core import TyperCommand

import uniqos

from .._wire.options import SharedSettings
from . import output

Debug = Annotated[bool, typer.Option("--debug", help="Show the SDK's log and tracebacks.")]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", envvar="UNIQOS_BASE_URL", help="Address of the API, without /v1.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Repeated with the same key, a call takes effect once."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help=f"Time limit of one attempt; 0 means none.  [default: {SharedSettings.timeout:g}]"
    ),
]


class Command(TyperCommand):
    """A command whose usage line names required arguments plainly; typer 0.29 puts them in braces."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line after the command's name."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]


def standard_input() -> str:
    """Read all of standard input, and remove one line break at its end."""
    text = _utf8(sys.stdin.buffer.read(), "standard input")
    return text.removesuffix("\n").removesuffix("\r")


def read_json(where: str, hint: str = "") -> Any:
    """Read JSON from a file, or from standard input if ``where`` is ``-``.

    Raises:
        ConfigurationError: The file cannot be read, or is not JSON; then ``hint`` ends the message.
    """
    if where == "-":
        return parse_json(standard_input(), "standard input", hint)
    try:
        content = Path(where).read_bytes()
    except OSError as exc:
        raise uniqos.ConfigurationError(f"cannot read {where}: {exc.strerror or exc}") from None
    return parse_json(_utf8(content, where), where, hint)


def parse_json(text: str, name: str, hint: str = "") -> Any:
    """Parse a text that the user gave, and that the error calls ``name``.

    Raises:
        ConfigurationError: The text is not JSON; ``hint`` ends the message.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as exc:
        raise uniqos.ConfigurationError(f"{name} is not JSON: {exc}{hint}") from None


def json_text(value: Any, *, pretty: bool) -> str:
    """Return JSON to print: indented if ``pretty``, else as one line."""
    unicode = sys.stdout.encoding.lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=2 if pretty else None) + "\n"


@contextmanager
def connected(
    base_url: str | None, timeout: float | None, debug: bool
) -> Generator[tuple[uniqos.UniqOS, str | None], None, None]:
    """Yield a client of the API, or of a sandbox that runs as long as the command.

    Yields:
        The client, and the sandbox's default personality; None in its place if the client asks the real API.
    """
    if sys.stdout is None:  # Refused before the call, since its answer may cost money.
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
            f"UNIQOS_API_KEY is not set, and the local sandbox that answers without it needs more packages: "
            f"{exc.message}",
            code=exc.code,
        ) from None
    with serve() as local, local.client(timeout=timeout, log_level=log_level) as client:
        output.note(
            "UNIQOS_API_KEY is not set, so a local sandbox answers, for this run only. It is a stand-in for the real "
            "engine. To ask the real one, set UNIQOS_API_KEY (see https://docs.uniqos.ai)."
        )
        yield client, local.personality_id


def print_events(stream: uniqos.RespondStream) -> None:
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
