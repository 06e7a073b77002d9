"""What the commands print: answers to standard output, everything about them to standard error."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from .. import errors
from ..api.engine import EmotionalState

_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
# A server's text must not move the cursor of a terminal, or change its title.
_CONTROLS = dict.fromkeys([*(c for c in range(32) if chr(c) not in "\t\n"), *range(127, 160)])

_HINTS = {
    "missing_api_key": "set UNIQOS_API_KEY, or leave out --base-url and UNIQOS_BASE_URL to ask the local sandbox",
    "invalid_api_key_format": "UNIQOS_API_KEY holds something else; unset it to ask the local sandbox",
    "missing_personality": "uniqos respond --personality ID MESSAGE",
    "stateful_requires_user_id": "add --user ID",
    "authentication_error": "check UNIQOS_API_KEY",
    "not_found": "check the id: --personality ID or UNIQOS_PERSONALITY, or the one in the path",
    "stream_interrupted": "what is printed above is all that came; interactions are kept under their id",
}


def write(text: str) -> None:
    """Write to standard output at once, so that whoever reads a pipe has it now."""
    try:
        sys.stdout.write(text.translate(_CONTROLS) if sys.stdout.isatty() else text)
        sys.stdout.flush()
    except OSError:
        # What is left in the buffer would fail a second time, and loudly, when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line."""
    unicode = sys.stdout.encoding.lower().startswith("utf")
    write(json.dumps(value, ensure_ascii=not unicode) + "\n")


def note(text: str, style: str = "dim") -> None:
    """Write one line to standard error."""
    _stderr.print(" ".join(text.translate(_CONTROLS).split()), style=style)


def about(state: EmotionalState | None, latency_ms: int | None, interaction_id: str | None) -> None:
    """Write the line that follows an answer."""
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
        note(" | ".join(parts))


@contextmanager
def told(debug: bool) -> Generator[None, None, None]:
    """Tell failures in one line, two with a hint, and end with their exit code.

    Args:
        debug: Let a failure through, for its traceback.
    """
    try:
        yield
        return
    except KeyboardInterrupt:
        code = 130
    except errors.UniqOSError as exc:
        if debug:
            raise
        code = 2 if isinstance(exc, errors.ConfigurationError) else 1
        _tell(exc)
    except Exception as exc:
        if isinstance(exc, OSError) and _reader_is_gone(exc):
            code = 141  # as of a program that SIGPIPE ended
        elif debug:
            raise
        else:
            code = 1
            note(f"error: {type(exc).__name__}: {exc} (--debug shows where)", "red")
    raise typer.Exit(code)


def _tell(error: errors.UniqOSError) -> None:
    request = f", request id: {error.request_id}" if error.request_id else ""
    note(f"error: {error.message} (code: {error.code}{request})", "red")
    hint = _HINTS.get(error.code)
    if isinstance(error, errors.RateLimitError) and error.retry_after_seconds is not None:
        hint = f"try again in {error.retry_after_seconds:g} s"
    if hint:
        note(f"hint: {hint}")


def _reader_is_gone(error: OSError) -> bool:
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
