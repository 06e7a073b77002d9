"""Fixtures of the tests of agent frameworks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from uniqos.sandbox import Sandbox, serve


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """Run a sandbox for one test. A turn that another test has left is written into the journal later."""
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def anyio_backend() -> str:
    """Use asyncio alone, as the frameworks do."""
    return "asyncio"
