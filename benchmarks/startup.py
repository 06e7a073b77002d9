"""What it costs to begin: imports in fresh interpreters, and a second client in a running one."""

from __future__ import annotations

import compileall
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx

import uniqos

from .measure import Bench, Measure, Sided, cpu
from .turns import KEY

READY = """
from uniqos import UniqOS
client = UniqOS(api_key="uniq_test_abcd1234")
client.engine
from uniqos.models import RespondRequest, RespondResult
RespondRequest(personality_id="p", message="m")
RespondResult.model_validate_json('{"response": "x"}')
"""


@contextmanager
def import_only(bench: Bench) -> Sided:
    count = bench.sizes.children
    _compile()
    yield {"base": _child("import httpx, pydantic", count), "sdk": _child("import uniqos", count)}


@contextmanager
def import_and_ready(bench: Bench) -> Sided:
    count = bench.sizes.children
    _compile()
    yield {"base": _child("import httpx; from pydantic import BaseModel", count), "sdk": _child(READY, count)}


@contextmanager
def second_client(bench: Bench) -> Sided:
    count = bench.sizes.clients
    with uniqos.UniqOS(KEY), httpx.Client():
        yield {
            "base": cpu(lambda: httpx.Client().close(), count),
            "sdk": cpu(lambda: uniqos.UniqOS(KEY).close(), count),
        }


def _compile() -> None:
    # As an installation leaves it, which the base's packages are: a checkout may never write its bytecode.
    compileall.compile_dir(str(Path(uniqos.__file__).parent), quiet=1)


def _child(code: str, count: int) -> Measure:
    """CPU seconds that ``code`` takes in a fresh interpreter, without the interpreter's own start."""
    timed = f"import time; start = time.process_time()\n{code}\nprint(time.process_time() - start)"
    isolated = ["-I"] if sys.flags.isolated else []

    def measure() -> float:
        command = [sys.executable, *isolated, "-c", timed]
        return sum(float(subprocess.check_output(command, text=True)) for _ in range(count))

    return measure
