"""Virtual environments of the other SDKs. None is a dependency, and the official one has this package's name."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PEERS = {"official": "uniqos==0.6.0", "openai": "openai", "anthropic": "anthropic"}
"""Requirement of each other SDK for pip. One without a version is the newest when the environment is made."""

_BESIDE = ("httpx", "httpx-sse", "pydantic")
# The repository comes last on the path, so that ``import uniqos`` finds the environment's package.
_ISOLATED = f"""
import runpy, sys
sys.path.append({str(ROOT)!r})
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""


def command_for(peer: str, module: str) -> list[str]:
    """Return the command that runs a module, by its dotted name, in the environment of another SDK.

    Raises:
        OSError, subprocess.CalledProcessError: The environment cannot be made, or the package cannot be installed.
    """
    return [str(_interpreter(peer)), "-I", "-c", _ISOLATED, module]


def version_of(peer: str) -> str:
    """Return the SDK's version in the environment that ``command_for`` has made."""
    code = f"from importlib.metadata import version; print(version({PEERS[peer].partition('==')[0]!r}))"
    return subprocess.check_output([str(_python(peer)), "-I", "-c", code], text=True).strip()


def _interpreter(peer: str) -> Path:
    """Return the environment's Python, after installing the SDK and the versions of ``_BESIDE`` that run here."""
    python = _python(peer)
    if not python.exists():
        venv.create(python.parent.parent, with_pip=True)
    pins = [PEERS[peer], *(f"{name}=={version(name)}" for name in _BESIDE)]
    command = [str(python), "-I", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *pins]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return python


def _python(peer: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    wanted = PEERS[peer].replace("==", "-").replace("uniqos", peer)
    folder = cache / "uniqos-benchmarks" / f"{wanted}-py{sys.version_info[0]}.{sys.version_info[1]}"
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
