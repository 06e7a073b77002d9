"""Run one target with atheris, guided by what its input reaches: ``python -m tests.fuzz TARGET --seconds N``.

It needs ``pip install atheris``, which no extra of the package brings: it is only built for some versions of Python.
The committed corpus is the seed. What is found goes to a temporary folder; an input that crashes is written to
``--artifacts`` and ends the run with another status than 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

NAMES = ("frames", "lines", "refusals", "retry_after", "webhooks", "paths", "responses")
CORPUS = Path(__file__).parent / "corpus"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz one target with atheris.")
    parser.add_argument("target", choices=NAMES)
    parser.add_argument("--seconds", type=int, default=60, help="how long (default: 60)")
    parser.add_argument("--artifacts", type=Path, help="folder for inputs that crash (default: a temporary one)")
    args = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is missing: pip install atheris")
    with atheris.instrument_imports(include=["uniqos", "httpx_sse", "h11", "email"]):
        from tests.fuzz import targets
    found = Path(tempfile.mkdtemp(prefix="uniqos-fuzz-"))
    artifacts = args.artifacts or found / "crashes"
    artifacts.mkdir(parents=True, exist_ok=True)
    (found / "corpus").mkdir()
    print(f"fuzzing {args.target} for {args.seconds} s; new inputs: {found}/corpus, crashes: {artifacts}", flush=True)
    options = [
        f"-max_total_time={args.seconds}",
        "-max_len=2048",
        "-timeout=20",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={artifacts}/",
        "-print_final_stats=1",
    ]
    atheris.Setup(
        [sys.argv[0], *options, str(found / "corpus"), str(CORPUS / args.target)], targets.TARGETS[args.target]
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
