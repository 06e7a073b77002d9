"""A virtual environment for the official SDK, whose package has our name."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

VERSION = "0.6.0"
_BESIDE = ("httpx", "httpx-sse", "pydantic")


def interpreter() -> Path:
    """The environment's Python; made on first use, with our versions of what the bases need.

    Raises:
        OSError, subprocess.CalledProcessError: It cannot be made, or the package cannot be had.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "uniqos-benchmarks" / f"official-{VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True)
    pins = [f"uniqos=={VERSION}", *(f"{name}=={version(name)}" for name in _BESIDE)]
    command = [str(python), "-I", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *pins]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return python
