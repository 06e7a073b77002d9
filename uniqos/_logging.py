"""Logging through the standard library or a sink of the caller's; keys and long texts never get there."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, runtime_checkable

LogLevel = Literal["debug", "info", "warning", "error", "silent"]
_WEIGHTS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "silent": 99}
_KEY = re.compile(r"(uniq_(?:live|test)_)([A-Za-z0-9]{0,4})[A-Za-z0-9]*")


@runtime_checkable
class Logger(Protocol):
    """Where the SDK's log lines go: any object with these four methods (source: official SDK)."""

    def debug(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        """Take a line of detail."""
        ...

    def info(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        """Take a line of information."""
        ...

    def warning(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        """Take a warning."""
        ...

    def error(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        """Take an error."""
        ...


class StandardLogger:
    """The default sink: ``logging.getLogger("uniqos")``, or a logger of yours."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger: logging.Logger = logger or logging.getLogger("uniqos")

    def debug(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        self._emit(logging.DEBUG, message, context)

    def info(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        self._emit(logging.INFO, message, context)

    def warning(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        self._emit(logging.WARNING, message, context)

    def error(self, message: str, context: Mapping[str, Any] | None = None) -> None:
        self._emit(logging.ERROR, message, context)

    def _emit(self, level: int, message: str, context: Mapping[str, Any] | None) -> None:
        line = message if not context else f"{message} " + " ".join(f"{k}={v}" for k, v in context.items())
        if not self._logger.hasHandlers():  # nobody has set logging up: log_level= has to do something all the same
            print(f"uniqos [{logging.getLevelName(level).lower()}] {line}", file=sys.stderr)
        elif self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", line, extra={"uniqos": dict(context or {})})


class LeveledLogger:
    """A sink behind a threshold."""

    __slots__ = ("sink", "threshold")

    def __init__(self, level: LogLevel, sink: Logger | logging.Logger | None) -> None:
        self.threshold: int = _WEIGHTS[level]
        self.sink: Logger = StandardLogger(sink) if sink is None or isinstance(sink, logging.Logger) else sink

    @property
    def debugging(self) -> bool:
        """Ask before preparing a debug line: the hot path logs nothing else."""
        return self.threshold <= 10

    def debug(self, message: str, **context: Any) -> None:
        if self.threshold <= 10:
            self._emit(self.sink.debug, message, context)

    def warning(self, message: str, **context: Any) -> None:
        if self.threshold <= 30:
            self._emit(self.sink.warning, message, context)

    @staticmethod
    def _emit(write: Callable[[str, Mapping[str, Any]], None], message: str, context: Mapping[str, Any]) -> None:
        try:
            write(message, context)
        except Exception:  # a log that fails must not cost an answer that was paid for
            pass


class Secret(str):
    """A key or token: text like any other, but for how a traceback with locals, or a repr, shows it."""

    def __repr__(self) -> str:
        return repr(redact(self))


def hide(value: Any) -> Any:
    """A text as a Secret; anything else as it is, to be refused later."""
    return Secret(value) if isinstance(value, str) else value


def redact(secret: str) -> str:
    """A key as it may be shown: its prefix and four characters; a token not at all."""
    shown, count = _KEY.subn(r"\1\2...", secret)
    return shown if count else "***"


def is_level(value: object) -> bool:
    """Whether ``value`` is one of the five levels."""
    return isinstance(value, str) and value in _WEIGHTS
