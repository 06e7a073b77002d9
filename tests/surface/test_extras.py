"""Tests of missing extras: the error names the packages to install, not the name shared with the official SDK."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from uniqos._extras import missing_extra


@pytest.mark.parametrize(
    ("extra", "packages"),
    [
        (
            "cli",
            [
                *("jmespath>=1.0.1", "platformdirs>=4.2", "prompt-toolkit>=3.0.48", "pyyaml>=6.0.1", "rich>=13.8"),
                "typer>=0.26.1",
            ],
        ),
        ("fastapi", ["fastapi>=0.135"]),
        ("otel", ["opentelemetry-api>=1.30"]),
        ("keyring", ["keyring>=25.0"]),
        ("sandbox", ["fastapi>=0.115", "uvicorn>=0.34", "vadersentiment>=3.3.2"]),
        ("socks", ["socksio>=1.0"]),
        ("truststore", ["truststore>=0.10.1"]),
    ],
)
def test_a_missing_extra_is_told_by_its_packages(extra: str, packages: list[str]) -> None:
    error = missing_extra("x needs", extra)
    assert (error.code, error.details) == ("missing_extra", {"extra": extra})
    start, _, listed = error.message.partition("pip install ")
    assert start == "x needs: "
    assert sorted(package.strip('"').lower() for package in listed.split()) == packages


@pytest.mark.parametrize("lines", [None, [], ["httpx>=0.27.1", "other>=1; extra == 'another'"]])
def test_where_the_metadata_does_not_know_the_extra_its_name_is_told(
    lines: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines)
    assert (
        missing_extra("x needs", "socks").message
        == "x needs: install the packages of the extra socks of pyproject.toml"
    )


def test_what_is_not_installed_at_all_has_a_hint_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> Any:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", requires)
    assert "the extra socks" in missing_extra("x needs", "socks").message


@pytest.mark.parametrize(
    "line",
    ["a>=1; extra == 'x'", 'a>=1 ; extra=="x"', "a>=1; (python_version >= '3.11') and extra == 'x'"],
)
def test_the_forms_that_build_tools_write_are_read(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: [line, "b; extra == 'y'"])
    assert missing_extra("x needs", "x").message == 'x needs: pip install "a>=1"'
