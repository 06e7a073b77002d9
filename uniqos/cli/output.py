"""Output of the commands: data on standard output, everything else on standard error, and the report of a failure."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, TextIO

import typer

from .. import errors
from .._policy.effect import may_have_run
from ..errors import UniqOSError
from .exits import ExitCode, exit_code_of

_MAX_NOTE_CHARS = 4000
_MAX_MESSAGE_CHARS = 2000
_MAX_ID_CHARS = 128

_has_reported_letters = False

_HINTS = {
    "missing_api_key": "run uniqos login, or set UNIQOS_API_KEY; without a base URL the local sandbox answers",
    "invalid_api_key_format": "set UNIQOS_API_KEY to a key of the API, or unset it to ask the local sandbox",
    "authentication_error": "check UNIQOS_API_KEY, or store another key with uniqos login",
    "stream_interrupted": "the text above is all that arrived",
    "invalid_response": "uniqos api POST /v1/respond prints an answer even if it breaks the contract",
}


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a command as Ctrl-C does: files and connections are closed, and a paid call is named."""


class RequestShown(BaseException):
    """The end of a command with ``--dry-run``, whose request was shown in place of being sent."""


def write(text: str) -> None:
    """Write to standard output and flush, so that the reader of a pipe gets the text at once."""
    try:
        sys.stdout.write(_for_terminal(text) if sys.stdout.isatty() else text)
        sys.stdout.flush()
    except OSError:
        _discard(sys.stdout)
        raise


def report_lost_letters(text: str) -> None:
    """Say once that standard output has an encoding that lacks some of the letters, which are then replaced."""
    global _has_reported_letters
    if _has_reported_letters or text.isascii() or sys.stdout.encoding.lower().startswith("utf"):
        return
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        _has_reported_letters = True
        note(f"? stands for letters that {sys.stdout.encoding} lacks: set PYTHONIOENCODING=utf-8 to get them", "yellow")


def write_bytes(content: bytes) -> None:
    """Write bytes to standard output. A terminal gets them as text, without the characters that move its cursor."""
    if sys.stdout.isatty():
        write(content.decode(errors="replace"))
        return
    write("")  # Raises the error of a closed pipe, as for text.
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def json_text(value: Any, *, pretty: bool) -> str:
    """Return JSON to print: indented if ``pretty``, else as one line."""
    unicode = sys.stdout.encoding.lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=2 if pretty else None) + "\n"


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object as one line."""
    write(json_text(value, pretty=False))


def note(text: str, style: str = "dim") -> None:
    """Write one line to standard error. A closed standard error is no failure of the command."""
    from .._base.safe import safe_text

    line = safe_text(" ".join(_for_terminal(text).split()), _MAX_NOTE_CHARS)
    try:
        if has_color(sys.stderr):
            from rich.console import Console  # A slow import, which a pipe does not need.

            console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
            console.print(line, style=style)
        else:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
    except (OSError, SystemExit):  # rich raises SystemExit for a closed pipe.
        _discard(sys.stderr)


def has_color(stream: TextIO) -> bool:
    """Return whether to colour the text of a stream: on a terminal, unless NO_COLOR says no or FORCE_COLOR yes."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def write_error(**parts: Any) -> None:
    """Write an error to standard error as one JSON object, whose keys are the same for every error."""
    known = dict.fromkeys(
        ("code", "message", "request_id", "idempotency_key", "sent", "http_status", "exit_code", "hint")
    )
    try:
        sys.stderr.write(json.dumps({"error": {**known, **parts}}) + "\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


class Run:
    """A running command, for the report of its failure.

    Attributes:
        idempotency_key: The key of the call, set before the call is sent; None if the call can be repeated without one.
        how_to_go_on: How to get the rest of the data, once a part is printed; then a failure means ``INCOMPLETE``.
    """

    def __init__(self, hints: Mapping[str, str], as_json: bool) -> None:
        self.idempotency_key: str | None = None
        self.how_to_go_on: str = ""
        self._hints = hints
        self._as_json = as_json

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

    def report(self, error: UniqOSError, advice: str, exit_code: ExitCode) -> None:
        """Write a failure of the SDK to standard error, as one JSON object or as one line, two with a hint."""
        from .._base.safe import safe_text

        hint = {**_HINTS, **self._hints}.get(error.code)
        if isinstance(error, errors.RateLimitError) and error.retry_after_seconds is not None:
            hint = f"try again in {error.retry_after_seconds:g} s"
        if self._as_json:
            self._write_json(
                code=error.code,
                message=_message(error),
                request_id=error.request_id,
                sent=_was_sent(error),
                http_status=error.http_status,
                exit_code=int(exit_code),
                hint=hint or advice or None,
            )
            return
        request = f", request id: {safe_text(error.request_id, _MAX_ID_CHARS)}" if error.request_id else ""
        line = f"error: {_message(error)} (code: {safe_text(error.code, _MAX_ID_CHARS)}{request})"
        note(f"{line}; {advice}" if advice else line, "red")
        if hint:
            note(f"hint: {hint}")

    def report_end(self, code: str, message: str, advice: str, exit_code: ExitCode) -> None:
        """Write the end of a command that no error of the API caused, such as Ctrl-C."""
        if self._as_json:
            sent = self.idempotency_key is not None
            self._write_json(code=code, message=message, sent=sent, exit_code=int(exit_code), hint=advice or None)
        elif advice or exit_code is ExitCode.FAILURE:
            note(f"{message}; {advice}" if advice else message, "red" if exit_code is ExitCode.FAILURE else "dim")

    def _write_json(self, **parts: Any) -> None:
        write_error(idempotency_key=self.idempotency_key, **parts)


@contextmanager
def report_errors(
    debug: bool, hints: Mapping[str, str] = MappingProxyType({}), *, as_json: bool = False
) -> Generator[Run, None, None]:
    """Report a failure on standard error, and end with its exit code.

    Args:
        debug: Raise the failure again, so that Python prints its traceback.
        hints: Further hints for this command, by error code.
        as_json: Report as one JSON object, which ``--format json`` and ``jsonl`` ask for.

    Yields:
        The object on which the command sets the idempotency key of its call.
    """
    run = Run(hints, as_json)
    try:
        yield run
        return
    except RequestShown:
        code = ExitCode.OK
    except Terminated:
        code = ExitCode.TERMINATED
        run.report_end("terminated", "terminated", run.how_to_go_on or run.how_to_resume, code)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        run.report_end("interrupted", "interrupted", run.how_to_go_on or run.how_to_resume, code)
    except errors.UniqOSError as exc:
        advice = _advice(exc, run)
        if debug:
            if advice:
                note(advice)
            raise
        code = ExitCode.INCOMPLETE if run.how_to_go_on else exit_code_of(exc)
        run.report(exc, run.how_to_go_on or advice, code)
    except Exception as exc:
        if isinstance(exc, typer.Exit):
            raise
        if isinstance(exc, OSError) and _is_closed_pipe(exc):
            code = ExitCode.CLOSED_PIPE
            run.report_end("closed_pipe", "standard output was closed", run.how_to_resume, code)
        elif debug:
            raise
        else:
            code = ExitCode.FAILURE
            message = f"error: {type(exc).__name__}: {exc} (--debug shows where)"
            run.report_end("unexpected_error", message, run.how_to_resume, code)
    raise typer.Exit(code)


def _advice(error: UniqOSError, run: Run) -> str:
    """Return how to repeat the call with its key, or that nothing was sent; empty if neither applies."""
    if isinstance(error, errors.NetworkError) and not error.sent:
        return "nothing was sent"
    if isinstance(error, errors.TurnTimeoutError):
        return run.how_to_retry  # The API does not bill such a turn, so the advice must not speak of paying.
    if isinstance(error, errors.GuardrailBlockError):
        return ""  # The same turn would be blocked again.
    return run.how_to_resume if may_have_run(error) else ""


def _was_sent(error: UniqOSError) -> bool:
    """Return whether a request may have reached the server."""
    if isinstance(error, (errors.NetworkError, errors.MiddlewareError)):
        return error.sent
    return not isinstance(error, errors.ConfigurationError)


def _message(error: UniqOSError) -> str:
    """Return the API's message, or else the SDK's. Messages that name attributes of an exception are reworded."""
    from .._wire.decode import describe

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


def _for_terminal(text: str) -> str:
    """Remove the characters that move a terminal's cursor, change its title, or reorder the text."""
    from .._base.safe import UNSAFE

    return re.sub(UNSAFE, lambda match: match[0] if match[0] in "\t\n" else "", text)


def _discard(stream: TextIO) -> None:
    """Let a stream that cannot be written discard its rest: Python flushes it at exit, and would print a traceback."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass  # A stream without a file descriptor is not flushed to one.


def _is_closed_pipe(error: OSError) -> bool:
    # Windows reports the write to a closed pipe as EINVAL.
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
