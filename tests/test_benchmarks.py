"""The benchmarks run and print their table. What they measure is not judged here: a test machine is too noisy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.environments import PEERS
from benchmarks.plot import draw, measure
from benchmarks.rows import ROWS

ROOT = Path(__file__).parent.parent


def run(*arguments: str, without: tuple[str, ...] = tuple(PEERS), **environment: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--quick", *arguments]
    command += ["--without", *without] if without else []
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=50).stdout


def test_each_row_is_printed_with_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "values.json"
    lines = run("--json", str(file)).splitlines()
    assert lines[0].split() == ["base", "=", "1", "httpx_sse", *PEERS, "ours", "at", "most"]
    assert [line for row, line in zip(ROWS, lines[1:], strict=False) if not line.startswith(row.what)] == []
    measured = json.loads(file.read_text())["ours"]["rows"]
    assert measured.keys() == {row.name for row in ROWS}
    assert all(len(values) == 1 for sides in measured.values() for values in sides.values())


def test_only_the_rows_that_are_asked_for_are_printed() -> None:
    lines = run("--only", "client", "import").splitlines()
    assert [line.partition("  ")[0] for line in lines[1:]] == ["import of the SDK", "second client, made and closed"]


def test_a_peer_that_cannot_be_installed_is_said_to_be_missing(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    head, row, *notes = run("--only", "client", without=(), XDG_CACHE_HOME=str(no_folder)).splitlines()
    assert [f"{peer} missing" in head for peer in PEERS] == [True] * len(PEERS)
    assert row.startswith("second client, made and closed")
    assert notes == [f"{peer}: could not be had or measured: see above" for peer in PEERS]


def test_the_points_of_the_plot_are_measured() -> None:
    curves = measure([1, 2], 1, official=False, calls=5)
    assert curves.keys() == {"httpx", "ours"}
    for points in curves.values():
        assert len(points) == 2
        assert all(point is not None and 0 < point[1] <= point[2] for point in points)


def test_the_same_values_draw_the_same_picture_with_a_mark_for_what_did_not_finish(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'bench' is not installed")
    done, files = (0.001, 0.05, 0.06), [tmp_path / f"{name}.svg" for name in ("one", "two", "three")]
    for file, last in zip(files, (None, None, done), strict=True):
        draw([1, 10], {"httpx": [done, last], "ours": [done, done]}, file)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
