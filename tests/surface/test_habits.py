"""The habits agree with each other: the hooks run the checks of ``.ci/check``, and ``.ci/run`` runs all of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def checks() -> set[str]:
    """The names that ``.ci/check`` takes."""
    return set(re.findall(r"^(\w+)\(\) \{", text(".ci/check"), re.MULTILINE))


def test_each_check_runs_unless_some_are_named() -> None:
    (default,) = re.findall(r"then set -- (.*); fi", text(".ci/check"))
    assert set(default.split()) == checks()


def test_the_hooks_are_the_checks_and_the_reference() -> None:
    entries = re.findall(r"entry: (\S+)(?: (\w+))?,", text(".pre-commit-config.yaml"))
    assert {name for script, name in entries if script == ".ci/check"} == checks()
    assert (".ci/docs", "") in entries


def test_the_run_calls_the_check_the_reference_and_the_tests() -> None:
    calls = re.findall(r"^(\.ci/\w+)", text(".ci/run"), re.MULTILINE)
    assert calls == [".ci/check", ".ci/docs", ".ci/test"]
    assert re.findall(r"^.*documented (\w+)\)?$", text(".ci/run"), re.MULTILINE) == ["install", "test"]


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])
    parts = set(re.findall(r"^### (.*)$", text("CHANGELOG.md"), re.MULTILINE))
    assert parts <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
