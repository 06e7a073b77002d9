"""Log lines, written by the standard library or by a logger of the user's."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Literal, Protocol, runtime_checkable

from .._base.safe import UNKNOWN, is_word, safe_code, safe_id, safe_text

LogLevel = Literal["debug", "info", "warning", "error", "silent"]
_WEIGHTS: dict[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "silent": 99}
_MOST_OF_A_VALUE = 500
_PREFIX = "uniqos: "
"""Begins each message, so that a line in a logger of the user's shows where it comes from."""


@runtime_checkable
class Logger(Protocol):
    """Takes the SDK's log lines: any object with these four methods (source: official SDK)."""

    def debug(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        """Take a line of detail."""
        ...

    def info(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        """Take a line of information."""
        ...

    def warning(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        """Take a warning."""
        ...

    def error(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        """Take an error."""
        ...


Logger.__module__ = "uniqos"


class _Sink:
    """Adapts a logger with another interface to ``Logger``."""

    __slots__ = ("_logger",)

    def __init__(self, logger: Any) -> None:
        self._logger: Any = logger

    def debug(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        self._emit("debug", message, context or {})

    def info(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        self._emit("info", message, context or {})

    def warning(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        self._emit("warning", message, context or {})

    def error(self, message: str, context: Mapping[str, Any] | None = None, /) -> None:
        self._emit("error", message, context or {})

    def _emit(self, level: str, message: str, context: Mapping[str, Any]) -> None:
        raise NotImplementedError


class StandardLogger(_Sink):
    """A ``logging.Logger`` or ``LoggerAdapter``; by default ``logging.getLogger("uniqos")``."""

    __slots__ = ()

    def __init__(self, logger: logging.Logger | logging.LoggerAdapter[Any] | None = None) -> None:
        super().__init__(logger or logging.getLogger("uniqos"))

    def _emit(self, level: str, message: str, context: Mapping[str, Any]) -> None:
        logger, weight = self._logger, _WEIGHTS[level]
        short = message.removeprefix(_PREFIX)
        if not logger.hasHandlers():
            _print(logger, level, _line(short, context))
        elif logger.isEnabledFor(weight):
            shows_name = logger.name == "uniqos"
            logger.log(weight, "%s", _line(short if shows_name else message, context), extra={"uniqos": dict(context)})


class _StructlogSink(_Sink):
    """Adapts a logger of structlog, which takes the context as keywords."""

    __slots__ = ()

    def _emit(self, level: str, message: str, context: Mapping[str, Any]) -> None:
        # The message is the parameter "event" of structlog's methods, so the context must not have that name.
        fields = {"event_name" if name == "event" else name: value for name, value in context.items()}
        getattr(self._logger, level)(message, **fields)


class _LineSink(_Sink):
    """Adapts a logger that formats further arguments into the message: the message holds the context.

    Loguru also gets the context as ``extra["uniqos"]``.
    """

    __slots__ = ()

    def _emit(self, level: str, message: str, context: Mapping[str, Any]) -> None:
        is_loguru = hasattr(self._logger, "bind") and hasattr(self._logger, "opt")
        logger = self._logger.bind(uniqos=dict(context)) if is_loguru else self._logger
        getattr(logger, level)(_line(message, context))


def check_logger(logger: object) -> str | None:
    """Return the reason why ``logger`` cannot be used as a logger; None if it can."""
    # Not isinstance(Logger): from Python 3.12 on it does not find the methods of structlog's lazy loggers.
    methods = [getattr(logger, name, None) for name in ("debug", "info", "warning", "error")]
    if not all(map(callable, methods)):
        return "logger must have the methods debug, info, warning and error"
    if any(map(iscoroutinefunction, methods)):
        return "the methods of logger must be plain functions: the SDK does not await them"
    return None


def sink_of(logger: Logger | logging.Logger | None) -> Logger:
    """Return ``logger`` behind the interface of ``Logger``."""
    if logger is None or isinstance(logger, (logging.Logger, logging.LoggerAdapter)):
        return StandardLogger(logger)
    if not _formats_arguments(logger.warning):
        return logger
    return _StructlogSink(logger) if hasattr(logger, "unbind") else _LineSink(logger)


def _formats_arguments(method: Callable[..., object]) -> bool:
    """Return whether a logging method is ``(message, *args)`` and not ``(message, context)``.

    A method of ``*args`` alone, such as a mock's, gets the context as its second argument.
    """
    try:
        parameters = list(signature(method).parameters.values())
    except (TypeError, ValueError):  # some methods written in C have no signature
        return False
    return [parameter.kind for parameter in parameters[1:2]] == [Parameter.VAR_POSITIONAL]


def _line(message: str, context: Mapping[str, Any]) -> str:
    """Return the message and its context as one line of text."""
    return " ".join([message, *(f"{name}={value}" for name, value in context.items())])


def _print(logger: Any, level: str, line: str) -> None:
    """Write to standard error: without handlers of ``logging``, ``log_level=`` must have an effect too."""
    while isinstance(logger, logging.LoggerAdapter):
        line, _ = logger.process(line, {})
        logger = logger.logger
    # Under pythonw there is no standard error, and print() would write to standard output instead.
    if sys.stderr is None or not _lets_pass(logger, _WEIGHTS[level]):
        return
    record = logger.makeRecord(logger.name, _WEIGHTS[level], __file__, 0, "%s", (line,), None)
    if logger.filter(record):
        print(f"uniqos [{level}] {record.getMessage()}", file=sys.stderr)


def _lets_pass(logger: logging.Logger, weight: int) -> bool:
    """Return whether the levels of ``logging`` let a line pass. The root's default level, WARNING, does not count."""
    if logger.disabled or logger.manager.disable >= weight:
        return False
    node: logging.Logger | None = logger
    while node is not None and not node.level:
        node = node.parent
    return node is None or weight >= node.level or (node is logging.root and node.level == logging.WARNING)


class LeveledLogger:
    """A logger behind a threshold. Text of servers and users is made safe before the logger gets it."""

    __slots__ = ("sink", "threshold")

    def __init__(self, level: LogLevel, sink: Logger | logging.Logger | None) -> None:
        self.threshold: int = _WEIGHTS[level]
        self.sink: Logger = sink_of(sink)

    @property
    def debugging(self) -> bool:
        """Whether debug lines are written. Hot paths ask before they prepare one."""
        return self.threshold <= 10

    def debug(self, message: str, **context: Any) -> None:
        if self.threshold <= 10:
            self._emit(self.sink.debug, message, context)

    def warning(self, message: str, **context: Any) -> None:
        if self.threshold <= 30:
            self._emit(self.sink.warning, message, context)

    def error(self, message: str, **context: Any) -> None:
        if self.threshold <= 40:
            self._emit(self.sink.error, message, context)

    @staticmethod
    def _emit(write: Callable[[str, Mapping[str, Any]], None], message: str, context: Mapping[str, Any]) -> None:
        try:
            write(message, {name: _safe_value(name, value) for name, value in context.items()})
        except Exception:  # a logger that fails must not lose an answer that was paid for
            pass


def _safe_value(name: str, value: Any) -> Any:
    """Return a value of the context without control characters, and ``unknown`` for a code or id that is none."""
    if name == "code":
        return safe_code(value)
    if name == "request_id":
        return safe_id(value)
    if name == "event":
        return value if is_word(value) else UNKNOWN
    return safe_text(value, _MOST_OF_A_VALUE) if isinstance(value, str) else value


def is_level(value: object) -> bool:
    """Return whether ``value`` is one of the five levels."""
    return isinstance(value, str) and value in _WEIGHTS
