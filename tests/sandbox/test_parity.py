"""The table of how near the sandbox is to the API."""

from __future__ import annotations

import httpx

from uniqos.api import operations
from uniqos.sandbox import Sandbox
from uniqos.sandbox.inspect.parity import BEHAVIOURS, LEVELS, OPERATIONS


def test_it_names_every_operation_once_and_no_other() -> None:
    named = [name for rows in OPERATIONS.values() for name in rows]
    assert sorted(named) == sorted(operations())
    assert list(OPERATIONS) == list(BEHAVIOURS) == list(LEVELS)


def test_it_is_shown(sandbox: Sandbox) -> None:
    table = httpx.get(f"{sandbox.url}/_sandbox/parity").json()
    assert list(table["operations"]) == list(operations())
    rows = [*table["operations"].values(), *table["behaviours"].values()]
    assert len(table["behaviours"]) == sum(map(len, BEHAVIOURS.values())) > 0
    assert {row["level"] for row in rows} == set(table["levels"])
    for row in rows:
        assert row["what"].endswith(".")
        assert ". " not in row["what"]
