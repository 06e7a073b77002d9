"""The command ``python -m benchmarks``: a table beside httpx, httpx-sse, aiohttp, msgspec and other SDKs."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .support.environments import PEERS, command_for, version_of
from .support.loopback import Loopback, server
from .support.measure import QUICK, Sizes
from .table.rows import ROWS, Row
from .table.table import Table

WORKER = "benchmarks.table.worker"


class Run:
    """One run of the table: its rows, the commands that measure them, and the measurements."""

    def __init__(self, options: argparse.Namespace, loopback: Loopback) -> None:
        self.rows = [row for row in ROWS if not options.only or row.name in options.only]
        self.found: dict[str, Any] = {}
        self._arguments = ["--rounds", str(options.rounds), *(["--quick"] if options.quick else [])]
        self._file: Path | None = options.json
        self._loopback = loopback
        self._commands = {"ours": [sys.executable, "-m", WORKER]}
        for peer in PEERS:
            if peer not in options.without and any(peer in row.peers for row in self.rows):
                self._prepare(peer)

    def _prepare(self, peer: str) -> None:
        note(peer)
        self.found[peer] = {"version": None, "rows": {}, "notes": []}
        try:
            self._commands[peer] = command_for(peer, WORKER)
            self.found[peer]["version"] = version_of(peer)
        except (OSError, subprocess.CalledProcessError):
            self.found[peer]["notes"] = ["could not be installed: see above"]

    def print(self) -> None:
        """Measure row after row, and print each at once, so that an interrupted run keeps its rows."""
        titles = {peer: f"{peer} {found['version'] or 'missing'}" for peer, found in self.found.items()}
        table = Table(self.rows, titles)
        print(table.head(), flush=True)
        start = time.monotonic()
        for number, row in enumerate(self.rows):
            sides = ["ours", *(peer for peer in row.peers if peer in self._commands)]
            for side in sides:
                note(f"{number + 1}/{len(self.rows)} {row.name}: {side}{self._left(number, start)}")
                self._measure(row, side)
            if self._file:
                rounds = int(self._arguments[1])
                self._file.write_text(json.dumps({"rounds": rounds, **self.found}, indent=1))
            values = {side: found["rows"].get(row.name, {}) for side, found in self.found.items()}
            print(table.row(row, values.pop("ours"), values), flush=True)

    def _left(self, done: int, start: float) -> str:
        seconds = (time.monotonic() - start) / done * (len(self.rows) - done) if done else 0
        return f", about {seconds / 60:.1f} min left" if done else ""

    def _measure(self, row: Row, side: str) -> None:
        api = [] if side == "ours" else ["--api", "uniqos" if side == "official" else side]
        into = self.found.setdefault(side, {"version": None, "rows": {}, "notes": []})
        try:
            found = self._loopback.measure(self._commands[side], *self._arguments, *api, row.name)
        except (OSError, subprocess.CalledProcessError):
            into["notes"].append(f"{row.name} could not be measured: see above")
            return
        into["version"] = found["version"]
        into["rows"] |= found["rows"]
        into["notes"] += [one for one in found["notes"] if one not in into["notes"]]


def note(text: str) -> None:
    """Print a line of progress to standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    names = "\n".join(f"  {row.name:<15} {row.what}; base: {row.base}" for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure CPU time as ratios to a base of the same run.\n"
        "Each row is printed as soon as it is measured: median (smallest..largest) of the rounds.",
        epilog=f"rows:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each side; the median counts")
    parser.add_argument("--only", nargs="+", metavar="ROW", choices=[row.name for row in ROWS], help="only these rows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values as JSON, after each row")
    parser.add_argument("--without", nargs="+", metavar="PEER", choices=PEERS, default=[], help="leave these SDKs out")
    parser.add_argument("--quick", action="store_true", help="too little work to measure: only shows that the rows run")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the processes of this run are ended
    try:
        with server(QUICK if options.quick else Sizes()) as loopback:
            run = Run(options, loopback)
            run.print()
    except KeyboardInterrupt:
        note("interrupted: the rows above are what was measured")
        sys.exit(130)
    for who, found in run.found.items():
        for remark in found["notes"]:
            print(f"{who}: {remark}")
    if not all(row.name in run.found["ours"]["rows"] for row in run.rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
