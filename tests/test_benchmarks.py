"""The benchmarks run and print their table. What they measure is not judged here: a test machine is too noisy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.rows import ROWS

ROOT = Path(__file__).parent.parent


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--without-official", "--quick", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=50).stdout


def test_each_row_is_printed_with_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "values.json"
    lines = run("--json", str(file)).splitlines()
    assert lines[0].split() == ["base", "=", "1", "httpx_sse", "official", "0.6.0", "ours", "at", "most"]
    assert [line for row, line in zip(ROWS, lines[1:], strict=False) if not line.startswith(row.what)] == []
    measured = json.loads(file.read_text())["ours"]["rows"]
    assert measured.keys() == {row.name for row in ROWS}
    assert all(len(values) == 1 for sides in measured.values() for values in sides.values())


def test_only_the_rows_that_are_asked_for_are_printed() -> None:
    lines = run("--only", "client", "import").splitlines()
    assert [line.partition("  ")[0] for line in lines[1:]] == ["import uniqos", "second client, made and closed"]
