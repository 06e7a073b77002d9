"""A fork while another thread makes its first call, or holds a lock: the child works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.forking import POINTS
from tests.support.rawserver import RawServer, reply
from uniqos._base import fork as _fork
from uniqos._base.model import DEFER_BUILD

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]
LOCKS = [
    ("uniqos._network.certificates", "_making_context"),
    ("uniqos._sync.client", "_unpickling"),
    ("uniqos._async.client", "_unpickling"),
    ("uniqos._base.model", "_build_lock"),
    ("uniqos._policy.pace", "_lock"),
    ("uniqos._policy.drift", "_reporting"),
]


def answer(connection: Any, request: bytes, number: int) -> None:
    reply(connection, 200, b'{"response": "x", "data": [], "next_cursor": null}')


# Older releases of pydantic build each model when it is defined: its module is imported then.
POINTS_HERE = [point for point, (kind, _, _) in POINTS.items() if DEFER_BUILD or kind != "build"]


@pytest.mark.parametrize("point", POINTS_HERE)
def test_a_child_works_that_was_forked_during_another_thread_s_first_call(
    point: str, certified: Any, trusted: str
) -> None:
    with RawServer(answer, tls=certified) as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.forking", point, server.url, trusted],
            cwd=Path(__file__).parent.parent.parent,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (done.stdout.strip(), done.returncode) == ("x x", 0), done.stderr[-2000:]


def in_child(work: Any) -> bool:
    """Whether ``work`` ends well in a forked child, within some seconds."""
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def take(lock: Any) -> None:
    with lock, lock:  # a thread may take it again
        pass


@pytest.mark.parametrize("seconds", [0.2, 5.0], ids=["for longer than a fork waits", "for a moment"])
@pytest.mark.parametrize(("module", "name"), LOCKS)
def test_a_lock_that_another_thread_holds_is_free_in_the_child(
    module: str, name: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_fork, "_MAX_SECONDS", seconds)
    lock = getattr(import_module(module), name)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            done.wait(0.1 if seconds > 1 else 10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert taken.wait(10)
    try:
        assert in_child(lambda: take(lock))
    finally:
        done.set()
        thread.join()
    take(lock)


@pytest.mark.parametrize(("module", "name"), LOCKS)
def test_the_thread_that_forks_keeps_its_own_lock_on_both_sides(module: str, name: str) -> None:
    lock = getattr(import_module(module), name)
    with lock:
        assert in_child(lambda: take(lock))
    thread = threading.Thread(target=take, args=(lock,))
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_no_lock_of_the_package_is_one_that_a_child_cannot_take() -> None:
    kinds = (type(threading.Lock()), type(threading.RLock()))
    shared = [
        f"{name}.{attribute}"
        for name, module in list(sys.modules.items())
        if name.startswith("uniqos.") and not name.startswith("uniqos.sandbox") and isinstance(module, ModuleType)
        for attribute, value in vars(module).items()
        if isinstance(value, kinds)
    ]
    assert shared == []


@pytest.mark.parametrize("needed", [False, True])
def test_a_fork_waits_for_imports_of_what_is_needed_alone_and_not_for_ever(
    needed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = f"slow_module_that_is_needed_{needed}"
    (tmp_path / f"{name}.py").write_text(f"from {__name__} import imported; imported.wait(10)")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(_fork, "_MAX_SECONDS", 0.2)
    monkeypatch.setattr(_fork, "_DEPENDENCIES", frozenset({name} if needed else ()))
    imported.clear()
    thread = threading.Thread(target=import_module, args=(name,))
    thread.start()
    while name not in sys.modules:
        time.sleep(0.001)
    tried = 0

    def sleep(seconds: float) -> None:
        nonlocal tried
        tried += 1

    monkeypatch.setattr(_fork.time, "sleep", sleep)
    try:
        assert in_child(lambda: None)
    finally:
        imported.set()
        thread.join()
    assert tried == (200 if needed else 0)


imported = threading.Event()
