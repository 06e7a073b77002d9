"""Entry point of the command ``uniqos``, which reports a missing extra ``cli`` instead of failing on its import."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import typer


def main() -> None:
    """Run the command line, and end with SystemExit."""
    if sys.stderr is None:
        # Standard error is closed. print() and click would then write to standard output, and a socket could get the
        # free file descriptor 2.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        from .app import app
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.startswith("uniqos"):
            raise
        from .._extras import missing_extra

        print(missing_extra("the command line needs further packages", "cli"), file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if sys.stdout is None:
        # Refused before a call, since its answer may cost money, and since a socket could get the file descriptor 1.
        _refuse("standard output is closed, so there is nowhere to print the answer")
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # one letter that an old code page lacks must not cost the whole answer
    sys.argv = [_as_utf8(word) for word in sys.argv]
    if "_UNIQOS_COMPLETE" in os.environ:
        # typer prepares the shells only for programs that have its own options to install completion.
        from typer._completion_classes import completion_init

        completion_init()
    _end_by_exception(signal.SIGTERM)
    try:
        if _wants_json(sys.argv):
            _run_with_json_errors(app)
        else:
            app(prog_name="uniqos")
    except SystemExit as exc:
        if isinstance(exc.__context__, BrokenPipeError):  # The reader of a help text left, which click ends with 1.
            raise SystemExit(141) from None
        raise


def _refuse(message: str) -> NoReturn:
    """End with an error of usage."""
    from .output import note, write_error

    if _wants_json(sys.argv):
        write_error(code="usage", message=message, sent=False, exit_code=2)
    else:
        note(f"error: {message} (code: usage)", "red")
    raise SystemExit(2)


def _as_utf8(word: str) -> str:
    """Return an argument as UTF-8, of which Python keeps the bytes where the locale is C."""
    try:
        return os.fsencode(word).decode() if os.name != "nt" else word
    except UnicodeDecodeError:
        return word


def _end_by_exception(number: int) -> None:
    """Let a signal raise an exception, so that files and connections are closed and a paid call is named."""

    def end(*_: object) -> None:
        from .output import Terminated

        raise Terminated

    try:
        signal.signal(number, end)
    except ValueError:
        pass  # Only the main thread may set handlers; a program that runs the commands in another one keeps its own.


def _wants_json(arguments: list[str]) -> bool:
    """Return whether errors are to be JSON, also those of arguments that cannot be read."""
    words = " ".join(arguments[1:]).replace("=", " ")
    return "--format json" in words  # jsonl, too


def _run_with_json_errors(app: typer.Typer) -> None:
    """Run the command line, and write an error of its usage as one JSON object."""
    try:
        code: Any = app(prog_name="uniqos", standalone_mode=False)
    except Exception as exc:
        # The class has no public name: typer 0.26 has a copy of click, whose names moved in 0.29.
        message: Any = getattr(exc, "format_message", None)
        if message is None:
            raise
        from .output import write_error

        write_error(code="usage", message=message(), sent=False, exit_code=2)
        code = 2
    raise SystemExit(code if isinstance(code, int) else 0)
