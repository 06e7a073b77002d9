"""Test of the import contracts in pyproject.toml: folders depend downwards only, without circles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="it needs Python 3.11")
ROOT = Path(__file__).parent.parent.parent


def test_the_package_keeps_its_layers_and_has_no_import_circle() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()", "--no-cache"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 kept, 0 broken" in run.stdout
