"""The table of how near the sandbox is to the API."""

from __future__ import annotations

import httpx
import pytest

from tests.surface.test_surface import OFFICIAL
from uniqos.api import operations
from uniqos.sandbox import Sandbox
from uniqos.sandbox.inspect.parity import BEHAVIOURS, LEVELS, OPERATIONS, shown


def test_it_names_every_operation_of_the_official_client_once_and_none_that_is_unknown() -> None:
    named = [name for rows in OPERATIONS.values() for name in rows]
    assert len(named) == len(set(named))
    assert OFFICIAL <= set(named) <= operations().keys()


def test_an_operation_without_a_row_is_the_sandboxs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for rows in OPERATIONS.values():
        monkeypatch.delitem(rows, "personalities.list", raising=False)
    assert shown()["operations"]["personalities.list"]["level"] == "own"
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
