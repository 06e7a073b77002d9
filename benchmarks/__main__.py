"""``python -m benchmarks``: one table, beside httpx, httpx-sse and other SDKs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .environments import PEERS, command_for
from .loopback import server
from .measure import QUICK, Sizes
from .rows import ROWS
from .table import render


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
        ours = loopback.measured(ours_command, *common, *(row.name for row in rows))
        for peer in PEERS:
            names = [row.name for row in rows if peer in row.peers]
            if not names or peer in options.without:
                continue
            print(peer, file=sys.stderr)
            arguments = [*common, "--api", "uniqos" if peer == "official" else peer, *names]
            try:
                theirs[peer] = loopback.measured(command_for(peer, "worker"), *arguments)
            except (OSError, subprocess.CalledProcessError):
                theirs[peer] = {
                    "version": None,
                    "rows": {},
                    "notes": ["could not be had or measured: see above"],
                }
    print(render(rows, ours["rows"], theirs))
    for who, found in {"ours": ours, **theirs}.items():
        for note in found["notes"]:
            print(f"{who}: {note}")
    if options.json:
        options.json.write_text(json.dumps({"rounds": options.rounds, "ours": ours, **theirs}, indent=1))


if __name__ == "__main__":
    main()
