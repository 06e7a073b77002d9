"""The commands ``login``, ``logout``, ``profiles`` and ``use``, which keep credentials under a name."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import Annotated

import typer

import uniqos

from .._base.secret import Secret
from . import credentials, output
from .shared import BaseUrl, Debug, Timeout
from .table import columns_text

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the profile.")]


class Storage(str, Enum):
    """Place of a credential."""

    auto = "auto"
    keyring = "keyring"
    file = "file"


_LOGIN_HINTS = {
    "authentication_error": "nothing was stored: give another key, or --no-verify to store this one",
    "missing_api_key": "type the key at the terminal, or give it as the first line of standard input",
}


def login(
    name: _Name = "default",
    personality: Annotated[
        str | None, typer.Option(metavar="ID", help="Personality that answers by default with this profile.")
    ] = None,
    storage: Annotated[
        Storage,
        typer.Option(
            help="Place of the key: the system's keyring, or a file that only you can read. auto is the first "
            "that works."
        ),
    ] = Storage.auto,
    verify: Annotated[bool, typer.Option(help="Ask the API whether it accepts the key, by GET /v1/me.")] = True,
    base_url: BaseUrl = None,
    timeout: Timeout = None,
    debug: Debug = False,
) -> None:
    """Store a key or portal token under a name, and use it from now on.

    The key is asked for at the terminal, and not shown; without one the first line of standard input is read. It is
    never an argument, since every process of the machine could see it. It is only sent to the profile's address.
    """
    with output.report_errors(debug, _LOGIN_HINTS):
        credentials.checked_name(name)
        secret = _read_credential()
        is_key = secret.startswith("uniq_")
        if not is_key and secret.count(".") != 2:
            raise uniqos.ConfigurationError(
                "this is neither an API key, which looks like uniq_live_... or uniq_test_..., nor a portal token",
                code="invalid_api_key_format",
            )
        with uniqos.UniqOS(
            secret if is_key else None,
            access_token=None if is_key else secret,
            base_url=base_url,
            timeout=timeout,
            log_level="debug" if debug else None,
        ) as client:
            if verify:
                _check_access(client)
            profile = credentials.Profile(name, "api_key" if is_key else "access_token", client.base_url, personality)
            environment = client.environment or "portal token"
        stored = credentials.save(profile, secret, storage=storage.value)
        credentials.choose(name)
        where = "the system's keyring" if stored.keyring_entry else f"{credentials.folder()}, a file only you can read"
        output.note(f"the profile {name} is in use: {environment}, {stored.base_url}; its key is in {where}")
        _note_environment(name)


def logout(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Name of the profile.  [default: the one in use]",
            autocompletion=credentials.names_with,
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Delete a profile and its key from this machine. The key itself stays valid: revoke it to end that."""
    with output.report_errors(debug):
        name = name or credentials.current_name()
        if name is None:
            raise uniqos.ConfigurationError("no profile is in use: name one; uniqos profiles lists them")
        credentials.delete(name)
        output.note(
            f"the profile {name} and its key are deleted from this machine; uniqos api-keys revoke ends the key"
        )


def use(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the profile.", autocompletion=credentials.names_with)
    ],
    debug: Debug = False,
) -> None:
    """Use a profile from now on, in all commands without --profile."""
    with output.report_errors(debug):
        found = credentials.load(name)
        credentials.choose(name)
        output.note(f"the profile {name} is in use: {found.base_url}")


def profiles(
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each profile.")] = False,
    debug: Debug = False,
) -> None:
    """List the profiles, without their keys. A star is beside the one in use."""
    with output.report_errors(debug):
        current = credentials.current_name()
        lines: list[list[str]] = []
        for name in credentials.names():
            try:
                found = credentials.load(name)
            except uniqos.ConfigurationError as exc:  # The others are shown all the same.
                output.note(f"{name}: {exc.message}", "red")
                continue
            row = {
                "name": name,
                "in_use": name == current,
                "base_url": found.base_url,
                "kind": found.kind,
                "personality": found.personality,
                "storage": "keyring" if found.keyring_entry else "file",
            }
            if as_json or not sys.stdout.isatty():
                output.write_json(row)
                continue
            mark = "*" if name == current else " "
            shown = [found.base_url, found.kind.replace("_", " "), f"in the {row['storage']}", found.personality or ""]
            lines.append([f"{mark} {name}", *shown])
        if lines:
            output.write(columns_text(lines))
        _note_environment(current)


def _note_environment(current: str | None) -> None:
    """Say that variables of the environment win over the profile."""
    if os.environ.get("UNIQOS_API_KEY"):
        output.note("UNIQOS_API_KEY is set, and wins over every profile", "yellow")
    elif current is None:
        output.note("no profile is in use")


def _check_access(client: uniqos.UniqOS) -> None:
    """Ask the API whether it accepts the credential.

    Raises:
        UniqOSError: It does not, or it cannot be reached.
    """
    try:
        client.me.get()
    except uniqos.PermissionDeniedError:
        pass  # It is accepted, for other operations than this one.


def _read_credential() -> Secret:
    """Return the key or token that the user gives.

    Raises:
        ConfigurationError: There is none.
    """
    if sys.stdin is None:
        raise uniqos.ConfigurationError("standard input is closed: give the key at a terminal, or by a pipe")
    if sys.stdin.isatty():
        import getpass

        try:
            secret = Secret(getpass.getpass("API key or portal token (not shown): ", stream=sys.stderr).strip())
        except EOFError:
            secret = Secret()
    else:
        secret = Secret(sys.stdin.readline().strip())
    if not secret:
        raise uniqos.ConfigurationError("no key was given", code="missing_api_key")
    return secret
