"""What the type checkers say: the assert files hold, every wrong line is told, and all that is public is typed."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import get_overloads

import uniqos
from tests.surface.test_surface import is_namespace
from uniqos._generate.to_sync import to_sync
from uniqos.api import NAMESPACES, operations

SOURCES = Path(__file__).parent.parent / "typing"
HOLD = ("async_calls.py", "sync_calls.py", "async_namespaces.py", "sync_namespaces.py", "plain_calls.py")
FAIL = {
    "async_must_fail.py": 105,
    "sync_must_fail.py": 95,
    "async_namespaces_must_fail.py": 240,
    "sync_namespaces_must_fail.py": 225,
    "plain_must_fail.py": 35,
    "sync_only_must_fail.py": 15,
}
"""With how many wrong lines there must be at least."""
CALLS = ("async_calls.py", "async_namespaces.py")
# What no endpoint stands behind: these are made of other calls.
OF_THE_SDK = {
    "respond",
    "billing.invoices.iterate",
    "billing.invoices.save_pdf",
    "deletions.wait",
    "end_users.iterate",
    "end_users.save_export",
    "interactions.iterate",
    "organizations.save_export",
    "personalities.iterate",
    "relationships.iterate",
}
CHECKERS = ("mypy", "pyright")
# These would make any line fail, for a reason that has nothing to do with the library.
WRONG_REASONS = {
    "assert-type",
    "import-not-found",
    "import-untyped",
    "name-defined",
    "syntax",
    "unused-coroutine",
    "reportAssertTypeFailure",
    "reportMissingImports",
    "reportUndefinedVariable",
    "reportUnusedCoroutine",
}
Found = dict[str, dict[int, list[str]]]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a user's: the files of both flavours, the synchronous ones made from the others."""
    made = tmp_path_factory.mktemp("typing")
    for source in SOURCES.glob("*.py"):
        text = source.read_text(encoding="utf-8")
        made.joinpath(source.name).write_text(text, encoding="utf-8")
        if source.name.startswith("async_"):
            made.joinpath(source.name.removeprefix("a")).write_text(to_sync(text), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def mypy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    cache = tmp_path_factory.mktemp("mypy")
    ran = run(folder, "mypy", "--strict", "--output=json", f"--cache-dir={cache}", "--config-file=", *HOLD, *FAIL)
    said = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert said, ran.stderr + ran.stdout
    return found((e["file"], e["line"], e["code"], e["message"]) for e in said if e["severity"] == "error")


@pytest.fixture(scope="module")
def pyright_runs(folder: Path) -> None:
    ran = run(folder, "pyright", "--version")
    if ran.returncode:
        pytest.skip(f"pyright cannot run here (it needs Node): {ran.stderr.strip()[-300:]}")


@pytest.fixture(scope="module")
def pyright(folder: Path, pyright_runs: None) -> Found:
    report = pyright_json(folder, *HOLD, *FAIL)
    assert report["summary"]["filesAnalyzed"] == len(HOLD) + len(FAIL)
    return found(
        (e["file"], e["range"]["start"]["line"] + 1, e.get("rule", "syntax"), e["message"])
        for e in report["generalDiagnostics"]
        if e["severity"] == "error"
    )


def pyright_json(folder: Path, *arguments: str) -> dict[str, Any]:
    ran = run(folder, "pyright", "--outputjson", *arguments)
    start = ran.stdout.find("{")
    assert start >= 0, ran.stderr + ran.stdout
    report: dict[str, Any] = json.loads(ran.stdout[start:])
    return report


def run(folder: Path, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Pyright looks at the packages of the first Python on the PATH.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=170,
        cwd=folder,
        env={**os.environ, "PATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "NO_COLOR": "1"},
    )


def found(errors: Iterator[tuple[str, int, str, str]]) -> Found:
    by_name: Found = {name: {} for name in (*HOLD, *FAIL)}
    for file, line, code, message in errors:
        # A file that is none of ours, such as one of the library's, must not have errors either.
        by_name.setdefault(Path(file).name, {}).setdefault(line, []).append(f"[{code}] {message}")
    return by_name


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", HOLD)
def test_every_call_has_the_type_it_should_have(name: str, checker: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(checker)[name] == {}


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("name", FAIL)
def test_every_wrong_line_is_called_wrong_and_no_other(
    name: str, checker: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    said: dict[int, list[str]] = request.getfixturevalue(checker)[name]
    text = folder.joinpath(name).read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(text, 1) if re.search(r"  # E: \S", line)}
    assert len(wrong) >= FAIL[name]
    accepted = [f"{number}: {text[number - 1].strip()}" for number in sorted(wrong - said.keys())]
    refused = {number: messages for number, messages in said.items() if number not in wrong}
    beside = [m for messages in said.values() for m in messages if m[1:].partition("]")[0] in WRONG_REASONS]
    assert (accepted, refused, beside) == ([], {}, [])


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize(
    ("call", "named"),
    [
        ('client.respond(message="m")', "PersonalityIdIsMissing"),
        ('client.respond(personality_id="p")', "MessageIsMissing"),
    ],
)
@pytest.mark.parametrize("name", ["async_must_fail.py", "sync_must_fail.py"])
def test_a_missing_keyword_is_one_error_that_names_it(
    name: str, call: str, named: str, checker: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    lines = folder.joinpath(name).read_text(encoding="utf-8").splitlines()
    (number,) = (
        number for number, line in enumerate(lines, 1) if re.fullmatch(rf" +(await )?{re.escape(call)}  #.*", line)
    )
    (message,) = request.getfixturevalue(checker)[name][number]
    assert named in message.splitlines()[0]
    assert "overload" not in message.lower()


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_user_sees_no_errors_of_the_library(checker: str, request: pytest.FixtureRequest) -> None:
    assert request.getfixturevalue(checker).keys() == {*HOLD, *FAIL}


def test_all_that_is_public_has_a_known_type(folder: Path, pyright_runs: None) -> None:
    report = pyright_json(folder, "--verifytypes", "uniqos", "--ignoreexternal")["typeCompleteness"]
    assert report["pyTypedPath"]
    assert report["exportedSymbolCounts"]["withKnownType"] > 1750
    unknown = [s["name"] for s in report["symbols"] if s["isExported"] and not s["isTypeKnown"]]
    assert (unknown, report["completenessScore"]) == ([], 1)


def flavours() -> list[tuple[type[Any], type[Any]]]:
    """Each class of one flavour beside its twin."""
    sync, other = clients()
    ours, theirs = dict(namespaces(sync)), dict(namespaces(other))
    assert list(ours) == list(theirs)
    # Some, such as vocabularies, hold namespaces and have no calls of their own.
    assert ours.keys() >= set(NAMESPACES)
    pairs = [(type(ours[path]), type(theirs[path])) for path in ours]
    assert len(pairs) == len(set(pairs)) >= 27
    return [(uniqos.UniqOS, uniqos.AsyncUniqOS), (uniqos.RespondStream, uniqos.AsyncRespondStream), *pairs]


def clients() -> tuple[uniqos.UniqOS, uniqos.AsyncUniqOS]:
    return uniqos.UniqOS("uniq_test_abcd1234"), uniqos.AsyncUniqOS("uniq_test_abcd1234")


def namespaces(owner: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each namespace with its dotted name, those inside of others too."""
    for name, value in vars(type(owner)).items():
        if is_namespace(value):
            inner = getattr(owner, name)
            yield f"{path}{name}", inner
            yield from namespaces(inner, f"{path}{name}.")


def calls(client: uniqos.UniqOS | uniqos.AsyncUniqOS) -> set[str]:
    """The dotted name of each method that asks the API."""
    inner = {
        f"{path}.{name}"
        for path, namespace in namespaces(client)
        for name, value in inspect.getmembers(namespace, inspect.ismethod)
        if not name.startswith("_")
    }
    return {"respond", *inner}


def asserted() -> set[str]:
    """The dotted name of each call whose type the assert files hold."""
    found: set[str] = set()
    for name in CALLS:
        for function in ast.parse(SOURCES.joinpath(name).read_text(encoding="utf-8")).body:
            text = ast.unparse(function)  # each statement is one line, however it was written
            for short, path in re.findall(r"^ +(\w+) = (client\.[\w.]+)$", text, re.MULTILINE):
                text = re.sub(rf"\b{short}\.", f"{path}.", text)
            found.update(re.findall(r"\bassert_type\(\(?(?:await )?client\.([\w.]+)\(", text))
    return found


def test_every_operation_is_a_call_of_both_clients_and_its_type_is_asserted() -> None:
    table = operations().keys()
    assert len(table) >= 99
    for client in clients():
        assert calls(client) == table | OF_THE_SDK
    assert table | OF_THE_SDK <= asserted()


def surface(kind: type[Any]) -> dict[str, list[str]]:
    """Each public name, with its signature and its overloads' signatures as they are written, async taken out."""
    shown: dict[str, list[str]] = {}
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        if name.startswith("_") and name not in ("__init__", "__enter__", "__aenter__", "__exit__", "__aexit__"):
            continue
        if isinstance(value, property):
            value = value.fget
        elif is_namespace(value):
            value = value.func
        signatures = [str(inspect.signature(f)) for f in (value, *get_overloads(value))]
        plain = re.sub(r"^(__)?a(?=close|enter|exit|iter|next)", r"\1", name)
        shown[plain] = [without_async(s) for s in signatures]
    return shown


def without_async(annotation: str) -> str:
    return re.sub(r"\bAsync(?=[A-Z])", "", re.sub(r"Coroutine\[Any, Any, ([\w.]+)\]", r"\1", annotation))


def test_both_flavours_have_the_same_surface() -> None:
    methods = 0
    for sync, other in flavours():
        assert surface(sync) == surface(other)
        methods += sum(not name.startswith("_") for name in surface(sync))
    assert methods > 145


def public_classes() -> Iterator[type[Any]]:
    for pair in flavours():
        yield from pair
    for module, names in ((uniqos, uniqos.__all__), (uniqos.models, dir(uniqos.models)), (uniqos.sandbox, ["Sandbox"])):
        yield from (value for name in names if isinstance(value := getattr(module, name), type))


def test_nothing_public_returns_any() -> None:
    checked: set[str] = set()
    for kind in set(public_classes()):
        for owner in kind.__mro__:
            if not owner.__module__.startswith("uniqos"):
                continue
            for name, value in list(vars(owner).items()):
                function = value.fget if isinstance(value, property) else getattr(value, "func", value)
                if name.startswith("_") or not inspect.isfunction(function):
                    continue
                returned = str(inspect.signature(function).return_annotation)
                # What is undocumented is an object of the API, and an object of JSON holds any value.
                known = without_async(returned).replace("dict[str, Any]", "")
                assert not re.search(r"\bAny\b|empty", known), f"{owner.__name__}.{name} -> {returned}"
                checked.add(f"{owner.__name__}.{name}")
    assert len(checked) > 300
