"""The README is true: its Python runs, its commands are the two that set the project up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_examples import CodeExample, EvalExample, find_examples

from uniqos.sandbox import Sandbox

README = Path(__file__).parent.parent / "README.md"
PYTHON = [example for example in find_examples(README) if example.prefix == "python"]


@pytest.mark.parametrize("example", PYTHON, ids=lambda e: f"line {e.start_line}")
def test_every_snippet_runs(
    example: CodeExample, eval_example: EvalExample, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIQOS_API_KEY", sandbox.api_key)
    monkeypatch.setenv("UNIQOS_BASE_URL", sandbox.url)
    example.source = example.source.replace("pers_...", sandbox.personality_id)
    names: dict[str, Any] = {}
    if "client" in example.source and "client = " not in example.source:
        from uniqos import UniqOS

        names["client"] = UniqOS()
    eval_example.set_config(line_length=120)
    ran = eval_example.run(example, module_globals=names)
    for client in (names.get("client"), ran.get("client")):
        if client is not None:
            client.close()


def test_there_are_snippets() -> None:
    assert len(PYTHON) >= 7


def test_there_are_two_commands_and_both_start_from_nothing() -> None:
    commands = re.findall(r"```bash\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(commands) == 2
    assert all(command.startswith("python3 -m venv .venv && ") and command.count("\n") == 1 for command in commands)
    assert "uniqos respond" in commands[0]
    assert "pytest" in commands[1]
