"""Tests that each row of ``fault_rows.py`` has tests, for both flavours, and that none is missing or skipped."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest

from tests.support.fault_rows import ROWS, Proof

CASES = [(row, case) for row, cases in ROWS.items() for case in cases]
PROOFS = sorted({proof for cases in ROWS.values() for proofs in cases.values() for proof in proofs})
ONE_FLAVOUR = {
    ("second event loop, closed loop", "closed in mid-stream"),
    ("32 threads x 10,000 calls on one client; close() during use", "tasks"),
    ("cancellation mid-request and mid-stream", "at any step"),
    ("a stream that unfolds", "the event loop"),
}
"""Cases of event loops only; their rows have other cases for threads."""


SKIPPED_HERE = "it is skipped here"


def marks(test: Callable[..., object], name: str) -> Iterator[pytest.Mark]:
    """Return the marks of a test, of its parameters and of its module."""
    of_module = getattr(import_module(test.__module__), "pytestmark", [])
    for mark in [*getattr(test, "pytestmark", []), *(of_module if isinstance(of_module, list) else [of_module])]:
        mark = getattr(mark, "mark", mark)
        if mark.name == name:
            yield mark
        elif mark.name == "parametrize":
            yield from (inner for value in mark.args[1] for inner in getattr(value, "marks", ()) if inner.name == name)


def values(test: Callable[..., object]) -> set[str]:
    """Return the ids of a test's parameters."""
    return {str(getattr(value, "__name__", value)) for mark in marks(test, "parametrize") for value in mark.args[1]}


def problems(proof: Proof) -> Iterator[str]:
    """Yield the reasons why a proof does not count."""
    test = getattr(import_module(proof.module), proof.name, None)
    if not inspect.isfunction(test) or test.__module__ != proof.module:
        yield "there is no such test"
        return
    if not (proof.name.startswith("test_") and proof.module.rpartition(".")[2].startswith("test_")):
        yield "pytest does not collect it"
    if [*marks(test, "skip"), *marks(test, "xfail")]:
        yield "it is marked"
    if any(any(mark.args) for mark in marks(test, "skipif")):
        yield SKIPPED_HERE
    source = inspect.getsource(test)
    if "pytest.skip(" in source or "pytest.xfail(" in source:
        yield "it skips itself"
    if inspect.iscoroutinefunction(test) is not proof.module.startswith("tests._async."):
        yield "it is of the other flavour"
    if inspect.iscoroutinefunction(test) and not list(marks(test, "anyio")):
        yield "it is never awaited"
    if proof.parameter and proof.parameter not in values(test):
        yield f"it has no parameter {proof.parameter!r}"


@pytest.mark.parametrize("row", list(ROWS))
def test_every_case_of_a_row_is_proved_in_both_flavours(row: str) -> None:
    proofs = [proof for found in ROWS[row].values() for proof in found]
    known = {SKIPPED_HERE} if os.name == "nt" else set()  # Windows has no fork and no signals
    assert not [(proof, problem) for proof in proofs for problem in problems(proof) if problem not in known]
    assert {proof.flavour for proof in proofs} >= {"sync", "async"}
    for case, found in ROWS[row].items():
        flavours = {proof.flavour for proof in found}
        alone = {"async"} if (row, case) in ONE_FLAVOUR else {"pure"}
        assert flavours >= {"sync", "async"} or flavours == alone, case


def test_a_proof_that_is_none_is_found_out() -> None:
    here = __name__
    for proof, problem in {
        Proof("sync", "tests._sync.calls.test_calls", "test_nothing"): "no such test",
        Proof("sync", "tests._sync.calls.test_calls", "answers"): "does not collect",
        Proof("sync", "tests._async.calls.test_calls", "make_client"): "no such test",
        Proof("async", "tests._async.network.test_pool", "test_a_host_may_be_an_ipv6_address"): "skips itself",
        Proof("sync", here, "test_the_table_is_whole", "sync"): "no parameter",
        Proof("sync", here, "skipped_test"): "is marked",
        Proof("sync", here, "never_run_test"): "skipped here",
        Proof("sync", here, "sometimes_skipped_test", "x"): "is marked",
    }.items():
        assert problem in "; ".join(problems(proof))


@pytest.mark.skip
def skipped_test() -> None: ...


@pytest.mark.skipif(True, reason="an example")
def never_run_test() -> None: ...


@pytest.mark.parametrize("value", [pytest.param("x", marks=pytest.mark.xfail)])
def sometimes_skipped_test(value: str) -> None: ...


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 45
    assert {(row, case) for row, case in CASES} >= ONE_FLAVOUR
    found = Counter(proof.flavour for proof in PROOFS)
    print(f"\n{len(ROWS)} rows, {len(CASES)} cases, {len(PROOFS)} tests: {dict(sorted(found.items()))}")
    for row, cases in ROWS.items():
        tests = Counter(proof.flavour for proof in {proof for proofs in cases.values() for proof in proofs})
        print(f"  {row}: {', '.join(f'{count} {flavour}' for flavour, count in sorted(tests.items()))}")
