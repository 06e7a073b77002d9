"""Parts that several commands share: options, input, JSON, and the client."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import from_json

import uniqos

from .._policy.logging import LogLevel
from .._wire.options import SharedSettings
from ..api.engine import EmotionalState
from . import credentials, output

Debug = Annotated[bool, typer.Option("--debug", help="Show the SDK's log and tracebacks.")]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", envvar="UNIQOS_BASE_URL", help="Address of the API, without /v1.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Repeated with the same key, a call takes effect once."),
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        envvar="UNIQOS_PROFILE",
        help="Profile whose key and address count, by uniqos login.",
        autocompletion=credentials.names_with,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help=f"Time limit of one attempt; 0 means none.  [default: {SharedSettings.timeout:g}]"
    ),
]

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before a call that deletes something or costs money.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the request, without the key, in place of sending it.")]


class Format(str, Enum):
    """Form of the data on standard output."""

    auto = "auto"
    table = "table"
    json = "json"
    jsonl = "jsonl"
    yaml = "yaml"
    csv = "csv"
    quiet = "quiet"

    @property
    def has_json_errors(self) -> bool:
        """Whether errors are JSON on standard error, too."""
        return self in (Format.json, Format.jsonl)


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="Form of the data; auto is a table on a terminal and JSON elsewhere; quiet prints ids only. With json "
        "and jsonl, errors are JSON on standard error.",
    ),
]
QueryOption = Annotated[
    str | None, typer.Option("--query", metavar="JMESPATH", help="Part of the answer to print, e.g. data[].id.")
]
Raw = Annotated[bool, typer.Option("--raw", help="Print text without quotes, one line for each.")]


def standard_input() -> str:
    """Read all of standard input, and remove one line break at its end.

    Raises:
        ConfigurationError: Standard input is closed, or is not UTF-8.
    """
    if sys.stdin is None:
        raise uniqos.ConfigurationError("standard input is closed, so there is nothing to read from it")
    text = _utf8(sys.stdin.buffer.read(), "standard input")
    return text.removesuffix("\n").removesuffix("\r")


def read_json(where: str, hint: str = "") -> Any:
    """Read JSON from a file, or from standard input if ``where`` is ``-``.

    Raises:
        ConfigurationError: The file cannot be read, or is not JSON; then ``hint`` ends the message.
    """
    if where == "-":
        return parse_json(standard_input(), "standard input", hint)
    return parse_json(read_text(where), where, hint)


def read_text(where: str) -> str:
    """Read a file of UTF-8.

    Raises:
        ConfigurationError: The file cannot be read, or is not UTF-8.
    """
    try:
        content = Path(where).read_bytes()
    except (OSError, ValueError) as exc:
        raise uniqos.ConfigurationError(f"cannot read {where}: {getattr(exc, 'strerror', None) or exc}") from None
    return _utf8(content, where)


def parse_json(text: str, name: str, hint: str = "") -> Any:
    """Parse a text that the user gave, and that the error calls ``name``.

    Raises:
        ConfigurationError: The text is not JSON; ``hint`` ends the message.
    """
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as exc:
        raise uniqos.ConfigurationError(f"{name} is not JSON: {exc}{hint}") from None


def read_data(given: str, name: str) -> Any:
    """Read JSON or YAML that an option gives: ``@FILE``, ``-`` for standard input, or the text itself.

    Raises:
        ConfigurationError: The file cannot be read, or the text is neither JSON nor YAML.
    """
    if given == "-":
        text, name = standard_input(), "standard input"
    elif given.startswith("@"):
        name = given[1:]
        text = read_text(name)
    else:
        text = given
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError:
        from .yaml import parse_yaml

        return parse_yaml(text, name)


@dataclass(frozen=True)
class Account:
    """The settings of the calls of one account; None stands for the default."""

    api_key: str | None = None
    access_token: str | None = None
    base_url: str | None = None
    personality_id: str | None = None

    @property
    def has_credential(self) -> bool:
        """Whether there is a key or a token."""
        return bool(self.api_key or self.access_token)

    @property
    def client_options(self) -> dict[str, Any]:
        """The options of a client that make it call for this account."""
        return {"api_key": self.api_key, "access_token": self.access_token, "base_url": self.base_url}


def account(base_url: str | None = None, profile: str | None = None) -> Account:
    """Return the account that calls are made for: by the environment, else by a profile.

    Args:
        base_url: The address that was given, by option or environment.
        profile: The profile that was named; None is the one of ``uniqos use``.

    Raises:
        ConfigurationError: The profile cannot be used.
    """
    address = base_url or os.environ.get("UNIQOS_BASE_URL") or None
    found = credentials.settings_of(profile, address)
    kept = credentials.profile_in_use(profile, address)
    return Account(
        api_key=found.api_key,
        access_token=found.access_token,
        base_url=found.base_url,
        personality_id=os.environ.get("UNIQOS_PERSONALITY") or (kept.personality if kept else None),
    )


@dataclass(frozen=True)
class Connection:
    """The client of a command."""

    client: uniqos.UniqOS
    default_personality: str | None
    """The personality that answers if none is named: of the environment, else of the profile or the sandbox."""
    is_sandbox: bool = False
    """Whether a sandbox answers, which runs as long as the command."""

    def personality(self, named: str | None) -> str:
        """Return the personality that answers.

        Args:
            named: The one that was named.

        Raises:
            ConfigurationError: ``missing_personality``: none was named, and there is no default.
        """
        chosen = named or self.default_personality
        if chosen is None:
            raise uniqos.ConfigurationError(
                "no personality is given: add --personality ID, or set UNIQOS_PERSONALITY", code="missing_personality"
            )
        return chosen


@contextmanager
def connected(
    base_url: str | None,
    timeout: float | None,
    debug: bool,
    *,
    profile: str | None = None,
    dry_run: bool = False,
    silent: bool = False,
) -> Generator[Connection, None, None]:
    """Yield a client of the API, or of a sandbox that runs as long as the command.

    Args:
        base_url: Address of the API, without ``/v1``.
        timeout: Seconds that one attempt may take; 0 is no limit.
        debug: Show the log of the SDK.
        profile: The profile that was named; None is the one of ``uniqos use``.
        dry_run: Print the first request in place of sending it, and end the command.
        silent: Log no warnings, such as those of retries: standard error is for an error as JSON.

    Yields:
        The client, and the personality that answers by default.
    """
    if debug:
        logging.basicConfig()
        logging.getLogger("uniqos").setLevel(logging.DEBUG)
    log_level: LogLevel = "debug" if debug else "silent" if silent else "warning"
    known = account(base_url, profile)
    if dry_run:
        from .dry_run import client_that_shows

        with client_that_shows(known, log_level) as client:
            yield Connection(client, known.personality_id)
        return
    if known.has_credential or base_url:
        with uniqos.UniqOS(**known.client_options, timeout=timeout, log_level=log_level) as client:
            yield Connection(client, known.personality_id)
        return
    with local_sandbox() as local, local.client(timeout=timeout, log_level=log_level) as client:
        output.note(
            "UNIQOS_API_KEY is not set, so a local sandbox answers, for this run only. It is a stand-in for the real "
            "engine. To ask the real one, run uniqos login or set UNIQOS_API_KEY (see https://docs.uniqos.ai)."
        )
        yield Connection(client, known.personality_id or local.personality_id, is_sandbox=True)


def local_sandbox() -> AbstractContextManager[uniqos.sandbox.Sandbox]:
    """Return the sandbox that answers without a key.

    Raises:
        ConfigurationError: ``missing_extra``: the extra ``sandbox`` is not installed.
    """
    try:
        return uniqos.sandbox.serve()
    except uniqos.ConfigurationError as exc:
        raise uniqos.ConfigurationError(
            f"UNIQOS_API_KEY is not set, and the local sandbox that answers without it needs more packages: "
            f"{exc.message}",
            code=exc.code,
        ) from None


def agree(client: uniqos.UniqOS, effect: str, yes: bool) -> None:
    """Ask on a terminal before a call that deletes something or costs money; without one, require ``--yes``.

    Args:
        client: The client of the call, whose kind of key is named.
        effect: What the call does, e.g. ``DELETE /v1/end-users/ada deletes the end user``.
        yes: Whether ``--yes`` was given.

    Raises:
        ConfigurationError: ``not_confirmed``: nobody agreed. Nothing was sent.
    """
    if yes:
        return
    live = "with a LIVE key" if client.environment == "live" else f"environment: {client.environment or 'unknown'}"
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        raise uniqos.ConfigurationError(f"{effect} ({live}): add --yes to agree", code="not_confirmed")
    sys.stderr.write(f"{effect} ({live}). Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise uniqos.ConfigurationError("not confirmed; nothing was sent", code="not_confirmed")


def print_events(stream: uniqos.RespondStream) -> None:
    """Print each event as one line of JSON."""
    for event in stream:
        kind = event.name if event.type == "unknown" else event.type
        output.write_json({"type": kind, **event.to_dict()})
    stream.until_done()


def write_summary(state: EmotionalState | None, latency_ms: int | None, interaction_id: str | None) -> None:
    """Write emotion, latency and interaction id to standard error, as one line after the answer."""
    parts: list[str] = []
    if state is not None and state.primary:
        details = [f"confidence {state.confidence:g}"] if state.confidence is not None else []
        details += [f"intensity {state.intensity}"] if state.intensity else []
        parts.append(f"{state.primary} ({', '.join(details)})" if details else state.primary)
    if latency_ms is not None:
        parts.append(f"{latency_ms} ms")
    if interaction_id:
        parts.append(interaction_id)
    if parts:
        output.note(" | ".join(parts))


def _utf8(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise uniqos.ConfigurationError(f"{name} is not UTF-8: {exc.reason} at byte {exc.start}") from None
