"""``python -m benchmarks``: one table, beside httpx, httpx-sse and other SDKs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .environments import PEERS, ROOT, command_for
from .loopback import Loopback, server
from .measure import QUICK, Sizes
from .rows import ROWS
from .table import render


def measured(command: list[str], loopback: Loopback, arguments: list[str]) -> dict[str, Any]:
    """What a worker finds."""
    result = subprocess.run(
        [*command, loopback.url, loopback.tls_url, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=loopback.environment,
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="CPU time as ratios to a base.")
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each side; the median counts")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[row.name for row in ROWS], help="these rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values too")
    parser.add_argument("--without", nargs="+", metavar="PEER", choices=PEERS, default=[], help="leave these SDKs out")
    parser.add_argument("--quick", action="store_true", help="far too little work to measure: shows that it runs")
    options = parser.parse_args()
    rows = [row for row in ROWS if not options.only or row.name in options.only]
    common = ["--rounds", str(options.rounds), *(["--quick"] if options.quick else [])]
    theirs: dict[str, Any] = {}
    with server(QUICK if options.quick else Sizes()) as loopback:
        print("ours", file=sys.stderr)
        ours_command = [sys.executable, "-m", f"{__package__}.worker"]
        ours = measured(ours_command, loopback, [*common, *(row.name for row in rows)])
        for peer in PEERS:
            names = [row.name for row in rows if peer in row.peers]
            if not names or peer in options.without:
                continue
            print(peer, file=sys.stderr)
            arguments = [*common, "--api", "uniqos" if peer == "official" else peer, *names]
            try:
                theirs[peer] = measured(command_for(peer, "worker"), loopback, arguments)
            except (OSError, subprocess.CalledProcessError):
                theirs[peer] = {
                    "version": None,
                    "rows": {},
                    "notes": [f"{peer} could not be had or measured: see above"],
                }
    print(render(rows, ours["rows"], theirs))
    for note in [*ours["notes"], *(note for peer in theirs.values() for note in peer["notes"])]:
        print(note)
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "ours": ours, **theirs}, indent=1))


if __name__ == "__main__":
    main()
