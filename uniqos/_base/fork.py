"""Fork safety: a fork waits until no other thread imports a module, builds a model or holds a lock of this package.

A forked child has a copy of each lock of its parent, but only the thread that forked. A lock that another thread held
at that moment is never released in the child. A module or model that was being made stays incomplete.
"""

from __future__ import annotations

import _imp
import importlib
import logging  # noqa: F401  # The end of this file says why.
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
_MAX_SECONDS = 5.0
"""The longest wait of a fork, since another thread may itself wait for the one that forks."""
_STEP_SECONDS = 0.001
_locks: list[ForkSafeLock] = []
_forking = local()
"""The locks that the forking thread holds."""


class ForkSafeLock:
    """A reentrant lock that is free in a forked child."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = RLock()
        _locks.append(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Replace the lock by a free one."""
        self._lock = RLock()


def before_fork() -> None:
    """Acquire all locks, and the import lock, while no other thread imports a module that this package needs."""
    if hasattr(_forking, "locks"):
        return
    for _ in range(int(_MAX_SECONDS / _STEP_SECONDS)):
        locks = _acquire_all()
        if locks:
            # While the import lock is held, no thread begins an import. Parent and child release it.
            _imp.acquire_lock()
            if not _is_other_thread_importing():
                _forking.locks, _forking.holds_imports = locks, True
                return
            _imp.release_lock()
        _release(locks)
        time.sleep(_STEP_SECONDS)
    _forking.locks = []


def _acquire_all() -> list[Any]:
    """Acquire all locks and return them; return an empty list if another thread holds one of them."""
    # Pydantic 2.14 takes this lock while it builds a model.
    pydantic_lock = getattr(sys.modules.get("pydantic.main"), "_rebuild_lock", None)
    locks: list[Any] = []
    for lock in [*(lock._lock for lock in _locks), *([pydantic_lock] if pydantic_lock else [])]:
        if not lock.acquire(blocking=False):
            _release(locks)
            return []
        locks.append(lock)
    return locks


def _release(locks: list[Any]) -> None:
    for lock in locks:
        lock.release()


def _in_parent() -> None:
    _release(_forking.__dict__.pop("locks", []))
    _release_imports()


def _release_imports() -> None:
    if _forking.__dict__.pop("holds_imports", False):
        try:
            _imp.release_lock()
        except RuntimeError:  # In some versions of Python the child does not hold the lock any more.
            pass


def _in_child() -> None:
    """Free all locks in the child, also if the fork did not get them in time."""
    locks = _forking.__dict__.pop("locks", [])
    _release(locks)
    _release_imports()
    if not locks:
        for lock in _locks:
            lock.renew()


def _is_other_thread_importing() -> bool:
    """Return whether another thread imports a module that this package needs."""
    # Python has no public function for this. The private table is the same from 3.3 to 3.14; without it, no fork waits.
    # A lock is listed while a thread uses it. A lock without an owner is about to be acquired.
    locks: dict[str, Any] = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    used = [(name, lock) for name, reference in list(locks.items()) if (lock := reference()) is not None]
    return any(lock.owner != get_ident() and _is_needed(name.partition(".")[0]) for name, lock in used)


def _is_needed(package: str) -> bool:
    return package == "uniqos" or package in _DEPENDENCIES or package in sys.stdlib_module_names


if hasattr(os, "register_at_fork"):
    # The function that is registered last runs first before a fork. This one must run before that of logging, which
    # acquires logging's lock: a thread that imports may wait for that lock. So logging is imported above.
    os.register_at_fork(before=before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
