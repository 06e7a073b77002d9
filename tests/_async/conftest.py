from __future__ import annotations

import pytest


# async only: begin
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every asynchronous test runs under both event loops."""
    return str(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Trio warns of async generators that are dropped half read. Those of a client of httpx leave some for each
    # answer that is given up.
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning"))


# async only: end
