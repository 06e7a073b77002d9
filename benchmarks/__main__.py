"""``python -m benchmarks``: one table, beside httpx, httpx-sse and the official SDK."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import official
from .measure import QUICK, Sizes
from .rows import ROWS
from .table import render

_ROOT = Path(__file__).parent.parent
# The repository comes last, so that the environment's own ``uniqos`` is the one that is found.
_ISOLATED = f"""
import runpy, sys
sys.path.append({str(_ROOT)!r})
runpy.run_module("benchmarks.worker", run_name="__main__")
"""


@contextmanager
def server(sizes: Sizes) -> Generator[str, None, None]:
    """The loopback server's URL, while it runs."""
    script = str(Path(__file__).with_name("server.py"))
    command = [sys.executable, script, "--events", str(sizes.events), "--huge", str(sizes.huge)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def measured(python: list[str], arguments: list[str]) -> dict[str, Any]:
    """What a worker under this interpreter finds."""
    result = subprocess.run([*python, *arguments], check=True, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="CPU time as ratios to a base.")
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each side; the median counts")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[row.name for row in ROWS], help="these rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values too")
    parser.add_argument("--without-official", action="store_true", help="leave the official SDK out")
    parser.add_argument("--quick", action="store_true", help="far too little work to measure: shows that it runs")
    options = parser.parse_args()
    rows = [row for row in ROWS if not options.only or row.name in options.only]
    common = ["--rounds", str(options.rounds), *(["--quick"] if options.quick else [])]
    theirs: dict[str, Any] = {"rows": {}, "notes": []}
    with server(QUICK if options.quick else Sizes()) as url:
        print("ours", file=sys.stderr)
        ours = measured([sys.executable, "-m", "benchmarks.worker"], [url, *common, *(row.name for row in rows)])
        names = [row.name for row in rows if row.official]
        if names and not options.without_official:
            print(f"official {official.VERSION}", file=sys.stderr)
            try:
                theirs = measured([str(official.interpreter()), "-I", "-c", _ISOLATED], [url, *common, *names])
            except (OSError, subprocess.CalledProcessError):
                theirs["notes"] = ["the official SDK could not be installed or measured: see above"]
    print(render(rows, ours["rows"], theirs["rows"]))
    for note in [*ours["notes"], *theirs["notes"]]:
        print(note)
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "ours": ours, "official": theirs}, indent=1))


if __name__ == "__main__":
    main()
