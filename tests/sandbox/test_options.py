"""The options of the sandbox: one list of them, their check, and the places that take them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from uniqos import ConfigurationError
from uniqos.cli import sandbox as cli
from uniqos.sandbox import SandboxOptions, ServerOptions, in_process, serve
from uniqos.sandbox.options import check_options


def test_every_option_that_has_a_type_has_a_default_value_and_a_check() -> None:
    assert check_options({}).keys() == ServerOptions.__annotations__.keys()
    assert check_options({}, has_server=False).keys() == SandboxOptions.__annotations__.keys()


def test_the_command_line_takes_every_option_with_its_default_value() -> None:
    flags = {name: parameter.default for name, parameter in inspect.signature(cli.sandbox).parameters.items()}
    assert flags.keys() - {"debug"} == ServerOptions.__annotations__.keys()
    defaults = check_options({})
    other = {"port": 4010, "database": None}  # a port to remember, and no file
    assert {name: flags[name] for name in defaults} == {**defaults, **other}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pause": -1}, "pause must be a number of seconds, 0 or more, got -1"),
        ({"pause": float("nan")}, "pause must be a number of seconds, 0 or more, got nan"),
        ({"pause": "fast"}, "pause must be a number of seconds, 0 or more, got 'fast'"),
        ({"pause": True}, "pause must be a number of seconds"),
        ({"requests_per_second": 0}, "requests_per_second must be a whole number, 1 or more, got 0"),
        ({"requests_per_second": 1.5}, "requests_per_second must be a whole number, 1 or more, got 1.5"),
        ({"seed": "a"}, "seed must be a whole number, got 'a'"),
        ({"database": 3}, "database must be the path of a file, or ':memory:', got 3"),
        ({"database": ""}, "database must be the path of a file"),
        ({"llm_model": ""}, "llm_model must be the name of a model"),
        ({"llm": "nowhere"}, "llm, the address of the language model, must begin with http"),
        ({"llm": 3}, "llm, the address of the language model, is not a URL"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_and_without_a_server(options: dict[str, Any], message: str) -> None:
    for start in (serve, in_process):
        with pytest.raises(ConfigurationError) as caught, start(**options):
            pass
        assert message in str(caught.value)


@pytest.mark.parametrize("port", [-1, 65_536, "80", 1.0, None])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    with pytest.raises(ConfigurationError, match="port must be a whole number from 0 to 65535"), serve(port=port):
        pass


@pytest.mark.parametrize("host", ["", None, b"127.0.0.1"])
def test_a_host_that_is_none_is_refused(host: Any) -> None:
    with pytest.raises(ConfigurationError, match="host must be an address"), serve(host=host):
        pass


@pytest.mark.parametrize(("start", "option"), [(serve, "prot"), (in_process, "prot"), (in_process, "port")])
def test_an_unknown_option_is_a_type_error_that_lists_those_there_are(start: Any, option: str) -> None:
    with pytest.raises(TypeError, match=f"'{option}' is not an option .* database, "), start(**{option: 1}):
        pass


def test_a_database_may_be_a_path(tmp_path: Path) -> None:
    with serve(database=tmp_path / "state.db"):
        assert (tmp_path / "state.db").exists()
