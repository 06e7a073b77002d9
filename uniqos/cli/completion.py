"""Completion of ids: the account's own, as its lists give them, kept for a minute."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import typer

import uniqos

from .._wire.operation import Operation
from ..api import operations
from .shared import Account, account

_SECONDS_TO_KEEP = 60.0
_SECONDS_TO_WAIT = 1.5
"""The longest wait for the server, after which the shell offers nothing."""

Complete = Callable[[Any, str], list[tuple[str, str]]]


def ids(op: Operation[Any] | None, param: str) -> Complete | None:
    """Return the completion of an id; None if no list has it.

    Args:
        op: The operation whose path has the id; None for a field, such as ``personality_id``.
        param: The name of the id.
    """
    listing = _listing(op, param)
    if listing is None:
        return None

    def complete(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
        try:
            values = [ctx.params[name] for name in listing.params]
            with redirect_stderr(StringIO()):  # A note, e.g. that the environment wins, would stand in the typed line.
                known = account(ctx.params.get("base_url"), ctx.params.get("profile"))
            found = _ids(known, listing, param, values)
        except Exception:  # Whatever goes wrong, a shell that completes must not print an error into the line.
            return []
        return [(one, text) for one, text in found if one.startswith(incomplete)]

    return complete


def _listing(op: Operation[Any] | None, param: str) -> Operation[Any] | None:
    """Return the operation that lists what an id names: the path before the id, by GET."""
    table = list(operations().values())
    mark = f"/{{{param}}}"
    paths = [op.path] if op else [other.path for other in table if other.path.count("{") == 1]
    prefixes = {path.partition(mark)[0] for path in paths if mark in path}
    return next((other for other in table if other.method == "GET" and other.path in prefixes), None)


def _ids(known: Account, listing: Operation[Any], param: str, values: list[str]) -> list[tuple[str, str]]:
    """Return the ids of an account, each with the name of what it stands for."""
    if not known.has_credential:
        return []
    path = _cache_file([known.api_key, known.access_token, known.base_url, listing.label, param, *values])
    kept = _read(path)
    if kept is not None:
        return kept
    from .calls import perform

    with uniqos.UniqOS(**known.client_options, deadline=_SECONDS_TO_WAIT, max_retries=0, log_level="silent") as client:
        rows = perform(client, listing, values, None, {}).get("data") or []
    found = [
        (str(row.get(param) or row.get("id")), str(row.get("name") or ""))
        for row in rows
        if row.get(param) or row.get("id")
    ]
    _write(path, found)
    return found


def _cache_file(parts: list[str | None]) -> Path | None:
    """Return the file that keeps ids; None without a folder for it. Its name does not tell the key."""
    folder = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    try:
        base = Path(folder) if folder else Path.home() / ".cache"
    except RuntimeError:
        return None
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return base / "uniqos" / "completion" / f"{name}.json"


def _read(path: Path | None) -> list[tuple[str, str]] | None:
    try:
        if path is None or time.time() - path.stat().st_mtime > _SECONDS_TO_KEEP:
            return None
        return [(str(one), str(text)) for one, text in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        return None


def _write(path: Path | None, found: list[tuple[str, str]]) -> None:
    """Keep ids for a minute. Ids of people may be personal, so that only their owner can read the file."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(f".{os.getpid()}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(found, file)
        os.replace(temporary, path)
    except OSError:
        pass  # A read-only folder costs speed, and nothing else.


PersonalityId = Annotated[
    str | None,
    typer.Option(
        "--personality",
        "--personality-id",
        metavar="ID",
        envvar="UNIQOS_PERSONALITY",
        help="Personality that answers; optional in the sandbox.  [default: the profile's]",
        autocompletion=ids(None, "personality_id"),
    ),
]
UserId = Annotated[
    str | None,
    typer.Option(
        "--user",
        "--user-id",
        metavar="ID",
        help="Your own id of the end user, for the memory of a relationship.",
        autocompletion=ids(None, "user_id"),
    ),
]
