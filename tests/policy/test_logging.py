"""Where log lines go: the levels of ``logging`` count, and no kind of logger loses what a line is about."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import loguru
import pytest
import structlog

from uniqos import UniqOS, errors
from uniqos._policy.logging import LeveledLogger, check_logger

from ..support.rawserver import RawServer, reply

LINE = "retrying call=POST /v1/respond attempt=1 code=conflict"
CONTEXT = {"call": "POST /v1/respond", "attempt": 1, "code": "conflict"}


def warn(logger: Any, **context: Any) -> None:
    LeveledLogger("debug", logger).warning("retrying", **(context or CONTEXT))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    """A logger of its own, and a root to which pytest cannot add its handlers."""
    root = logging.RootLogger(logging.WARNING)
    monkeypatch.setattr(root, "addHandler", lambda handler: None)
    monkeypatch.setattr(logging, "root", root)
    logger = logging.Logger("uniqos.bare")
    logger.parent = logging.root
    yield logger
    logging.disable(logging.NOTSET)


def test_without_handlers_a_line_goes_to_standard_error(
    bare: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    warn(bare)
    LeveledLogger("debug", bare).debug("detail", call="x")
    assert capsys.readouterr() == ("", f"uniqos [warning] {LINE}\nuniqos [debug] detail call=x\n")


def test_a_line_shows_the_name_of_the_sdk_once(bare: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    LeveledLogger("debug", bare).warning("uniqos: retrying")
    assert capsys.readouterr().err == "uniqos [warning] retrying\n"
    for name, line in (("uniqos", "uniqos:retrying"), ("shop", "shop:uniqos: retrying")):
        logger, stream = logging.Logger(name), io.StringIO()
        logger.addHandler(logging.StreamHandler(stream))
        logger.handlers[0].setFormatter(logging.Formatter("%(name)s:%(message)s"))
        for one in (logger, logging.LoggerAdapter(logger, {})):
            LeveledLogger("debug", one).warning("uniqos: retrying")
        assert stream.getvalue() == f"{line}\n" * 2


@pytest.mark.parametrize(
    "silence",
    [
        lambda logger: logger.setLevel(logging.ERROR),
        lambda logger: setattr(logger, "disabled", True),
        lambda logger: logging.disable(),
        lambda logger: logging.disable(logging.WARNING),
        lambda logger: logging.root.setLevel(logging.ERROR),
        lambda logger: logger.addFilter(lambda record: False),
        lambda logger: setattr(logger, "parent", _with_level(logging.CRITICAL)),
        lambda logger: logger.addHandler(logging.NullHandler()),
    ],
)
@pytest.mark.parametrize("adapted", [False, True])
def test_without_handlers_the_levels_of_logging_count(
    silence: Callable[[logging.Logger], None],
    adapted: bool,
    bare: logging.Logger,
    capsys: pytest.CaptureFixture[str],
) -> None:
    silence(bare)
    warn(logging.LoggerAdapter(bare, {}) if adapted else bare)
    assert capsys.readouterr() == ("", "")


def _with_level(level: int) -> logging.Logger:
    parent = logging.Logger("parent", level)
    parent.parent = logging.root
    return parent


def test_a_level_that_was_set_lets_what_is_above_it_pass(
    bare: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setLevel(logging.INFO)
    log = LeveledLogger("debug", bare)
    log.debug("hidden")
    log.warning("shown")
    assert capsys.readouterr().err == "uniqos [warning] shown\n"


def test_without_a_standard_error_nothing_goes_to_standard_output(
    bare: logging.Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    warn(bare)
    monkeypatch.undo()
    assert capsys.readouterr() == ("", "")


def test_a_closed_standard_error_costs_no_answer(bare: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    warn(bare)


@pytest.mark.parametrize("adapter", [None, logging.LoggerAdapter])
def test_a_logger_or_adapter_of_logging_gets_the_context_in_the_line(
    adapter: Any, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("tests.logging")
    warn(logger if adapter is None else adapter(logger, {"tenant": "t1"}))
    (record,) = caplog.records
    assert record.getMessage() == LINE
    if adapter is None:
        assert vars(record)["uniqos"] == CONTEXT
    else:
        assert vars(record)["tenant"] == "t1"


def test_an_adapter_without_handlers_still_writes_its_own_words(
    bare: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    class Prefixed(logging.LoggerAdapter):  # type: ignore[type-arg]
        def process(self, msg: Any, kwargs: Any) -> Any:
            return f"[t1] {msg}", kwargs

    warn(logging.LoggerAdapter(Prefixed(bare, {}), {}))
    assert capsys.readouterr().err == f"uniqos [warning] [t1] {LINE}\n"


@pytest.mark.parametrize("bound", [False, True])
def test_structlog_gets_the_context_as_fields(bound: bool) -> None:
    logger = structlog.get_logger()
    with structlog.testing.capture_logs() as lines:
        warn(logger.bind(tenant="t1") if bound else logger)
    assert lines == [{"event": "retrying", "log_level": "warning", **CONTEXT, **({"tenant": "t1"} if bound else {})}]


def test_structlog_gets_a_field_called_event_under_another_name() -> None:
    with structlog.testing.capture_logs() as lines:
        warn(structlog.get_logger(), event="text")
    assert lines == [{"event": "retrying", "event_name": "text", "log_level": "warning"}]


def test_structlog_over_logging_gets_the_context_too(caplog: pytest.LogCaptureFixture) -> None:
    logger = structlog.wrap_logger(
        logging.getLogger("tests.structlog"),
        processors=[structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    warn(logger)
    assert "call='POST /v1/respond' attempt=1 code='conflict' event='retrying'" in caplog.text


def test_loguru_gets_the_context_in_the_line_and_as_extra() -> None:
    lines: list[Any] = []
    logger = loguru.logger
    number = logger.add(lambda message: lines.append(message), format="{message}")
    try:
        warn(logger.bind(tenant="t1"))
        warn(logger, base_url="https://{0}/{braces}<red>")
    finally:
        logger.remove(number)
    assert lines == [f"{LINE}\n", "retrying base_url=https://{0}/{braces}<red>\n"]
    assert lines[0].record["extra"] == {"tenant": "t1", "uniqos": CONTEXT}


class Printf:
    """Like the loggers of several libraries: further arguments are formatted into the message."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, msg: str, *args: Any, **kwargs: Any) -> None:
        self.lines.append(msg % args if args else msg)

    info = warning = error = debug


def test_a_logger_that_formats_its_arguments_gets_one_line() -> None:
    logger = Printf()
    warn(logger)
    assert logger.lines == [LINE]


def test_loggers_of_the_official_kind_get_message_and_context() -> None:
    lines: list[Any] = []

    class Official:
        def debug(self, message: str, context: Any = None) -> None:
            lines.append((message, context))

        info = warning = error = debug

        def bind(self) -> None: ...

        unbind = opt = bind

    class Whatever:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: lines.append(args)

    mock = MagicMock()
    for logger in (Official(), Whatever(), mock):
        warn(logger)
    assert lines == [("retrying", CONTEXT)] * 2
    mock.warning.assert_called_once_with("retrying", CONTEXT)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [(print, "must have the methods"), (AsyncMock(), "plain functions"), (7, "must have the methods")],
)
def test_what_is_no_logger_is_refused(wrong: Any, says: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=says):
        UniqOS("uniq_test_abcd1234", logger=wrong)


@pytest.mark.parametrize("logger", [structlog.get_logger(), loguru.logger, logging.LoggerAdapter(logging.root, {})])
def test_the_loggers_of_the_common_libraries_are_taken(logger: Any) -> None:
    assert check_logger(logger) is None
    UniqOS("uniq_test_abcd1234", logger=logger).close()


def test_no_sink_gets_what_could_forge_a_line_or_holds_words() -> None:
    logger = Printf()
    warn(
        logger,
        code="I lost my job",
        request_id="a\nb",
        event="two words",
        where="\x1b[2J\u2028",
        call="x" * 10**6,
        attempt=2,
    )
    (line,) = logger.lines
    assert line.startswith(r"retrying code=unknown request_id=unknown event=unknown where=\x1b[2J\u2028 call=xxx")
    assert line.endswith("... (1000000 characters) attempt=2")
    assert len(line) < 1000


def test_a_retry_is_told_with_call_attempt_and_code() -> None:
    logger = Printf()
    with RawServer(
        lambda connection, request, number: reply(
            connection, 503 if number == 1 else 200, b'{"response": "x"}', {"Retry-After": "0"}
        )
    ) as server:
        with UniqOS("uniq_test_abcd1234", base_url=server.url, logger=logger) as client:
            client.respond(personality_id="p", message="m")
    (line,) = logger.lines
    assert "call=POST /v1/respond attempt=1 delay_seconds=0.0 code=service_unavailable" in line
