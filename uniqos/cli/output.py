"""What the commands print: answers to standard output, everything about them to standard error."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from .. import errors
from .._base.safe import UNSAFE, safe_text
from ..api.engine import EmotionalState

_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
_MOST_OF_A_NOTE = 4000
_MOST_OF_THE_WORDS = 2000
_MOST_OF_AN_ID = 128
_FAILED_ON_THE_WAY = frozenset({"internal_error", "upstream_llm_error", "service_unavailable", "turn_timeout"})

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
        sys.stdout.write(_for_terminal(text) if sys.stdout.isatty() else text)
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
    line = " ".join(_for_terminal(text).split())
    _stderr.print(safe_text(line, _MOST_OF_A_NOTE), style=style)


def _for_terminal(text: str) -> str:
    """Leave out what would move the cursor of a terminal, change its title, or reorder the text."""
    return re.sub(UNSAFE, lambda match: match[0] if match[0] in "\t\n" else "", text)


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


class Run:
    """What is known of a command while it runs."""

    idempotency_key: str | None = None
    """The key of the call, from the moment on at which it may be sent."""

    @property
    def how_to_resume(self) -> str:
        """The end of an error's line: how to get the answer of a call that may have taken effect."""
        if self.idempotency_key is None:
            return ""
        return f"; to resume it and not pay twice, run again with --idempotency-key {self.idempotency_key}"


@contextmanager
def told(debug: bool) -> Generator[Run, None, None]:
    """Tell failures in one line, two with a hint, and end with their exit code.

    Args:
        debug: Let a failure through, for its traceback.

    Yields:
        Where the command says which idempotency key its call has.
    """
    run = Run()
    try:
        yield run
        return
    except KeyboardInterrupt:
        code = 130
        if run.idempotency_key is not None:
            note(f"interrupted{run.how_to_resume}")
    except errors.UniqOSError as exc:
        end = run.how_to_resume if _may_have_run(exc) else ""
        if debug:
            if end:
                note(f"the call may have taken effect{end}")
            raise
        code = 2 if isinstance(exc, errors.ConfigurationError) else 1
        _tell(exc, end)
    except Exception as exc:
        if isinstance(exc, OSError) and _reader_is_gone(exc):
            code = 141  # as of a program that SIGPIPE ended
            if run.idempotency_key is not None:
                try:
                    note(f"nobody reads the answer{run.how_to_resume}")
                except (OSError, SystemExit):  # standard error went into the same pipe, for which rich exits
                    pass
        elif debug:
            raise
        else:
            code = 1
            note(f"error: {type(exc).__name__}: {exc} (--debug shows where){run.how_to_resume}", "red")
    raise typer.Exit(code)


def _may_have_run(error: errors.UniqOSError) -> bool:
    """Whether the call may have taken effect, so that its idempotency key is worth something."""
    if isinstance(error, errors.NetworkError):
        return error.sent
    if isinstance(error, errors.APIError):  # an error event of a stream has the status of the stream
        return (error.http_status or 0) >= 500 or error.code in _FAILED_ON_THE_WAY
    return not isinstance(error, errors.ConfigurationError)


def _tell(error: errors.UniqOSError, end: str) -> None:
    request = f", request id: {safe_text(error.request_id, _MOST_OF_AN_ID)}" if error.request_id else ""
    if isinstance(error, errors.NetworkError) and not error.sent:
        end = "; nothing was sent"
    note(f"error: {_words(error)} (code: {safe_text(error.code, _MOST_OF_AN_ID)}{request}){end}", "red")
    hint = _HINTS.get(error.code)
    if isinstance(error, errors.RateLimitError) and error.retry_after_seconds is not None:
        hint = f"try again in {error.retry_after_seconds:g} s"
    if hint:
        note(f"hint: {hint}")


def _words(error: errors.UniqOSError) -> str:
    """The API's own words, else those of the error: ``note`` makes them fit for a terminal."""
    envelope = error.envelope if isinstance(error, errors.APIError) else None
    said = (envelope or {}).get("message")
    return said[:_MOST_OF_THE_WORDS] if isinstance(said, str) and said else error.message


def _reader_is_gone(error: OSError) -> bool:
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
