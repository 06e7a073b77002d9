"""Virtual environments for the SDKs beside ours: the official one has our name, and no other is a dependency."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PEERS = {"official": "uniqos==0.6.0", "openai": "openai", "anthropic": "anthropic"}
"""What pip installs; without a version the newest, when the environment is made."""

_BESIDE = ("httpx", "httpx-sse", "pydantic")
# The repository comes last, so that the environment's own ``uniqos`` is the one that is found.
_ISOLATED = f"""
import runpy, sys
sys.path.append({str(ROOT)!r})
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""


def command_for(peer: str, module: str) -> list[str]:
    """The command that runs a module beside a peer, by its dotted name.

    Raises:
        OSError, subprocess.CalledProcessError: The environment cannot be made, or the package cannot be had.
    """
    return [str(_interpreter(peer)), "-I", "-c", _ISOLATED, module]


def version_of(peer: str) -> str:
    """The version that a peer's environment has, once ``command_for`` has made it."""
    code = f"from importlib.metadata import version; print(version({PEERS[peer].partition('==')[0]!r}))"
    return subprocess.check_output([str(_python(peer)), "-I", "-c", code], text=True).strip()


def _interpreter(peer: str) -> Path:
    """The environment's Python; made on first use, with our versions of what the bases need."""
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
