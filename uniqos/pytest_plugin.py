"""Fixtures for the tests of a product: a sandbox for the session, new for each test, and clients of it.

    def test_a_greeting(uniqos_sandbox, uniqos_client):
        reply = uniqos_client.respond(personality_id=uniqos_sandbox.personality_id, message="Hello!")
        assert reply.response

    @pytest.mark.uniqos_fault(path="/v1/respond", code="rate_limit_exceeded", times=1)
    def test_a_limit(uniqos_client): ...

Pytest loads this module in every run once the package is installed, so it imports nothing before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from uniqos import AsyncUniqOS, UniqOS
    from uniqos.sandbox import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "uniqos_fault(**rule): a fault of the sandbox for this test, see Sandbox.fault")


@pytest.fixture(scope="session")
def _uniqos_server() -> Iterator[Sandbox]:
    from uniqos.sandbox import serve

    with serve(pause=0) as running:
        yield running


@pytest.fixture
def uniqos_sandbox(_uniqos_server: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """A running sandbox: one server for the session, as at its start for each test."""
    _uniqos_server.reset()
    for marker in reversed(list(request.node.iter_markers("uniqos_fault"))):
        if marker.args:
            raise pytest.UsageError(
                'uniqos_fault takes keywords alone, as in uniqos_fault(path="/v1/respond", drop=True)'
            )
        _uniqos_server.fault(**marker.kwargs)
    return _uniqos_server


@pytest.fixture
def uniqos_client(uniqos_sandbox: Sandbox) -> Iterator[UniqOS]:
    """A client of the sandbox."""
    with uniqos_sandbox.client() as client:
        yield client


@pytest.fixture
def async_uniqos_client(uniqos_sandbox: Sandbox) -> Iterator[AsyncUniqOS]:
    """An asynchronous client of the sandbox, for whichever plugin runs your asynchronous tests.

    It reaches the same sandbox without sockets, so that nothing has to be closed in the test's own event loop.
    """
    with uniqos_sandbox.in_process_async_client() as client:
        yield client
