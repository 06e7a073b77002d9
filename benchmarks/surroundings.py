"""What a process may have from outside: no settings, and file descriptors for a thousand connections."""

from __future__ import annotations

import os
import sys

_WANTED = 8192
_SETTINGS = ("UNIQOS_", "OPENAI_", "ANTHROPIC_")


def alone() -> None:
    """Forget proxies and the settings of SDKs, and allow many connections."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith(_SETTINGS)]:
        del os.environ[name]
    allow_many()


def allow_many() -> None:
    """Raise this process's own limit as far as it may be raised."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
