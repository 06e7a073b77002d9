"""Tests that the benchmarks run and print their table. A test machine is too noisy to judge their figures."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from benchmarks.plot import emotions, sentences
from benchmarks.plot.__main__ import draw, measure
from benchmarks.support.environments import PEERS
from benchmarks.support.loopback import server
from benchmarks.support.measure import Sizes
from benchmarks.table.rows import ROWS
from tests.support import commandline
from tests.support.rawserver import rst

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str, without: tuple[str, ...] = tuple(PEERS), **environment: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--quick", *arguments]
    command += ["--without", *without] if without else []
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=50).stdout


@pytest.mark.parametrize("first", range(0, len(ROWS), 5))
def test_each_row_is_printed_with_its_limit(first: int, tmp_path: Path) -> None:
    rows, file = ROWS[first : first + 5], tmp_path / "values.json"
    lines = run("--json", str(file), "--only", *(row.name for row in rows)).splitlines()
    assert lines[0].split() == ["base", "=", "1", *PEERS, "ours", "at", "most", "others"]
    assert [line for row, line in zip(rows, lines[1:], strict=True) if not line.startswith(row.what)] == []
    assert all(f"{row.limit:.3g}" in line for row, line in zip(rows, lines[1:], strict=True))
    measured = json.loads(file.read_text())["ours"]["rows"]
    assert measured.keys() == {row.name for row in rows}
    assert all(len(values) == 1 for sides in measured.values() for values in sides.values())


@pytest.mark.skipif(sys.platform == "win32", reason="its processes cannot be sent these signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_what_was_measured_before_an_interrupt_is_printed_and_written(name: str, tmp_path: Path) -> None:
    file = tmp_path / "values.json"
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--quick", "--json", str(file)]
    command += ["--without", *PEERS, "--only", "client", "sync", "async", "gather", "download"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        _, first, second = (process.stdout.readline() for _ in range(3))
        process.send_signal(getattr(signal, name))
        rest, told = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert first.startswith("one sync respond, validated")
    assert second.startswith("one async respond, validated")
    assert len(rest.splitlines()) < 3
    assert {"sync", "async"} <= json.loads(file.read_text())["ours"]["rows"].keys()
    assert "1/5 sync: ours\n2/5 async: ours, about 0." in told
    assert told.endswith("interrupted: the rows above are what was measured\n")


def test_the_server_ends_with_the_process_that_started_it() -> None:
    command = [sys.executable, "-m", "benchmarks.support.server", "--events", "1", "--huge", "1", "--certificate"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = stack.enter_context(subprocess.Popen([*command, str(folder / "own.pem")], cwd=ROOT, **pipes))
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline().strip().isdigit()
        process.stdin.close()
        assert process.wait(10) == 1


def test_a_client_that_leaves_is_no_warning_of_the_server(capfd: pytest.CaptureFixture[str]) -> None:
    with server(Sizes(events=300)) as loopback:
        host, port = loopback.url.removeprefix("http://").split(":")
        for message in ("paced", "ticks_12_10", "late"):
            body = json.dumps({"message": message}).encode()
            with socket.create_connection((host, int(port)), 10) as client:
                head = f"POST /v1/respond HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
                client.sendall(head.encode() + body)
                if message != "late":
                    client.recv(10)
                rst(client)
        time.sleep(0.3)  # until the last tick is due
        with socket.create_connection((host, int(port)), 10) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert b'"connections":4' in client.recv(1000)
    assert capfd.readouterr().err == ""


def test_a_row_that_cannot_be_measured_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise ImportError('not here')")
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--quick", "--only", "dump", "client"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run([*command, "--without", *PEERS], cwd=ROOT, env=env, capture_output=True, text=True, timeout=50)
    _, dump, client, *notes = ran.stdout.splitlines()
    assert dump.split("  ")[-1] == "-"
    assert client.startswith("second client, made and closed")
    assert notes == ["ours: dump could not be measured: see above"]
    assert ran.returncode == 1


def test_the_help_says_what_each_row_is() -> None:
    text = run("--help", without=())
    assert [row.name for row in ROWS if f"  {row.name:<15} {row.what}; base: {row.base}" not in text] == []


def test_only_the_rows_that_are_asked_for_are_printed() -> None:
    lines = run("--only", "client", "import").splitlines()
    assert [line.partition("  ")[0] for line in lines[1:]] == ["import of the SDK", "second client, made and closed"]


def test_a_peer_that_cannot_be_installed_is_said_to_be_missing(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.touch()
    head, row, *notes = run("--only", "client", without=(), XDG_CACHE_HOME=str(no_folder)).splitlines()
    assert [f"{peer} missing" in head for peer in PEERS] == [True] * len(PEERS)
    assert row.startswith("second client, made and closed")
    assert notes == [f"{peer}: could not be installed: see above" for peer in PEERS]


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


def test_the_emotions_of_a_text_are_inferred_by_the_command_and_drawn_by_chapter(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'bench' is not installed")
    text = 'chapter,text\n1,"I am so happy! I hate it, it is bad."\n2,"It is a table."\n10,"Why? I am sad."\n'
    (tmp_path / "text.csv").write_text(text, encoding="utf-8")
    assert sentences.split(tmp_path / "text.csv", tmp_path / "sentences.csv") == 5
    answers = tmp_path / "emotions.jsonl"
    batch = ["batch", "infer-state", str(tmp_path / "sentences.csv"), "-o", str(answers)]
    code, _, told = commandline.run(*batch, "--id", "id", "--map", "message=text")
    assert code == 0, told
    found = emotions.read(answers)
    assert [(one.chapter, one.primary) for one in found] == [
        ("1", "joy"),
        ("1", "anger"),
        ("2", "neutral"),
        ("10", "curiosity"),
        ("10", "sadness"),
    ]
    assert found[0].valence > 0.4 > -0.4 > found[1].valence
    picture = tmp_path / "emotions.png"
    command = [sys.executable, "-m", "benchmarks.plot.emotions", str(answers), str(picture)]
    subprocess.run([*command, "--title", "A text", "--caption", "The sandbox was asked."], cwd=ROOT, check=True)
    drawn = picture.read_bytes()
    assert (drawn[:8], int.from_bytes(drawn[16:20], "big")) == (b"\x89PNG\r\n\x1a\n", 1200)
    emotions.draw(found, "A text", "The sandbox was asked.", picture)
    assert picture.read_bytes() == drawn
    emotions.draw(found[1:], "A text", "The sandbox was asked.", picture)
    assert picture.read_bytes() != drawn


def test_the_picture_of_the_emotions_is_small() -> None:
    assert (ROOT / ".github" / "emotions.png").stat().st_size < 60_000
