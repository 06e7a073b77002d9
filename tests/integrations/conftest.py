"""Fixtures of the tests of agent frameworks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from uniqos.sandbox import Sandbox, serve


@pytest.fixture(scope="package")
def own_sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for these tests, which count its turns."""
    with serve(pause=0) as running:
        yield running


@pytest.fixture
def fresh(own_sandbox: Sandbox) -> Sandbox:
    """Return that sandbox without turns, memories and faults."""
    own_sandbox.reset()
    own_sandbox.clear_faults()
    return own_sandbox


@pytest.fixture
def anyio_backend() -> str:
    """Use asyncio alone, as the frameworks do."""
    return "asyncio"
