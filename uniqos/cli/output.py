"""Output of the commands: answers on standard output, everything else on standard error, and the exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import typer
from rich.console import Console

from .. import errors
from .._base.safe import UNSAFE, safe_text
from .._wire.decode import describe
from ..api.engine import EmotionalState

_stderr = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
_MAX_NOTE_CHARS = 4000
_MAX_MESSAGE_CHARS = 2000
_MAX_ID_CHARS = 128
# Codes of error events after which a turn may have run. A stream that fails later still has the HTTP status 200.
_SERVER_FAILURES = frozenset({"internal_error", "upstream_llm_error", "service_unavailable", "turn_timeout"})

_HINTS = {
    "missing_api_key": "set UNIQOS_API_KEY, or leave out --base-url and UNIQOS_BASE_URL to ask the local sandbox",
    "invalid_api_key_format": "set UNIQOS_API_KEY to a key of the API, or unset it to ask the local sandbox",
    "authentication_error": "check UNIQOS_API_KEY",
    "stream_interrupted": "the text above is all that arrived",
    "invalid_response": "uniqos api POST /v1/respond prints an answer even if it breaks the contract",
}


def write(text: str) -> None:
    """Write to standard output and flush, so that the reader of a pipe gets the text at once."""
    try:
        sys.stdout.write(_for_terminal(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
    except OSError:
        # Python flushes standard output again at its exit, which would fail and print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line."""
    unicode = sys.stdout.encoding.lower().startswith("utf")
    write(json.dumps(value, ensure_ascii=not unicode) + "\n")


def note(text: str, style: str = "dim") -> None:
    """Write one line to standard error."""
    line = " ".join(_for_terminal(text).split())
    _stderr.print(safe_text(line, _MAX_NOTE_CHARS), style=style)


def _for_terminal(text: str) -> str:
    """Remove the characters that move a terminal's cursor, change its title, or reorder the text."""
    return re.sub(UNSAFE, lambda match: match[0] if match[0] in "\t\n" else "", text)


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
        note(" | ".join(parts))


class Run:
    """The idempotency key of a running command's call, for the report of its failure."""

    idempotency_key: str | None = None
    """Set before the call is sent; None if the call can be repeated without a key."""

    @property
    def how_to_resume(self) -> str:
        """How to get the answer of a call that may have taken effect; empty without an idempotency key."""
        return self._with_key("to resume it and not pay twice, run again with")

    @property
    def how_to_retry(self) -> str:
        """How to repeat a call that the server gave up; empty without an idempotency key."""
        return self._with_key("to try again, run the same command with")

    def _with_key(self, advice: str) -> str:
        return "" if self.idempotency_key is None else f"{advice} --idempotency-key {self.idempotency_key}"


@contextmanager
def report_errors(debug: bool, hints: Mapping[str, str] = MappingProxyType({})) -> Generator[Run, None, None]:
    """Report a failure in one line, or two with a hint, and end with its exit code.

    Args:
        debug: Raise the failure again, so that Python prints its traceback.
        hints: Further hints for this command, by error code.

    Yields:
        The object on which the command sets the idempotency key of its call.
    """
    run = Run()
    try:
        yield run
        return
    except KeyboardInterrupt:
        code = 130
        if run.how_to_resume:
            note(f"interrupted; {run.how_to_resume}")
    except errors.UniqOSError as exc:
        advice = _advice(exc, run)
        if debug:
            if advice:
                note(advice)
            raise
        code = 2 if isinstance(exc, errors.ConfigurationError) else 1
        _report(exc, advice, {**_HINTS, **hints})
    except Exception as exc:
        if isinstance(exc, OSError) and _is_closed_pipe(exc):
            code = 141  # The exit code of a program that SIGPIPE ended.
            if run.how_to_resume:
                try:
                    note(f"standard output was closed; {run.how_to_resume}")
                except (OSError, SystemExit):  # Standard error is the same pipe: rich raises SystemExit for it.
                    pass
        elif debug:
            raise
        else:
            code = 1
            advice = f"; {run.how_to_resume}" if run.how_to_resume else ""
            note(f"error: {type(exc).__name__}: {exc} (--debug shows where){advice}", "red")
    raise typer.Exit(code)


def _advice(error: errors.UniqOSError, run: Run) -> str:
    """Return how to repeat the call with its key, or that nothing was sent; empty if neither applies."""
    if isinstance(error, errors.NetworkError) and not error.sent:
        return "nothing was sent"
    if isinstance(error, errors.TurnTimeoutError):
        return run.how_to_retry  # The API does not bill such a turn, so the advice must not speak of paying.
    return run.how_to_resume if _may_have_run(error) else ""


def _may_have_run(error: errors.UniqOSError) -> bool:
    """Return whether the call may have taken effect; then only its idempotency key makes repeating it safe."""
    if isinstance(error, errors.APIError):
        return (error.http_status or 0) >= 500 or error.code in _SERVER_FAILURES
    return not isinstance(error, errors.ConfigurationError)


def _report(error: errors.UniqOSError, advice: str, hints: Mapping[str, str]) -> None:
    request = f", request id: {safe_text(error.request_id, _MAX_ID_CHARS)}" if error.request_id else ""
    line = f"error: {_message(error)} (code: {safe_text(error.code, _MAX_ID_CHARS)}{request})"
    note(f"{line}; {advice}" if advice else line, "red")
    hint = hints.get(error.code)
    if isinstance(error, errors.RateLimitError) and error.retry_after_seconds is not None:
        hint = f"try again in {error.retry_after_seconds:g} s"
    if hint:
        note(f"hint: {hint}")


def _message(error: errors.UniqOSError) -> str:
    """Return the API's message, or else the SDK's. Messages that name attributes of an exception are reworded."""
    if isinstance(error, errors.APIError):
        message = (error.envelope or {}).get("message")
        if isinstance(message, str) and message:
            return message[:_MAX_MESSAGE_CHARS]  # note() removes the unsafe characters.
    if isinstance(error, errors.NetworkError) and error.code == "stream_interrupted":
        cause = error.__cause__ or error.__context__
        reason = cause.message if isinstance(cause, errors.UniqOSError) else "it ended without a completion"
        return f"the stream was interrupted: {reason}; the turn may have been billed"
    if isinstance(error, errors.ResponseValidationError) and error.details:
        return f"the answer breaks the contract: {describe(tuple(error.details))}"
    return error.message


def _is_closed_pipe(error: OSError) -> bool:
    # Windows reports the write to a closed pipe as EINVAL.
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
