from __future__ import annotations

import pytest


# async only: begin
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every asynchronous test runs under both event loops."""
    return str(request.param)


# async only: end
