"""Test that many threads and tasks get their own answers from a server that sends too many."""

from __future__ import annotations

from benchmarks.soak.crossing import FAULTS, crossing


def test_no_answer_reaches_another_call_whatever_is_sent_behind_it() -> None:
    ledger, counts = crossing(2000, threads=16, tasks=100)
    assert ledger.calls == 2000
    assert counts.keys() >= {*FAULTS, "none"}
    assert counts["calls"] >= 2000 - sum(ledger.errors.values())
    assert ledger.foreign == []
    assert ledger.wrong == []
    assert ledger.right + ledger.errors["not_found"] > 1900
