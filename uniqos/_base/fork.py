"""Fork safety: a fork waits until no other thread imports, builds a model or holds a lock of this package.

A forked child has a copy of each lock of its parent, but only the thread that forked. A lock that another thread held
at that moment is never released in the child, and a module or model that it was making stays half made.
"""

from __future__ import annotations

import _imp
import importlib
import logging  # noqa: F401  # see the end of this file
import os
import sys
import time
from threading import RLock, get_ident, local
from typing import Any

_DEPENDENCIES = frozenset(
    {
        "anyio",
        "certifi",
        "h11",
        "httpcore",
        "httpx",
        "httpx_sse",
        "idna",
        "pydantic",
        "pydantic_core",
        "sniffio",
        "trio",
    }
)
_SECONDS = 5.0
"""A fork waits no longer: the other thread may itself wait for the one that forks."""
_STEP_SECONDS = 0.001
_locks: list[ForkSafeLock] = []
_forking = local()
"""The locks that the thread which forks has taken."""


class ForkSafeLock:
    """A lock that is free in a forked child. A thread that holds it may take it again."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = RLock()
        _locks.append(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Forget who holds the lock."""
        self._lock = RLock()


def before_fork() -> None:
    """Take all locks, at a moment when no other thread imports what this package needs."""
    if hasattr(_forking, "taken"):
        return
    for _ in range(int(_SECONDS / _STEP_SECONDS)):
        taken = _take_all()
        if taken:
            # While this is held, no thread begins an import. It is released in parent and child.
            _imp.acquire_lock()
            if not _others_import():
                _forking.taken, _forking.holds_imports = taken, True
                return
            _imp.release_lock()
        _release(taken)
        time.sleep(_STEP_SECONDS)
    _forking.taken = []


def _take_all() -> list[Any]:
    """Return all locks, taken; an empty list if another thread holds one of them."""
    # Pydantic 2.14 has a lock too, for the building of models.
    of_pydantic = getattr(sys.modules.get("pydantic.main"), "_rebuild_lock", None)
    taken: list[Any] = []
    for lock in [*(lock._lock for lock in _locks), *([of_pydantic] if of_pydantic else [])]:
        if not lock.acquire(blocking=False):
            _release(taken)
            return []
        taken.append(lock)
    return taken


def _release(taken: list[Any]) -> None:
    for lock in taken:
        lock.release()


def _in_parent() -> None:
    _release(_forking.__dict__.pop("taken", []))
    _release_imports()


def _release_imports() -> None:
    if _forking.__dict__.pop("holds_imports", False):
        try:
            _imp.release_lock()
        except RuntimeError:  # a version of Python whose child does not hold it any more
            pass


def _in_child() -> None:
    """Let the child have all locks, also where the fork has not waited for them any longer."""
    taken = _forking.__dict__.pop("taken", [])
    _release(taken)
    _release_imports()
    if not taken:
        for lock in _locks:
            lock.renew()


def _others_import() -> bool:
    # Python has no public way to ask. This is the same from 3.3 to 3.14; where it is missing, no fork waits. A lock is
    # listed only while a thread uses it; one without an owner is about to be taken.
    locks: dict[str, Any] = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    used = [(name, lock) for name, reference in list(locks.items()) if (lock := reference()) is not None]
    return any(lock.owner != get_ident() and _is_needed(name.partition(".")[0]) for name, lock in used)


def _is_needed(package: str) -> bool:
    return package == "uniqos" or package in _DEPENDENCIES or package in sys.stdlib_module_names


if hasattr(os, "register_at_fork"):
    # What is registered last is called first before a fork. So it must be after logging, whose lock is held from its
    # own function on: a thread that imports may wait for it.
    os.register_at_fork(before=before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
