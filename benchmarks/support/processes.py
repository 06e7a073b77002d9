"""Memory, CPU time and sockets of a process, where the system tells them."""

from __future__ import annotations

import os
from pathlib import Path


def resident(process: int | str = "self") -> float:
    """Return the MiB of a process in memory; NaN on a system without ``/proc``."""
    statm = Path(f"/proc/{process}/statm")
    if not statm.exists():
        return float("nan")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds that a process has used; needs ``/proc``."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_sockets(process: int | str = "self") -> int:
    """Return how many sockets a process holds open; 0 on a system without ``/proc``."""
    folder = Path(f"/proc/{process}/fd")
    return sum("socket" in os.path.realpath(fd) for fd in folder.iterdir()) if folder.exists() else 0
