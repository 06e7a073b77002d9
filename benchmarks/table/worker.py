"""Worker that measures rows with the SDK of its interpreter, and prints JSON; ``python -m benchmarks`` runs it."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version

from ..support.apis import APIS
from ..support.measure import QUICK, Bench, Sizes
from ..support.surroundings import end_with_parent, isolate
from .rows import ROWS


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("tls_url")
    parser.add_argument("--api", choices=APIS, default="uniqos")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    end_with_parent()
    isolate()
    sizes = QUICK if arguments.quick else Sizes()
    bench = Bench(arguments.url, arguments.tls_url, sizes, APIS[arguments.api])
    found = {row.name: row.measure(bench, arguments.rounds) for row in ROWS if row.name in arguments.names}
    json.dump({"version": version(bench.api.package), "rows": found, "notes": sorted(set(bench.notes))}, sys.stdout)


if __name__ == "__main__":
    main()
