"""What the type checkers say: the assert files hold, every wrong line is told, and all that is public is typed."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import uniqos
from uniqos._generate import to_sync

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "tests" / "typing"
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of both flavours: the synchronous ones are made from the others."""
    folder = tmp_path_factory.mktemp("typing")
    made: dict[str, Path] = {}
    for source in sorted(SOURCES.glob("async_*.py")):
        text = source.read_text(encoding="utf-8")
        for name, content in ((source.name, text), (source.name.removeprefix("a"), to_sync(text))):
            made[name] = folder / name
            made[name].write_text(content, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def mypy(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[int]]:
    cache = tmp_path_factory.mktemp("mypy")
    options = ["--strict", "--disable-error-code=unused-coroutine", "--output=json", f"--cache-dir={cache}"]
    ran = run("mypy", *options, "--config-file=", *map(str, files.values()))
    found = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert found or ran.returncode == 0, ran.stderr + ran.stdout
    return lines(files, [(f["file"], f["line"]) for f in found if f["severity"] == "error"])


@pytest.fixture(scope="module")
def pyright(files: dict[str, Path]) -> dict[str, set[int]]:
    ran = run("pyright", "--outputjson", *map(str, files.values()))
    found = json.loads(ran.stdout)["generalDiagnostics"]
    errors = [(f["file"], f["range"]["start"]["line"] + 1) for f in found if f["severity"] == "error"]
    return lines(files, errors)


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Without an option of its own, pyright looks at the packages of the first Python on the PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
    )


def lines(files: dict[str, Path], found: list[tuple[str, int]]) -> dict[str, set[int]]:
    by_name: dict[str, set[int]] = {name: set() for name in files}
    for file, line in found:
        by_name[Path(file).name].add(line)
    return by_name


@pytest.mark.parametrize("name", ["async_calls.py", "sync_calls.py"])
def test_every_call_has_the_type_it_should_have(
    name: str, mypy: dict[str, set[int]], pyright: dict[str, set[int]]
) -> None:
    assert (mypy[name], pyright[name]) == (set(), set())


@pytest.mark.parametrize("name", ["async_must_fail.py", "sync_must_fail.py"])
def test_every_wrong_line_is_called_wrong_and_no_other(
    name: str, files: dict[str, Path], mypy: dict[str, set[int]], pyright: dict[str, set[int]]
) -> None:
    text = files[name].read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(text, 1) if line.endswith("# E")}
    assert len(wrong) > 30
    assert (mypy[name], pyright[name]) == (wrong, wrong)


def test_all_that_is_public_has_a_known_type() -> None:
    ran = run("pyright", "--verifytypes", "uniqos", "--ignoreexternal", "--outputjson")
    report = json.loads(ran.stdout)["typeCompleteness"]
    assert report["pyTypedPath"]
    unknown = [s["name"] for s in report["symbols"] if s["isExported"] and not s["isTypeKnown"]]
    assert (unknown, report["completenessScore"]) == ([], 1)


def public(kind: type[Any]) -> dict[str, str]:
    """Methods and their parameters, without what async adds to their names and types."""
    found: dict[str, str] = {}
    for name, value in inspect.getmembers(kind):
        if name.startswith("_") or not callable(value):
            continue
        parameters = [str(p) for p in inspect.signature(value).parameters.values()]
        found[name.replace("aclose", "close")] = re.sub(r"\bAsync(?=[A-Z])", "", ", ".join(parameters))
    return found


def test_both_flavours_have_the_same_surface() -> None:
    client, other = uniqos.UniqOS("uniq_test_abcd1234"), uniqos.AsyncUniqOS("uniq_test_abcd1234")
    pairs = [(uniqos.UniqOS, uniqos.AsyncUniqOS), (uniqos.RespondStream, uniqos.AsyncRespondStream)]
    pairs += [(type(getattr(client, n)), type(getattr(other, n))) for n in ("engine", "personalities", "interactions")]
    for sync, flavour in pairs:
        assert public(sync) == public(flavour)
    assert len(public(pairs[3][0])) == 12


def test_no_public_method_returns_any() -> None:
    for flavour in (uniqos.UniqOS, uniqos.AsyncUniqOS):
        client = flavour("uniq_test_abcd1234")
        for part in (client, client.engine, client.personalities, client.interactions):
            for name, value in inspect.getmembers(type(part), inspect.isfunction):
                if not name.startswith("_"):
                    returned = value.__annotations__["return"]
                    assert re.sub(r"Coroutine\[Any, Any, ", "", returned).count("Any") == 0, name
