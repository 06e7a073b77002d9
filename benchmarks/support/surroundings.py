"""Surroundings of a measuring process: no settings, enough file descriptors, and an end with its parent."""

from __future__ import annotations

import os
import signal
import sys
import threading

_WANTED = 8192
_SETTINGS = ("UNIQOS_", "OPENAI_", "ANTHROPIC_")


def isolate() -> None:
    """Remove proxies and SDK settings from the environment, and allow many connections."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith(_SETTINGS)]:
        del os.environ[name]
    allow_many()


def allow_many() -> None:
    """Raise this process's limit of open files, as far as the system allows."""
    if sys.platform == "win32":  # Windows has no such limit
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def end_with_parent() -> None:
    """End this process when its standard input ends, so that it never outlives its parent.

    Ctrl-C reaches both processes. This one ignores it and leaves the end to its parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
