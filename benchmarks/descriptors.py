"""File descriptors for a thousand connections, where the system has so many."""

from __future__ import annotations

import sys

_WANTED = 8192


def allow_many() -> None:
    """Raise this process's own limit as far as it may be raised."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
