"""Logging through the standard library or a sink of the caller's; keys and long texts never get there."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
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
        if self._logger.isEnabledFor(level):
            line = message if not context else f"{message} " + " ".join(f"{k}={v}" for k, v in context.items())
            self._logger.log(level, "%s", line, extra={"uniqos": dict(context or {})})


class LeveledLogger:
    """A sink behind a threshold."""

    __slots__ = ("level", "sink", "threshold")

    def __init__(self, level: LogLevel, sink: Logger | logging.Logger | None) -> None:
        self.level: LogLevel = level
        self.threshold: int = _WEIGHTS[level]
        self.sink: Logger = StandardLogger(sink) if sink is None or isinstance(sink, logging.Logger) else sink

    @property
    def debugging(self) -> bool:
        """Ask before preparing a debug line: the hot path logs nothing else."""
        return self.threshold <= 10

    def debug(self, message: str, **context: Any) -> None:
        if self.threshold <= 10:
            self.sink.debug(message, context)

    def warning(self, message: str, **context: Any) -> None:
        if self.threshold <= 30:
            self.sink.warning(message, context)


def truncate(text: str, longest: int = 50) -> str:
    """Message text as it may be logged: never more than 50 characters."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def redact(secret: str) -> str:
    """A key as it may be shown: its prefix and four characters; a token not at all."""
    shown, count = _KEY.subn(r"\1\2...", secret)
    return shown if count else "***"


def is_level(value: object) -> bool:
    """Whether ``value`` is one of the five levels."""
    return isinstance(value, str) and value in _WEIGHTS
