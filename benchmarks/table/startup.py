"""Rows of the start: imports in fresh interpreters, and a second client in a running one."""

from __future__ import annotations

import compileall
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import httpx

from ..support.measure import Bench, Measure, Sided, cpu

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
    _compile(bench.api.package)
    yield {"base": _child("import httpx, pydantic", count), "sdk": _child(f"import {bench.api.package}", count)}


@contextmanager
def import_and_ready(bench: Bench) -> Sided:
    count = bench.sizes.children
    _compile(bench.api.package)
    yield {"base": _child("import httpx; from pydantic import BaseModel", count), "sdk": _child(READY, count)}


@contextmanager
def second_client(bench: Bench) -> Sided:
    count = bench.sizes.clients
    with bench.api.client(bench.url), httpx.Client():
        yield {
            "base": cpu(lambda: httpx.Client().close(), count),
            "sdk": cpu(lambda: bench.api.client(bench.url).close(), count),
        }


def _compile(package: str) -> None:
    # An installation compiles the base's packages to bytecode, but a checkout may lack the SDK's.
    compileall.compile_dir(str(Path(str(import_module(package).__file__)).parent), quiet=1)


def _child(code: str, count: int) -> Measure:
    """Return a measure of the CPU seconds of ``code`` in a fresh interpreter, without the interpreter's start."""
    timed = f"import time; start = time.process_time()\n{code}\nprint(time.process_time() - start)"
    isolated = ["-I"] if sys.flags.isolated else []

    def measure() -> float:
        command = [sys.executable, *isolated, "-c", timed]
        return sum(float(subprocess.check_output(command, text=True)) for _ in range(count))

    return measure
