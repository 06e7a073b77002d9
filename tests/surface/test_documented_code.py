"""The code of the documentation works: README, CONTRIBUTING, benchmarks, and the docstrings of the public modules."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest
from pytest_examples import CodeExample, EvalExample

from tests.support.documented import (
    MODULES,
    PAGES,
    PERSONALITY,
    ROOT,
    TICKETS,
    Script,
    names_before,
    place,
    python_blocks,
    settings,
    shell_blocks,
)
from tests.surface.test_pytest_plugin import run_tests
from uniqos.sandbox import Sandbox

PYTHON = python_blocks()
BASH = shell_blocks()
_TOOLS = {"curl", "git", "pip", "pre-commit", "python", "python3", "source", "mutmut"}
"""Programs that the documentation may name, beside the scripts of the installed packages."""
_OPTIONAL = {
    "fastapi": "fastapi.sse",
    "mcp": "mcp.server.mcpserver",
    "pydantic_ai": "pydantic_ai.exceptions",
    "langchain_core": "langchain_core.exceptions",
    "uniqos.integrations.langgraph": "langgraph.store.base",
    "agents": "agents.retry",
    "dask": "distributed",
    "pandas": "pandas",
    "ray": "ray",
}
"""By package that a block may import: the module that is there if the package is, and is new enough."""
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("example", PYTHON, ids=place)
def test_every_python_block_runs(
    example: CodeExample, eval_example: EvalExample, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package, module in _OPTIONAL.items():
        if re.search(rf"^\s*(from|import) {package}\b", example.source, re.MULTILINE):
            pytest.importorskip(module, reason=f"{module} is not installed, or too old")
    if "uniqos_client" in example.source:
        (tmp_path / "test_product.py").write_text(example.source, encoding="utf-8")
        said = run_tests(tmp_path)
        assert f"{example.source.count('def test_')} passed" in said, said
        return
    settings(sandbox, monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets.csv").write_text("\n".join(TICKETS), encoding="utf-8")
    example.source = example.source.replace(PERSONALITY, sandbox.personality_id)
    if "__main__" in example.source:
        run_program(example.source, tmp_path)
    else:
        run_here(example, eval_example)
    for name in re.findall(r'\.write\("([^"]+)"', example.source):
        lines = [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]
        assert [(line["id"], line["status"]) for line in lines] == [("t-1", "done"), ("t-2", "done")]


def run_program(source: str, folder: Path) -> None:
    """Run a block whose processes import it, in a process of its own; it prints what the comments say."""
    (folder / "program.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "program.py"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=100)
    assert ran.stdout.splitlines() == re.findall(r"print\(.*\)  # (.+)", source), ran.stderr


def run_here(example: CodeExample, eval_example: EvalExample) -> None:
    """Run a block in this process, with the client that an earlier block may have made."""
    with names_before(example.source) as names:
        eval_example.set_config(line_length=120)
        ran = eval_example.run(example, module_globals=dict(names))
        if "client" in ran and "client" not in names:
            ran["client"].close()


@pytest.mark.parametrize("form", ['"tickets.csv"', "pandas", "DaskBatch"])
def test_a_batch_takes_a_program_of_at_most_ten_lines(form: str) -> None:
    programs = [block.source for block in PYTHON if "batch" in Path(block.path).parts and form in block.source]
    assert min(sum(line != "" for line in program.splitlines()) for program in programs) <= 10


@pytest.mark.parametrize("example", BASH, ids=place)
def test_every_shell_block_names_programs_files_and_modules_that_exist(example: Script) -> None:
    scripts = {script.name for script in entry_points(group="console_scripts")}
    for line in re.sub(r"\\\n", " ", example.source).splitlines():
        for command in re.sub(r"#.*", "", line).split("&&"):
            words = command.split()
            if not words:
                continue
            program = words[0].removeprefix(".venv/bin/")
            if program.startswith((".ci/", "tests/")):
                assert (ROOT / program).is_file(), f"{command}: there is no {program}"
            else:
                assert program in _TOOLS | scripts or shutil.which(program), f"{command}: there is no {program}"
            if "-m" in words and program.startswith("python") and words[words.index("-m") + 1] != "venv":
                module = words[words.index("-m") + 1]
                assert find_spec(module) is not None, f"{command}: there is no module {module}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    missing = [link for link in _LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [*PAGES, *MODULES], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_code_block_names_its_language(page: Path) -> None:
    fences = re.findall(r"^```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0
    assert all(opening in ("python", "bash", "text", "toml") for opening in fences[::2]), fences[::2]
    assert not any(fences[1::2])
