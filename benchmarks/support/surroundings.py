"""The surroundings of a process: no settings, file descriptors for a thousand connections, and an end in time."""

from __future__ import annotations

import os
import signal
import sys
import threading

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


def end_with_parent() -> None:
    """End this process when its standard input ends: so it never outlives the process that holds the other end.

    Ctrl-C goes to both, and is left to that process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
